//! What bad input gets: one clear line that names what and where, everything that could be read,
//! and never a panic.

use serde_json::Value;

use crate::support::command::{file, read, run};
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{
    CapturedPacket, enhanced_packet, interface_description, pcap_file, pcapng_block, section_header,
};

pub(crate) const TESTS: &[Test] = tests![
    a_missing_file_is_named,
    a_missing_file_does_not_hide_the_others,
    an_empty_file_is_said_to_be_empty,
    a_directory_without_captures_is_said_to_be_one,
    what_is_no_capture_is_recognised_where_possible,
    captures_that_editcap_converts_are_named,
    snoop_of_unknown_kinds_is_named,
    a_report_is_no_capture,
    a_capture_without_packets_is_a_capture,
    a_capture_cut_within_a_record_is_read_up_to_there,
    a_record_of_impossible_length_is_damage,
    damage_in_one_file_leaves_the_others_alone,
    a_snap_length_of_zero_means_no_limit,
    an_unknown_link_type_is_named_and_counted,
    #[cfg(feature = "live")]
    a_filter_that_a_link_type_has_no_use_for_is_explained,
    other_interfaces_go_on_beside_an_unknown_link_type,
    a_packet_of_an_undeclared_interface_is_set_aside,
    block_lengths_that_lie_are_damage,
    a_damaged_packet_in_a_sound_block_is_left_out,
    any_time_resolution_is_read,
    foreign_text_does_not_reach_the_terminal,
];

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

