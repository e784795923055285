//! Where a capture was taken, by the way that packets went through its host: as cooked captures,
//! pcapng, pf's log and NFLOG say it, where both ways occur.

use serde_json::Value;

use super::{
    CLIENT, FORWARD, INPUT, LOG, NFLOG, OUTPUT, PFLOG, PfHeader, SERVER, START, SYN, SYN_ACK, WIRE,
    file_of_wire_and_log, in_ethernet, record,
};
use crate::support::command::file;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::json_on;
use crate::support::pcap::{
    CapturedPacket, interface_description, pcap_file, pcapng_block, section_header,
};

pub(crate) const TESTS: &[Test] = tests![
    the_way_of_packets_tells_where_they_were_captured,
    one_way_alone_tells_nothing,
    what_is_only_passed_on_is_not_the_host_s_own,
];

const ACK: u16 = 0x10;
const LINUX_SLL: u32 = 113;
const LINUX_SLL2: u32 = 276;

/// Which way a packet went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// How a capture says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Teller {
    Cooked,
    Cooked2,
    Pcapng,
    Pf,
    Nflog,
}

const TELLERS: [Teller; 5] = [
    Teller::Cooked,
    Teller::Cooked2,
    Teller::Pcapng,
    Teller::Pf,
    Teller::Nflog,
];

/// A handshake on one link, with as long a way to either side: neither hops nor times tell where it
/// was captured. Each packet with the time to live `ttl`.
fn handshake(ttl: u8) -> [SegmentPlan; 3] {
    let to_server = |flags| SegmentPlan {
        ttl,
        ..SegmentPlan::new(CLIENT.into(), SERVER.into(), flags)
    };
    [
        SegmentPlan {
            sequence: 1000,
            identification: 1,
            ..to_server(SYN)
        },
        SegmentPlan {
            sequence: 7000,
            acknowledgment: 1001,
            ttl,
            ..SegmentPlan::new(SERVER.into(), CLIENT.into(), SYN_ACK)
        },
        SegmentPlan {
            sequence: 1001,
            acknowledgment: 7001,
            identification: 2,
            ..to_server(ACK)
        },
    ]
}

fn cooked(way: Way, packet: &[u8]) -> Vec<u8> {
    let kind = if way == Way::Out { 4 } else { 0 };
    [
        &[0, kind, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..],
        packet,
    ]
    .concat()
}

fn cooked_2(way: Way, packet: &[u8]) -> Vec<u8> {
    let kind = if way == Way::Out { 4 } else { 0 };
    let header = [
        8, 0, 0, 0, 0, 0, 0, 2, 0, 1, kind, 6, 2, 0, 0, 0, 0, 1, 0, 0,
    ];
    [&header[..], packet].concat()
}

/// A packet of a pcapng file, with its flags.
fn flagged(milliseconds: u64, way: Way, frame: &[u8]) -> Vec<u8> {
    let at = (START + milliseconds) * 1000;
    let length = u32::try_from(frame.len()).unwrap();
    let halves = [at >> 32, at & 0xffff_ffff].map(|half| u32::try_from(half).unwrap());
    let fields = [0, halves[0], halves[1], length, length].map(u32::to_le_bytes);
    let mut body = [&fields.concat()[..], frame].concat();
    body.resize(body.len().next_multiple_of(4), 0);
    let flags: u8 = if way == Way::Out { 2 } else { 1 };
    body.extend([2, 0, 4, 0, flags, 0, 0, 0, 0, 0, 0, 0]);
    pcapng_block(false, 6, &body)
}

