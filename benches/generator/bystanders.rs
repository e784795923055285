//! Packets that belong to no attempt: what nearly all packets of many captures are.

use std::io::{self, Write};

use super::World;
use super::addresses;
use super::frame::{ACK, Options, Segment, append_not_ip};

/// The time between two packets, in microseconds.
const GAP: u64 = 5;

/// How many connections go on side by side that began before the capture.
const CONNECTIONS: u64 = 20_000;

/// Fills the file with frames that hold no IP.
pub(super) fn not_ip<W: Write>(world: &mut World<W>) -> io::Result<()> {
    let mut at = 0;
    while world.file.has_room(0) {
        world.file.add(at, append_not_ip)?;
        at += GAP;
    }
    Ok(())
}

/// Fills the file with ACKs of connections that began before the capture.
pub(super) fn unknown_acks<W: Write>(world: &mut World<W>) -> io::Result<()> {
    let mut number = 0;
    while world.file.has_room(0) {
        let at = number * GAP;
        let connection = u64::from(world.random.word()) % CONNECTIONS;
        let segment = acknowledgment(connection, number);
        let payloads = &world.payloads;
        world
            .file
            .add(at, |frame| segment.append(payloads, frame))?;
        number += 1;
    }
    Ok(())
}

fn acknowledgment(connection: u64, number: u64) -> Segment {
    let server = u32::try_from(connection % 100).unwrap_or(0);
    let moment = u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0);
    Segment {
        source: addresses::client(connection),
        destination: addresses::server(server),
        ttl: 64,
        identification: 0,
        sequence: moment,
        acknowledgment: moment.wrapping_mul(3),
        flags: ACK,
        window: 501,
        options: Options::Timestamps(moment, moment),
        payload_length: 0,
    }
}
