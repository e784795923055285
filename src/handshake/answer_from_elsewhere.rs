//! SYN-ACKs that come from another address than the SYN went to: a NAT that translates one direction only.

use std::collections::{HashMap, HashSet};

use super::attempt::{Attempt, AttemptId};
use super::seen_packet::{Role, SeenPacket, Sender};
use crate::decode::Endpoint;

/// The answers without a SYN of their own that are left at the end of a capture.
///
/// One of them is linked to the attempt whose client, ports and number it fits; it is then no attempt of its own, and
/// does not complete the other.
#[derive(Debug, Default)]
pub(super) struct OrphanedAnswers {
    by_what_they_answer: HashMap<Answered, Orphan>,
    linked: HashSet<AttemptId>,
}

/// The client, the server's port, and the acknowledgement number.
type Answered = (Endpoint, u16, u32);

#[derive(Debug)]
struct Orphan {
    id: AttemptId,
    server: Endpoint,
    answers: Vec<SeenPacket>,
}

impl OrphanedAnswers {
    /// Those among `attempts`; of several that answer the same, the first.
    pub(super) fn among<'a>(attempts: impl Iterator<Item = &'a Attempt>) -> Self {
        let mut orphans = Self::default();
        for attempt in attempts.filter(|attempt| is_orphan(attempt)) {
            let key = (
                attempt.client,
                attempt.server.port,
                attempt.expected.syn().plus(1).0,
            );
            if orphans
                .by_what_they_answer
                .get(&key)
                .is_none_or(|known| attempt.id < known.id)
            {
                let answers = attempt
                    .packets_as(&[Role::SynAck, Role::SynAckRepeated])
                    .copied()
                    .collect();
                let orphan = Orphan {
                    id: attempt.id,
                    server: attempt.server,
                    answers,
                };
                orphans.by_what_they_answer.insert(key, orphan);
            }
        }
        orphans
    }

    /// Adds the answers that fit an unanswered attempt to its evidence.
    pub(super) fn link_to(&mut self, attempt: &mut Attempt) {
        let Some(isn) = attempt.isn.filter(|_| attempt.is_unanswered()) else {
            return;
        };
        let key = (attempt.client, attempt.server.port, isn.plus(1).0);
        let Some(orphan) = self.by_what_they_answer.get(&key) else {
            return;
        };
        let sender = Sender::Other(orphan.server.address);
        for packet in &orphan.answers {
            attempt.take(SeenPacket {
                role: Role::SynAckFromElsewhere,
                sender,
                ..*packet
            });
        }
        self.linked.insert(orphan.id);
    }

    /// Whether the attempt is an answer that was linked to another.
    pub(super) fn is_linked(&self, attempt: &Attempt) -> bool {
        self.linked.contains(&attempt.id)
    }
}

/// Whether the attempt is known by a SYN-ACK only.
pub(super) fn is_orphan(attempt: &Attempt) -> bool {
    attempt.isn.is_none() && attempt.answered_at.is_some()
}
