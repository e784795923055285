//! The program from outside: streams, exit statuses, options.

use std::io::Read;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::command::{run, run_with_input, tcpwhy};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_file_alone_is_read,
    standard_input_is_read,
    a_directory_is_all_captures_in_it,
    a_file_named_twice_is_read_once,
    what_was_typed_stands_in_the_report,
    two_runs_give_the_same_bytes,
    any_number_of_threads_gives_the_same_report,
    only_the_asked_for_outcomes_are_listed_and_all_are_counted,
    servers_clients_and_ports_select,
    since_and_until_select_by_the_first_syn,
    patience_decides_between_dropped_and_pending,
    the_number_of_listed_attempts_is_bounded_and_said,
    a_scan_is_told_once_unless_its_client_is_asked_for,
    fail_on_sets_the_exit_status,
    troubles_are_listed_and_counted_like_failures,
    wrong_usage_is_status_2,
    help_and_version_are_no_mistake,
    completions_and_manual_come_from_the_program,
    the_report_goes_to_a_file_whole_or_not_at_all,
    a_report_never_replaces_what_it_is_made_from,
    a_reader_that_goes_away_ends_it_quietly,
    names_come_from_the_capture_and_can_be_left_out,
    colour_is_used_when_asked_for,
    times_are_shown_in_the_zone_asked_for,
    #[cfg(feature = "live")]
    a_filter_selects_packets_as_tcpdump_does,
    #[cfg(feature = "live")]
    the_interfaces_of_this_host_are_listed,
    #[cfg(not(feature = "live"))]
    without_libpcap_a_filter_is_refused_clearly,
];

const REFUSED: &str = "samples/closed-port.pcap";

