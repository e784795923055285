//! What a pcapng file tells beside its packets: interfaces, filters, names, losses. All of it is
//! hostile text.

use serde_json::Value;

use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{block_options, enhanced_packet, pcapng_block, section_header};
use crate::support::{command::run, json_on};

pub(crate) const TESTS: &[Test] = tests![
    interfaces_have_names_descriptions_and_filters,
    a_filter_that_keeps_out_icmp_is_a_finding,
    name_resolution_blocks_give_names,
    a_dns_answer_counts_more_than_a_name_resolution_block,
    names_and_filters_do_not_reach_the_terminal_as_they_are,
    comments_on_packets_stand_with_their_attempt,
    losses_between_packets_count,
    statistics_of_a_longer_capture_prove_no_silence,
];

fn report_on(blocks: &[Vec<u8>]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcapng");
    std::fs::write(&path, blocks.concat()).unwrap();
    json_on(&[path])
}

fn interface(with: &[(u16, &[u8])]) -> Vec<u8> {
    let fields = [1, 0, 0, 0, 0, 0, 4, 0];
    pcapng_block(false, 1, &[&fields[..], &block_options(with)].concat())
}

fn syn() -> Vec<u8> {
    let plan = SegmentPlan::new(
        ([10, 0, 0, 7], 51234).into(),
        ([10, 0, 1, 20], 5432).into(),
        0x02,
    );
    SegmentPlan {
        sequence: 1000,
        ..plan
    }
    .frame()
}

/// The connect is dropped: it is watched for four seconds.
fn dropped() -> Vec<u8> {
    let other = SegmentPlan::new(([10, 0, 0, 1], 1).into(), ([10, 0, 0, 2], 2).into(), 0x10);
    [
        enhanced_packet(false, 0, 1_000_000, &syn()),
        enhanced_packet(false, 0, 5_000_000, &other.frame()),
    ]
    .concat()
}

fn interfaces_have_names_descriptions_and_filters() {
    let report = report_on(&[
        section_header(false),
        interface(&[
            (2, b"eth0"),
            (3, b"uplink to the core\0\0"),
            (11, b"\0tcp port 5432 or icmp"),
        ]),
        interface(&[(11, b"\x01\x28\0\0\0\x0c\0\0\0")]),
        dropped(),
    ]);
    let interfaces = &report["capture"]["sources"][0]["interfaces"];
    assert_eq!(interfaces[0]["name"], "eth0");
    assert_eq!(interfaces[0]["description"], "uplink to the core");
    assert_eq!(interfaces[0]["filter"], "tcp port 5432 or icmp");
    assert_eq!(
        interfaces[1]["filter"],
        Value::Null,
        "a compiled program says nothing to people"
    );
    let findings = report["findings"].as_array().unwrap();
    let kinds: Vec<&Value> = findings.iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, ["host_silent"], "this filter keeps nothing out");
    assert_eq!(report["attempts"][0]["app_error"], "ETIMEDOUT");
}

fn finding<'a>(report: &'a Value, kind: &str) -> &'a Value {
    let mut findings = report["findings"].as_array().unwrap().iter();
    let found = findings.find(|finding| finding["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} among {}", report["findings"]))
}

/// Silence may be a rejection that was not captured: then nobody knows what `connect()` returned.
fn a_filter_that_keeps_out_icmp_is_a_finding() {
    let report = report_on(&[
        section_header(false),
        interface(&[(11, b"\0tcp port 5432")]),
        dropped(),
    ]);
    let finding = finding(&report, "capture_filtered");
    assert_eq!(finding["confidence"], "certain");
    let statement = finding["statement"].as_str().unwrap();
    assert!(statement.contains("'tcp port 5432'"), "{statement}");
    assert_eq!(report["attempts"][0]["outcome"], "dropped");
    assert_eq!(report["attempts"][0]["app_error"], Value::Null);
}

fn name_record(kind: u16, address: &[u8], names: &[u8]) -> Vec<u8> {
    let value = [address, names].concat();
    let mut record = [
        kind.to_le_bytes(),
        u16::try_from(value.len()).unwrap().to_le_bytes(),
    ]
    .concat();
    record.extend(value);
    record.resize(record.len().next_multiple_of(4), 0);
    record
}

fn name_resolution_blocks_give_names() {
    let ipv6: std::net::Ipv6Addr = "2001:db8::20".parse().unwrap();
    let names = [
        name_record(1, &[10, 0, 1, 20], b"db.example.net\0db\0"),
        name_record(2, &ipv6.octets(), b"six.example.net\0"),
        name_record(1, &[10, 0, 0, 7], b"\0"),
        name_record(99, &[1, 2, 3], b"unknown"),
        vec![0; 4],
    ]
    .concat();
    let blocks = [
        section_header(false),
        interface(&[]),
        dropped(),
        pcapng_block(false, 4, &names),
    ];
    let report = report_on(&blocks);
    assert_eq!(report["attempts"][0]["server_name"], "db.example.net");
    assert_eq!(report["attempts"][0]["client_name"], Value::Null);
    assert!(
        !report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["kind"] == "name_points_nowhere"),
        "no DNS answer said so"
    );
}

