//! Trouble: the handshake was completed, and yet the connect failed for somebody. Decided by rule,
//! as the outcome is.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::outcome::Watch;
use super::seen_packet::{Content, Role, SeenPacket, Sender};
use crate::capture::Timestamp;

/// What went wrong with an attempt that was established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The handshake took long, or a SYN or SYN-ACK had to be repeated.
    Slow,
    /// The server closed without one byte, at once or on a client that had sent data.
    HungUp,
    /// What one side sends, or its acknowledgement, does not arrive: sent again and again.
    Stuck,
}

impl Trouble {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Slow, Self::HungUp, Self::Stuck];

    /// Its name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::HungUp => "hung_up",
            Self::Stuck => "stuck",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The troubles of one attempt, mostly none.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Troubles(u8);

impl Troubles {
    /// No trouble at all.
    pub const NONE: Self = Self(0);

    const fn bit(trouble: Trouble) -> u8 {
        1 << trouble as u8
    }

    /// The same, and this one where it is so.
    #[must_use]
    pub(super) fn with(self, trouble: Trouble, is_so: bool) -> Self {
        Self(self.0 | if is_so { Self::bit(trouble) } else { 0 })
    }

    /// Whether this is one of them.
    pub fn has(self, trouble: Trouble) -> bool {
        self.0 & Self::bit(trouble) != 0
    }

    /// Whether it is in this trouble and no other.
    pub fn is_only(self, trouble: Trouble) -> bool {
        self.0 == Self::bit(trouble)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// All of them, in the order of reports.
    pub fn iter(self) -> impl Iterator<Item = Trouble> {
        Trouble::ALL
            .into_iter()
            .filter(move |trouble| self.has(*trouble))
    }

    /// As bits, three of them.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    /// The other way round.
    pub(crate) fn of_bits(bits: u8) -> Self {
        Self(bits & 0b111)
    }
}

/// A client that sent nothing and is hung up on sooner than this had no time to do so; later, a
/// server may end a spare connection.
const SPARE_CONNECTION: Duration = Duration::from_secs(5);

/// What comes sooner than this after a packet like it is no repetition by a timer.
pub(super) const SHORTEST_REPETITION: Duration = Duration::from_millis(200);

/// So often data is repeated at least until nothing gets through: one or two repetitions are loss.
pub(super) const STUCK_REPETITIONS: u8 = 3;

/// How long a handshake took, as its times show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    pub(super) syn: Timestamp,
    /// The last SYN.
    pub(super) last_syn: Timestamp,
    pub(super) syn_ack: Option<Timestamp>,
    /// The last SYN-ACK before the third step.
    pub(super) last_syn_ack: Option<Timestamp>,
    pub(super) proof: Timestamp,
    /// Whether the third step carries data, or is inferred: then the client may have been connected
    /// long before.
    pub(super) is_proof_late: bool,
}

impl Steps {
    /// Whether a user had to wait.
    pub(super) fn are_slow(&self, slow: Duration) -> bool {
        let connected = match self.syn_ack {
            Some(syn_ack) if self.is_proof_late => syn_ack,
            _ => self.proof,
        };
        let is_repeated = |first: Timestamp, last: Timestamp| {
            last.since(first) >= SHORTEST_REPETITION && last < self.proof
        };
        let is_answer_repeated = self
            .syn_ack
            .zip(self.last_syn_ack)
            .is_some_and(|(first, last)| is_repeated(first, last));
        connected.since(self.syn) >= slow
            || is_repeated(self.syn, self.last_syn)
            || is_answer_repeated
    }
}

/// Whether the server hung up on a client that wanted something of it.
pub(super) fn is_hung_up(
    has_client_payload: bool,
    established: Timestamp,
    closed: Timestamp,
) -> bool {
    has_client_payload || closed.since(established) < SPARE_CONNECTION
}

/// The troubles of an established attempt.
pub(super) fn troubles(attempt: &Attempt, watch: &Watch) -> Troubles {
    // A capture may leave out the third step.
    let connected = attempt.established_at.or(attempt.answered_at);
    let Some((syn, established)) = attempt.first_syn_at.zip(connected) else {
        return Troubles::NONE;
    };
    // A connection of several ways goes on when one of them is closed.
    let is_multipath = attempt.packets_as(&[Role::SynAck]).any(is_multipath);
    let is_hung_up = attempt
        .hung_up_at
        .filter(|_| !is_multipath)
        .is_some_and(|closed| is_hung_up(attempt.client_data.is_sent, established, closed));
    Troubles::NONE
        .with(
            Trouble::Slow,
            steps(attempt, syn, established).are_slow(watch.slow),
        )
        .with(Trouble::HungUp, is_hung_up)
        .with(
            Trouble::Stuck,
            is_data_stuck(attempt) || is_answer_stuck(attempt, established),
        )
}

fn is_multipath(packet: &SeenPacket) -> bool {
    match packet.content {
        Content::Segment { options, .. } => options.multipath,
        Content::Icmp { .. } => false,
    }
}

fn steps(attempt: &Attempt, syn: Timestamp, established: Timestamp) -> Steps {
    let answers = attempt.packets_as(&[Role::SynAck, Role::SynAckRepeated]);
    let before = answers.filter(|packet| packet.place.at < established);
    let proof = attempt.packets_as(&[Role::Proof]).next();
    let is_bare = |packet: &SeenPacket| {
        packet.sender == Sender::Client
            && matches!(
                packet.content,
                Content::Segment {
                    payload_length: 0,
                    ..
                }
            )
    };
    Steps {
        syn,
        last_syn: attempt.last_syn_at.unwrap_or(syn),
        syn_ack: attempt.answered_at,
        last_syn_ack: before.map(|packet| packet.place.at).max(),
        proof: established,
        is_proof_late: !proof.is_some_and(is_bare),
    }
}

/// Data of one side repeated, and never acknowledged.
fn is_data_stuck(attempt: &Attempt) -> bool {
    let client = attempt.client_data;
    let server = attempt.server_data;
    [client, server]
        .iter()
        .any(|data| data.repetitions >= STUCK_REPETITIONS && !data.is_acknowledged)
}

/// The SYN-ACK repeated although the client had acknowledged it: more than once, or to a client
/// that had sent data. A server that defers accepting until data comes repeats it once, and that is
/// as it should be. A SYN proxy's SYN-ACK and that of the server behind it have different numbers.
fn is_answer_stuck(attempt: &Attempt, established: Timestamp) -> bool {
    let is_repetition = |packet: &&SeenPacket| {
        packet.sender == Sender::Server
            && packet.place.at.since(established) >= SHORTEST_REPETITION
            && matches!(packet.content, Content::Segment { sequence, .. } if Some(sequence) == attempt.server_isn)
    };
    let repeated = attempt.packets_as(&[Role::SynAckRepeated]);
    let data = attempt.client_data;
    let fewest = if data.is_sent && !data.is_acknowledged {
        1
    } else {
        2
    };
    repeated.filter(is_repetition).count() >= fewest
}