fn json(arguments: &[&str]) -> Value {
    let ran = run(&[&["read", "--format", "json"], arguments].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn outcomes(report: &Value) -> Vec<&str> {
    report["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["outcome"].as_str().unwrap())
        .collect()
}

fn a_file_alone_is_read() {
    let named = run(&["read", REFUSED]);
    let alone = run(&[REFUSED]);
    assert_eq!((alone.status, &alone.stdout), (0, &named.stdout));
    assert!(
        alone.stdout.contains("refused: RST after"),
        "{}",
        alone.stdout
    );
    assert_eq!(alone.stderr, "");
}

fn standard_input_is_read() {
    let bytes = std::fs::read(REFUSED).unwrap();
    let by_dash = run_with_input(&["read", "-", "-F", "json"], &bytes);
    let by_pipe = run_with_input(&["read", "-F", "json"], &bytes);
    let alone = run_with_input(&["-"], &bytes);
    assert_eq!((by_dash.status, by_pipe.status, alone.status), (0, 0, 0));
    let report: Value = serde_json::from_str(&by_dash.stdout).unwrap();
    assert_eq!(report["summary"]["refused"], 1);
    assert_eq!(report["capture"]["sources"][0]["path"], "-");
    assert_eq!(report["capture"]["sources"][0]["bytes"], bytes.len());
    assert!(by_pipe.stdout.contains("\"refused\": 1"));
    assert!(alone.stdout.contains("refused"));
}

fn a_directory_is_all_captures_in_it() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["closed-port.pcap", "two-link-types.pcapng", "README.md"] {
        std::fs::copy(format!("samples/{file}"), folder.path().join(file)).unwrap();
    }
    let report = json(&[folder.path().to_str().unwrap()]);
    assert_eq!(report["capture"]["sources"].as_array().unwrap().len(), 2);
    assert_eq!(report["summary"]["refused"], 3);
}

fn a_file_named_twice_is_read_once() {
    assert_eq!(
        json(&[REFUSED, REFUSED])["capture"]["packets"],
        json(&[REFUSED])["capture"]["packets"]
    );
}

fn what_was_typed_stands_in_the_report() {
    let report = json(&[REFUSED, "--patience", "2.5"]);
    let words: Vec<&str> = report["tool"]["arguments"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        words,
        ["read", "--format", "json", REFUSED, "--patience", "2.5"]
    );
}

fn two_runs_give_the_same_bytes() {
    for format in ["text", "json"] {
        let arguments = ["read", "samples", "--format", format];
        assert_eq!(run(&arguments).stdout, run(&arguments).stdout);
    }
}

fn any_number_of_threads_gives_the_same_report() {
    let text = |threads| run(&["read", "samples", "--threads", threads]).stdout;
    assert_eq!(text("1"), text("3"));
    let report = |threads| {
        let mut report = json(&["samples", "--threads", threads]);
        report["tool"] = Value::Null;
        report
    };
    assert_eq!(report("1"), report("3"));
    let none = run(&["read", "--threads", "0", REFUSED]);
    assert_eq!(none.status, 2, "{}", none.stdout);
}

fn only_the_asked_for_outcomes_are_listed_and_all_are_counted() {
    let report = json(&["samples/service-restart.pcap", "--outcome", "refused"]);
    assert_eq!(outcomes(&report), ["refused"; 20]);
    assert_eq!(report["summary"]["established"], 40);
    let failed = json(&["samples/needle.pcap", "--outcome", "failed"]);
    assert_eq!(outcomes(&failed), ["refused"]);
}

fn servers_clients_and_ports_select() {
    let summary = |arguments: &[&str]| {
        json(&[&["samples/service-restart.pcap"], arguments].concat())["summary"].clone()
    };
    assert_eq!(summary(&["--server", "10.0.1.20"])["attempts"], 60);
    assert_eq!(summary(&["--server", ":22"])["attempts"], 0);
    assert_eq!(summary(&["--server", "10.0.1.0/24:5432"])["attempts"], 60);
    assert_eq!(summary(&["--server", "10.0.2.0/24"])["attempts"], 0);
    let one = summary(&["--client", "10.0.0.7"])["attempts"]
        .as_u64()
        .unwrap();
    let two = summary(&["--client", "10.0.0.7", "--client", "10.0.0.8"])["attempts"]
        .as_u64()
        .unwrap();
    assert!(one > 0 && one < two && two < 60, "{one} {two}");
}

fn since_and_until_select_by_the_first_syn() {
    let count = |arguments: &[&str]| {
        json(&[&["samples/service-restart.pcap"], arguments].concat())["summary"]["attempts"]
            .as_u64()
            .unwrap()
    };
    let first = count(&["--until", "+2"]);
    let rest = count(&["--since", "+2s"]);
    assert_eq!(first + rest, 60);
    assert!(first > 0 && rest > 0);
    assert_eq!(count(&["--since", "+1h"]), 0);
    assert_eq!(count(&["--since", "2000-01-01T00:00:00Z"]), 60);
    assert_eq!(
        count(&["--utc", "--since", "00:00", "--until", "23:59:59"]),
        60
    );
}

fn patience_decides_between_dropped_and_pending() {
    assert_eq!(
        json(&["samples/dropped-by-server.pcap"])["summary"]["dropped"],
        1
    );
    assert_eq!(
        json(&["samples/dropped-by-server.pcap", "--patience", "60"])["summary"]["pending"],
        1
    );
    assert_eq!(
        json(&["samples/ended-too-early.pcap", "--patience", "1"])["summary"]["dropped"],
        1
    );
}

fn the_number_of_listed_attempts_is_bounded_and_said() {
    let report = json(&["samples/needle.pcap", "--max-attempts", "5"]);
    assert_eq!(report["attempts"].as_array().unwrap().len(), 5);
    assert_eq!(report["attempts_omitted"], 176);
    assert!(
        outcomes(&report).contains(&"refused"),
        "failures come first"
    );
    let text = run(&[
        "read",
        "samples/service-restart.pcap",
        "--max-attempts",
        "2",
    ]);
    assert!(text.stdout.contains("18 more not shown"), "{}", text.stdout);
    let all = run(&[
        "read",
        "samples/service-restart.pcap",
        "--max-attempts",
        "0",
    ]);
    assert!(!all.stdout.contains("more not shown"));
}

fn a_scan_is_told_once_unless_its_client_is_asked_for() {
    let folded = run(&["read", "samples/port-scan.pcap"]);
    assert!(folded.stdout.contains("finding 1: port scan"));
    assert!(!folded.stdout.contains("SERVER"), "{}", folded.stdout);
    let asked_for = json(&["samples/port-scan.pcap", "--client", "10.0.0.7"]);
    assert_eq!(asked_for["endpoints"][0]["attempts"], 1);
    assert_eq!(asked_for["attempts"][0]["part_of"], Value::Null);
}

fn fail_on_sets_the_exit_status() {
    assert_eq!(run(&["read", REFUSED, "--fail-on", "refused"]).status, 1);
    assert_eq!(run(&["read", REFUSED, "--fail-on", "failed"]).status, 1);
    assert_eq!(
        run(&["read", REFUSED, "--fail-on", "dropped,half_open"]).status,
        0
    );
    assert_eq!(
        run(&["read", REFUSED, "--fail-on", "failed", "--server", ":22"]).status,
        0
    );
}

fn troubles_are_listed_and_counted_like_failures() {
    const SLOW: &str = "samples/ecn-dropped.pcap";
    let text = run(&["read", SLOW]).stdout;
    assert!(text.contains("established 1 (1 slow)"), "{text}");
    assert!(text.contains("slow: connected after 1.0"), "{text}");
    assert!(text.contains("finding 1: slow connects"), "{text}");
    assert_eq!(run(&["read", SLOW, "--fail-on", "slow"]).status, 1);
    assert_eq!(run(&["read", SLOW, "--fail-on", "hung-up,stuck"]).status, 0);
    assert_eq!(run(&["read", SLOW, "--fail-on", "failed"]).status, 0);
    let listed = |outcome| json(&[SLOW, "--outcome", outcome])["attempts"].clone();
    assert_eq!(listed("slow")[0]["trouble"], json!(["slow"]));
    assert_eq!(listed("stuck"), json!([]));
    assert_eq!(run(&["read", SLOW, "--slow", "never"]).status, 2);
    let patient = json(&["samples/late-syn-ack.pcap", "--slow", "0"]);
    assert_eq!(patient["settings"]["slow_s"], 0.0);
}

fn wrong_usage_is_status_2() {
    for arguments in [
        &["read", REFUSED, "--no-such-option"][..],
        &["read", REFUSED, "--outcome", "refusd"],
        &["read", REFUSED, "--fail-on", "all"],
        &["read", REFUSED, "--since", "yesterday"],
        &["read", REFUSED, "--server", "db.internal"],
        &["read", REFUSED, "--patience", "-1"],
        &["read", REFUSED, "--patience", "inf"],
        &["read", REFUSED, "--max-attempts", "many"],
        &["read", REFUSED, "--format", "pdf"],
        &["read", REFUSED, "--utc", "--local"],
        &["no-such-command"],
        &[],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

fn help_and_version_are_no_mistake() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["read", "--help"],
        &["help", "read"],
    ] {
        let ran = run(arguments);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(!ran.stdout.is_empty());
    }
    let short = run(&["read", "-h"]).stdout;
    for line in short.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

fn completions_and_manual_come_from_the_program() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, 0);
        assert!(ran.stdout.contains("TCPWHY_COMPLETE"), "{shell}");
    }
    let manual = run(&["man"]);
    assert_eq!(manual.status, 0);
    assert!(manual.stdout.contains(".TH tcpwhy"));
}

