//! What bad input gets: one clear line that names what and where, everything that could be read, and never a panic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and says where"
)]

mod support;

use std::path::PathBuf;

use serde_json::Value;
use support::command::{Ran, run};
use support::frames::SegmentPlan;
use support::pcap::{
    CapturedPacket, enhanced_packet, interface_description, pcap_file, pcapng_block, section_header,
};

/// A file of its own in a folder that goes away with it.
struct TestFile {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn file(bytes: &[u8]) -> TestFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    std::fs::write(&path, bytes).unwrap();
    TestFile {
        _folder: folder,
        path,
    }
}

fn read(bytes: &[u8]) -> (Ran, Option<Value>) {
    let file = file(bytes);
    let ran = run(&["read", "-F", "json", file.path.to_str().unwrap()]);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    let report = serde_json::from_str(&ran.stdout).ok();
    (ran, report)
}

fn syn(port: u16) -> Vec<u8> {
    let client = ([10, 0, 0, 7], 50_000 + port).into();
    SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, ([10, 0, 1, 20], port).into(), 0x02)
    }
    .frame()
}

/// A capture of so many SYNs, a second apart.
fn syns(count: u16) -> Vec<u8> {
    let packets: Vec<CapturedPacket> = (0..count)
        .map(|index| {
            let bytes = syn(1 + index);
            CapturedPacket {
                nanoseconds: u64::from(index) * 1_000_000_000,
                wire_length: bytes.len(),
                bytes,
            }
        })
        .collect();
    pcap_file(1, &packets)
}

const FILE_HEADER: usize = 24;
const RECORD: usize = 16 + 54;

