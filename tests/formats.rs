//! Every capture format and link type that is read, with the same packets in each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and says where"
)]

mod support;

use serde_json::Value;
use support::frames::SegmentPlan;
use support::json_on;
use support::pcap::{
    CapturedPacket, enhanced_packet, interface_description, pcap_file, pcapng_block, section_header,
};

fn report_on(bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    std::fs::write(&path, bytes).unwrap();
    json_on(&[path])
}

fn plan(from_client: bool, flags: u16, sequence: u32, acknowledgment: u32) -> SegmentPlan {
    let (client, server) = (([10, 0, 0, 7], 51234).into(), ([10, 0, 1, 20], 5432).into());
    let (source, destination) = if from_client {
        (client, server)
    } else {
        (server, client)
    };
    SegmentPlan {
        sequence,
        acknowledgment,
        ..SegmentPlan::new(source, destination, flags)
    }
}

/// A refused connect: SYN and RST, 312 us apart.
fn refused() -> [SegmentPlan; 2] {
    [plan(true, 0x02, 1000, 0), plan(false, 0x14, 0, 1001)]
}

const TIMES: [u64; 2] = [1_795_183_200_000_000_000, 1_795_183_200_000_312_000];

fn assert_refused(report: &Value, what: &str) {
    assert_eq!(report["summary"]["attempts"], 1, "{what}: {report:#}");
    assert_eq!(report["attempts"][0]["outcome"], "refused", "{what}");
    assert_eq!(report["attempts"][0]["answer_us"], 312, "{what}");
    assert_eq!(
        report["attempts"][0]["started"], "2026-11-20T14:00:00.000000000Z",
        "{what}"
    );
}

/// The packets in a file of a link type, with what stands before each IP packet there.
fn of_link_type(link_type: u32, header: &[u8]) -> Vec<u8> {
    let packets = refused().map(|plan| [header, &plan.ip_packet()].concat());
    let captured = |(bytes, nanoseconds): (Vec<u8>, u64)| CapturedPacket {
        nanoseconds,
        wire_length: bytes.len(),
        bytes,
    };
    pcap_file(
        link_type,
        &packets
            .into_iter()
            .zip(TIMES)
            .map(captured)
            .collect::<Vec<_>>(),
    )
}

#[test]
fn link_types_are_read() {
    let ethernet = |behind: &[u8]| [&[0; 12][..], behind].concat();
    let cooked = [&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], &[8, 0]].concat();
    let cooked2 = [&[8, 0][..], &[0; 18]].concat();
    for (link_type, header, what) in [
        (1, ethernet(&[8, 0]), "Ethernet"),
        (1, ethernet(&[0x81, 0, 0, 12, 8, 0]), "802.1Q"),
        (
            1,
            ethernet(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 12, 8, 0]),
            "QinQ",
        ),
        (
            1,
            ethernet(&[0x91, 0, 0, 7, 0x81, 0, 0, 12, 8, 0]),
            "QinQ before 802.1ad",
        ),
        (
            1,
            ethernet(&[0x88, 0x64, 0x11, 0, 0, 9, 0, 42, 0, 0x21]),
            "PPPoE",
        ),
        (
            1,
            ethernet(&[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64]),
            "two MPLS labels",
        ),
        (
            1,
            ethernet(&[0, 48, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]),
            "802.3 with SNAP",
        ),
        (113, cooked, "Linux cooked"),
        (276, cooked2, "Linux cooked, version 2"),
        (0, vec![2, 0, 0, 0], "BSD loopback, little-endian host"),
        (0, vec![0, 0, 0, 2], "BSD loopback, big-endian host"),
        (108, vec![0, 0, 0, 2], "OpenBSD loopback"),
        (108, vec![2, 0, 0, 0], "OpenBSD loopback in the other order"),
        (12, vec![], "raw IP 12"),
        (14, vec![], "raw IP 14"),
        (101, vec![], "raw IP 101"),
        (228, vec![], "raw IPv4"),
        (9, vec![0xff, 3, 0, 0x21], "PPP"),
        (9, vec![0x21], "PPP with a short protocol"),
        (104, vec![0x0f, 0, 8, 0], "Cisco HDLC"),
    ] {
        let report = report_on(&of_link_type(link_type, &header));
        assert_refused(&report, what);
    }
}

