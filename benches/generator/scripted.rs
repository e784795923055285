//! Connections that follow scripts, all at the same time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};

use slab::Slab;

use super::World;
use super::addresses;
use super::connection::Connection;
use super::frame::{ACK, PSH};
use super::script::{Mix, Packet, Script, Wait};

/// The shortest and the longest round-trip time, in microseconds.
const ROUND_TRIPS: (u32, u32) = (10_000, 200_000);

/// A connection and where it is in its script.
#[derive(Debug)]
struct Conversation {
    connection: Connection,
    script: Script,
    position: usize,
    /// Microseconds.
    round_trip: u64,
}

/// When a conversation goes on, in microseconds; ties in the order of their making; which one.
type Appointment = (u64, u64, usize);

/// The conversations that go on, and when.
#[derive(Debug, Default)]
struct Schedule {
    conversations: Slab<Conversation>,
    appointments: BinaryHeap<Reverse<Appointment>>,
    made: u64,
}

impl Schedule {
    fn add(&mut self, at: u64, conversation: Conversation) {
        let index = self.conversations.insert(conversation);
        self.appoint(at, index);
    }

    fn appoint(&mut self, at: u64, index: usize) {
        self.made += 1;
        self.appointments.push(Reverse((at, self.made, index)));
    }

    /// The next appointment that is before `time`.
    fn next_before(&mut self, time: u64) -> Option<(u64, usize)> {
        let Reverse((at, ..)) = self.appointments.peek()?;
        if *at >= time {
            return None;
        }
        self.appointments
            .pop()
            .map(|Reverse((at, _, index))| (at, index))
    }
}

/// Fills the file with connections of this mix.
pub(super) fn write<W: Write>(world: &mut World<W>, mix: &Mix) -> io::Result<()> {
    let mut schedule = Schedule::default();
    let mut number = 0;
    let mut next_arrival = 0;
    while world.file.has_room(0) {
        if let Some((at, index)) = schedule.next_before(next_arrival) {
            go_on(world, &mut schedule, at, index)?;
        } else {
            let conversation = begin(world, mix, number);
            schedule.add(next_arrival, conversation);
            number += 1;
            next_arrival += 1 + u64::from(world.random.below(2 * mix.mean_gap));
        }
    }
    Ok(())
}

fn begin<W>(world: &mut World<W>, mix: &Mix, number: u64) -> Conversation {
    let random = &mut world.random;
    let server = addresses::server(random.word());
    let (shortest, longest) = ROUND_TRIPS;
    Conversation {
        connection: Connection::new(addresses::client(number), server, random),
        script: mix.choose(random),
        position: 0,
        round_trip: u64::from(shortest + random.below(longest - shortest)),
    }
}

/// Sends the next packet of a conversation, and appoints the one after it.
fn go_on<W: Write>(
    world: &mut World<W>,
    schedule: &mut Schedule,
    at: u64,
    index: usize,
) -> io::Result<()> {
    let Some(conversation) = schedule.conversations.get_mut(index) else {
        return Ok(());
    };
    let Some(step) = conversation.script.steps.get(conversation.position) else {
        return Ok(());
    };
    send(world, &mut conversation.connection, step.packet, at)?;
    if conversation.position == 0 {
        world.ledger.begin();
        if conversation.script.is_silent {
            world.ledger.leave_unanswered(at);
        }
    }
    if let Some(outcome) = step.decides {
        world.ledger.decide(outcome);
    }
    conversation.position += 1;
    match conversation.script.steps.get(conversation.position) {
        Some(next) => {
            let wait = match next.wait {
                Wait::RoundTrip => conversation.round_trip,
                Wait::Microseconds(microseconds) => microseconds,
            };
            schedule.appoint(at + wait, index);
        }
        None => {
            schedule.conversations.remove(index);
        }
    }
    Ok(())
}

fn send<W: Write>(
    world: &mut World<W>,
    connection: &mut Connection,
    packet: Packet,
    at: u64,
) -> io::Result<()> {
    let World {
        file,
        random,
        payloads,
        ..
    } = world;
    match packet {
        Packet::Bare(from, flags) => {
            let segment = connection.send(from, flags, 0, at);
            file.add(at, |frame| segment.append(payloads, frame))
        }
        Packet::Loaded(from, length) => {
            let varied = u32::from(length) * 3 / 4 + random.below(u32::from(length) / 2);
            let length = u16::try_from(varied).unwrap_or(length);
            let segment = connection.send(from, PSH | ACK, length, at);
            file.add(at, |frame| segment.append(payloads, frame))
        }
        Packet::Rejection => {
            let quoted = connection.sent_syn();
            let identification = random.half_word();
            file.add(at, |frame| {
                quoted.append_rejection(identification, payloads, frame);
            })
        }
    }
}
