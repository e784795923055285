//! Answers that come from another address or port than the SYN went to, or go to another than it
//! came from: a translation of addresses in one direction only, or one that is undone wrongly.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use super::attempt::{AnsweredElsewhere, Attempt, AttemptId};
use super::evidence::Evidence;
use super::misdirection::proves;
use super::seen_packet::{Role, SeenPacket, Sender};
use crate::capture::Timestamp;
use crate::decode::{Endpoint, SequenceNumber};

/// The answers without a SYN of their own that fit one unanswered attempt, at the end of a capture.
///
/// Such an answer is linked to the attempt of which it fits the number and all ends but one; it is
/// then no attempt of its own, and does not complete the other. When several attempts fit it is
/// linked to none: a scanner uses one number for many addresses, and the number alone names
/// nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct OrphanedAnswers {
    /// By what they answer; only those that fit exactly one attempt.
    orphans: HashMap<Answered, Orphan>,
    candidates: HashSet<AttemptId>,
    linked: HashSet<AttemptId>,
}

/// A SYN that nothing has answered: its client, its server, and its number.
pub(super) type Waiting = (Endpoint, Endpoint, u32);

/// What an answer shares with the SYN that it answers, besides the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shared {
    /// The client, and the server's port: it comes from another address.
    ClientAndPort(Endpoint, u16),
    /// The client, and the server's address: it comes from another port.
    ClientAndAddress(Endpoint, IpAddr),
    /// The server, and the client's address: it goes to another port.
    ServerAndAddress(Endpoint, IpAddr),
    /// The server, and the client's port: it goes to another address.
    ServerAndPort(Endpoint, u16),
    /// The client alone: its connect may have been redirected on its own host.
    Client(Endpoint),
}

type Answered = (Shared, u32);

#[derive(Clone, Debug)]
struct Orphan {
    id: AttemptId,
    age: (Timestamp, AttemptId),
    ends: AnsweredElsewhere,
    server_isn: Option<SequenceNumber>,
    /// And the RSTs with which the client answered them.
    answers: Vec<SeenPacket>,
}

impl OrphanedAnswers {
    /// Those among the attempts that `attempts` goes through; `unanswered` are others that wait for
    /// an answer: what that would answer.
    pub(super) fn among<'a, I: Iterator<Item = &'a Attempt>>(
        attempts: impl Fn() -> I,
        unanswered: impl Iterator<Item = Waiting>,
    ) -> Self {
        let orphaned: HashSet<Answered> = attempts()
            .filter(|attempt| is_orphan(attempt))
            .flat_map(answered_by)
            .collect();
        let mut fitting: HashMap<Answered, u32> = HashMap::new();
        if !orphaned.is_empty() {
            let waiting = attempts().filter_map(waits_for).chain(unanswered);
            for key in waiting.flat_map(keys).filter(|key| orphaned.contains(key)) {
                *fitting.entry(key).or_default() += 1;
            }
        }
        let mut found = Self::default();
        for attempt in attempts().filter(|attempt| is_orphan(attempt)) {
            for key in answered_by(attempt) {
                let is_earliest = found
                    .orphans
                    .get(&key)
                    .is_none_or(|known| age(attempt) < known.age);
                if fitting.get(&key) == Some(&1) && is_earliest {
                    found.orphans.insert(key, Orphan::of(attempt));
                }
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
        let Some(waiting) = waits_for(attempt) else {
            return;
        };
        let mut fitting = keys(waiting)
            .into_iter()
            .filter_map(|key| self.orphans.get(&key));
        let Some(orphan) = fitting.find(|orphan| orphan.answers(attempt)) else {
            return;
        };
        let is_redirected = orphan.is_redirected(attempt);
        for packet in &orphan.answers {
            if is_redirected {
                attempt.take(*packet);
                attempt.note_answer(packet.place.at);
                attempt.refused_at.get_or_insert(packet.place.at);
            } else {
                attempt.take(orphan.as_part_of(attempt, packet));
            }
        }
        attempt.answered_elsewhere = Some(Box::new(orphan.ends));
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
                Role::Reset,
                Role::ClientReset,
                Role::AnswerToUnacceptable,
            ])
            .copied()
            .collect();
        Self {
            id: attempt.id,
            age: age(attempt),
            ends: AnsweredElsewhere {
                from: attempt.server,
                to: attempt.client,
            },
            server_isn: attempt.server_isn,
            answers,
        }
    }

