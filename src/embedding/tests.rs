//! Pushed packets give what a file of them gives.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Analysed, Analysis};
use crate::capture::{CaptureSet, LinkType, Packet, PacketNumber, Timestamp};
use crate::handshake::Outcome;

/// An IPv4 SYN of 10.0.0.7 to port 5432 of 10.0.1.20.
const SYN: &[u8] = &[
    0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 7, 10, 0, 1, 20, // IPv4
    0xc0, 0, 0x15, 0x38, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0, // TCP
];

fn second(second: u64) -> Timestamp {
    Timestamp::default().after(Duration::from_secs(second))
}

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            CaptureSet::open(std::slice::from_ref(path))
                .errors
                .is_empty()
        })
        .collect();
    paths.sort();
    paths
}

/// Pushes what stands in the file, packet by packet.
fn pushed(path: &Path) -> Analysed {
    let mut captures = CaptureSet::open(&[path.to_owned()]).captures;
    let mut analysis = Analysis::new().named(path);
    while let Some(packet) = captures.next_packet() {
        analysis.push(packet);
    }
    for source in captures.facts() {
        let dropped = [source.dropped_by_kernel, source.dropped_by_interface];
        analysis.packets_lost(dropped.into_iter().flatten().sum());
        if let Some(until) = source.watched_until {
            analysis.watched_until(until);
        }
    }
    analysis.finish()
}

/// What a report says of connects; what the file says beside its packets, as names, is left out.
fn said(analysed: Analysed) -> serde_json::Value {
    let mut report = analysed.report();
    report.shows_names = false;
    report.capture.comments.clear();
    for source in &mut report.capture.sources {
        for interface in &mut source.interfaces {
            interface.name = None;
        }
    }
    let mut said: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    let capture = said.get_mut("capture").unwrap().as_object_mut().unwrap();
    capture.remove("sources");
    capture.remove("dropped");
    said
}

#[test]
fn packets_of_a_sample_say_the_same_pushed_and_read() {
    let samples = samples();
    assert!(samples.len() > 50, "{}", samples.len());
    for path in samples {
        let read = Analysis::new().read(&path).unwrap();
        let is_filtered = read.capture().hiding_filter.is_some();
        if is_filtered || read.capture().leaves_out_third_step {
            // What a capture filter left out is told by the file alone.
            continue;
        }
        assert_eq!(said(pushed(&path)), said(read), "{}", path.display());
    }
}

#[test]
fn several_files_are_one_capture() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let paths = ["closed-port.pcap", "service-restart.pcap"].map(|name| folder.join(name));
    let [first, second] = paths.each_ref().map(|path| {
        let analysed = Analysis::new().read(path).unwrap();
        analysed.diagnosis().outcomes.total()
    });
    let both = Analysis::new().read_all(paths).unwrap();
    assert_eq!(both.diagnosis().outcomes.total(), first + second);
}

#[test]
fn what_cannot_be_opened_is_an_error() {
    let error = Analysis::new().read("samples/README.md").unwrap_err();
    assert!(error.to_string().contains("README.md"), "{error}");
    assert!(Analysis::new().read("samples/absent.pcap").is_err());
}

#[test]
fn packets_without_numbers_are_counted() {
    let mut analysis = Analysis::new();
    analysis.push(Packet::new(second(0), LinkType::RAW, SYN));
    let mut numbered = Packet::new(second(1), LinkType::RAW, SYN);
    numbered.place.number = PacketNumber(7);
    analysis.push(numbered);
    analysis.push(Packet::new(second(3), LinkType::RAW, SYN));
    let analysed = analysis.finish();
    let attempt = &analysed.attempts().next().unwrap().decided.attempt;
    let packets = attempt.evidence.packets().iter();
    let numbers: Vec<u64> = packets.map(|packet| packet.place.number.0).collect();
    assert_eq!(numbers, [1, 7, 8]);
    assert_eq!(analysed.capture().packets, 3);
}

#[test]
fn silence_counts_for_as_long_as_it_was_watched() {
    let outcome = |watched: Option<u64>| {
        let mut analysis = Analysis::new().patience(Duration::from_secs(5));
        analysis.push(Packet::new(second(0), LinkType::RAW, SYN));
        if let Some(until) = watched {
            analysis.watched_until(second(until));
        }
        let analysed = analysis.finish();
        analysed.attempts().next().unwrap().outcome()
    };
    assert_eq!(outcome(None), Outcome::Pending);
    assert_eq!(outcome(Some(4)), Outcome::Pending);
    assert_eq!(outcome(Some(5)), Outcome::Dropped);
}

#[test]
fn losses_are_told() {
    let mut analysis = Analysis::new();
    analysis.packets_lost(3);
    analysis.packets_lost(4);
    let report = analysis.finish().report();
    assert_eq!(report.capture.dropped_by_kernel(), Some(7));
    assert!(report.to_string().contains("7 packets lost"), "{report}");
}

#[test]
fn without_a_packet_there_is_a_report_all_the_same() {
    let report = Analysis::new().finish().report();
    let text = report.to_string();
    assert!(text.contains("no TCP connect is in this capture"), "{text}");
}
