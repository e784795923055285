//! Every capture format and link type that is read, with the same packets in each.

pub(crate) mod files;
pub(crate) mod headers;
pub(crate) mod links;
pub(crate) mod rare;
pub(crate) mod tunnel_ports;
pub(crate) mod tunnels;
pub(crate) mod unreadable;
pub(crate) mod wireless;

use etherparse::IpNumber;
use serde_json::Value;

use crate::support::frames::IpPlan;
use crate::support::frames::SegmentPlan;
use crate::support::json_on;
use crate::support::pcap::CapturedPacket;
use crate::support::pcap::pcap_file;

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

/// A SYN and the RST that answers it over IPv6.
fn refused_ipv6() -> [SegmentPlan; 2] {
    let [client, server] =
        ["[2001:db8::7]:51234", "[2001:db8::20]:5432"].map(|text| text.parse().unwrap());
    [
        SegmentPlan {
            sequence: 1000,
            ..SegmentPlan::new(client, server, 0x02)
        },
        SegmentPlan {
            acknowledgment: 1001,
            ..SegmentPlan::new(server, client, 0x14)
        },
    ]
}

/// Packets of a link type, at the times of a refused connect, repeated if there are more.
fn capture_of(link_type: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let captured: Vec<CapturedPacket> = packets
        .iter()
        .enumerate()
        .map(|(index, bytes)| CapturedPacket {
            nanoseconds: TIMES[0] + 312_000 * index as u64,
            wire_length: bytes.len(),
            bytes: bytes.clone(),
        })
        .collect();
    pcap_file(link_type, &captured)
}

/// A refused connect with each IP packet wrapped so.
fn wrapped(link_type: u32, segments: &[SegmentPlan; 2], wrap: impl Fn(&[u8]) -> Vec<u8>) -> Value {
    let packets: Vec<Vec<u8>> = segments
        .iter()
        .map(|plan| wrap(&plan.ip_packet()))
        .collect();
    report_on(&capture_of(link_type, &packets))
}

const RAW: u32 = 101;

/// An IP packet between the ends of a tunnel.
fn in_ip(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let outer = IpPlan {
        source: [192, 0, 2, 1].into(),
        destination: [192, 0, 2, 2].into(),
        protocol: IpNumber(protocol),
        ttl: 64,
        identification: 99,
        traffic_class: 0,
        flow_label: 0,
    };
    outer.around(payload)
}

/// A UDP datagram between the ends of a tunnel.
fn in_udp([source, destination]: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let header = [source, destination, length, 0]
        .map(u16::to_be_bytes)
        .concat();
    in_ip(17, &[&header, payload].concat())
}

/// A header before an Ethernet frame with the packet.
fn frame_behind(header: &[u8], packet: &[u8]) -> Vec<u8> {
    let ether_type = if packet[0] >> 4 == 4 {
        [8, 0]
    } else {
        [0x86, 0xdd]
    };
    let addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    [header, &addresses, &ether_type, packet].concat()
}

/// How a packet is wrapped.
type Wrap = fn(&[u8]) -> Vec<u8>;

/// A refused connect is found in each of them, and what it was wrapped in is said.
fn assert_paths(link_type: u32, segments: &[SegmentPlan; 2], rows: &[(&str, &[&str], Wrap)]) {
    for (what, path, wrap) in rows {
        let report = wrapped(link_type, segments, wrap);
        assert_refused(&report, what);
        let said = &report["attempts"][0]["path"];
        assert_eq!(*said, serde_json::json!(path), "{what}");
    }
}

/// So many bytes that start so, and others behind them.
fn padded_to(length: usize, start: &[u8], end: &[u8]) -> Vec<u8> {
    let mut header = start.to_vec();
    header.resize(length, 0);
    [header, end.to_vec()].concat()
}

/// The header of an 802.11 data frame of three addresses, and SNAP.
fn wireless(control: u8, flags: u8) -> Vec<u8> {
    wireless_with(control, flags, &[])
}

/// The same, with what its control and flags say that stands between.
fn wireless_with(control: u8, flags: u8, more: &[u8]) -> Vec<u8> {
    let mut header = vec![control, flags];
    header.resize(24, 0);
    [&header, more, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat()
}

/// An IPv6 packet with headers between it and its segment.
fn with_extensions(packet: &[u8], first: u8, headers: &[u8], length: Option<u16>) -> Vec<u8> {
    let mut bytes = [&packet[..40], headers, &packet[40..]].concat();
    let carried = u16::try_from(bytes.len() - 40).unwrap();
    bytes[4..6].copy_from_slice(&length.unwrap_or(carried).to_be_bytes());
    bytes[6] = first;
    bytes
}
