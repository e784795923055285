//! Captures that look for a corner in which work grows faster than the capture: each is one shape,
//! over and over.
//!
//! What becomes of their attempts is not told.

use std::io::{self, Write};

use super::World;
use super::addresses::{self, Endpoint};
use super::frame::{ACK, Options, RST, SYN, Segment};
use super::random::Random;

/// The time between two packets, in microseconds.
const GAP: u64 = 100;

/// The initial sequence number where all are the same.
const SAME: u32 = 1_000_000;

/// How often each packet is captured where it is captured again.
const TIMES_CAPTURED: u64 = 32;

/// The packet with this number, from 0, of a capture.
pub(super) type Shape = fn(u64, &mut Random) -> Packet;

/// What is captured.
pub(super) enum Packet {
    /// A segment.
    Segment(Segment),
    /// A router's ICMP error about a segment.
    Rejection(Segment),
}

/// Fills the file with packets of this shape.
pub(super) fn write<W: Write>(world: &mut World<W>, shape: Shape) -> io::Result<()> {
    let mut number = 0;
    while world.file.has_room(0) {
        let World {
            file,
            random,
            payloads,
            ..
        } = world;
        let at = number * GAP;
        match shape(number, random) {
            Packet::Segment(segment) => file.add(at, |frame| segment.append(payloads, frame))?,
            Packet::Rejection(quoted) => {
                file.add(at, |frame| {
                    quoted.append_rejection(low_half(number), payloads, frame);
                })?;
            }
        }
        number += 1;
    }
    Ok(())
}

/// SYNs of one 4-tuple, each with another initial sequence number.
pub(super) fn reused_tuple(number: u64, random: &mut Random) -> Packet {
    let isn = random.word();
    Packet::Segment(syn(number, stranger(0), addresses::server(0), isn))
}

/// The same, where each connect is refused.
pub(super) fn refused_tuple(number: u64, _: &mut Random) -> Packet {
    refused(number, stranger(0), addresses::server(0))
}

/// Connects of ever more clients to one server: refused.
pub(super) fn one_server(number: u64, _: &mut Random) -> Packet {
    refused(number, stranger(number / 2), addresses::server(0))
}

/// Connects of one client to ever more servers: refused and unanswered in turns.
pub(super) fn many_servers(number: u64, _: &mut Random) -> Packet {
    let server = Endpoint {
        port: 443,
        ..stranger(number / 3)
    };
    match number % 3 {
        0 => Packet::Segment(syn(number, addresses::client(0), server, scattered(number))),
        1 => {
            let asked = syn(number, addresses::client(0), server, scattered(number - 1));
            Packet::Segment(answer(&asked, RST | ACK, 0))
        }
        _ => {
            let other = Endpoint {
                port: 444,
                ..server
            };
            Packet::Segment(syn(number, addresses::client(0), other, scattered(number)))
        }
    }
}

/// SYNs of ever more clients, all with one initial sequence number.
pub(super) fn one_isn(number: u64, _: &mut Random) -> Packet {
    Packet::Segment(syn(number, stranger(number), addresses::server(0), SAME))
}

/// One initial sequence number everywhere, and every client is answered by another host than the
/// one it asked.
pub(super) fn equal_isns(number: u64, _: &mut Random) -> Packet {
    let client = stranger(number / 2);
    let asked = syn(number, client, addresses::server(0), SAME);
    if number.is_multiple_of(2) {
        return Packet::Segment(asked);
    }
    let elsewhere = Segment {
        destination: addresses::server(1),
        ..asked
    };
    Packet::Segment(answer(&elsewhere, SYN | ACK, SAME))
}

/// The same with one client, one port of it for each connect, until they come again.
pub(super) fn one_client_equal_isns(number: u64, random: &mut Random) -> Packet {
    let port = 1024 + low_half(number / 2) % (u16::MAX - 1024);
    match equal_isns(number, random) {
        Packet::Segment(mut segment) => {
            let client = Endpoint {
                port,
                ..addresses::client(0)
            };
            if number.is_multiple_of(2) {
                segment.source = client;
            } else {
                segment.destination = client;
            }
            Packet::Segment(segment)
        }
        other @ Packet::Rejection(_) => other,
    }
}

/// Every SYN and every RST is captured many times.
pub(super) fn copies(number: u64, _: &mut Random) -> Packet {
    let original = number / TIMES_CAPTURED;
    refused(original, stranger(original / 2), addresses::server(0))
}

/// One SYN, captured over and over.
pub(super) fn one_copied(_: u64, _: &mut Random) -> Packet {
    Packet::Segment(syn(0, stranger(0), addresses::server(0), SAME))
}

/// ICMP errors: about one SYN over and over, and about ever more SYNs that were not captured.
pub(super) fn icmp_storm(number: u64, _: &mut Random) -> Packet {
    let same = syn(0, stranger(0), addresses::server(0), SAME);
    match number {
        0 => Packet::Segment(same),
        odd if odd % 2 == 1 => Packet::Rejection(same),
        even => Packet::Rejection(syn(
            even,
            stranger(even),
            addresses::server(0),
            scattered(even),
        )),
    }
}

/// A SYN or, every other time, the RST that answers it.
fn refused(number: u64, client: Endpoint, server: Endpoint) -> Packet {
    let asked = syn(number, client, server, scattered(number / 2));
    Packet::Segment(if number.is_multiple_of(2) {
        asked
    } else {
        answer(&asked, RST | ACK, 0)
    })
}

fn syn(number: u64, source: Endpoint, destination: Endpoint, sequence: u32) -> Segment {
    Segment {
        source,
        destination,
        ttl: 60,
        identification: low_half(number),
        sequence,
        acknowledgment: 0,
        flags: SYN,
        window: 64_240,
        options: Options::None,
        payload_length: 0,
    }
}

fn answer(syn: &Segment, flags: u8, sequence: u32) -> Segment {
    Segment {
        source: syn.destination,
        destination: syn.source,
        ttl: 64,
        sequence,
        acknowledgment: syn.sequence.wrapping_add(1),
        flags,
        ..*syn
    }
}

/// One of 4 billion endpoints, each another one.
fn stranger(number: u64) -> Endpoint {
    addresses::forged(0x0b00_0000 + low_word(number), 40_000)
}

/// One of 4 billion numbers, each another one, without an order that a table could like.
fn scattered(number: u64) -> u32 {
    low_word(number).wrapping_mul(0x9e37_79b1)
}

fn low_word(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}

fn low_half(number: u64) -> u16 {
    u16::try_from(number & u64::from(u16::MAX)).unwrap_or(0)
}
