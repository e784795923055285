//! Captures that are a packet filter's log: pf's of all systems and lengths, and what Linux
//! firewalls hand to user space; alone, and together with the wire.

pub(crate) mod directions;
pub(crate) mod pf;
pub(crate) mod records;
pub(crate) mod reports;

use std::net::SocketAddr;

use serde_json::Value;

use crate::support::command::{TestFile, file};
use crate::support::frames::SegmentPlan;
use crate::support::json_on;
use crate::support::pcap::{
    CapturedPacket, enhanced_packet, interface_description, pcap_file, section_header,
};

const PFLOG: u32 = 117;
const OLD_PFLOG: u32 = 17;
const NFLOG: u32 = 239;
const SYN: u16 = 0x02;
const SYN_ACK: u16 = 0x12;
const RST_ACK: u16 = 0x14;
const PUSH: u16 = 0x18;

const CLIENT: ([u8; 4], u16) = ([10, 1, 0, 7], 40001);
const SERVER: ([u8; 4], u16) = ([10, 2, 0, 20], 3306);

/// The client's SYN, sent for the nth time.
fn syn(nth: u16) -> Vec<u8> {
    syn_from(CLIENT.into(), SERVER.into(), nth)
}

fn syn_from(client: SocketAddr, server: SocketAddr, nth: u16) -> Vec<u8> {
    SegmentPlan {
        sequence: 1000,
        identification: 100 + nth,
        ..SegmentPlan::new(client, server, SYN)
    }
    .ip_packet()
}

fn answer(flags: u16) -> SegmentPlan {
    SegmentPlan {
        sequence: if flags == RST_ACK { 0 } else { 7000 },
        acknowledgment: 1001,
        window: if flags == RST_ACK { 0 } else { 65160 },
        ..SegmentPlan::new(SERVER.into(), CLIENT.into(), flags)
    }
}

fn in_ethernet(ip_packet: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0][..], ip_packet].concat()
}

/// A header of pf's log.
#[derive(Clone)]
struct PfHeader {
    length: u8,
    written: usize,
    family: u8,
    action: u8,
    reason: u8,
    interface: &'static [u8],
    anchor: &'static [u8],
    rule: u32,
    sub_rule: u32,
    user: u32,
    direction: u8,
}

const NONE: u32 = u32::MAX;

impl PfHeader {
    /// As FreeBSD writes it since 13.1: rule 12 blocks on em0, in.
    fn blocking() -> Self {
        Self {
            length: 69,
            written: 72,
            family: 2,
            action: 1,
            reason: 0,
            interface: b"em0",
            anchor: b"",
            rule: 12,
            sub_rule: NONE,
            user: NONE,
            direction: 1,
        }
    }

    fn passing() -> Self {
        Self {
            action: 0,
            rule: 20,
            ..Self::blocking()
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.written];
        bytes[..4].copy_from_slice(&[self.length, self.family, self.action, self.reason]);
        bytes[4..4 + self.interface.len()].copy_from_slice(self.interface);
        bytes[20..20 + self.anchor.len()].copy_from_slice(self.anchor);
        bytes[36..40].copy_from_slice(&self.rule.to_be_bytes());
        bytes[40..44].copy_from_slice(&self.sub_rule.to_be_bytes());
        bytes[44..48].copy_from_slice(&self.user.to_ne_bytes());
        bytes[60] = self.direction;
        bytes
    }

    fn of(&self, ip_packet: &[u8]) -> Vec<u8> {
        [self.bytes().as_slice(), ip_packet].concat()
    }
}

fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).unwrap();
    let mut bytes = [&length.to_ne_bytes()[..], &number.to_ne_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

const INPUT: u8 = 1;
const FORWARD: u8 = 2;
const OUTPUT: u8 = 3;

/// What a rule at this hook hands to user space.
fn record(hook: u8, prefix: &[u8], ip_packet: &[u8]) -> Vec<u8> {
    [
        vec![2, 0, 0, 6],
        attribute(1, &[8, 0, hook, 0]),
        attribute(10, prefix),
        attribute(if hook == OUTPUT { 5 } else { 4 }, &3_u32.to_be_bytes()),
        attribute(9, ip_packet),
    ]
    .concat()
}

/// Milliseconds, and what was captured then.
type Timed = (u64, Vec<u8>);

const START: u64 = 1_795_183_200_000;

fn capture(link_type: u32, packets: &[Timed]) -> TestFile {
    let packets: Vec<CapturedPacket> = packets
        .iter()
        .map(|(milliseconds, bytes)| CapturedPacket {
            nanoseconds: (START + milliseconds) * 1_000_000,
            wire_length: bytes.len(),
            bytes: bytes.clone(),
        })
        .collect();
    file(&pcap_file(link_type, &packets))
}

fn report(link_type: u32, packets: &[Timed]) -> Value {
    json_on(&[capture(link_type, packets).path])
}

const WIRE: u32 = 0;
const LOG: u32 = 1;

/// A pcapng file of the wire (Ethernet) and a log beside it, in the order of the list.
fn wire_and_log(packets: &[(u32, u64, Vec<u8>)]) -> Value {
    json_on(&[file(&file_of_wire_and_log(NFLOG, packets)).path])
}

/// The same as a file, with a log of this link type.
fn file_of_wire_and_log(link_type: u32, packets: &[(u32, u64, Vec<u8>)]) -> Vec<u8> {
    let mut blocks = vec![
        section_header(false),
        interface_description(false, 1, 6),
        interface_description(false, u16::try_from(link_type).unwrap(), 6),
    ];
    for (interface, milliseconds, bytes) in packets {
        let microseconds = (START + milliseconds) * 1000;
        let bytes = if *interface == WIRE {
            in_ethernet(bytes)
        } else {
            bytes.clone()
        };
        blocks.push(enhanced_packet(false, *interface, microseconds, &bytes));
    }
    blocks.concat()
}

fn blocked_by(header: &PfHeader) -> Vec<Timed> {
    let at = [0, 1000, 3000, 7000];
    let syns = at
        .iter()
        .zip(0..)
        .map(|(at, nth)| (*at, header.of(&syn(nth))));
    syns.collect()
}

fn only_attempt(report: &Value) -> &Value {
    assert_eq!(report["summary"]["attempts"], 1, "{:#}", report["attempts"]);
    &report["attempts"][0]
}

fn notes_of(attempt: &Value) -> String {
    let notes = attempt["notes"].as_array().unwrap().iter();
    let notes: Vec<&str> = notes.map(|note| note.as_str().unwrap()).collect();
    notes.join("\n")
}

#[track_caller]
fn assert_told(attempt: &Value, outcome: &str, cause: &str, confidence: &str, says: &str) {
    assert_eq!(attempt["outcome"], outcome, "{attempt:#}");
    assert_eq!(attempt["cause"], cause, "{attempt:#}");
    assert_eq!(attempt["confidence"], confidence, "{attempt:#}");
    let notes = notes_of(attempt);
    assert!(notes.contains(says), "{says} is not in {notes}");
}

fn finding<'a>(report: &'a Value, kind: &str) -> Option<&'a Value> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["kind"] == kind)
}

fn logged(hook: u8, prefix: &[u8]) -> Vec<Timed> {
    let at = [0, 1000, 3000, 7000];
    let syns = at.iter().zip(0..);
    syns.map(|(at, nth)| (*at, record(hook, prefix, &syn(nth))))
        .collect()
}
