//! Whoever is given an evidence capture in place of the capture is told no other cause as surely.

use serde_json::Value;

use crate::scenarios::scenario_files;
use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::pcap::pcap_file;
use crate::support::scenario::parse;

pub(crate) const TESTS: &[Test] =
    tests![evidence_again_of_a_scenario_tells_no_other_cause_as_surely];

/// What these turn on is more than evidence holds today: how a connect that got through left the
/// host under another address, how many of all connects were lost, the ACKs of another connection,
/// and who looks for a client on the server's link.
const TURN_ON_MORE: [&str; 7] = [
    "answer-as-acks-of-another-connection",
    "cause-dropped-here",
    "finding-no-path-loss-of-two-services-one-after-the-other",
    "finding-no-way-back",
    "finding-path-loss-of-two-services-at-once",
    "finding-service-down-window-of-a-busy-service",
    "finding-service-down-window-until-repetitions-get-through",
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
        if !scenario.logs.is_empty() || TURN_ON_MORE.contains(&&*name_of_file) {
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
