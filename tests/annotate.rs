//! `--annotate`: the whole capture, with what was found as comments on its packets.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::command::{run, run_with_input};
use crate::support::harness::{Test, tests};
use crate::support::in_package;

pub(crate) const TESTS: &[Test] = tests![
    every_packet_is_there_and_those_of_failures_say_why needs "tshark",
    reading_it_again_says_the_same,
    what_is_annotated_is_no_evidence_that_was_chosen,
    several_captures_become_one,
    what_cannot_be_annotated_is_refused,
];

#[track_caller]
fn annotated(captures: &[&str], folder: &Path) -> String {
    let path = folder.join("told.pcapng");
    let path = path.to_str().unwrap().to_owned();
    let ran = run(&[&["read", "-q", "--annotate", &path][..], captures].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    path
}

fn tshark(path: &str, fields: &[&str]) -> String {
    let mut command = Command::new("tshark");
    command.args(["-r", path, "-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

fn every_packet_is_there_and_those_of_failures_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let capture = in_package("samples/service-restart.pcap");
    let path = annotated(&[capture.to_str().unwrap()], folder.path());
    let same = [
        "frame.number",
        "frame.time_epoch",
        "frame.len",
        "tcp.seq_raw",
        "tcp.flags",
    ];
    assert_eq!(
        tshark(&path, &same),
        tshark(capture.to_str().unwrap(), &same)
    );
    let comments = tshark(&path, &["frame.number", "frame.comment"]);
    let on = |number: &str| {
        let found = comments
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{number}\t")));
        found.unwrap_or_else(|| panic!("{comments}"))
    };
    assert!(
        on("207").contains(
            "tcpwhy: attempt 207: SYN of 10.0.0.9:42247 to 10.0.1.20:5432, refused: nothing listens"
        ),
        "{}",
        on("207")
    );
    assert!(
        on("208").contains("tcpwhy: attempt 207: RST,ACK"),
        "{}",
        on("208")
    );
    assert!(
        on("3").contains("attempt 3 to 10.0.1.20:5432 succeeded"),
        "{}",
        on("3")
    );
    assert!(
        on("13").ends_with("10.0.1.20:5432, established"),
        "{}",
        on("13")
    );
    assert_eq!(on("9"), "", "most packets have nothing to say");
}

fn report(path: &str) -> Value {
    let ran = run(&["read", "-q", "-F", "json", "--max-attempts", "0", path]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let part = |name: &str| {
        let mut part = report[name].clone();
        for attempt in part.as_array_mut().into_iter().flatten() {
            // The file has another name.
            if let Some(file) = attempt.get_mut("file") {
                *file = Value::Null;
            }
        }
        part
    };
    serde_json::json!([
        part("summary"),
        part("findings"),
        part("endpoints"),
        part("attempts")
    ])
}

/// Own comments are not quoted back: nothing at all may differ.
fn lines_of(report: &Value) -> String {
    serde_json::to_string_pretty(report).unwrap()
}

fn reading_it_again_says_the_same() {
    let mut captures = 0;
    for entry in std::fs::read_dir(in_package("samples")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("pcap" | "pcapng")) {
            continue;
        }
        captures += 1;
        let folder = tempfile::tempdir().unwrap();
        let again = report(&annotated(&[name], folder.path()));
        assert_eq!(lines_of(&again), lines_of(&report(name)), "{name}");
    }
    assert!(captures > 50);
}

fn what_is_annotated_is_no_evidence_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let capture = in_package("samples/service-restart.pcap");
    let path = annotated(&[capture.to_str().unwrap()], folder.path());
    let text = |path: &str| {
        let ran = run(&["read", "-q", "--utc", path]);
        // The name of the file stands in the first line, and in the command of the ladder.
        let lines = ran
            .stdout
            .lines()
            .skip(1)
            .filter(|line| !line.contains("tcpwhy"));
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(text(&path), text(capture.to_str().unwrap()));
}

fn several_captures_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let both = [
        "samples/service-restart.pcap",
        "samples/router-any-sll2.pcap",
    ];
    let path = annotated(&both, folder.path());
    let count = |path: &[&str]| {
        let ran = run(&[&["read", "-q", "-F", "json"][..], path].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        (
            report["capture"]["packets"].clone(),
            report["summary"].clone(),
        )
    };
    assert_eq!(count(&[&path]), count(&both));
}

fn what_cannot_be_annotated_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("told.pcapng");
    let path = path.to_str().unwrap();
    let sample = "samples/closed-port.pcap";
    let bytes = std::fs::read(in_package(sample)).unwrap();
    let ran = run_with_input(&["read", "-", "--annotate", path], &bytes);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("reads the capture twice"),
        "{}",
        ran.stderr
    );
    let ran = run(&["read", sample, "--annotate", "-"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .contains("hint: name a file: --annotate told.pcapng"),
        "{}",
        ran.stderr
    );
    let ran = run(&["read", sample, "--annotate", sample]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("one of the captures to be read"),
        "{}",
        ran.stderr
    );
    let ran = run(&["read", sample, "--annotate", path, "--evidence", path]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("name one file"), "{}", ran.stderr);
    let ran = run(&["read", sample, "--annotate", path, "--anonymize"]);
    assert_eq!(ran.status, 2);
    assert!(!Path::new(path).exists());
    assert_eq!(
        std::fs::read(in_package(sample)).unwrap(),
        bytes,
        "what was read stays"
    );
}
