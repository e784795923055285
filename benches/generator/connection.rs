//! One connection: two sides with their numbers and clocks.

use super::addresses::Endpoint;
use super::frame::{ACK, FIN, Options, RST, SYN, Segment};
use super::random::Random;

/// Which side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// The one that connects.
    Client,
    /// The one that is connected to.
    Server,
}

/// Both sides of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    client: Side,
    server: Side,
}

/// What one side knows.
#[derive(Clone, Copy, Debug)]
struct Side {
    endpoint: Endpoint,
    ttl: u8,
    /// Its initial sequence number.
    first: u32,
    /// The next byte that it sends.
    next: u32,
    identification: u16,
    /// What its timestamp clock showed at the start, in milliseconds.
    clock: u32,
    /// The value of the latest timestamp that it sent; 0 for none.
    stamp: u32,
}

impl Side {
    fn new(endpoint: Endpoint, ttl: u8, random: &mut Random) -> Self {
        let first = random.word();
        Self {
            endpoint,
            ttl,
            first,
            next: first,
            identification: random.half_word(),
            clock: random.word(),
            stamp: 0,
        }
    }
}

impl Connection {
    /// Two sides that have sent nothing. The capture was taken beside the client.
    pub(super) fn new(client: Endpoint, server: Endpoint, random: &mut Random) -> Self {
        Self {
            client: Side::new(client, 64, random),
            server: Side::new(server, 61, random),
        }
    }

    /// The next segment of a side, at so many microseconds. A SYN always is the first one, or the
    /// first one again.
    pub(super) fn send(
        &mut self,
        from: Sender,
        flags: u8,
        payload_length: u16,
        at: u64,
    ) -> Segment {
        let (sender, receiver) = match from {
            Sender::Client => (&mut self.client, &self.server),
            Sender::Server => (&mut self.server, &self.client),
        };
        let milliseconds = u32::try_from(at / 1000 % (1 << 32)).unwrap_or(0);
        sender.stamp = sender.clock.wrapping_add(milliseconds);
        if flags & SYN != 0 {
            sender.next = sender.first;
        }
        let segment = segment(sender, receiver, flags, payload_length);
        sender.identification = sender.identification.wrapping_add(1);
        let used = u32::from(payload_length) + u32::from(flags & (SYN | FIN) != 0);
        sender.next = sender.next.wrapping_add(used);
        segment
    }

    /// The client's SYN as it was sent, when nothing has been sent since: what an ICMP error
    /// quotes.
    pub(super) fn sent_syn(&self) -> Segment {
        let client = Side {
            next: self.client.first,
            identification: self.client.identification.wrapping_sub(1),
            ..self.client
        };
        segment(&client, &self.server, SYN, 0)
    }
}

fn segment(sender: &Side, receiver: &Side, flags: u8, payload_length: u16) -> Segment {
    let has_ack = flags & ACK != 0;
    let is_reset = flags & RST != 0;
    let is_syn_ack = flags & SYN != 0 && has_ack;
    // Linux leaves the identification of a SYN-ACK and of a RST without a connection 0.
    let has_identification = !is_reset && !is_syn_ack;
    Segment {
        source: sender.endpoint,
        destination: receiver.endpoint,
        ttl: sender.ttl,
        identification: if has_identification {
            sender.identification
        } else {
            0
        },
        sequence: if is_reset { 0 } else { sender.next },
        acknowledgment: if has_ack { receiver.next } else { 0 },
        flags,
        window: window(flags),
        options: options(sender, receiver, flags),
        payload_length,
    }
}

fn window(flags: u8) -> u16 {
    match (flags & SYN != 0, flags & RST != 0) {
        (true, _) => 64_240,
        (_, true) => 0,
        _ => 502,
    }
}

fn options(sender: &Side, receiver: &Side, flags: u8) -> Options {
    if flags & RST != 0 {
        Options::None
    } else if flags & SYN != 0 {
        Options::Syn(sender.stamp, receiver.stamp)
    } else {
        Options::Timestamps(sender.stamp, receiver.stamp)
    }
}
