//! SYNs from forged addresses to one port, a microsecond apart.

use std::collections::VecDeque;
use std::io::{self, Write};

use super::World;
use super::addresses::{self, Endpoint};
use super::frame::{ACK, Options, SYN, Segment};

/// One SYN in so many is answered.
const ANSWERED: u32 = 100;

/// How long the server takes to answer, in microseconds.
const ANSWER_TIME: u64 = 50;

/// Fills the file.
pub(super) fn write<W: Write>(world: &mut World<W>) -> io::Result<()> {
    let server = addresses::server(0);
    let mut answers: VecDeque<(u64, Segment)> = VecDeque::new();
    let mut at = 0;
    while world.file.has_room(0) {
        let is_due = answers.front().is_some_and(|(due, _)| *due <= at);
        let answer = if is_due { answers.pop_front() } else { None };
        let segment = if let Some((_, answer)) = answer {
            world.ledger.leave_half_open(at);
            answer
        } else {
            forged_syn(world, server)
        };
        let payloads = &world.payloads;
        world
            .file
            .add(at, |frame| segment.append(payloads, frame))?;
        if answer.is_none() {
            note_syn(world, &segment, at, &mut answers);
        }
        at += 1;
    }
    Ok(())
}

/// Decides whether a SYN is answered.
fn note_syn<W>(
    world: &mut World<W>,
    syn: &Segment,
    at: u64,
    answers: &mut VecDeque<(u64, Segment)>,
) {
    world.ledger.begin();
    if world.random.below(ANSWERED) == 0 {
        let answer = answer_to(syn, world.random.word());
        answers.push_back((at + ANSWER_TIME, answer));
    } else {
        world.ledger.leave_unanswered(at);
    }
}

/// A SYN without options, as flooding tools send it.
fn forged_syn<W>(world: &mut World<W>, server: Endpoint) -> Segment {
    let random = &mut world.random;
    Segment {
        source: addresses::forged(random.word(), random.half_word()),
        destination: server,
        ttl: 40 + u8::try_from(random.below(24)).unwrap_or(0),
        identification: random.half_word(),
        sequence: random.word(),
        acknowledgment: 0,
        flags: SYN,
        window: 512,
        options: Options::None,
        payload_length: 0,
    }
}

fn answer_to(syn: &Segment, sequence: u32) -> Segment {
    Segment {
        source: syn.destination,
        destination: syn.source,
        ttl: 64,
        identification: 0,
        sequence,
        acknowledgment: syn.sequence.wrapping_add(1),
        flags: SYN | ACK,
        window: 64_240,
        options: Options::None,
        payload_length: 0,
    }
}
