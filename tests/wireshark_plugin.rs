//! The plugin for Wireshark, in tshark: it shows what `tcpwhy read` says, where it says it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::in_package;

pub(crate) const TESTS: &[Test] = tests![
    every_first_syn_has_its_verdict needs "tshark",
    a_compressed_capture_is_told_as_well needs "tshark",
    filters_and_the_expert_know_of_failures needs "tshark",
    findings_stand_where_they_are_proved needs "tshark",
    further_packets_lead_to_the_first_one needs "tshark",
    without_the_program_one_line_says_so needs "tshark",
];

const PROGRAM: &str = env!("CARGO_BIN_EXE_tcpwhy");

fn tshark(capture: &Path, program: &str, with: &[&str]) -> Output {
    Command::new("tshark")
        .arg("-r")
        .arg(capture)
        .arg("-X")
        .arg(format!(
            "lua_script:{}",
            in_package("contrib/wireshark/tcpwhy.lua").display()
        ))
        .args(["-o", &format!("tcpwhy.program:{program}")])
        .args(with)
        .output()
        .unwrap()
}

fn shown(capture: &Path, with: &[&str]) -> String {
    let output = tshark(capture, PROGRAM, with);
    String::from_utf8(output.stdout).unwrap()
}

/// By first packet: outcome and cause, in which nothing stands for none.
fn told(capture: &Path) -> BTreeMap<u64, Vec<[String; 2]>> {
    let path = capture.to_str().unwrap();
    let ran = run(&["read", "-q", "-F", "json", "--max-attempts", "0", path]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut told: BTreeMap<u64, Vec<[String; 2]>> = BTreeMap::new();
    for attempt in report["attempts"].as_array().unwrap() {
        let text = |name: &str| attempt[name].as_str().unwrap_or_default().to_owned();
        let first = attempt["first_packet"]["packet"].as_u64().unwrap();
        told.entry(first)
            .or_default()
            .push([text("outcome"), text("cause")]);
    }
    told
}

/// The same by the plugin's fields.
fn in_fields(capture: &Path) -> BTreeMap<u64, Vec<[String; 2]>> {
    let fields = [
        "-Y",
        "tcpwhy.outcome",
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "tcpwhy.outcome",
        "-e",
        "tcpwhy.cause",
    ];
    let text = shown(capture, &fields);
    let rows = text.lines().map(|line| {
        let [number, outcome, cause] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?}");
        };
        (
            number.parse().unwrap(),
            vec![[outcome.to_owned(), cause.to_owned()]],
        )
    });
    rows.collect()
}

fn every_first_syn_has_its_verdict() {
    for name in [
        "service-restart.pcap",
        "router-any-sll2.pcap",
        "closed-port-ipv6.pcap",
        "two-link-types.pcapng",
        "icmp-rate-limit.pcap",
        "vxlan.pcap",
    ] {
        let capture = in_package("samples").join(name);
        let told = told(&capture);
        assert!(!told.is_empty(), "{name}");
        assert_eq!(in_fields(&capture), told, "{name}");
    }
}

fn a_compressed_capture_is_told_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let capture = in_package("samples").join("service-restart.pcap");
    let compressed = folder.path().join("it's compressed.pcap.gz");
    let mut encoder = flate2::write::GzEncoder::new(
        std::fs::File::create(&compressed).unwrap(),
        flate2::Compression::fast(),
    );
    std::io::copy(&mut std::fs::File::open(&capture).unwrap(), &mut encoder).unwrap();
    encoder.finish().unwrap();
    assert_eq!(in_fields(&compressed), told(&capture));
}

fn filters_and_the_expert_know_of_failures() {
    let capture = in_package("samples/service-restart.pcap");
    let refused = shown(&capture, &["-Y", "tcpwhy.outcome == \"refused\""]);
    assert_eq!(refused.lines().count(), 20, "{refused}");
    let expert = shown(&capture, &["-q", "-z", "expert,warn"]);
    let line = expert
        .lines()
        .find(|line| line.contains("refused: closed port (likely)"));
    let line = line.unwrap_or_else(|| panic!("{expert}"));
    assert_eq!(line.split_whitespace().next(), Some("20"), "{line}");
}

fn findings_stand_where_they_are_proved() {
    let capture = in_package("samples/service-restart.pcap");
    let fields = [
        "-Y",
        "tcpwhy.finding",
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "tcpwhy.finding",
        "-e",
        "tcpwhy.statement",
    ];
    let text = shown(&capture, &fields);
    let (start, statement) = text.trim_end().rsplit_once('\t').unwrap();
    assert_eq!(start, "207\tservice_down_window");
    assert!(
        statement.starts_with("every connect was refused to 10.0.1.20:5432"),
        "{statement}"
    );
}

fn further_packets_lead_to_the_first_one() {
    let capture = in_package("samples/service-restart.pcap");
    let fields = [
        "-Y",
        "tcpwhy.attempt == 207",
        "-T",
        "fields",
        "-e",
        "frame.number",
    ];
    assert_eq!(shown(&capture, &fields), "208\n");
}

fn without_the_program_one_line_says_so() {
    let capture = in_package("samples/service-restart.pcap");
    let output = tshark(&capture, "/nonexistent/tcpwhy", &[]);
    let errors = String::from_utf8(output.stderr).unwrap();
    let said: Vec<&str> = errors
        .lines()
        .filter(|line| line.starts_with("tcpwhy: "))
        .collect();
    assert_eq!(said.len(), 1, "{errors}");
    assert!(
        said[0].contains("'/nonexistent/tcpwhy' cannot be run"),
        "{errors}"
    );
    assert!(output.status.success());
    let packets = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        packets.lines().count(),
        446,
        "every packet is shown all the same"
    );
}