fn a_missing_file_is_named() {
    let ran = run(&["read", "no/such/file.pcap"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert_eq!(
        ran.stderr,
        "tcpwhy: cannot read no/such/file.pcap: No such file or directory (os error 2)\n"
    );
}

fn a_missing_file_does_not_hide_the_others() {
    let ran = run(&["read", "no/such/file.pcap", "samples/closed-port.pcap"]);
    assert_eq!(ran.status, 3);
    assert!(ran.stdout.contains("refused"));
}

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

/// A program log and other output that is no capture is told by what it is, and what to do instead.
fn what_is_no_capture_is_recognised_where_possible() {
    let at = |offset: usize, bytes: &[u8]| {
        let mut file = vec![0x80; 600];
        file[offset..offset + bytes.len()].copy_from_slice(bytes);
        file
    };
    let event_trace = {
        let mut file = at(72, &[2, 0, 2, 0xc0]);
        file[..4].copy_from_slice(&65_536_u32.to_le_bytes());
        file
    };
    let erf_record = [
        &[0, 0, 0, 0][..],
        &1_795_183_200_u32.to_le_bytes(),
        &[2, 4, 0, 32, 0, 0, 0, 14],
        &[0; 16],
    ]
    .concat();
    for (bytes, statement, hint) in [
        (
            b"\x80\x81\x82\x83 neither".to_vec(),
            "neither pcap nor pcapng",
            "",
        ),
        (b"x".to_vec(), "neither pcap nor pcapng", ""),
        (b"hello, world, this is text".to_vec(), ": text, no", ""),
        (
            b"\xd4\xc3\xb2\xa1\x02\0".to_vec(),
            "ends after 6 of the 24 bytes of its header",
            "",
        ),
        (b"BZh91AY&SY".to_vec(), "bzip2 data", "bzip2 -dc "),
        (b"PK\x03\x04\x14\0".to_vec(), "a zip archive", "unzip -p "),
        (at(257, b"ustar"), "a tar archive", "tar -xf "),
        (b"RTSS\x01\x01".to_vec(), "Network Monitor 1", "editcap "),
        (b"GMBU\0\x02".to_vec(), "Network Monitor 2", "editcap "),
        (erf_record.repeat(2), "ERF", "editcap "),
        (event_trace, "an event trace of Windows", "pktmon etl2pcap "),
        (
            b"14:02:11.123456 IP 10.0.0.7.51234 > 10.0.1.20.5432: Flags [S], seq 1".to_vec(),
            "text that tcpdump printed",
            "tcpdump -w FILE",
        ),
        (
            b"tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n".to_vec(),
            "text that tcpdump printed",
            "tcpdump -w FILE",
        ),
        (
            "    1   0.000000     10.0.0.7 → 10.0.1.20    TCP 74 51234 → 5432 [SYN]".into(),
            "text that tshark printed",
            "tshark -w FILE",
        ),
        (
            b"[\n  {\n    \"_index\": \"packets-2026-11-20\",\n    \"_source\": {".to_vec(),
            "JSON of tshark",
            "tshark -w FILE",
        ),
        (
            b"<?xml version=\"1.0\"?>\n<pdml version=\"0\" creator=\"wireshark\">".to_vec(),
            "XML of tshark",
            "tshark -w FILE",
        ),
        (
            b"0000  00 1b 21 3c 4d 5e 00 1b 21 3c 4d 5f 08 00 45 00".to_vec(),
            "a hex dump",
            "text2pcap ",
        ),
        (
            b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title>".to_vec(),
            "a web page",
            "perhaps to log in",
        ),
        (
            at(0, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0"),
            "a core dump",
            "",
        ),
        (
            at(0, b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0"),
            "a program",
            "",
        ),
    ] {
        assert_named(&bytes, statement, hint);
    }
}

/// What a file is that is no capture, and what can be done about it, are told in a line each.
fn assert_named(bytes: &[u8], statement: &str, hint: &str) {
    let (ran, report) = read(bytes);
    assert_eq!(ran.status, 3);
    let mut lines = ran.stderr.lines();
    assert!(lines.next().unwrap().contains(statement), "{}", ran.stderr);
    let said = lines.next().unwrap_or_default();
    let is_hinted = said.starts_with("hint: ") && said.contains(hint);
    assert!(hint.is_empty() || is_hinted, "{}", ran.stderr);
    assert_eq!(lines.next(), None);
    assert!(report.is_none());
}

fn captures_that_editcap_converts_are_named() {
    for (start, statement) in [
        (&b"\xaa\xaa\xaa\xaa\0\x02\0\0"[..], "a capture of 5View"),
        (b"ObserverPktBufferVersion=09.00", "a capture of Observer"),
        (b"\x7fver\0\0\0\x12", "a capture of Peek"),
        (b"\x05VNF\0\x01", "Visual Networks"),
        (b"\0\0\x02\0\x12\x05\0\x10\0", "Tektronix K12"),
        (b"TR\0d\0\0\0\0", "nettl"),
        (b"EyeSDN", "EyeSDN"),
        (
            b"\0\0\x01\0\0\x55\0NetScaler V20\0\x01\x02",
            "a trace of NetScaler",
        ),
    ] {
        assert_named(start, statement, "editcap ");
    }
}

fn snoop_of_unknown_kinds_is_named() {
    let start =
        |version, data_link| [b"snoop\0\0\0", &[0, 0, 0, version, 0, 0, 0, data_link][..]].concat();
    assert_named(&start(2, 5), "a snoop capture of data link type 5", "");
    assert_named(&start(9, 4), "a snoop capture of version 9", "");
    assert_named(&start(2, 4)[..11], "ends after 11 of the 16 bytes", "");
}

/// A report of this program, redirected over the capture or mixed up with it.
fn a_report_is_no_capture() {
    let report = run(&["read", "-F", "json", "samples/closed-port.pcap"]).stdout;
    let (ran, _) = read(report.as_bytes());
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("a report of tcpwhy"), "{}", ran.stderr);
}

fn a_capture_without_packets_is_a_capture() {
    let (ran, report) = read(&syns(0));
    let report = report.unwrap();
    assert_eq!(ran.status, 0);
    assert_eq!(report["capture"]["packets"], 0);
    assert_eq!(report["capture"]["first"], Value::Null);
}

/// The usual end of tcpdump by Ctrl-C: a warning, and everything before it.
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

fn a_snap_length_of_zero_means_no_limit() {
    let mut bytes = syns(2);
    bytes[16..20].copy_from_slice(&[0; 4]);
    let (ran, report) = read(&bytes);
    assert_eq!(ran.status, 0);
    assert_eq!(report.unwrap()["summary"]["attempts"], 2);
}

fn an_unknown_link_type_is_named_and_counted() {
    let mut bytes = syns(2);
    bytes[20..24].copy_from_slice(&9999_u32.to_le_bytes());
    let (ran, report) = read(&bytes);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr
            .contains("2 packets of link type LINKTYPE_9999 (9999) are not read"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        report.unwrap()["capture"]["undecodable"]["unsupported_link_type"],
        2
    );
}

/// libpcap itself says why; packets of other link types are filtered as usual.
#[cfg(feature = "live")]
fn a_filter_that_a_link_type_has_no_use_for_is_explained() {
    let bytes = pcapng(&[
        interface_description(false, 147, 6),
        enhanced_packet(false, 1, 1, &syn(1)),
        enhanced_packet(false, 0, 2, &syn(2)),
    ]);
    let file = file(&bytes);
    let path = file.path.to_str().unwrap();
    let ran = run(&["read", "-F", "json", "--filter", "tcp", path]);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr
            .contains("lets no packet of link type USER0 through: DLT 147 link-layer type"),
        "{}",
        ran.stderr
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["summary"]["attempts"], 1);
}

fn pcapng(blocks: &[Vec<u8>]) -> Vec<u8> {
    [
        [section_header(false), interface_description(false, 1, 6)].concat(),
        blocks.concat(),
    ]
    .concat()
}

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
    ] {
        let (ran, report) = read(&bytes);
        assert_eq!(ran.status, 3, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("packet 2 at byte ") && ran.stderr.contains(word),
            "{}",
            ran.stderr
        );
        let report = report.unwrap();
        assert_eq!(report["summary"]["attempts"], 1);
        assert_eq!(report["capture"]["packets"], 1);
    }
}

/// Where both lengths of a block agree, the next block is known to be behind it.
fn a_damaged_packet_in_a_sound_block_is_left_out() {
    let mut damaged = enhanced_packet(false, 0, 1, &syn(2));
    damaged[20..24].copy_from_slice(&100_000_u32.to_le_bytes());
    let too_short = pcapng_block(false, 6, &[0; 12]);
    for (block, word) in [
        (damaged, "claims 100000 bytes in a block with room for 56"),
        (
            too_short,
            "is in a block of 24 bytes, too short for a packet",
        ),
    ] {
        let bytes = pcapng(&[
            enhanced_packet(false, 0, 1, &syn(1)),
            block.clone(),
            block,
            enhanced_packet(false, 0, 2, &syn(3)),
        ]);
        let (ran, report) = read(&bytes);
        assert_eq!(ran.status, 3);
        assert!(
            ran.stderr.contains("packet 2 at byte ") && ran.stderr.contains(word),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.ends_with("; it is left out\n"), "{}", ran.stderr);
        let report = report.unwrap();
        assert_eq!(report["summary"]["attempts"], 2);
        assert_eq!(report["attempts"][1]["evidence"][0]["packet"], 4);
    }
}

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
