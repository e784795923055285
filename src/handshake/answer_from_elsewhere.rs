//! SYN-ACKs that come from another address than the SYN went to: a NAT that translates one
//! direction only.

use std::collections::{HashMap, HashSet};

use super::attempt::{Attempt, AttemptId};
use super::evidence::Evidence;
use super::seen_packet::{Role, SeenPacket, Sender};
use crate::capture::Timestamp;
use crate::decode::{Endpoint, SequenceNumber};

/// The answers without a SYN of their own that fit one unanswered attempt, at the end of a capture.
///
/// Such an answer is linked to the attempt whose client, ports and number it fits; it is then no
/// attempt of its own, and does not complete the other. When several attempts fit it is linked to
/// none: a scanner uses one number for many addresses, and the number alone names nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct OrphanedAnswers {
    /// By what they answer; only those that fit exactly one attempt.
    orphans: HashMap<Answered, Orphan>,
    candidates: HashSet<AttemptId>,
    linked: HashSet<AttemptId>,
}

/// The client, the server's port, and the number of the SYN.
pub(super) type Answered = (Endpoint, u16, u32);

#[derive(Clone, Debug)]
struct Orphan {
    id: AttemptId,
    age: (Timestamp, AttemptId),
    server: Endpoint,
    /// And the RSTs with which the client answered them.
    answers: Vec<SeenPacket>,
}

impl OrphanedAnswers {
    /// Those among the attempts that `attempts` goes through; `unanswered` are others that wait for
    /// an answer: what that would answer.
    pub(super) fn among<'a, I: Iterator<Item = &'a Attempt>>(
        attempts: impl Fn() -> I,
        unanswered: impl Iterator<Item = Answered>,
    ) -> Self {
        let orphaned: HashSet<Answered> = attempts()
            .filter(|attempt| is_orphan(attempt))
            .map(answered_by)
            .collect();
        let mut fitting: HashMap<Answered, u32> = HashMap::new();
        let waiting = attempts().filter_map(waits_for).chain(unanswered);
        for key in waiting.filter(|key| orphaned.contains(key)) {
            *fitting.entry(key).or_default() += 1;
        }
        let mut found = Self::default();
        for attempt in attempts().filter(|attempt| is_orphan(attempt)) {
            let key = answered_by(attempt);
            let is_earliest = found
                .orphans
                .get(&key)
                .is_none_or(|known| age(attempt) < known.age);
            if fitting.get(&key) == Some(&1) && is_earliest {
                found.orphans.insert(key, Orphan::of(attempt));
            }
        }
        found.candidates = found.orphans.values().map(|orphan| orphan.id).collect();
        found
    }

    /// Whether there is any.
    pub(super) fn has_some(&self) -> bool {
        !self.orphans.is_empty()
    }

    /// Adds the answers that fit an unanswered attempt to its evidence.
    pub(super) fn link_to(&mut self, attempt: &mut Attempt) {
        let Some(orphan) = waits_for(attempt).and_then(|key| self.orphans.get(&key)) else {
            return;
        };
        if orphan.server.address == attempt.server.address {
            return;
        }
        let elsewhere = Sender::Other(orphan.server.address);
        for packet in &orphan.answers {
            let (role, sender) = match packet.sender {
                Sender::Client => (Role::AnswerToUnacceptable, Sender::Client),
                Sender::Server | Sender::Other(_) => (Role::SynAckFromElsewhere, elsewhere),
            };
            attempt.take(SeenPacket {
                sender,
                role,
                ..*packet
            });
        }
        put_in_order(attempt);
        self.linked.insert(orphan.id);
    }

    /// Whether the attempt is an answer that another attempt may claim.
    pub(super) fn may_be_linked(&self, attempt: &Attempt) -> bool {
        self.candidates.contains(&attempt.id)
    }

    /// Whether the attempt is an answer that was linked to another.
    pub(super) fn is_linked(&self, attempt: &Attempt) -> bool {
        self.linked.contains(&attempt.id)
    }
}

impl Orphan {
    fn of(attempt: &Attempt) -> Self {
        let answers = attempt
            .packets_as(&[
                Role::SynAck,
                Role::SynAckRepeated,
                Role::ClientReset,
                Role::AnswerToUnacceptable,
            ])
            .copied()
            .collect();
        Self {
            id: attempt.id,
            age: age(attempt),
            server: attempt.server,
            answers,
        }
    }
}

/// What was linked stands among the attempt's own packets as it was captured; where some were left
/// out, behind them.
fn put_in_order(attempt: &mut Attempt) {
    if attempt.evidence.omitted() > 0 {
        return;
    }
    let mut packets = attempt.evidence.packets().to_vec();
    packets.sort_by_key(|packet| packet.place.at);
    attempt.evidence = Evidence::default();
    for packet in packets {
        attempt.evidence.push(packet);
    }
}

/// Whether the attempt is known by a SYN-ACK only.
fn is_orphan(attempt: &Attempt) -> bool {
    attempt.isn.is_none() && attempt.answered_at.is_some()
}

fn answered_by(orphan: &Attempt) -> Answered {
    key(orphan, orphan.expected.syn())
}

fn waits_for(attempt: &Attempt) -> Option<Answered> {
    attempt
        .isn
        .filter(|_| attempt.is_unanswered())
        .map(|isn| key(attempt, isn))
}

/// The earlier, the less.
fn age(attempt: &Attempt) -> (Timestamp, AttemptId) {
    (attempt.first_seen_at, attempt.id)
}

fn key(attempt: &Attempt, isn: SequenceNumber) -> Answered {
    (attempt.client, attempt.server.port, isn.0)
}
