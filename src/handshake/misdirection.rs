//! Whether an answer with another port or address is the answer to this SYN: by more than its
//! acknowledgement number, which two SYNs may share.

use std::time::Duration;

use super::attempt::Attempt;
use super::seen_packet::{Content, Role, SeenPacket};
use crate::capture::Timestamp;

/// A repeated SYN comes a second after the one before: what follows it sooner is its answer.
const SOONER_THAN_THE_NEXT_SYN: Duration = Duration::from_millis(900);

/// So many SYNs were each followed by an answer: no accident.
const ANSWERED_SYNS: usize = 2;

/// Whether these packets answer the attempt's SYNs: they echo the timestamp of one, or, without
/// timestamps, follow each.
pub(super) fn proves(attempt: &Attempt, answers: &[SeenPacket]) -> bool {
    let is_answer = |packet: &&SeenPacket| {
        matches!(
            packet.role,
            Role::SynAck | Role::SynAckRepeated | Role::Reset
        )
    };
    let answers: Vec<&SeenPacket> = answers.iter().filter(is_answer).collect();
    let offered: Vec<u32> = syns(attempt)
        .filter_map(|syn| Some(timestamps(syn)?.0))
        .collect();
    let mut echoed = answers
        .iter()
        .filter_map(|answer| Some(timestamps(answer)?.1))
        .peekable();
    if echoed.peek().is_some() {
        return echoed.any(|echo| offered.contains(&echo));
    }
    let is_followed = |syn: &&SeenPacket| {
        answers
            .iter()
            .any(|answer| follows(syn.place.at, answer.place.at))
    };
    syns(attempt).filter(is_followed).count() >= ANSWERED_SYNS
}

fn follows(syn: Timestamp, answer: Timestamp) -> bool {
    answer >= syn && answer.since(syn) <= SOONER_THAN_THE_NEXT_SYN
}

fn syns(attempt: &Attempt) -> impl Iterator<Item = &SeenPacket> {
    attempt.packets_as(&[Role::Syn, Role::SynRepeated])
}

fn timestamps(packet: &SeenPacket) -> Option<(u32, u32)> {
    match packet.content {
        Content::Segment { options, .. } => options.timestamps,
        Content::Icmp { .. } => None,
    }
}
