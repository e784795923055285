use std::num::NonZeroU32;
use std::path::PathBuf;

use super::*;
use crate::analysis::part::Shard;
use crate::analysis::{AnalysisSettings, decoder_for, fill_rows};
use crate::capture::CaptureSet;
use crate::decode::RowBatch;
use crate::report::CaptureTotals;

/// What is found out of a sample.
fn found_in(sample: &str) -> (Part, Beside, SourcesRead) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(sample);
    let opened = CaptureSet::open(&[path]);
    assert!(opened.errors.is_empty(), "{:?}", opened.errors);
    let mut captures = opened.captures;
    let settings = AnalysisSettings::default();
    let mut decoder = decoder_for(&settings);
    let mut totals = CaptureTotals::default();
    let mut shard = Shard::new(&settings, &decoder, NonZeroU32::MIN, false);
    let mut beside = Beside::new(&settings);
    let mut batch = [RowBatch::default()];
    let mut has_more = true;
    while has_more {
        let mut others = Vec::new();
        has_more = fill_rows(
            &mut captures,
            &mut decoder,
            &mut batch,
            16,
            &mut totals,
            |observation| others.push(observation.clone()),
        );
        for other in &others {
            beside.observe(other);
        }
        for answering in decoder.take_answering() {
            beside.observe_answering(answering);
        }
        for rows in &batch {
            beside.observe_batch(rows, decoder.contexts());
            shard.take(rows);
        }
    }
    assert!(totals.tcp_packets > 0, "{sample} holds no connect");
    let read = SourcesRead::of(totals, &mut captures);
    (shard.end(), beside, read)
}

/// Attempts in full, as rows and as lone SYNs, with IPv4 and IPv6, in a tunnel, and told of by a
/// filter's log.
const SAMPLES: [&str; 6] = [
    "samples/answer-from-another-address.pcap",
    "samples/half-open.pcap",
    "samples/nflog-and-wire.pcapng",
    "samples/prohibited-by-router-ipv6.pcap",
    "samples/two-link-types.pcapng",
    "samples/vxlan.pcap",
];

fn small_part(sample: &str) -> Vec<u8> {
    let (part, _, _) = found_in(sample);
    part.to_bytes().unwrap()
}

/// The same facts behind another digest: as who damages them on purpose would write them.
fn with_right_digest(mut bytes: Vec<u8>) -> Vec<u8> {
    let head = head(&PART).len();
    let behind = bytes.get_mut(head..).unwrap_or_default();
    if let Some((digest, facts)) = behind.split_first_chunk_mut::<DIGEST>() {
        *digest = Sha1::digest(&*facts).into();
    }
    bytes
}

#[test]
fn all_that_is_found_out_is_the_same_when_it_was_read_again() {
    for sample in SAMPLES {
        let (part, beside, read) = found_in(sample);
        let bytes = part.to_bytes().unwrap();
        let again = Part::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_bytes().unwrap().len(), bytes.len(), "{sample}");
        let bytes = beside.to_bytes().unwrap();
        let again = Beside::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_bytes().unwrap().len(), bytes.len(), "{sample}");
        let bytes = read.to_bytes().unwrap();
        assert_eq!(SourcesRead::from_bytes(&bytes).unwrap(), read);
    }
}

#[test]
fn a_byte_that_was_damaged_on_its_way_is_noticed() {
    let bytes = small_part("samples/half-open.pcap");
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        if let Some(byte) = damaged.get_mut(position) {
            *byte ^= 0x10;
        }
        assert!(Part::from_bytes(&damaged).is_err(), "byte {position}");
    }
    for length in 0..bytes.len() {
        let cut = bytes.get(..length).unwrap_or_default();
        assert!(Part::from_bytes(cut).is_err(), "cut to {length} bytes");
    }
    let longer: Vec<u8> = bytes.into_iter().chain([0]).collect();
    assert!(Part::from_bytes(&longer).is_err());
}

#[test]
fn what_was_damaged_on_purpose_is_an_error_or_a_part() {
    let behind_head = head(&PART).len() + DIGEST;
    for sample in SAMPLES {
        let bytes = small_part(sample);
        let mut refused = 0;
        for position in behind_head..bytes.len() {
            let mut damaged = bytes.clone();
            if let Some(byte) = damaged.get_mut(position) {
                *byte ^= if position % 2 == 0 { 0x80 } else { 0x03 };
            }
            let read = Part::from_bytes(&with_right_digest(damaged));
            refused += usize::from(read.is_err());
            if position % 8 == 0 {
                let cut = bytes.get(..position).unwrap_or_default().to_vec();
                assert!(Part::from_bytes(&with_right_digest(cut)).is_err());
            }
        }
        assert!(refused > 0, "{sample}");
    }
}

#[test]
fn another_version_is_refused_in_one_line() {
    let bytes = small_part("samples/half-open.pcap");
    let head = head(&PART).len();
    let mut other = MAGIC.to_vec();
    other.extend([b'p', 7, 0, 8]);
    other.extend(b"0.1.9\x1b[2");
    other.extend(bytes.get(head..).unwrap_or_default());
    let error = Part::from_bytes(&other).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "these facts were written by tcpwhy 0.1.9[2 (format 7), and this is tcpwhy {VERSION} \
             (format {FORMAT}): all machines of one run need the same version"
        )
    );
}

#[test]
fn something_else_is_no_part() {
    let (_, beside, _) = found_in("samples/half-open.pcap");
    let error = Part::from_bytes(&beside.to_bytes().unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "these bytes are no part of an analysis of tcpwhy: they begin with something else"
    );
    assert_eq!(Part::from_bytes(b"\xd4\xc3\xb2\xa1").unwrap_err(), error);
    assert_eq!(Part::from_bytes(b"").unwrap_err(), error);
}
