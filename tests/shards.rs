//! Flows are divided among shards, which track and count by themselves: how many there are must not
//! show in what is said.

#[allow(
    dead_code,
    reason = "benchmarks and the example use all of it; here a few kinds are made"
)]
#[path = "../benches/generator/mod.rs"]
pub(crate) mod generator;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use generator::{Format, Kind, Request, generate};
use tcpwhy::analysis::{AnalysisSettings, analyse};
use tcpwhy::capture::CaptureSet;
use tcpwhy::report::{Report, Settings, Tool, json};

use crate::support::harness::{Test, tests};
use crate::support::in_package;

pub(crate) const TESTS: &[Test] = tests![
    each_sample_says_the_same_with_any_number_of_shards,
    each_load_says_the_same_with_any_number_of_shards,
];

fn report_of(path: &Path, shards: usize) -> Vec<u8> {
    let settings = AnalysisSettings {
        threads: NonZeroUsize::new(shards).unwrap(),
        listed_attempts: Some(200),
        evidence_attempts: 50,
        ..AnalysisSettings::default()
    };
    let mut captures = CaptureSet::open(&[PathBuf::from(path)]).captures;
    let (capture, diagnosis) = analyse(&mut captures, &settings);
    let report = Report {
        tool: Tool {
            version: "0.0.0",
            arguments: Vec::new(),
            ladder_command: None,
        },
        capture,
        diagnosis,
        settings: Settings::default(),
        shows_names: true,
        handover: tcpwhy::report::Handover::default(),
    };
    let mut document = Vec::new();
    json::write(&report, &mut document).unwrap();
    document
}

fn assert_shards_do_not_show(path: &Path, name: &str) {
    let alone = report_of(path, 1);
    for shards in [2, 3, 7] {
        assert!(
            report_of(path, shards) == alone,
            "{name}: {shards} shards say something else than one"
        );
    }
}

fn each_sample_says_the_same_with_any_number_of_shards() {
    let samples = std::fs::read_dir(in_package("samples")).unwrap();
    let mut count = 0;
    for sample in samples {
        let path = sample.unwrap().path();
        let is_capture = |extension: &std::ffi::OsStr| extension == "pcap" || extension == "pcapng";
        if path.extension().is_some_and(is_capture) {
            assert_shards_do_not_show(&path, &path.to_string_lossy());
            count += 1;
        }
    }
    assert!(count > 40, "only {count} samples were found");
}

/// The loads of which no sharing may show.
pub(crate) const LOADS: [Kind; 9] = [
    Kind::Bulk,
    Kind::Short,
    Kind::Failing,
    Kind::Flood,
    Kind::ReusedTuple,
    Kind::ManyServers,
    Kind::EqualIsns,
    Kind::Copies,
    Kind::IcmpStorm,
];

fn each_load_says_the_same_with_any_number_of_shards() {
    for kind in LOADS {
        let file = tempfile::NamedTempFile::new().unwrap();
        let request = Request {
            kind,
            format: Format::Pcap,
            bytes: 2_000_000,
            seed: 7,
        };
        generate(request, file.as_file()).unwrap();
        assert_shards_do_not_show(file.path(), &format!("{kind:?}"));
    }
}
