//! Whoever is given an evidence capture in place of the capture is told no other cause as surely.

use serde_json::Value;

use crate::scenarios::scenario_files;
use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::pcap::pcap_file;
use crate::support::scenario::parse;

pub(crate) const TESTS: &[Test] = tests![
    evidence_again_of_a_scenario_tells_no_other_cause_as_surely,
    what_a_cause_turns_on_is_in_evidence,
    what_a_finding_turns_on_is_in_evidence,
];

fn evidence_again_of_a_scenario_tells_no_other_cause_as_surely() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("scenario.pcap");
    let evidence = folder.path().join("evidence.pcapng");
    let mut others = Vec::new();
    let mut compared = 0;
    for file in scenario_files() {
        let scenario = parse(&std::fs::read_to_string(&file).unwrap());
        let name_of_file = file.file_stem().unwrap().to_string_lossy().into_owned();
        if !scenario.logs.is_empty() {
            continue;
        }
        let bytes = pcap_file(scenario.link_type, &scenario.packets);
        std::fs::write(&capture, bytes).unwrap();
        let patience = scenario.patience.as_secs_f64().to_string();
        let common = ["read", "-F", "json", "--max-attempts", "0", "--patience"];
        let mut arguments = common.to_vec();
        arguments.extend([&*patience, capture.to_str().unwrap()]);
        arguments.extend(["--evidence", evidence.to_str().unwrap()]);
        let first = attempts(&arguments);
        if !evidence.exists() {
            continue;
        }
        let mut arguments = common.to_vec();
        arguments.extend([&*patience, evidence.to_str().unwrap()]);
        let again = attempts(&arguments);
        std::fs::remove_file(&evidence).unwrap();
        for attempt in first.iter().filter(|attempt| is_failure(attempt)) {
            compared += 1;
            let same = again.iter().find(|other| name(other) == name(attempt));
            if !same.is_some_and(|same| is_told_as_well(attempt, same)) {
                let same = same.map_or_else(|| "nothing".to_owned(), verdict);
                others.push(format!(
                    "{name_of_file}: {}, and then {same}",
                    verdict(attempt)
                ));
            }
        }
    }
    assert!(compared > 400, "{compared}");
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// The report on a scenario, and that on the evidence of it.
fn twice(name: &str) -> [Value; 2] {
    let folder = tempfile::tempdir().unwrap();
    let [capture, evidence] =
        ["scenario.pcap", "evidence.pcapng"].map(|name| folder.path().join(name));
    let is_it = |file: &std::path::PathBuf| file.file_stem().unwrap() == name;
    let file = scenario_files().into_iter().find(is_it).unwrap();
    let scenario = parse(&std::fs::read_to_string(&file).unwrap());
    std::fs::write(&capture, pcap_file(scenario.link_type, &scenario.packets)).unwrap();
    let common = ["read", "-F", "json", "--max-attempts", "0"];
    let [capture, evidence] = [&capture, &evidence].map(|path| path.to_str().unwrap());
    let report = |more: &[&str]| {
        let ran = run(&[&common[..], more].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{name}: {}", ran.stderr))
    };
    [
        report(&["--evidence", evidence, capture]),
        report(&[evidence]),
    ]
}

fn what_a_cause_turns_on_is_in_evidence() {
    for name in [
        "finding-no-way-back",
        "answer-as-acks-of-another-connection",
        "cause-wrong-checksum",
        "cause-host-down-by-arp",
    ] {
        let verdicts = twice(name).map(|report| {
            let attempts = report["attempts"].as_array().unwrap().iter();
            attempts
                .filter(|one| is_failure(one))
                .map(verdict)
                .collect::<Vec<_>>()
        });
        assert_eq!(verdicts[0], verdicts[1], "{name}");
        assert!(!verdicts[0].is_empty());
    }
}

fn what_a_finding_turns_on_is_in_evidence() {
    for name in [
        "finding-fallback-worked",
        "trouble-reset-midway",
        "finding-host-down-without-a-syn",
        "finding-no-way-back",
    ] {
        let [first, again] = twice(name).map(|report| {
            let findings = report["findings"].as_array().unwrap().iter();
            findings
                .map(|finding| {
                    [
                        finding["kind"].to_string(),
                        finding["confidence"].to_string(),
                    ]
                })
                .collect::<Vec<_>>()
        });
        assert_eq!(first, again, "{name}");
        let said = twice(name)[1]["capture"]["limits"].to_string();
        assert!(
            said.contains("evidence that tcpwhy wrote"),
            "{name}: {said}"
        );
    }
}

fn attempts(arguments: &[&str]) -> Vec<Value> {
    let ran = run(arguments);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    report["attempts"].as_array().cloned().unwrap_or_default()
}

fn is_failure(attempt: &Value) -> bool {
    let outcome = attempt["outcome"].as_str().unwrap_or_default();
    !["established", "pending", "partial"].contains(&outcome)
}

fn name(attempt: &Value) -> [String; 4] {
    ["client", "server", "isn", "started"].map(|field| attempt[field].to_string())
}

fn verdict(attempt: &Value) -> String {
    ["outcome", "cause", "confidence"]
        .map(|field| attempt[field].to_string())
        .join(" ")
}

/// The same cause, or no other that is as sure.
fn is_told_as_well(first: &Value, again: &Value) -> bool {
    let surety = |attempt: &Value| match attempt["confidence"].as_str() {
        None => 0,
        Some("possible") => 1,
        Some("likely") => 2,
        Some(_) => 3,
    };
    let is_same = first["cause"] == again["cause"] && surety(again) <= surety(first);
    let is_less_sure = surety(again) < surety(first) || again["cause"].is_null();
    // Where no answer to any SYN is among the few packets, it is not known whether some were left
    // out.
    let is_undecided = again["outcome"] == "pending";
    is_undecided || first["outcome"] == again["outcome"] && (is_same || is_less_sure)
}
