//! What `contrib` holds fits the program: dashboard and alerts name metrics that there are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tcpwhy::capture::Timestamp;
use tcpwhy::diagnosis::Selection;
use tcpwhy::live::metrics::{Metrics, MetricsSettings, TextFormat};
use tcpwhy::live::ring::RingTotals;

use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    every_metric_that_is_named_exists,
    the_dashboard_can_be_imported,
];

/// The names of all samples that there can be.
fn sample_names() -> BTreeSet<String> {
    let metrics = Metrics::new(MetricsSettings {
        selection: Selection::default(),
        window: Duration::from_secs(900),
        interfaces: vec!["eth0".to_owned()],
        started: Timestamp::default(),
        ring: Some(Arc::new(RingTotals::default)),
    });
    let text = metrics.told().text(TextFormat::OpenMetrics);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .flat_map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            let suffixes: &[&str] = match kind {
                "counter" => &["_total"],
                "gauge" => &[""],
                "histogram" => &["_bucket", "_count", "_sum"],
                "info" => &["_info"],
                other => panic!("{other}"),
            };
            suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
        })
        .collect()
}

fn contrib() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// What reads like the name of a metric.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .filter(|word| word.starts_with("tcpwhy_") || word.starts_with("process_"))
}

fn every_metric_that_is_named_exists() {
    let names = sample_names();
    let mut found = BTreeSet::new();
    for path in files(&contrib()) {
        let text = fs::read_to_string(&path).unwrap();
        for name in named(&text) {
            assert!(names.contains(name), "{}: {name}", path.display());
            found.insert(name.to_owned());
        }
    }
    let unused: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("tcpwhy_") && !found.contains(*name))
        .collect();
    assert!(unused.len() < names.len() / 3, "{unused:?}");
}

fn the_dashboard_can_be_imported() {
    let text = fs::read_to_string(contrib().join("grafana/tcpwhy.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels
        .iter()
        .map(|panel| panel["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        assert_eq!(
            panel["datasource"]["uid"], "${datasource}",
            "{}",
            panel["title"]
        );
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(named(expression).count() > 0, "{expression}");
        }
    }
}