/// Where a capture was taken in which each packet went that way; the times are a millisecond apart.
fn captured_at(teller: Teller, packets: &[(Way, SegmentPlan)]) -> Value {
    let timed = || (0_u64..).zip(packets);
    let of_link = |link_type, header: fn(Way, &[u8]) -> Vec<u8>| {
        let packets: Vec<CapturedPacket> = timed()
            .map(|(at, (way, plan))| {
                let bytes = header(*way, &plan.ip_packet());
                CapturedPacket {
                    nanoseconds: (START + at) * 1_000_000,
                    wire_length: bytes.len(),
                    bytes,
                }
            })
            .collect();
        pcap_file(link_type, &packets)
    };
    let beside = |link_type, log: &dyn Fn(Way, &[u8]) -> Vec<u8>| {
        let packets: Vec<(u32, u64, Vec<u8>)> = timed()
            .flat_map(|(at, (way, plan))| {
                let packet = plan.ip_packet();
                [(WIRE, at, packet.clone()), (LOG, at, log(*way, &packet))]
            })
            .collect();
        file_of_wire_and_log(link_type, &packets)
    };
    let bytes = match teller {
        Teller::Cooked => of_link(LINUX_SLL, cooked),
        Teller::Cooked2 => of_link(LINUX_SLL2, cooked_2),
        Teller::Pcapng => {
            let mut blocks = vec![section_header(false), interface_description(false, 1, 6)];
            let frames =
                timed().map(|(at, (way, plan))| (at, *way, in_ethernet(&plan.ip_packet())));
            blocks.extend(frames.map(|(at, way, frame)| flagged(at, way, &frame)));
            blocks.concat()
        }
        Teller::Pf => beside(PFLOG, &|way, packet| {
            let direction = if way == Way::Out { 2 } else { 1 };
            let header = PfHeader {
                direction,
                ..PfHeader::passing()
            };
            header.of(packet)
        }),
        Teller::Nflog => beside(NFLOG, &|way, packet| {
            record(if way == Way::Out { OUTPUT } else { INPUT }, b"\0", packet)
        }),
    };
    let report = json_on(&[file(&bytes).path]);
    assert_eq!(report["summary"]["attempts"], 1, "{:#}", report["attempts"]);
    assert_eq!(report["summary"]["established"], 1, "{teller:?}");
    report["attempts"][0]["captured_at"].clone()
}

fn going(ways: [Way; 3], ttl: u8) -> Vec<(Way, SegmentPlan)> {
    ways.into_iter().zip(handshake(ttl)).collect()
}

fn the_way_of_packets_tells_where_they_were_captured() {
    for teller in TELLERS {
        let at_client = going([Way::Out, Way::In, Way::Out], 64);
        assert_eq!(captured_at(teller, &at_client), "client", "{teller:?}");
        let at_server = going([Way::In, Way::Out, Way::In], 64);
        assert_eq!(captured_at(teller, &at_server), "server", "{teller:?}");
    }
}

/// Converters write "inbound" on every packet.
fn one_way_alone_tells_nothing() {
    for teller in TELLERS {
        for way in [Way::In, Way::Out] {
            let all = going([way; 3], 64);
            assert_eq!(captured_at(teller, &all), Value::Null, "{teller:?}");
        }
    }
}

/// On one interface of a router, what it passes on goes out and the answers come in; and on both,
/// each packet goes both ways.
fn what_is_only_passed_on_is_not_the_host_s_own() {
    for teller in TELLERS {
        let outside = going([Way::Out, Way::In, Way::Out], 63);
        assert_eq!(captured_at(teller, &outside), "between", "{teller:?}");
    }
    for teller in [Teller::Cooked2, Teller::Pcapng] {
        let both: Vec<(Way, SegmentPlan)> = handshake(64)
            .into_iter()
            .flat_map(|plan| {
                let passed_on = SegmentPlan {
                    ttl: plan.ttl - 1,
                    ..plan.clone()
                };
                [(Way::In, plan), (Way::Out, passed_on)]
            })
            .collect();
        let found = captured_at(teller, &both);
        assert!(
            found != "client" && found != "server",
            "{teller:?}: {found}"
        );
    }
    // A rule of the hook that passes on says no way.
    let packets: Vec<(u32, u64, Vec<u8>)> = (0_u64..)
        .zip(handshake(64))
        .flat_map(|(at, plan)| {
            let packet = plan.ip_packet();
            [
                (WIRE, at, packet.clone()),
                (LOG, at, record(FORWARD, b"\0", &packet)),
            ]
        })
        .collect();
    let report = json_on(&[file(&file_of_wire_and_log(NFLOG, &packets)).path]);
    assert_eq!(report["attempts"][0]["captured_at"], Value::Null);
}