#[test]
fn raw_ipv6_is_read() {
    let (client, server) = (
        "[2001:db8::7]:51234".parse().unwrap(),
        "[2001:db8::20]:5432".parse().unwrap(),
    );
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, server, 0x02)
    };
    let rst = SegmentPlan {
        acknowledgment: 1001,
        ..SegmentPlan::new(server, client, 0x14)
    };
    for (link_type, header) in [
        (229, &[][..]),
        (0, &[0, 0, 0, 30]),
        (0, &[28, 0, 0, 0]),
        (0, &[24, 0, 0, 0]),
    ] {
        let packets = [&syn, &rst].map(|plan| {
            let bytes = [header, &plan.ip_packet()].concat();
            CapturedPacket {
                nanoseconds: 0,
                wire_length: bytes.len(),
                bytes,
            }
        });
        assert_eq!(
            report_on(&pcap_file(link_type, &packets))["summary"]["refused"],
            1,
            "{link_type} {header:?}"
        );
    }
}

#[test]
fn what_a_packet_was_wrapped_in_is_said() {
    let path = |header: &[u8]| {
        let header = [&[0; 12][..], header].concat();
        report_on(&of_link_type(1, &header))["attempts"][0]["path"].clone()
    };
    assert_eq!(path(&[8, 0]), serde_json::json!([]));
    assert_eq!(
        path(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 12, 8, 0]),
        serde_json::json!(["vlan 7", "vlan 12"])
    );
    assert_eq!(
        path(&[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64]),
        serde_json::json!(["mpls 16", "mpls 32"])
    );
    assert_eq!(
        path(&[0x88, 0x64, 0x11, 0, 0, 9, 0, 42, 0, 0x21]),
        serde_json::json!(["pppoe 9"])
    );
}

#[test]
fn tags_beyond_the_depth_are_set_aside() {
    let mut header = vec![0; 12];
    header.extend([0x81, 0, 0, 1].repeat(7));
    header.extend([8, 0]);
    let report = report_on(&of_link_type(1, &header));
    assert_eq!(report["capture"]["undecodable"]["too_deeply_wrapped"], 2);
}

/// A pcap file with its magic, version, byte order, time unit and record header as told.
fn pcap_variant(
    big_endian: bool,
    magic: u32,
    version: (u16, u16),
    per_second: u64,
    extra: usize,
    swapped: bool,
) -> Vec<u8> {
    let long = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let short = |value: u16| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut file = [
        &long(magic)[..],
        &short(version.0),
        &short(version.1),
        &[0; 8],
        &long(96),
        &long(1),
    ]
    .concat();
    for (plan, time) in refused().iter().zip(TIMES) {
        let frame = plan.frame();
        let captured = u32::try_from(frame.len()).unwrap();
        let lengths = if swapped {
            [captured + 6, captured]
        } else {
            [captured, captured + 6]
        };
        let fraction = time % 1_000_000_000 * per_second / 1_000_000_000;
        for field in [
            u32::try_from(time / 1_000_000_000).unwrap(),
            u32::try_from(fraction).unwrap(),
            lengths[0],
            lengths[1],
        ] {
            file.extend(long(field));
        }
        file.extend(vec![0; extra]);
        file.extend(frame);
    }
    file
}

#[test]
fn variants_of_pcap_are_read() {
    for big_endian in [false, true] {
        for (magic, version, per_second, extra, swapped, what) in [
            (0xa1b2_c3d4, (2, 4), 1_000_000, 0, false, "microseconds"),
            (0xa1b2_3c4d, (2, 4), 1_000_000_000, 0, false, "nanoseconds"),
            (0xa1b2_cd34, (2, 4), 1_000_000, 8, false, "modified header"),
            (
                0xa1b2_c3d4,
                (2, 2),
                1_000_000,
                0,
                true,
                "version 2.2: swapped lengths",
            ),
            (
                0xa1b2_c3d4,
                (2, 1),
                1_000_000,
                0,
                true,
                "version 2.1: swapped lengths",
            ),
            (
                0xa1b2_c3d4,
                (2, 3),
                1_000_000,
                0,
                true,
                "version 2.3, swapped",
            ),
            (
                0xa1b2_c3d4,
                (2, 3),
                1_000_000,
                0,
                false,
                "version 2.3, not swapped",
            ),
        ] {
            let report = report_on(&pcap_variant(
                big_endian, magic, version, per_second, extra, swapped,
            ));
            assert_refused(&report, what);
        }
    }
}

