//! The formats of files: pcap, its variants, and pcapng.

use serde_json::Value;

use super::{TIMES, assert_refused, refused, report_on};
use crate::support::harness::Test;
use crate::support::harness::tests;
use crate::support::pcap::enhanced_packet;
use crate::support::pcap::interface_description;
use crate::support::pcap::pcapng_block;
use crate::support::pcap::section_header;

pub(crate) const TESTS: &[Test] = tests![
    variants_of_pcap_are_read,
    a_capture_cut_early_is_not_taken_for_a_variant,
    captures_of_aix_are_read,
    captures_of_ixia_are_read,
    captures_of_snoop_are_read_as_editcap_reads_them needs "editcap",
    records_of_snoop_that_cannot_be_are_told,
    sections_interfaces_and_blocks_of_pcapng_are_read,
    simple_and_old_packet_blocks_are_read,
    a_capture_that_ran_on_after_its_last_packet_shows_silence,
];

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

fn variants_of_pcap_are_read() {
    for big_endian in [false, true] {
        for (magic, version, per_second, extra, swapped, what) in [
            (0xa1b2_c3d4, (2, 4), 1_000_000, 0, false, "microseconds"),
            (0xa1b2_3c4d, (2, 4), 1_000_000_000, 0, false, "nanoseconds"),
            (0xa1b2_cd34, (2, 4), 1_000_000, 8, false, "modified header"),
            (0xa1b2_cd34, (2, 4), 1_000_000, 12, false, "SuSE 6.3"),
            (0xa1b2_c3d4, (2, 4), 1_000_000, 8, false, "Red Hat 6.1"),
            (0xa1b2_c3d4, (2, 4), 1_000_000, 4, false, "Nokia"),
            (0xa1b2_c3d4, (543, 0), 1_000_000, 0, true, "DG/UX"),
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

/// Eight bytes into the header of the third record the file ends where two records of Nokia's
/// would: chance, and the second would be of 1970.
fn a_capture_cut_early_is_not_taken_for_a_variant() {
    let bytes = std::fs::read("samples/one-direction.pcap").unwrap();
    let first = report_on(&bytes)["capture"]["first"].clone();
    assert!(first.is_string(), "{first}");
    for cut in 114..400 {
        let report = report_on(&bytes[..cut]);
        assert_eq!(report["capture"]["first"], first, "cut at {cut}");
    }
}

/// AIX has the interface's type where others have the link type, and counts nanoseconds.
fn captures_of_aix_are_read() {
    for big_endian in [false, true] {
        let mut file = pcap_variant(big_endian, 0xa1b2_c3d4, (2, 2), 1_000_000_000, 0, true);
        let ethernet = 6_u32;
        file[20..24].copy_from_slice(&if big_endian {
            ethernet.to_be_bytes()
        } else {
            ethernet.to_le_bytes()
        });
        assert_refused(&report_on(&file), "AIX");
    }
}

/// Ixia has the length of all records behind the file header.
fn captures_of_ixia_are_read() {
    for big_endian in [false, true] {
        for (magic, per_second) in [(0x1c00_01ac, 1_000_000_000), (0x1c00_01ab, 1_000_000)] {
            let mut file = pcap_variant(big_endian, magic, (2, 4), per_second, 0, false);
            file.splice(24..24, [0; 4]);
            assert_refused(&report_on(&file), "Ixia");
        }
    }
}

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

/// A snoop file with these packets, each padded by so much.
fn snoop(data_link: u32, packets: &[(u64, Vec<u8>)], padding: usize) -> Vec<u8> {
    let mut file = [
        &b"snoop\0\0\0"[..],
        &2_u32.to_be_bytes(),
        &data_link.to_be_bytes(),
    ]
    .concat();
    for (time, bytes) in packets {
        let captured = u32::try_from(bytes.len()).unwrap();
        let whole = 24 + bytes.len().next_multiple_of(4) + padding;
        for field in [
            captured + 6,
            captured,
            u32::try_from(whole).unwrap(),
            0,
            u32::try_from(time / 1_000_000_000).unwrap(),
            u32::try_from(time % 1_000_000_000 / 1_000).unwrap(),
        ] {
            file.extend(field.to_be_bytes());
        }
        file.extend(bytes);
        file.resize(file.len() + whole - 24 - bytes.len(), 0);
    }
    file
}

/// As Solaris and as Shomiti's analysers write it: the padding tells them apart.
fn captures_of_snoop_are_read_as_editcap_reads_them() {
    let frames: Vec<(u64, Vec<u8>)> = TIMES
        .into_iter()
        .zip(refused().map(|plan| plan.frame()))
        .collect();
    let loopback: Vec<(u64, Vec<u8>)> = TIMES
        .into_iter()
        .zip(refused().map(|plan| [&[0, 0, 0, 2][..], &plan.ip_packet()].concat()))
        .collect();
    for (data_link, packets, padding, what) in [
        (4, &frames, 0, "Ethernet"),
        (0, &frames, 4, "IEEE 802.3"),
        (12, &frames, 16, "Gigabit Ethernet of Shomiti"),
        (9, &loopback, 0, "others, by address family"),
    ] {
        let file = snoop(data_link, packets, padding);
        let report = report_on(&file);
        assert_refused(&report, what);
        let source = &report["capture"]["sources"][0];
        assert_eq!(source["format"], "snoop", "{what}");
        assert_eq!(source["problem"], Value::Null, "{what}");
        let folder = tempfile::tempdir().unwrap();
        let [snoop, converted] = ["a.snoop", "a.pcapng"].map(|name| folder.path().join(name));
        std::fs::write(&snoop, &file).unwrap();
        let mut editcap = std::process::Command::new("editcap");
        let ran = editcap.args([&snoop, &converted]).status().unwrap();
        assert!(ran.success(), "{what}");
        let by_editcap = crate::support::json_on(&[converted]);
        for field in ["started", "answer_us", "evidence"] {
            let (own, other) = (&report["attempts"][0], &by_editcap["attempts"][0]);
            assert_eq!(own[field], other[field], "{what}");
        }
    }
}

fn records_of_snoop_that_cannot_be_are_told() {
    let frames: Vec<(u64, Vec<u8>)> = TIMES
        .into_iter()
        .zip(refused().map(|plan| plan.frame()))
        .collect();
    let file = snoop(4, &frames, 0);
    let second = file.len() - 24 - frames[1].1.len().next_multiple_of(4);
    let with = |offset: usize, value: u32| {
        let mut file = file.clone();
        file[second + offset..second + offset + 4].copy_from_slice(&value.to_be_bytes());
        file
    };
    for (file, words) in [
        (with(4, 5000), "claims 5000 bytes in a record of"),
        (with(8, u32::MAX), "claims 4294967295 bytes"),
        (with(8, 0), "in a record of 0"),
        (file[..file.len() - 20].to_vec(), "is cut short"),
        (file[..second + 7].to_vec(), "after 7 of its 24 bytes"),
    ] {
        let report = report_on(&file);
        let problem = &report["capture"]["sources"][0]["problem"];
        assert_eq!(problem["at_packet"], 2, "{words}");
        let message = problem["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
        assert_eq!(report["capture"]["packets"], 1, "{words}");
    }
}

/// The interface statistics say that the capture went on: in the interface's unit, or in
/// microseconds as dumpcap writes them.
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
