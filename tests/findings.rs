//! Findings that need more packets than a story can list.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and says where"
)]

mod support;

use std::net::SocketAddr;

use serde_json::Value;
use support::frames::SegmentPlan;
use support::json_on;
use support::pcap::{CapturedPacket, pcap_file};

/// A refused connect: SYN, and RST 100 us later.
fn refused(at_milliseconds: u64, client: SocketAddr, server: SocketAddr) -> [CapturedPacket; 2] {
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, server, 0x02)
    };
    let rst = SegmentPlan {
        acknowledgment: 1001,
        window: 0,
        ..SegmentPlan::new(server, client, 0x14)
    };
    [(syn, 0), (rst, 100_000)].map(|(plan, delay)| {
        let bytes = plan.frame();
        CapturedPacket {
            nanoseconds: at_milliseconds * 1_000_000 + delay,
            wire_length: bytes.len(),
            bytes,
        }
    })
}

fn report(packets: &[CapturedPacket]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.pcap");
    std::fs::write(&path, pcap_file(1, packets)).unwrap();
    json_on(&[path])
}

#[test]
fn a_broken_service_comes_before_a_scan() {
    let mut packets = Vec::new();
    for port in 1..=200 {
        packets.extend(refused(
            u64::from(port),
            ([10, 9, 9, 9], 55555).into(),
            ([10, 0, 1, 20], port).into(),
        ));
    }
    for client in 1..=3 {
        packets.extend(refused(
            1000 + u64::from(client),
            ([10, 0, 0, client], 40000).into(),
            ([10, 0, 1, 21], 5432).into(),
        ));
    }
    let report = report(&packets);
    let kinds: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        ["never_listening", "port_scan"],
        "the scanned ports are told once"
    );
    assert_eq!(report["findings"][0]["server"], "10.0.1.21:5432");
    assert_eq!(report["findings"][0]["clients"], 3);
    assert_eq!(report["findings"][1]["attempts"], 200);
    assert_eq!(report["endpoints"][0]["server"], "10.0.1.21:5432");
}

/// A segment with nothing special, at so many milliseconds.
fn segment(at_milliseconds: u64, plan: &SegmentPlan) -> CapturedPacket {
    let bytes = plan.frame();
    CapturedPacket {
        nanoseconds: at_milliseconds * 1_000_000,
        wire_length: bytes.len(),
        bytes,
    }
}

fn kinds(report: &Value) -> Vec<&str> {
    report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn a_flood_is_told_once() {
    let server = SocketAddr::from(([10, 0, 1, 20], 443));
    let mut packets = Vec::new();
    for stranger in 0..60_u8 {
        let client = SocketAddr::from(([203, 0, 113, stranger], 40000));
        let at = u64::from(stranger);
        packets.push(segment(
            at,
            &SegmentPlan {
                sequence: 1,
                ..SegmentPlan::new(client, server, 0x02)
            },
        ));
        packets.push(segment(
            at,
            &SegmentPlan {
                acknowledgment: 2,
                ..SegmentPlan::new(server, client, 0x12)
            },
        ));
    }
    packets.push(segment(
        9000,
        &SegmentPlan::new(server, ([10, 0, 0, 1], 1).into(), 0x10),
    ));
    let report = report(&packets);
    assert_eq!(report["summary"]["half_open"], 60);
    assert_eq!(kinds(&report), ["syn_flood"]);
    assert_eq!(report["findings"][0]["clients"], 60);
}

#[test]
fn answers_to_a_forged_address_are_backscatter() {
    let victim = SocketAddr::from(([10, 0, 0, 7], 40000));
    let answers: Vec<CapturedPacket> = (1..=12_u8)
        .map(|server| {
            let server = SocketAddr::from(([198, 51, 100, server], 80));
            segment(
                u64::from(server.port()),
                &SegmentPlan {
                    acknowledgment: 2,
                    ttl: 50,
                    ..SegmentPlan::new(server, victim, 0x14)
                },
            )
        })
        .collect();
    let report = report(&answers);
    assert_eq!(report["summary"]["partial"], 12);
    assert_eq!(kinds(&report), ["backscatter"]);
}

#[test]
fn next_steps_are_complete_commands() {
    for path in support::samples() {
        let report = json_on(&[path]);
        for finding in report["findings"].as_array().unwrap() {
            let steps = finding["next_steps"].as_array().unwrap();
            assert!(steps.len() <= 3);
            for step in steps {
                let run = step["run"].as_str().unwrap();
                let is_placeholder =
                    |word: &str| ["SERVER", "PORT", "CLIENT", "SERVICE"].contains(&word);
                assert!(
                    !run.split(|character: char| !character.is_alphanumeric())
                        .any(is_placeholder),
                    "{run}"
                );
            }
        }
    }
}
