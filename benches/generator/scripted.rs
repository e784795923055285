//! Connections that follow scripts, all at the same time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};

use slab::Slab;

use super::World;
use super::addresses;
use super::connection::Connection;
use super::frame::{ACK, FIN, PSH, RST, SYN, Segment};
use super::random::Random;
use super::script::{Mix, Packet, Script, Wait};

/// The shortest and the longest round-trip time, in microseconds.
const ROUND_TRIPS: (u32, u32) = (10_000, 200_000);

/// After how long a SYN is sent again, in microseconds.
const SYN_TIMEOUT: u64 = 1_000_000;

/// After how long anything else is.
const DATA_TIMEOUT: u64 = 200_000;

/// A connection and where it is in its script.
#[derive(Debug)]
struct Conversation {
    connection: Connection,
    script: Script,
    position: usize,
    has_begun: bool,
    /// Whether something between both ends lets nothing of it pass.
    is_stopped: bool,
    /// How many bytes were lost and are sent again.
    lost_length: Option<u16>,
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
    while world.has_room(0) {
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
    let connection = Connection::new(addresses::client(number), server, random);
    let script = mix.choose(random);
    // Of those that nothing answers, every second one does not come to the server.
    let is_stopped = script.is_rejected() || script.is_silent && number % 2 == 1;
    Conversation {
        connection,
        script,
        position: 0,
        has_begun: false,
        is_stopped,
        lost_length: None,
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
        schedule.conversations.remove(index);
        return Ok(());
    };
    let before = conversation.connection;
    let becomes = send(world, conversation, step.packet, at)?;
    if !conversation.has_begun {
        conversation.has_begun = true;
        world.ledger.begin();
        if conversation.script.is_silent {
            world.ledger.leave_unanswered(at);
        }
    }
    if becomes == Becomes::Lost {
        let again = conversation.send_again(step.packet, before);
        schedule.appoint(at + again, index);
        return Ok(());
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

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    /// It arrives, or is never missed.
    Passed,
    /// It has to be sent again.
    Lost,
}

impl Conversation {
    /// A packet did not arrive: goes back to where it is sent again, and says after how many
    /// microseconds. Who asks for a connection asks again; data is sent again.
    fn send_again(&mut self, packet: Packet, before: Connection) -> u64 {
        let is_opening = match packet {
            Packet::Bare(_, flags) => flags & (SYN | RST) != 0,
            Packet::Rejection => true,
            Packet::Loaded(..) => false,
        };
        if !is_opening {
            self.connection = before;
            return DATA_TIMEOUT;
        }
        if self.script.is_silent {
            return self.next_of_silent();
        }
        self.position = 0;
        SYN_TIMEOUT
    }

    /// The script itself repeats a SYN that nothing answers.
    fn next_of_silent(&mut self) -> u64 {
        let next = self.script.steps.get(self.position + 1);
        let wait = next.map_or(SYN_TIMEOUT, |step| match step.wait {
            Wait::RoundTrip => self.round_trip,
            Wait::Microseconds(microseconds) => microseconds,
        });
        self.position += 1;
        wait
    }
}

fn send<W: Write>(
    world: &mut World<W>,
    conversation: &mut Conversation,
    packet: Packet,
    at: u64,
) -> io::Result<Becomes> {
    let connection = &mut conversation.connection;
    let (from, segment) = match packet {
        Packet::Bare(from, flags) => (from, connection.send(from, flags, 0, at)),
        Packet::Loaded(from, length) => {
            let length = match conversation.lost_length.take() {
                Some(lost) => lost,
                None => varied(length, &mut world.random),
            };
            (from, connection.send(from, PSH | ACK, length, at))
        }
        Packet::Rejection => {
            let quoted = connection.sent_syn();
            return reject(world, quoted, at);
        }
    };
    let arrives = if conversation.is_stopped {
        world.stop(at, &segment)?;
        true
    } else {
        world.transmit(at, from, &segment)?
    };
    if !arrives && segment.payload_length > 0 {
        conversation.lost_length = Some(segment.payload_length);
    }
    // A later one says the same as an ACK that carries nothing.
    let is_missed = segment.payload_length > 0 || segment.flags & (SYN | FIN | RST) != 0;
    Ok(if arrives || !is_missed {
        Becomes::Passed
    } else {
        Becomes::Lost
    })
}

/// About so many bytes.
fn varied(length: u16, random: &mut Random) -> u16 {
    let varied = u32::from(length) * 3 / 4 + random.below(u32::from(length) / 2);
    u16::try_from(varied).unwrap_or(length)
}

/// The router is between both ends: its error is at the client alone.
fn reject<W: Write>(world: &mut World<W>, quoted: Segment, at: u64) -> io::Result<Becomes> {
    let World {
        file,
        random,
        payloads,
        ..
    } = world;
    let identification = random.half_word();
    file.add(at, |frame| {
        quoted.append_rejection(identification, payloads, frame);
    })?;
    Ok(Becomes::Passed)
}