    /// Whether it answers this attempt, whose number it fits. A SYN-ACK with both ports and the
    /// number has nothing else to answer; where a port differs the number alone is too little.
    fn answers(&self, attempt: &Attempt) -> bool {
        let AnsweredElsewhere { from, to } = self.ends;
        if from == attempt.server && to == attempt.client {
            return false;
        }
        if from.address != attempt.server.address && from.port != attempt.server.port {
            return self.is_redirected(attempt);
        }
        let fits_both_ports = to == attempt.client && from.port == attempt.server.port;
        if is_half_open(attempt) {
            // The very answer that it has, as it left: under another address.
            return fits_both_ports && self.server_isn == attempt.server_isn;
        }
        let has_syn_ack = self
            .answers
            .iter()
            .any(|packet| packet.role == Role::SynAck);
        (fits_both_ports && has_syn_ack) || proves(attempt, &self.answers)
    }

    /// Whether it refuses a connect that a rule of the client's own host sends to a port of its
    /// loopback (a sidecar, a transparent proxy): there the SYN is captured as it was redirected,
    /// and the RST as the client gets it, from whom it had asked. The client's TCP takes it: it
    /// asks no more.
    fn is_redirected(&self, attempt: &Attempt) -> bool {
        let AnsweredElsewhere { from, to } = self.ends;
        let is_to_loopback = attempt.server.address.is_loopback() && !from.address.is_loopback();
        let follows_at_once = |packet: &SeenPacket| {
            let took = |syn: Timestamp| packet.place.at.since(syn) <= REDIRECTED_WITHIN;
            packet.role == Role::Reset && attempt.first_syn_at.is_some_and(took)
        };
        is_to_loopback
            && to == attempt.client
            && attempt.syn_count == 1
            && !self.answers.is_empty()
            && self.answers.iter().all(follows_at_once)
    }

    /// The packet as one of the attempt's.
    fn as_part_of(&self, attempt: &Attempt, packet: &SeenPacket) -> SeenPacket {
        let AnsweredElsewhere { from, to } = self.ends;
        let sender_of = |seen: Endpoint, meant: Endpoint, usual: Sender| {
            if seen.address == meant.address {
                usual
            } else {
                Sender::Other(seen.address)
            }
        };
        let (role, sender) = match packet.sender {
            Sender::Client => (
                Role::AnswerToUnacceptable,
                sender_of(to, attempt.client, Sender::Client),
            ),
            Sender::Server | Sender::Other(_) if to != attempt.client => {
                (Role::AnswerToElsewhere, Sender::Server)
            }
            Sender::Server | Sender::Other(_) => (
                Role::SynAckFromElsewhere,
                sender_of(from, attempt.server, Sender::Server),
            ),
        };
        SeenPacket {
            sender,
            role,
            ..*packet
        }
    }
}

/// A host answers itself at once.
const REDIRECTED_WITHIN: Duration = Duration::from_millis(100);

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

/// Whether the attempt is known by a SYN-ACK only, or by a RST that answers a SYN.
fn is_orphan(attempt: &Attempt) -> bool {
    let is_answer = attempt.answered_at.is_some() || attempt.refused_at.is_some();
    attempt.isn.is_none() && is_answer && !attempt.is_held
}

fn answered_by(orphan: &Attempt) -> [Answered; 5] {
    let SequenceNumber(isn) = orphan.expected.syn();
    keys((orphan.client, orphan.server, isn))
}

fn waits_for(attempt: &Attempt) -> Option<Waiting> {
    let isn = attempt
        .isn
        .filter(|_| attempt.is_unanswered() || is_half_open(attempt))?;
    Some((attempt.client, attempt.server, isn.0))
}

fn keys((client, server, isn): Waiting) -> [Answered; 5] {
    [
        (Shared::ClientAndPort(client, server.port), isn),
        (Shared::ClientAndAddress(client, server.address), isn),
        (Shared::ServerAndAddress(server, client.address), isn),
        (Shared::ServerAndPort(server, client.port), isn),
        (Shared::Client(client), isn),
    ]
}

/// Whether its answer may be here once more, as it left: under another address.
fn is_half_open(attempt: &Attempt) -> bool {
    attempt.answered_at.is_some() && attempt.established_at.is_none()
}

/// The earlier, the less.
fn age(attempt: &Attempt) -> (Timestamp, AttemptId) {
    (attempt.first_seen_at, attempt.id)
}
