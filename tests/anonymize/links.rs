//! Links of all kinds: those whose addresses can be replaced, and those whose cannot.

use std::net::IpAddr;

use serde_json::Value;

use super::{KEY, VERDICT, anonymous, fields, holds, report_on, v4};
use crate::support::command::tcpwhy;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    other_links_keep_their_verdicts_and_no_address,
    links_whose_addresses_cannot_be_replaced_are_left_out_and_told,
];

/// A refused connect as IP packets, from `client`.
fn refused_packets(client: IpAddr) -> [Vec<u8>; 2] {
    let server = v4(20);
    let plan = |from: IpAddr, to: IpAddr, ports: (u16, u16), flags| {
        SegmentPlan::new((from, ports.0).into(), (to, ports.1).into(), flags)
    };
    let syn = SegmentPlan {
        sequence: 1000,
        ..plan(client, server, (40_000, 5432), 0x02)
    };
    let reset = SegmentPlan {
        acknowledgment: 1001,
        window: 0,
        ..plan(server, client, (5432, 40_000), 0x14)
    };
    [syn.ip_packet(), reset.ip_packet()]
}

/// The station and its access point in a data frame to the distribution system, with quality of
/// service.
const STATION: [u8; 6] = [0x00, 0x16, 0x3e, 0x11, 0x22, 0x33];

/// Link headers of packets that carry IPv4: the link type, and what stands before the packet.
fn link_headers() -> Vec<(u32, &'static str, Vec<u8>)> {
    let ppp = vec![0xff, 0x03, 0x00, 0x21];
    let llc = [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00];
    let access_point = [0x00, 0x16, 0x3e, 0x44, 0x55, 0x66];
    let frame = |control: u8| {
        let head = [control, 0x01, 0, 0];
        [
            &head[..],
            &access_point,
            &STATION,
            &access_point,
            &[0x10, 0x00],
        ]
        .concat()
    };
    let plain = [frame(0x08), llc.to_vec()].concat();
    let with_qos = [frame(0x88), vec![0, 0], llc.to_vec()].concat();
    // Time, flags (the header is padded to four bytes), rate; two bitmaps.
    let radiotap = [
        &[0, 0, 26, 0, 0x07, 0, 0, 0x80, 0, 0, 0, 0][..],
        &[0; 4],
        &[9; 8],
        &[0x20, 2],
    ]
    .concat();
    vec![
        (9, "PPP", ppp.clone()),
        (9, "PPP, short", vec![0x21]),
        (50, "PPP in HDLC", ppp.clone()),
        (204, "PPP with direction", [vec![1], ppp].concat()),
        (104, "Cisco HDLC", vec![0x0f, 0, 0x08, 0x00]),
        (105, "802.11", plain),
        (105, "802.11 with quality of service", with_qos.clone()),
        (
            127,
            "802.11 behind radiotap",
            [radiotap, frame(0x88), vec![0, 0, 0, 0], llc.to_vec()].concat(),
        ),
    ]
}

fn capture_on(link_type: u32, header: &[u8]) -> crate::support::command::TestFile {
    let client: IpAddr = [203, 0, 113, 77].into();
    let packets: Vec<CapturedPacket> = (0_u64..)
        .zip(refused_packets(client))
        .map(|(index, packet)| {
            let bytes = [header, &packet].concat();
            CapturedPacket {
                nanoseconds: 1_000_000_000 + index * 100_000,
                wire_length: bytes.len(),
                bytes,
            }
        })
        .collect();
    crate::support::command::file(&pcap_file(link_type, &packets))
}

fn other_links_keep_their_verdicts_and_no_address() {
    let folder = tempfile::tempdir().unwrap();
    for (link_type, name, header) in link_headers() {
        let capture = capture_on(link_type, &header);
        let anonymous = anonymous(folder.path(), &capture.path, KEY);
        assert_eq!(anonymous.report["summary"]["refused"], 1, "{name}");
        let evidence = report_on(&anonymous.evidence);
        let who_and_what = [&VERDICT[..], &["client", "server"]].concat();
        assert_eq!(
            fields(&evidence, &who_and_what, |_| true),
            fields(&anonymous.report, &who_and_what, |_| true),
            "{name}"
        );
        let bytes = std::fs::read(&anonymous.evidence).unwrap();
        assert!(!holds(&bytes, &[203, 0, 113, 77]), "{name}: the client");
        assert!(!holds(&bytes, &STATION), "{name}: the station");
    }
}

/// What is not known well enough to replace addresses in it is left out, and that is said twice.
fn links_whose_addresses_cannot_be_replaced_are_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence.pcapng");
    // Frame Relay: an address of two bytes, unnumbered information, IP.
    let capture = capture_on(107, &[0x18, 0x41, 0x03, 0xcc]);
    let ran = tcpwhy()
        .args(["read", "-F", "json", "--anonymize", "--evidence"])
        .args([&evidence, &capture.path])
        .env("TCPWHY_ANONYMIZE_KEY", KEY)
        .output()
        .unwrap();
    let ran = crate::support::command::Ran::from(ran);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["summary"]["refused"], 1);
    assert!(
        ran.stderr.contains(
            "lacks 2 packets of link type FRELAY: addresses in them cannot be replaced safely"
        ),
        "{}",
        ran.stderr
    );
    let bytes = std::fs::read(&evidence).unwrap();
    assert!(holds(&bytes, b"packets of link type FRELAY are left out"));
    assert_eq!(report_on(&evidence)["capture"]["packets"], 0);
}
