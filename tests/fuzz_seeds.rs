//! What the fuzzer starts from, and every input that once made it stop, through the same functions:
//! on a stable compiler, without the fuzzer.

#[path = "../fuzz/capture_mutator.rs"]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the low byte of a random number is one as well"
)]
mod capture_mutator;
#[path = "../fuzz/subjects.rs"]
mod subjects;

use std::panic::catch_unwind;
use std::path::Path;

use tcpwhy::capture::{CapturedOn, LinkType, Packet, PacketPlace};
use tcpwhy::decode::TunnelPorts;

use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    seeds_of_the_decoder_pass,
    seeds_of_the_tracker_pass,
    samples_and_regressions_of_the_reader_pass,
    seeds_of_explain_pass,
    seeds_of_logs_pass,
    each_header_may_be_cut_and_changed_anywhere,
    captures_of_each_header_may_be_changed,
    files_of_each_kind_may_be_cut_and_changed_anywhere,
    lines_of_each_kind_may_be_cut_and_changed_anywhere,
];

/// Runs every file of the folder, if there is one; how many there were.
fn run_all(folder: &Path, subject: fn(&[u8])) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let files = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    files
        .map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            let ended = catch_unwind(|| subject(&bytes));
            assert!(ended.is_ok(), "stopped by {}", path.display());
        })
        .count()
}

fn run_seeds(target: &str, subject: fn(&[u8])) -> usize {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    run_all(&fuzz.join("seeds").join(target), subject)
        + run_all(&fuzz.join("regressions").join(target), subject)
}

fn seeds_of_the_decoder_pass() {
    assert!(run_seeds("decode", subjects::decode) > 50);
}

fn seeds_of_the_tracker_pass() {
    assert!(run_seeds("track", subjects::track) > 40);
}

fn samples_and_regressions_of_the_reader_pass() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    assert!(run_all(&samples, subjects::read) > 50);
    run_seeds("read", subjects::read);
}

fn seeds_of_logs_pass() {
    assert!(run_seeds("logs", subjects::logs) >= 10);
}

fn seeds_of_explain_pass() {
    assert!(run_seeds("explain", subjects::explain) >= 10);
}

/// The seeds of a target, with their names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    };
    paths.iter().map(named).collect()
}

/// Each byte in turn as headers lie: nothing, all, one more, its highest bit; then cut before it.
fn each_change(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |at| {
        let old = bytes[at];
        let changed = [0, 0xff, old.wrapping_add(1), old ^ 0x80].map(move |new| {
            let mut changed = bytes.to_vec();
            changed[at] = new;
            changed
        });
        changed.into_iter().chain([bytes[..at].to_vec()])
    })
}

fn assert_passes(name: &str, bytes: &[u8], subject: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let ended = catch_unwind(|| subject(bytes));
    assert!(ended.is_ok(), "stopped by {name} as {bytes:?}");
}

/// The anonymous bytes of a packet, behind its link type.
fn make_anonymous(data: &[u8]) {
    let Some((link_type, bytes)) = data.split_first_chunk::<2>() else {
        return;
    };
    let packet = Packet {
        place: PacketPlace::default(),
        link_type: Some(LinkType(u16::from_be_bytes(*link_type).into())),
        bytes,
        wire_length: 0,
        captured_on: CapturedOn::default(),
        options: None,
    };
    let mut map = tcpwhy::anonymize::AddressMap::new(&tcpwhy::anonymize::Key([7; 32]));
    let kept = tcpwhy::anonymize::anonymous_packet(&packet, &TunnelPorts::NONE, &mut map);
    assert!(kept.len() <= bytes.len());
}

fn each_header_may_be_cut_and_changed_anywhere() {
    for (name, seed) in seeds("decode") {
        for changed in each_change(&seed) {
            assert_passes(&name, &changed, subjects::decode);
            assert_passes(&name, &changed, make_anonymous);
        }
    }
}

/// Some packets of each link type in a file, changed as the fuzzer changes captures.
fn captures_of_each_header_may_be_changed() {
    let mut by_link_type = std::collections::BTreeMap::<u32, Vec<Vec<u8>>>::new();
    for (_, seed) in seeds("decode") {
        if let Some((link_type, packet)) = seed.split_first_chunk::<2>() {
            let link_type = u16::from_be_bytes(*link_type).into();
            by_link_type
                .entry(link_type)
                .or_default()
                .push(packet.to_vec());
        }
    }
    assert!(by_link_type.len() > 15, "{:?}", by_link_type.keys());
    for (link_type, packets) in by_link_type {
        let packets: Vec<CapturedPacket> = (0_u64..)
            .zip(packets.iter().cycle().take(12))
            .map(|(index, packet)| CapturedPacket {
                nanoseconds: 1_795_183_200_000_000_000 + index * 700_000_000,
                wire_length: packet.len(),
                bytes: packet.clone(),
            })
            .collect();
        let capture = pcap_file(link_type, &packets);
        for seed in 0..12 {
            let changed = capture_mutator::mutated(&capture, seed * 2 + 1);
            assert_passes(&format!("link type {link_type}"), &changed, subjects::read);
        }
    }
}

/// Files whose packets have options, flags and verdicts; snoop, and its inspection points.
fn files_of_each_kind_may_be_cut_and_changed_anywhere() {
    for (name, seed) in seeds("read") {
        // Each change of a file takes a report: every third of them.
        for changed in each_change(&seed).step_by(3) {
            assert_passes(&name, &changed, subjects::read);
        }
    }
}

fn lines_of_each_kind_may_be_cut_and_changed_anywhere() {
    for (name, seed) in seeds("logs") {
        for line in seed.split_inclusive(|byte| *byte == b'\n').take(8) {
            for changed in each_change(line) {
                assert_passes(&name, &changed, subjects::logs);
            }
        }
    }
}