fn the_report_goes_to_a_file_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let ran = run(&[
        "read",
        REFUSED,
        "-F",
        "json",
        "-o",
        report.to_str().unwrap(),
    ]);
    assert_eq!(
        (ran.status, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", "")
    );
    let written: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    assert_eq!(written["summary"]["refused"], 1);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing else is left there"
    );
    let nowhere = folder.path().join("missing/report.json");
    let ran = run(&["read", REFUSED, "-o", nowhere.to_str().unwrap()]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.starts_with("tcpwhy: cannot write "),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert!(!nowhere.exists());
    assert_eq!(run(&["read", REFUSED, "-o", "/dev/null"]).status, 0);
    assert!(
        !std::fs::metadata("/dev/null").unwrap().is_file(),
        "a device is written to, not replaced"
    );
}

fn a_report_never_replaces_what_it_is_made_from() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("in.pcap");
    std::fs::copy(REFUSED, &capture).unwrap();
    let path = capture.to_str().unwrap();
    let ran = run(&["read", path, "-o", path]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("it is one of the captures"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        std::fs::read(&capture).unwrap(),
        std::fs::read(REFUSED).unwrap()
    );
    let shown = run(&["read", path, "-o", "-"]);
    assert_eq!(shown.stdout, run(&["read", path]).stdout);
    assert!(!std::path::Path::new("-").exists());
}

fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = tcpwhy()
        .args(["read", "samples", "-F", "json", "--max-attempts", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(said, "");
}

fn names_come_from_the_capture_and_can_be_left_out() {
    let report = json(&["samples/old-address.pcap"]);
    assert_eq!(report["attempts"][0]["server_name"], "db.example.com");
    assert_eq!(report["endpoints"][0]["server_name"], "db.example.com");
    assert_eq!(report["endpoints"][0]["service"], "postgresql");
    assert_eq!(report["findings"][0]["kind"], "name_points_nowhere");
    assert_eq!(report["findings"][1], Value::Null, "one story, one finding");
    let text = run(&["read", "samples/old-address.pcap"]).stdout;
    assert!(text.contains("db.example.com 10.0.1.20:5432"), "{text}");
    let without = json(&["samples/old-address.pcap", "--no-names"]);
    assert_eq!(without["attempts"][0]["server_name"], Value::Null);
    assert!(
        !run(&["read", "samples/old-address.pcap", "--no-names"])
            .stdout
            .contains("db.example.com 10")
    );
}

fn colour_is_used_when_asked_for() {
    let escape = "\u{1b}[";
    assert!(
        !run(&["read", REFUSED]).stdout.contains(escape),
        "never in a pipe"
    );
    assert!(
        run(&["read", REFUSED, "--color", "always"])
            .stdout
            .contains(escape)
    );
    let forced = tcpwhy()
        .args(["read", REFUSED])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(String::from_utf8(forced.stdout).unwrap().contains(escape));
    let both = tcpwhy()
        .args(["read", REFUSED])
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    assert!(!String::from_utf8(both.stdout).unwrap().contains(escape));
}

fn times_are_shown_in_the_zone_asked_for() {
    let local = tcpwhy()
        .args(["read", REFUSED, "--local"])
        .env("TZ", "Asia/Kolkata")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(local.stdout)
            .unwrap()
            .contains("UTC+05:30")
    );
    assert!(run(&["read", REFUSED]).stdout.contains(" UTC "));
}

#[cfg(feature = "live")]
fn a_filter_selects_packets_as_tcpdump_does() {
    let report = json(&[REFUSED, "--filter", "tcp port 5432"]);
    assert_eq!(report["summary"]["attempts"], 1);
    assert_eq!(report["summary"]["refused"], 1);
    let ran = run(&["read", REFUSED, "--filter", "tcp port"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .starts_with("tcpwhy: cannot use the filter 'tcp port': "),
        "{}",
        ran.stderr
    );
}

#[cfg(feature = "live")]
fn the_interfaces_of_this_host_are_listed() {
    let ran = run(&["interfaces"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.lines().any(|line| line.starts_with("lo ")),
        "{}",
        ran.stdout
    );
}

#[cfg(not(feature = "live"))]
fn without_libpcap_a_filter_is_refused_clearly() {
    let ran = run(&["read", REFUSED, "--filter", "tcp port 5432"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("without libpcap"), "{}", ran.stderr);
    assert_eq!(run(&["interfaces"]).status, 4);
}
