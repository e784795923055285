//! Parts of the work are done in several processes: what each found out travels as bytes, and is
//! put together in whatever order it arrives. None of that must show in what is said.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tcpwhy::analysis::part::{Beside, Part, Shard, SourcesRead, judge};
use tcpwhy::analysis::{AnalysisSettings, LogSettings, analyse, fill_rows};
use tcpwhy::capture::{CaptureSet, Interface};
use tcpwhy::decode::{Contexts, FlowHasher, RowBatch, RowDecoder};
use tcpwhy::diagnosis::{Diagnosis, LogZone};
use tcpwhy::handshake::TrackerSettings;
use tcpwhy::report::{CaptureTotals, Report, Settings, Tool, json};

use crate::scenarios::scenario_files;
use crate::shards::LOADS;
use crate::shards::generator::{Format, Request, generate};
use crate::support::harness::{Test, tests};
use crate::support::scenario::parse;
use crate::support::{all_samples, in_package, pcap};

pub(crate) const TESTS: &[Test] = tests![
    each_sample_says_the_same_in_parts,
    each_scenario_says_the_same_in_parts,
    each_load_says_the_same_in_parts,
    sources_that_are_read_apart_say_what_they_say_together,
];

const DIVISIONS: [u32; 3] = [1, 2, 7];

/// What one process reads of a capture: all of it, and keeps what is of one shard.
fn read(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    (shard, shards): (usize, NonZeroU32),
) -> (Part, Beside, SourcesRead) {
    let contexts = Contexts::default().into();
    let mut decoder = RowDecoder::new(contexts, FlowHasher::default());
    let sources = captures.facts();
    let mut interfaces = sources.iter().flat_map(|source| &source.interfaces);
    let mut totals = CaptureTotals {
        leaves_out_third_step: interfaces.any(Interface::leaves_out_third_step),
        ..CaptureTotals::default()
    };
    let mut own = Shard::new(settings, &decoder, shards, totals.leaves_out_third_step);
    let mut beside = Beside::new(settings);
    let mut batches = vec![RowBatch::default(); shards.get() as usize];
    let mut has_more = true;
    while has_more {
        has_more = fill_rows(
            captures,
            &mut decoder,
            &mut batches,
            100,
            &mut totals,
            |observation| beside.observe(observation),
        );
        for answering in decoder.take_answering() {
            beside.observe_answering(answering);
        }
        for rows in &batches {
            beside.observe_batch(rows, decoder.contexts());
        }
        own.take(&batches[shard]);
    }
    (own.end(), beside, SourcesRead::of(totals, captures))
}

fn opened(paths: &[PathBuf]) -> CaptureSet {
    let opened = CaptureSet::open(paths);
    assert!(opened.errors.is_empty(), "{:?}", opened.errors);
    opened.captures
}

fn travelled(part: &Part) -> Part {
    Part::from_bytes(&part.to_bytes().unwrap()).unwrap()
}

