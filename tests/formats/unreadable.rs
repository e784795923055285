//! What cannot be read, because it is encrypted, cut short or something else: counted, and no
//! reason to be blind to the rest.

use serde_json::Value;

use super::{
    RAW, TIMES, Wrap, capture_of, frame_behind, in_ip, in_udp, refused, report_on, wrapped,
};
use crate::support::frames::SegmentPlan;
use crate::support::harness::Test;
use crate::support::harness::tests;
use crate::support::pcap::CapturedPacket;
use crate::support::pcap::pcap_file;

pub(crate) const TESTS: &[Test] = tests![
    what_is_encrypted_is_counted_as_that,
    whoever_sends_what_cannot_be_read_lives,
    dns_answers_to_the_port_of_a_tunnel_are_read,
    tunnels_that_are_cut_short_are_counted,
];

fn what_is_encrypted_is_counted_as_that() {
    let rows: &[(&str, u32, Wrap)] = &[
        ("ESP", RAW, |packet| {
            in_ip(50, &[&[0, 0, 0, 9, 0, 0, 0, 1][..], packet].concat())
        }),
        ("ESP behind AH", RAW, |packet| {
            let authentication = [
                50, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2,
            ];
            in_ip(51, &[&authentication[..], packet].concat())
        }),
        ("ESP in UDP", RAW, |packet| {
            in_udp(
                [4500, 4500],
                &[&[0, 0, 0, 9, 0, 0, 0, 1][..], packet].concat(),
            )
        }),
        ("WireGuard", RAW, |_| {
            in_udp([51820, 51820], &[&[4, 0, 0, 0][..], &[7; 92]].concat())
        }),
        ("PPTP with MPPE", RAW, |packet| {
            let header = [
                0x30, 1, 0x88, 0x0b, 0, 40, 0, 9, 0, 0, 0, 1, 0, 0xfd, 0x90, 0,
            ];
            in_ip(47, &[&header[..], packet].concat())
        }),
        ("MACsec", 1, |packet| {
            [&[0; 12][..], &[0x88, 0xe5, 0x0c, 0, 0, 0, 0, 1], packet].concat()
        }),
        ("802.11", 105, |packet| {
            let mut header = vec![0x08, 0x41];
            header.resize(24, 0);
            [
                &header,
                &[1, 2, 3, 0x20, 0, 0, 0, 0, 9, 9, 9, 9][..],
                packet,
            ]
            .concat()
        }),
        ("ESP in Geneve", RAW, |packet| {
            let inner = in_ip(50, &[&[0, 0, 0, 9, 0, 0, 0, 1][..], packet].concat());
            in_udp(
                [40000, 6081],
                &frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 12, 0], &inner),
            )
        }),
    ];
    for (what, link_type, wrap) in rows {
        let report = wrapped(*link_type, &refused(), wrap);
        assert_eq!(report["summary"]["attempts"], 0, "{what}");
        assert_eq!(report["capture"]["undecodable"]["encrypted"], 2, "{what}");
    }
}

/// SYNs to 192.0.2.1 for four seconds without an answer, and one other packet of that host: the
/// cause.
fn cause_of_silence(with: Option<Vec<u8>>) -> (Value, Value) {
    let server = ([192, 0, 2, 1], 5432).into();
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(([10, 0, 0, 7], 51234).into(), server, 0x02)
    };
    let mut packets: Vec<CapturedPacket> = [0, 1, 3, 4]
        .map(|second| CapturedPacket {
            nanoseconds: TIMES[0] + second * 1_000_000_000,
            wire_length: 40,
            bytes: syn.ip_packet(),
        })
        .to_vec();
    packets.extend(with.map(|bytes| CapturedPacket {
        nanoseconds: TIMES[0] + 4_500_000_000,
        wire_length: bytes.len(),
        bytes,
    }));
    let report = report_on(&pcap_file(RAW, &packets));
    (
        report["attempts"][0]["cause"].clone(),
        report["capture"]["undecodable"].clone(),
    )
}

