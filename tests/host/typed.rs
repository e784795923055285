//! What is typed wrongly, and files that are none.

use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::in_package;

pub(crate) const TESTS: &[Test] = tests![
    what_is_no_host_is_one_clear_line,
    what_is_typed_wrongly_is_refused,
    every_format_names_the_file,
    what_is_told_of_load_is_as_near_as_it_was_said,
];

const CAPTURE: &str = "samples/service-restart.pcap";

fn what_is_no_host_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let capture = in_package(CAPTURE).to_string_lossy().into_owned();
    let later = "{\"schema\":\"tcpwhy-host/2\",\"time\":\"2026-11-20T14:00:00Z\"}";
    for (path, told) in [
        (put("empty", ""), "it is empty"),
        (put("text", "eth0: flags\n"), "it is no JSON"),
        (
            put("report.json", "{\"schema\":\"tcpwhy-report/1\"}"),
            "it is \"tcpwhy-report/1\"",
        ),
        (put("later.json", later), "it is \"tcpwhy-host/2\""),
        (
            put("cut.json", "{\"schema\":\"tcpwhy-host/1\","),
            "it ends in the middle",
        ),
        ("/nonexistent.json".to_owned(), "No such file"),
        (capture.clone(), "it is no JSON"),
    ] {
        let host = format!("db1={path}");
        let ran = run(&["read", &capture, "--host", &host]);
        assert_eq!(ran.status, 3, "{path}");
        let first = ran.stderr.lines().next().unwrap();
        let words = format!("cannot read host {path}: {told}");
        assert!(first.contains(&words), "{first}");
        assert_eq!(ran.stderr.lines().count(), 2, "with a hint: {}", ran.stderr);
        assert!(
            ran.stdout.contains("service down window"),
            "the report is there all the same"
        );
    }
}

fn what_is_typed_wrongly_is_refused() {
    let capture = in_package(CAPTURE).to_string_lossy().into_owned();
    for (words, told) in [
        (
            vec!["read", &*capture, "--host", "host.json"],
            "not of the form HOST=FILE",
        ),
        (
            vec!["read", &*capture, "--host", "=host.json"],
            "not of the form HOST=FILE",
        ),
        (
            vec!["read", &*capture, "--anonymize", "--host", "a=b"],
            "exclude each other",
        ),
        (vec!["host", "--every", "1ms"], "less than 10ms"),
        (vec!["host", "--every", "50ms"], "less than 100ms"),
        (vec!["host", "--duration", "5s"], "--every"),
        (vec!["host", "db1"], "db1"),
    ] {
        let ran = run(&words);
        assert_eq!(ran.status, 2, "{words:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(told), "{words:?}: {}", ran.stderr);
    }
}

fn every_format_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.json");
    // Hostile text of a file does not reach the terminal.
    let host = "{\"schema\":\"tcpwhy-host/1\",\"time\":\"2026-11-21T06:49:40Z\",\"unread\":[{\"what\":\"rules\\u001b[2J\",\"why\":\"<b>no</b>\"}],\
                \"interfaces\":[{\"name\":\"eth0\",\"number\":2,\"addresses\":[{\"address\":\"10.0.1.20\",\"prefix_length\":24}]}]}";
    std::fs::write(&path, host).unwrap();
    let host = format!("db1={}", path.display());
    let capture = in_package(CAPTURE).to_string_lossy().into_owned();
    for format in ["text", "markdown", "html", "json", "ndjson"] {
        let ran = run(&["read", &capture, "--host", &host, "-F", format]);
        assert_eq!(ran.status, 0, "{format}: {}", ran.stderr);
        let words: Vec<&str> = ran.stdout.split_whitespace().collect();
        let text = words.join(" ");
        assert!(text.contains("host.json"), "{format}");
        assert!(!ran.stdout.contains('\u{1b}'), "{format}");
        let is_page = format == "html";
        assert!(!is_page || !ran.stdout.contains("<b>no</b>"), "{format}");
    }
}

/// A server whose table of tracked connections is full drops what is new; whose is not, drops
/// nothing for that.
fn what_is_told_of_load_is_as_near_as_it_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.json");
    let capture = in_package("samples/dropped-by-server.pcap");
    let read = |time: &str, count: u64| {
        let snapshot = serde_json::json!({
            "schema": "tcpwhy-host/1",
            "time": time,
            "interfaces": [{"name": "eth0", "number": 2,
                "addresses": [{"address": "10.0.1.20", "prefix_length": 24}]}],
            "conntrack": {"count": count, "limit": 65536},
        });
        std::fs::write(&path, snapshot.to_string()).unwrap();
        let host = format!("db1={}", path.display());
        let ran = run(&[
            "read",
            capture.to_str().unwrap(),
            "--host",
            &host,
            "-F",
            "json",
        ]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let attempts = report["attempts"].as_array().unwrap().iter();
        let mut dropped = attempts.filter(|attempt| attempt["outcome"] == "dropped");
        let first = dropped.next().unwrap().clone();
        let says = report["capture"]["hosts"][0]["says"].to_string();
        let words = [&first["cause"], &first["confidence"]].map(|one| one.as_str().unwrap_or(""));
        (words.join(" "), first["notes"].to_string(), says)
    };
    let (said, notes, says) = read("2026-11-21T06:49:40Z", 65536);
    assert_eq!(said, "dropped_here likely");
    assert!(
        notes.contains("its table of tracked connections is full (65536 of 65536)"),
        "{notes}"
    );
    assert!(says.contains("has 65,536 of 65,536"), "{says}");
    // Ten minutes later it may have filled since: what the packets show goes first.
    let (said, notes, _) = read("2026-11-21T06:59:40Z", 65536);
    assert_ne!(said, "dropped_here likely");
    assert!(notes.contains("tracked connections is full"), "{notes}");
    // An hour later it says nothing of these connects.
    let (without, notes, _) = read("2026-11-21T07:49:40Z", 65536);
    assert!(!notes.contains("tracked connections"), "{notes}");
    assert_eq!(said, without);
    let (with_room, notes, says) = read("2026-11-21T06:49:40Z", 100);
    assert_eq!(with_room, without);
    assert!(
        !notes.contains("tracked") && !says.contains("tracked"),
        "{notes} {says}"
    );
}