#[test]
fn a_missing_file_is_named() {
    let ran = run(&["read", "no/such/file.pcap"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert_eq!(
        ran.stderr,
        "tcpwhy: cannot read no/such/file.pcap: No such file or directory (os error 2)\n"
    );
}

#[test]
fn a_missing_file_does_not_hide_the_others() {
    let ran = run(&["read", "no/such/file.pcap", "samples/closed-port.pcap"]);
    assert_eq!(ran.status, 3);
    assert!(ran.stdout.contains("refused"));
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    let (ran, report) = read(&[]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.ends_with(": the file is empty\n"),
        "{}",
        ran.stderr
    );
    assert!(report.is_none());
}

#[test]
fn a_directory_without_captures_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no capture").unwrap();
    let ran = run(&["read", folder.path().to_str().unwrap()]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr
            .ends_with(": no capture file in this directory\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_no_capture_is_recognised_where_possible() {
    for (bytes, word) in [
        (
            &b"hello, world, this is text"[..],
            "neither pcap nor pcapng",
        ),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "gzip"),
        (b"\x28\xb5\x2f\xfd\0\0\0\0\0\0\0\0\0\0\0\0", "zstd"),
        (b"snoop\0\0\0\0\0\0\x02\0\0\0\x04", "snoop"),
        (
            b"\xd4\xc3\xb2\xa1\x02\0",
            "ends after 6 of the 24 bytes of its header",
        ),
        (b"x", "neither pcap nor pcapng"),
    ] {
        let (ran, report) = read(bytes);
        assert_eq!(ran.status, 3);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
        assert!(report.is_none());
    }
    let (ran, _) = read(b"\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    assert!(
        ran.stderr
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("hint: gzip -dc "),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_capture_without_packets_is_a_capture() {
    let (ran, report) = read(&syns(0));
    let report = report.unwrap();
    assert_eq!(ran.status, 0);
    assert_eq!(report["capture"]["packets"], 0);
    assert_eq!(report["capture"]["first"], Value::Null);
}

/// The usual end of tcpdump by Ctrl-C: a warning, and everything before it.
#[test]
fn a_capture_cut_within_a_record_is_read_up_to_there() {
    let whole = syns(3);
    for cut in [1, 15, 16, RECORD - 1] {
        let (ran, report) = read(&whole[..FILE_HEADER + 2 * RECORD + cut]);
        let report = report.unwrap();
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("warning") && ran.stderr.contains("packet 3 at byte 164"),
            "{}",
            ran.stderr
        );
        assert_eq!(report["summary"]["attempts"], 2);
        let problem = &report["capture"]["sources"][0]["problem"];
        assert_eq!(
            (&problem["kind"], &problem["at_packet"], &problem["at_byte"]),
            (&"truncated".into(), &3.into(), &164.into())
        );
    }
    let file = file(&whole[..FILE_HEADER + RECORD + 5]);
    let quiet = run(&["read", "-q", file.path.to_str().unwrap()]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_record_of_impossible_length_is_damage() {
    let mut bytes = syns(3);
    bytes[FILE_HEADER + RECORD + 8..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let (ran, report) = read(&bytes);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr
            .ends_with("packet 2 at byte 94 claims 4294967295 bytes\n"),
        "{}",
        ran.stderr
    );
    let report = report.unwrap();
    assert_eq!(report["summary"]["attempts"], 1);
    assert_eq!(
        report["capture"]["sources"][0]["problem"]["kind"],
        "damaged"
    );
}

#[test]
fn damage_in_one_file_leaves_the_others_alone() {
    let mut bytes = syns(3);
    bytes[FILE_HEADER + RECORD + 8..][..4].copy_from_slice(&u32::MAX.to_le_bytes());
    let damaged = file(&bytes);
    let ran = run(&[
        "read",
        "-F",
        "json",
        damaged.path.to_str().unwrap(),
        "samples/closed-port.pcap",
    ]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(ran.status, 3);
    assert_eq!(report["summary"]["attempts"], 3);
}

#[test]
fn a_snap_length_of_zero_means_no_limit() {
    let mut bytes = syns(2);
    bytes[16..20].copy_from_slice(&[0; 4]);
    let (ran, report) = read(&bytes);
    assert_eq!(ran.status, 0);
    assert_eq!(report.unwrap()["summary"]["attempts"], 2);
}

#[test]
fn an_unknown_link_type_is_named_and_counted() {
    let mut bytes = syns(2);
    bytes[20..24].copy_from_slice(&147_u32.to_le_bytes());
    let (ran, report) = read(&bytes);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr
            .contains("2 packets of link type LINKTYPE_147 (147) are not read"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        report.unwrap()["capture"]["undecodable"]["unsupported_link_type"],
        2
    );
}

fn pcapng(blocks: &[Vec<u8>]) -> Vec<u8> {
    [
        [section_header(false), interface_description(false, 1, 6)].concat(),
        blocks.concat(),
    ]
    .concat()
}

#[test]
fn other_interfaces_go_on_beside_an_unknown_link_type() {
    let bytes = pcapng(&[
        interface_description(false, 147, 6),
        enhanced_packet(false, 1, 1, &syn(1)),
        enhanced_packet(false, 0, 2, &syn(2)),
    ]);
    let (_, report) = read(&bytes);
    let report = report.unwrap();
    assert_eq!(report["summary"]["attempts"], 1);
    assert_eq!(report["capture"]["undecodable"]["unsupported_link_type"], 1);
}

#[test]
fn a_packet_of_an_undeclared_interface_is_set_aside() {
    let bytes = pcapng(&[
        enhanced_packet(false, 7, 1, &syn(1)),
        enhanced_packet(false, 0, 2, &syn(2)),
    ]);
    let (ran, report) = read(&bytes);
    let report = report.unwrap();
    assert_eq!(ran.status, 0);
    assert_eq!(report["capture"]["undecodable"]["undeclared_interface"], 1);
    assert_eq!(report["summary"]["attempts"], 1);
}

#[test]
fn block_lengths_that_lie_are_damage() {
    let packet = enhanced_packet(false, 0, 1, &syn(1));
    let with_length = |offset: usize, length: u32| {
        let mut block = packet.clone();
        block[offset..offset + 4].copy_from_slice(&length.to_le_bytes());
        pcapng(&[packet.clone(), block, packet.clone()])
    };
    let end = packet.len() - 4;
    for (bytes, word) in [
        (with_length(4, 0), "claims 0 bytes"),
        (with_length(4, 13), "claims 13 bytes"),
        (with_length(4, u32::MAX - 3), "claims 4294967292 bytes"),
        (with_length(end, 12), "and 12 at its end"),
        (
            with_length(20, 100_000),
            "claims 100000 bytes in a block with room for",
        ),
    ] {
        let (ran, report) = read(&bytes);
        assert_eq!(ran.status, 3, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("packet 2 at byte ") && ran.stderr.contains(word),
            "{}",
            ran.stderr
        );
        assert_eq!(report.unwrap()["summary"]["attempts"], 1);
    }
}

#[test]
fn any_time_resolution_is_read() {
    for resolution in [0, 1, 9, 10, 127, 0x80, 0x80 | 127] {
        let bytes = [
            section_header(false),
            interface_description(false, 1, resolution),
            enhanced_packet(false, 0, u64::MAX, &syn(1)),
        ]
        .concat();
        let (ran, report) = read(&bytes);
        assert_eq!(ran.status, 0, "{resolution}: {}", ran.stderr);
        assert_eq!(report.unwrap()["summary"]["attempts"], 1);
    }
}

#[test]
fn foreign_text_does_not_reach_the_terminal() {
    let name = b"eth\x1b]0;owned\x07";
    let options = [
        &2_u16.to_le_bytes()[..],
        &13_u16.to_le_bytes(),
        name,
        &[0; 7],
    ]
    .concat();
    let interface = pcapng_block(
        false,
        1,
        &[&[147, 0, 0, 0, 0, 0, 0, 0][..], &options].concat(),
    );
    let bytes = [
        section_header(false),
        interface,
        enhanced_packet(false, 0, 1, &syn(1)),
    ]
    .concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a\u{1b}[31m\u{202e}b.pcapng");
    std::fs::write(&path, &bytes[..bytes.len() - 2]).unwrap();
    let ran = run(&["read".as_ref(), path.as_os_str()]);
    assert!(
        !ran.stdout.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        ran.stdout
    );
    assert!(
        !ran.stderr.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        ran.stderr
    );
    assert!(ran.stdout.contains("\\u{1b}"), "{:?}", ran.stdout);
}
