//! What the tests share: captures built from scenarios, and the report on a capture.

pub(crate) mod browser;
pub(crate) mod command;
pub(crate) mod frames;
pub(crate) mod harness;
pub(crate) mod hostile;
pub(crate) mod pcap;
pub(crate) mod scenario;
pub(crate) mod terminal;
pub(crate) mod tools;
pub(crate) mod watching;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tcpwhy::analysis::{AnalysisSettings, LogSettings, analyse};
use tcpwhy::capture::CaptureSet;
use tcpwhy::diagnosis::Selection;
use tcpwhy::handshake::TrackerSettings;
use tcpwhy::report::{Report, Settings, Tool, json};

/// The report on the captures, all attempts listed.
pub(crate) fn report_on(paths: &[PathBuf], patience: Duration) -> Report {
    report_beside(paths, patience, LogSettings::default())
}

/// The report on the captures and on logs beside them, all attempts listed.
pub(crate) fn report_beside(paths: &[PathBuf], patience: Duration, logs: LogSettings) -> Report {
    let opened = CaptureSet::open(paths);
    assert!(opened.errors.is_empty(), "{:?}", opened.errors);
    let mut captures = opened.captures;
    let settings = AnalysisSettings {
        tracker: TrackerSettings {
            patience,
            ..TrackerSettings::default()
        },
        selection: Selection::default(),
        listed_attempts: None,
        logs,
        ..AnalysisSettings::default()
    };
    let (capture, diagnosis) = analyse(&mut captures, &settings);
    let tool = Tool {
        version: "0.0.0",
        arguments: Vec::new(),
        ladder_command: None,
    };
    Report {
        tool,
        capture,
        diagnosis,
        settings: Settings::with_patience(patience),
        shows_names: true,
        handover: tcpwhy::report::Handover::default(),
    }
}

/// The report as JSON.
pub(crate) fn json_of(report: &Report) -> serde_json::Value {
    let mut text = Vec::new();
    json::write(report, &mut text).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The JSON report on the captures with the usual patience.
pub(crate) fn json_on(paths: &[PathBuf]) -> serde_json::Value {
    json_of(&report_on(paths, Duration::from_secs(3)))
}

/// A file below the package's folder.
pub(crate) fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The captures in `samples/`, by name.
pub(crate) fn samples() -> Vec<PathBuf> {
    let mut paths = all_samples();
    // What a filter logged is captured again by no filter, and is no packet to be made anonymous.
    let name = |path: &PathBuf| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let is_log = |path: &PathBuf| name(path).is_some_and(|name| name.contains("flog"));
    paths.retain(|path| !is_log(path));
    paths
}

/// The same, with those that are logs of packet filters.
pub(crate) fn all_samples() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(in_package("samples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let known = ["pcap", "pcapng", "snoop"];
            path.extension()
                .is_some_and(|extension| known.iter().any(|one| extension == *one))
        })
        .collect();
    paths.sort();
    paths
}

/// What the program `sha256sum` gives.
pub(crate) fn sha256sum(bytes: &[u8]) -> String {
    let stored = command::file(bytes);
    let output = std::process::Command::new("sha256sum")
        .arg(&stored.path)
        .output()
        .expect("sha256sum is there");
    assert!(output.status.success(), "{output:?}");
    let line = String::from_utf8(output.stdout).unwrap();
    line.split(' ')
        .next()
        .unwrap()
        .trim_start_matches('\\')
        .to_owned()
}
