//! Every file of `tests/scenarios` is a story of packets and what must be said about it.

use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use serde_json::Value;
use tcpwhy::analysis::LogSettings;
use tcpwhy::diagnosis::LogZone;

use crate::support::harness::Case;
use crate::support::scenario::{Expectation, parse};
use crate::support::tools::Needs;
use crate::support::{in_package, json_of, pcap, report_beside};

/// Each scenario of the folder by its name.
pub(crate) fn scenarios() -> impl Iterator<Item = Case> {
    scenario_files().into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy();
        let name = format!("scenarios::{name}");
        Case::new(name, Needs::default(), move || scenario(&path))
    })
}

/// The files that hold scenarios.
pub(crate) fn scenario_files() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(in_package("tests/scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "scenario")
        })
        .collect();
    paths.sort();
    paths
}

fn scenario(path: &Path) -> Result<(), Failed> {
    let scenario = parse(&std::fs::read_to_string(path)?);
    let folder = tempfile::tempdir()?;
    let capture = folder.path().join("scenario.pcap");
    std::fs::write(
        &capture,
        pcap::pcap_file(scenario.link_type, &scenario.packets),
    )?;
    let mut logs = LogSettings {
        zone: scenario.zone.map(LogZone::Offset),
        ..LogSettings::default()
    };
    for (name, text) in &scenario.logs {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        logs.files.push(path);
    }
    let report = json_of(&report_beside(&[capture], scenario.patience, logs));
    let mut unmatched: Vec<&Value> = report["attempts"]
        .as_array()
        .ok_or("no attempts")?
        .iter()
        .collect();
    let mut failures = Vec::new();
    for expectation in &scenario.expectations {
        match expectation.ends {
            None => failures.extend(differences(expectation, &report)),
            Some(_) => failures.extend(take_match(expectation, &mut unmatched)),
        }
    }
    failures.extend(
        unmatched
            .iter()
            .map(|attempt| format!("not expected: {}", brief(attempt))),
    );
    if scenario.expectations.is_empty() {
        failures.push("nothing is expected".to_owned());
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures.join("\n").into())
    }
}

/// Finds the attempt that the expectation is about, in order, and what differs.
fn take_match(expectation: &Expectation, unmatched: &mut Vec<&Value>) -> Vec<String> {
    let Some((client, server)) = expectation.ends else {
        return Vec::new();
    };
    let is_meant = |attempt: &&Value| {
        attempt["client"] == client.to_string()
            && attempt["server"] == server.to_string()
            && expectation
                .fields
                .get("isn")
                .is_none_or(|isn| plain(&attempt["isn"]) == *isn)
    };
    match unmatched.iter().position(is_meant) {
        Some(position) => differences(expectation, unmatched.remove(position)),
        None => vec![format!(
            "line {}: no such attempt: {client} > {server}",
            expectation.line
        )],
    }
}

/// Where the report is not as expected. A field is named by its way from the top:
/// `summary.refused`.
fn differences(expectation: &Expectation, value: &Value) -> Vec<String> {
    let mut failures = Vec::new();
    for (field, expected) in &expectation.fields {
        let pointer = format!("/{}", field.replace('.', "/"));
        let found = value
            .pointer(&pointer)
            .map_or_else(|| "(no such field)".to_owned(), plain);
        let is_left_out = expected.is_empty() && value.pointer(&pointer).is_none();
        if found != *expected && !is_left_out {
            failures.push(format!(
                "line {}: {field} is {found}, not {expected}",
                expectation.line
            ));
        }
    }
    for note in &expectation.notes {
        let has_it = value["notes"].as_array().is_some_and(|notes| {
            notes
                .iter()
                .any(|found| found.as_str().is_some_and(|found| found.contains(note)))
        });
        if !has_it {
            failures.push(format!(
                "line {}: no note says '{note}': {}",
                expectation.line, value["notes"]
            ));
        }
    }
    if !failures.is_empty() && expectation.ends.is_some() {
        failures.push(brief(value));
    }
    failures
}

/// A scalar as written in a scenario; a list by its values with `+` between them.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace(' ', "_"),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("+"),
        other => other.to_string(),
    }
}

fn brief(attempt: &Value) -> String {
    format!(
        "{} > {} isn {}: {} ({} SYNs, {} SYN-ACKs) {}",
        plain(&attempt["client"]),
        plain(&attempt["server"]),
        attempt["isn"],
        plain(&attempt["outcome"]),
        attempt["syn_count"],
        attempt["syn_ack_count"],
        attempt["notes"]
    )
}