fn a_dns_answer_counts_more_than_a_name_resolution_block() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.pcapng");
    let names = [
        name_record(1, &[10, 0, 1, 20], b"another.example.net\0"),
        name_record(1, &[10, 0, 0, 7], b"client.example.net\0"),
    ]
    .concat();
    let blocks = [section_header(false), pcapng_block(false, 4, &names)];
    std::fs::write(&path, blocks.concat()).unwrap();
    let report = json_on(&[path, "samples/old-address.pcap".into()]);
    assert_eq!(report["attempts"][0]["server_name"], "db.example.com");
    assert_eq!(report["attempts"][0]["client_name"], "client.example.net");
}

fn names_and_filters_do_not_reach_the_terminal_as_they_are() {
    let names = [
        name_record(1, &[10, 0, 1, 20], b"a\x1b[31mb\n\0"),
        vec![0; 4],
    ]
    .concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcapng");
    let blocks = [
        section_header(false),
        interface(&[(11, b"\0tcp port 1\x1b]0;owned\x07")]),
        pcapng_block(false, 4, &names),
        dropped(),
    ];
    std::fs::write(&path, blocks.concat()).unwrap();
    let ran = run(&["read", path.to_str().unwrap()]);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}']), "{}", ran.stdout);
    assert!(ran.stdout.contains("\\u{1b}"), "{}", ran.stdout);
}

/// What a colleague wrote in Wireshark stands with the attempt that the packet belongs to.
fn comments_on_packets_stand_with_their_attempt() {
    let commented = |packet: &[u8], comment: &[u8]| {
        let mut body = packet[8..packet.len() - 4].to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(block_options(&[(1, comment), (1, b"a second one")]));
        pcapng_block(false, 6, &body)
    };
    let long = "x\u{1b}[31m".repeat(100);
    let blocks = [
        section_header(false),
        interface(&[]),
        commented(
            &enhanced_packet(false, 0, 1_000_000, &syn()),
            b"firewall change at 14:02",
        ),
        commented(
            &enhanced_packet(false, 0, 2_000_000, &syn()),
            long.as_bytes(),
        ),
        dropped(),
    ];
    let report = report_on(&blocks);
    let notes = report["attempts"][0]["notes"].as_array().unwrap();
    assert!(
        notes.contains(&"comment on #1: firewall change at 14:02; a second one".into()),
        "{notes:?}"
    );
    let cut = notes.last().unwrap().as_str().unwrap();
    assert_eq!(cut.chars().count(), "comment on #2: ".len() + 200);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcapng");
    std::fs::write(&path, blocks.concat()).unwrap();
    let ran = run(&["read", path.to_str().unwrap()]);
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("firewall change at 14:02"), "{text}");
    assert!(!ran.stdout.contains('\u{1b}'));
}

/// `epb_dropcount` counts where there are no interface statistics, and not twice where there are.
fn losses_between_packets_count() {
    let lost_before = |count: u64| {
        let packet = enhanced_packet(false, 0, 6_000_000, &syn());
        let mut body = packet[8..packet.len() - 4].to_vec();
        body.extend(block_options(&[
            (1, b"a comment"),
            (4, &count.to_le_bytes()),
        ]));
        pcapng_block(false, 6, &body)
    };
    let blocks = [
        section_header(false),
        interface(&[]),
        dropped(),
        lost_before(3),
        lost_before(4),
    ];
    let report = report_on(&blocks);
    assert_eq!(report["capture"]["dropped"]["kernel"], 7);
    finding(&report, "capture_lost_packets");
    let statistics = [&[0; 12][..], &block_options(&[(7, &5_u64.to_le_bytes())])].concat();
    let with_statistics = [blocks.concat(), pcapng_block(false, 5, &statistics)];
    assert_eq!(
        report_on(&with_statistics)["capture"]["dropped"]["kernel"],
        5
    );
}

/// An excerpt of a few packets with the statistics of the capture that it was cut from.
fn statistics_of_a_longer_capture_prove_no_silence() {
    let outcome_with = |received: u64| {
        let end: u64 = 5_000_000;
        let (high, low) = (0_u32, u32::try_from(end).unwrap());
        let statistics = block_options(&[
            (3, &[high.to_le_bytes(), low.to_le_bytes()].concat()),
            (4, &received.to_le_bytes()),
        ]);
        let report = report_on(&[
            section_header(false),
            interface(&[]),
            enhanced_packet(false, 0, 1_000_000, &syn()),
            pcapng_block(false, 5, &[&[0; 12][..], &statistics].concat()),
        ]);
        report["attempts"][0]["outcome"].clone()
    };
    assert_eq!(outcome_with(1), "dropped");
    assert_eq!(outcome_with(12_702), "pending");
}