#[test]
fn sections_interfaces_and_blocks_of_pcapng_are_read() {
    let [syn, rst] = refused();
    for first_big in [false, true] {
        let second_big = !first_big;
        let file = [
            section_header(first_big),
            interface_description(first_big, 276, 9),
            interface_description(first_big, 1, 6),
            pcapng_block(first_big, 0x0bad, &[1, 2, 3, 4]),
            enhanced_packet(first_big, 1, TIMES[0] / 1000, &syn.frame()),
            section_header(second_big),
            interface_description(second_big, 101, 9),
            enhanced_packet(second_big, 0, TIMES[1], &rst.ip_packet()),
        ]
        .concat();
        let report = report_on(&file);
        assert_refused(&report, "two sections");
        let interfaces = report["capture"]["sources"][0]["interfaces"]
            .as_array()
            .unwrap()
            .clone();
        let brief: Vec<_> = interfaces
            .iter()
            .map(|interface| (interface["id"].clone(), interface["link_type"].clone()))
            .collect();
        assert_eq!(
            brief,
            [(0, "LINUX_SLL2"), (1, "EN10MB"), (2, "RAW")]
                .map(|(id, name)| (id.into(), name.into()))
        );
    }
}

#[test]
fn simple_and_old_packet_blocks_are_read() {
    let [syn, rst] = refused();
    let (syn, rst) = (syn.frame(), rst.frame());
    let long = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let units = TIMES[0] / 1000;
    let old = [
        &0_u16.to_le_bytes()[..],
        &0xffff_u16.to_le_bytes(),
        &u32::try_from(units >> 32).unwrap().to_le_bytes(),
        &u32::try_from(units & 0xffff_ffff).unwrap().to_le_bytes(),
        &long(syn.len()),
        &long(syn.len()),
        &syn,
    ]
    .concat();
    let simple = [&long(rst.len())[..], &rst].concat();
    let file = [
        section_header(false),
        interface_description(false, 1, 6),
        pcapng_block(false, 2, &old),
        pcapng_block(false, 3, &simple),
    ]
    .concat();
    let report = report_on(&file);
    assert_eq!(report["attempts"][0]["outcome"], "refused");
    assert_eq!(
        report["attempts"][0]["answer_us"], 0,
        "a simple packet block has no time of its own"
    );
}

/// The interface statistics say that the capture went on: in the interface's unit, or in microseconds as dumpcap
/// writes them.
#[test]
fn a_capture_that_ran_on_after_its_last_packet_shows_silence() {
    let [syn, _] = refused();
    let with_end = |end: u64, resolution: u8, units: u64| {
        let high_low = [
            u32::try_from(end >> 32).unwrap(),
            u32::try_from(end & 0xffff_ffff).unwrap(),
        ];
        let time: Vec<u8> = high_low.into_iter().flat_map(u32::to_le_bytes).collect();
        let dropped = [
            &7_u16.to_le_bytes()[..],
            &8_u16.to_le_bytes(),
            &5_u64.to_le_bytes(),
        ]
        .concat();
        let option = [
            &3_u16.to_le_bytes()[..],
            &8_u16.to_le_bytes(),
            &time,
            &dropped,
            &[0; 4],
        ]
        .concat();
        let statistics = pcapng_block(false, 5, &[&[0; 12][..], &option].concat());
        let file = [
            section_header(false),
            interface_description(false, 1, resolution),
            enhanced_packet(false, 0, units, &syn.frame()),
            statistics,
        ]
        .concat();
        report_on(&file)
    };
    let nanoseconds = TIMES[0];
    let four_seconds_on = nanoseconds + 4_000_000_000;
    let outcome = |report: &Value| {
        report["attempts"][0]["outcome"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        outcome(&with_end(four_seconds_on, 9, nanoseconds)),
        "dropped"
    );
    assert_eq!(
        outcome(&with_end(four_seconds_on / 1000, 9, nanoseconds)),
        "dropped"
    );
    assert_eq!(outcome(&with_end(nanoseconds, 9, nanoseconds)), "pending");
    assert_eq!(
        outcome(&with_end(four_seconds_on * 2, 9, nanoseconds)),
        "pending",
        "in another century"
    );
    assert_eq!(outcome(&with_end(0, 9, nanoseconds)), "pending");
    assert_eq!(
        with_end(0, 9, nanoseconds)["capture"]["dropped"]["kernel"],
        5
    );
}