fn report((capture, diagnosis): (CaptureTotals, Diagnosis)) -> Vec<u8> {
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

fn report_of_parts(paths: &[PathBuf], settings: &AnalysisSettings, shards: u32) -> Vec<u8> {
    let count = NonZeroU32::new(shards).unwrap();
    let mut parts = Vec::new();
    let mut beside = None;
    for shard in 0..shards as usize {
        let mut captures = opened(paths);
        let (part, others, read) = read(&mut captures, settings, (shard, count));
        parts.push(travelled(&part));
        // Each of them read all packets: one of them tells of those that are of no shard.
        if shard == 0 {
            let others = Beside::from_bytes(&others.to_bytes().unwrap()).unwrap();
            let read = SourcesRead::from_bytes(&read.to_bytes().unwrap()).unwrap();
            beside = Some((others, read));
        }
    }
    fastrand::Rng::with_seed(u64::from(shards)).shuffle(&mut parts);
    let (others, read) = beside.unwrap();
    report(judge(parts, vec![others], read, settings))
}

fn assert_parts_do_not_show(paths: &[PathBuf], settings: &AnalysisSettings, name: &str) {
    let mut captures = opened(paths);
    let alone = report(analyse(&mut captures, settings));
    for shards in DIVISIONS {
        assert!(
            report_of_parts(paths, settings, shards) == alone,
            "{name}: {shards} parts say something else than one run"
        );
    }
}

fn listing_some() -> AnalysisSettings {
    AnalysisSettings {
        listed_attempts: Some(200),
        evidence_attempts: 50,
        ..AnalysisSettings::default()
    }
}

fn each_sample_says_the_same_in_parts() {
    let samples = all_samples();
    assert!(samples.len() > 40, "only {} samples", samples.len());
    for sample in samples {
        let name = sample.to_string_lossy().into_owned();
        assert_parts_do_not_show(&[sample], &listing_some(), &name);
    }
}

/// Not too few of them wait for an end that only the whole capture shows, bring a log along or are
/// of a filter's log themselves.
fn each_scenario_says_the_same_in_parts() {
    let scenarios = scenario_files();
    assert!(scenarios.len() > 300, "only {} scenarios", scenarios.len());
    for path in scenarios {
        let scenario = parse(&std::fs::read_to_string(&path).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let capture = folder.path().join("scenario.pcap");
        let bytes = pcap::pcap_file(scenario.link_type, &scenario.packets);
        std::fs::write(&capture, bytes).unwrap();
        let mut logs = LogSettings {
            zone: scenario.zone.map(LogZone::Offset),
            ..LogSettings::default()
        };
        for (name, text) in &scenario.logs {
            let log = folder.path().join(name);
            std::fs::write(&log, text).unwrap();
            logs.files.push(log);
        }
        let settings = AnalysisSettings {
            tracker: tracker_with(scenario.patience),
            logs,
            ..AnalysisSettings::default()
        };
        assert_parts_do_not_show(&[capture], &settings, &path.to_string_lossy());
    }
}

fn tracker_with(patience: Duration) -> TrackerSettings {
    TrackerSettings {
        patience,
        ..TrackerSettings::default()
    }
}

fn each_load_says_the_same_in_parts() {
    for kind in LOADS {
        let file = tempfile::NamedTempFile::new().unwrap();
        let request = Request {
            kind,
            format: Format::Pcap,
            bytes: 500_000,
            seed: 11,
        };
        generate(request, file.as_file()).unwrap();
        let path: &Path = file.path();
        assert_parts_do_not_show(&[path.into()], &listing_some(), &format!("{kind:?}"));
    }
}

/// Each source is read by a process of its own; what they say about connects meets in the shards.
fn sources_that_are_read_apart_say_what_they_say_together() {
    let names = [
        "answer-from-another-address.pcap",
        "needle.pcap",
        "nflog-and-wire.pcapng",
        "port-scan.pcap",
        "two-link-types.pcapng",
    ];
    let paths = names.map(|name| in_package("samples").join(name));
    let settings = listing_some();
    let alone = report(analyse(&mut opened(&paths), &settings));
    let mut told = SourcesRead::default();
    let mut beside = Vec::new();
    for (number, path) in (0..).zip(&paths) {
        let one = std::slice::from_ref(path);
        let mut captures = opened(one).numbered_from(number);
        let (_, others, read) = read(&mut captures, &settings, (0, NonZeroU32::MIN));
        let bytes = read.to_bytes().unwrap();
        told.merge(SourcesRead::from_bytes(&bytes).unwrap());
        let bytes = others.to_bytes().unwrap();
        beside.push(Beside::from_bytes(&bytes).unwrap());
    }
    beside.reverse();
    let count = NonZeroU32::new(3).unwrap();
    let parts = (0..3).map(|shard| {
        let mut captures = opened(&paths);
        let (part, _, _) = read(&mut captures, &settings, (shard, count));
        travelled(&part)
    });
    assert!(report(judge(parts.collect(), beside, told, &settings)) == alone);
}