/// A tunnel's end that encrypts lives, and so does a host that uses a tunnel's port for something
/// else.
fn whoever_sends_what_cannot_be_read_lives() {
    assert_eq!(cause_of_silence(None).0, "host_silent");
    let esp = in_ip(50, &[7; 64]);
    assert_eq!(cause_of_silence(Some(esp)).0, "port_filtered", "ESP");
    for port in [1701, 2152, 3544, 4500, 4789, 4790, 6081, 6635, 8472, 51820] {
        for (payload, what) in [
            (
                &b"a text that is no tunnel's, and longer than the header of any"[..],
                "text",
            ),
            (&[0; 60], "zeros"),
            (&[0xff; 60], "ones"),
            (b"x", "a byte"),
            (b"", "nothing"),
        ] {
            // Where nothing but an index stands in front, any long datagram looks encrypted.
            if port == 4500
                && (payload.starts_with(b"a text") || payload.len() == 60 && payload[0] == 0xff)
            {
                continue;
            }
            let (cause, undecodable) = cause_of_silence(Some(in_udp([40000, port], payload)));
            assert_eq!(cause, "port_filtered", "{what} to port {port}");
            let counts = undecodable.as_object().unwrap();
            assert!(
                counts.values().all(|count| count == 0),
                "{what} to port {port}: {undecodable}"
            );
        }
    }
}

/// A resolver's answer may go to any port.
fn dns_answers_to_the_port_of_a_tunnel_are_read() {
    for port in [1701_u16, 2152, 3544, 4500, 4789, 6081, 51820] {
        let answer = [
            &[8, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0][..],
            b"\x02db\x07example\0\0\x01\0\x01",
            &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 1, 20],
        ]
        .concat();
        let mut packets = vec![in_udp([53, port], &answer)];
        packets.extend(refused().map(|plan| plan.ip_packet()));
        let report = report_on(&capture_of(RAW, &packets));
        assert_eq!(report["attempts"][0]["server_name"], "db.example", "{port}");
    }
}

fn tunnels_that_are_cut_short_are_counted() {
    let rows: &[(&str, usize, Wrap)] = &[
        ("GRE", 24 + 6, |packet| {
            in_ip(47, &[&[0, 0, 8, 0][..], packet].concat())
        }),
        ("VXLAN", 28 + 4, |packet| {
            in_udp(
                [40000, 4789],
                &frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet),
            )
        }),
        ("VXLAN's frame", 28 + 8 + 9, |packet| {
            in_udp(
                [40000, 4789],
                &frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet),
            )
        }),
        ("Geneve", 28 + 8 + 20, |packet| {
            in_udp(
                [40000, 6081],
                &frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 12, 0], packet),
            )
        }),
        ("GTP", 28 + 8 + 12, |packet| {
            in_udp(
                [2152, 2152],
                &[&[0x30, 0xff, 0, 40, 0, 0, 0x12, 0x34][..], packet].concat(),
            )
        }),
        ("L2TP", 28 + 7, |packet| {
            in_udp(
                [1701, 1701],
                &[&[0, 2, 0, 5, 0, 9, 0, 0x21][..], packet].concat(),
            )
        }),
    ];
    for (what, length, wrap) in rows {
        let packets: Vec<CapturedPacket> = refused()
            .iter()
            .map(|plan| {
                let whole = wrap(&plan.ip_packet());
                CapturedPacket {
                    nanoseconds: TIMES[0],
                    wire_length: whole.len(),
                    bytes: whole[..*length].to_vec(),
                }
            })
            .collect();
        let report = report_on(&pcap_file(RAW, &packets));
        assert_eq!(
            report["capture"]["undecodable"]["truncated_header"], 2,
            "{what}: {}",
            report["capture"]
        );
    }
}
