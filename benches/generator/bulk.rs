//! Long downloads side by side, on a link of about 1 Gbit/s.

use std::io::{self, Write};

use tcpwhy::handshake::Outcome;

use super::World;
use super::addresses;
use super::connection::{Connection, Sender};
use super::frame::{ACK, FIN, PSH, SYN};
use super::payload::FULL_SEGMENT;
use super::random::Random;

/// How many packets a download has, from and to: one connect in a thousand packets.
const DOWNLOAD_PACKETS: (u32, u32) = (500, 1500);

/// How many bytes of the file one of the downloads side by side stands for: 285 of them in 1 GB.
const BYTES_PER_DOWNLOAD: u64 = 3_500_000;

/// How many downloads go on side by side, at least and at most.
const DOWNLOADS: (u64, u64) = (8, 1000);

/// More than the last packets of a download take, in bytes: at most seven short ones.
const CLOSING_BYTES: u64 = 8 * 128;

/// A download and how far it is.
#[derive(Debug)]
struct Download {
    connection: Connection,
    /// How many packets it has sent.
    position: u32,
    /// How many it sends before its FIN.
    length: u32,
    has_begun: bool,
    is_established: bool,
}

/// What a download sends next.
enum Next {
    Packet(Sender, u8, u16),
    Over,
}

impl Download {
    fn new(number: u64, random: &mut Random) -> Self {
        let server = addresses::server(random.word());
        let (shortest, longest) = DOWNLOAD_PACKETS;
        Self {
            connection: Connection::new(addresses::client(number), server, random),
            position: 0,
            length: shortest + random.below(longest - shortest),
            has_begun: false,
            is_established: false,
        }
    }

    /// Handshake, request, then data, data, ACK, and at the end a FIN from each side.
    fn next(&self) -> Next {
        let opening = [
            Next::Packet(Sender::Client, SYN, 0),
            Next::Packet(Sender::Server, SYN | ACK, 0),
            Next::Packet(Sender::Client, ACK, 0),
            Next::Packet(Sender::Client, PSH | ACK, 200),
        ];
        if let Some(next) = opening.into_iter().nth(self.position as usize) {
            return next;
        }
        if self.position < self.length {
            return match self.position % 3 {
                0 => Next::Packet(Sender::Client, ACK, 0),
                _ => Next::Packet(Sender::Server, ACK, FULL_SEGMENT),
            };
        }
        match self.position - self.length {
            0 => Next::Packet(Sender::Server, FIN | ACK, 0),
            1 => Next::Packet(Sender::Client, FIN | ACK, 0),
            2 => Next::Packet(Sender::Server, ACK, 0),
            _ => Next::Over,
        }
    }

    /// Ends it: what is sent next, once the request was sent, is the FIN.
    fn hurry(&mut self) {
        self.length = self.length.min(self.position.max(4));
    }
}

/// Fills the file with downloads, and lets each of them end.
pub(super) fn write<W: Write>(world: &mut World<W>, bytes: u64) -> io::Result<()> {
    let (fewest, most) = DOWNLOADS;
    let count = (bytes / BYTES_PER_DOWNLOAD).clamp(fewest, most);
    let mut downloads: Vec<Download> = (0..count)
        .map(|number| Download::new(number, &mut world.random))
        .collect();
    let mut number = count;
    let mut at = 0;
    let bound = u32::try_from(count).unwrap_or(u32::MAX);
    while world.has_room(count * CLOSING_BYTES) {
        let chosen = world.random.below(bound) as usize;
        let Some(download) = downloads.get_mut(chosen) else {
            continue;
        };
        if !send(world, download, &mut at)? {
            *download = Download::new(number, &mut world.random);
            number += 1;
        }
    }
    close(world, &mut downloads, &mut at)
}

/// Lets all downloads that have begun end.
fn close<W: Write>(
    world: &mut World<W>,
    downloads: &mut [Download],
    at: &mut u64,
) -> io::Result<()> {
    for download in downloads {
        download.hurry();
        let has_begun = download.has_begun;
        while has_begun && send(world, download, at)? {}
    }
    Ok(())
}

/// Sends a download's next packet; false when there is none.
fn send<W: Write>(world: &mut World<W>, download: &mut Download, at: &mut u64) -> io::Result<bool> {
    let Next::Packet(from, flags, payload_length) = download.next() else {
        return Ok(false);
    };
    match download.position {
        0 if !download.has_begun => world.ledger.begin(),
        2 if !download.is_established => world.ledger.decide(Outcome::Established),
        _ => {}
    }
    download.has_begun = true;
    download.is_established |= download.position >= 2;
    let before = download.connection;
    let segment = download.connection.send(from, flags, payload_length, *at);
    if world.transmit(*at, from, &segment)? {
        download.position += 1;
    } else {
        // Its turn comes again, with the same packet.
        download.connection = before;
    }
    // 8 bits take 8 ns; a frame without payload takes about 1 µs.
    *at += 1 + u64::from(payload_length) / 125;
    Ok(true)
}
