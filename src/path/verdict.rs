//! What is said of the packets of one connect.

use super::altered::Change;
use super::confidence::Confidence;
use super::coverage::Uncovered;
use super::journey::PacketJourney;
use super::matching::Connect;
use super::place::Place;
use super::seen::{PacketKind, PathPacket, PlaceAttempt};
use crate::handshake::{Outcome, Troubles};

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum VerdictKind {
    /// A SYN did not arrive at the next place.
    SynLost,
    /// What answers a SYN did not arrive at the place before.
    AnswerLost,
    /// The client's acknowledgement did not arrive at the next place.
    AckLost,
    /// The last place saw the RST or ICMP error: its host, or what is behind it, sent it.
    AnsweredAt,
    /// What stands between two places made it.
    MadeBetween,
    /// A connection of its own begins behind the stretch, once the client was connected.
    NewConnection,
    /// It arrived changed.
    Altered,
    /// All places agree.
    Same,
    /// A place was not watching: nothing is blamed on the stretch to it.
    NotCovered,
}

impl VerdictKind {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SynLost => "syn_lost",
            Self::AnswerLost => "answer_lost",
            Self::AckLost => "ack_lost",
            Self::AnsweredAt => "answered_at",
            Self::MadeBetween => "made_between",
            Self::NewConnection => "new_connection",
            Self::Altered => "altered",
            Self::Same => "same",
            Self::NotCovered => "not_covered",
        }
    }

    /// Whether it says where a connect failed.
    pub const fn is_blame(self) -> bool {
        matches!(
            self,
            Self::SynLost | Self::AnswerLost | Self::AckLost | Self::MadeBetween | Self::AnsweredAt
        )
    }
}

/// A verdict on packets of one connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathVerdict {
    /// What became of them.
    pub kind: VerdictKind,
    /// Which packets; `None` of all of them.
    pub packet: Option<PacketKind>,
    /// The places: where it was seen last and where it was missed, the latter first of what was
    /// made between; the one that answered; all of which agree.
    pub between: Vec<usize>,
    /// How many packets.
    pub count: u32,
    /// How sure.
    pub confidence: Confidence,
    /// What changed, of one that is altered.
    pub changes: Vec<Change>,
    /// Why a place was no witness.
    pub because: Option<Uncovered>,
    /// Of a new connection, how it begins.
    pub begins: Option<Beginning>,
}

/// How a connection begins that what stands on a stretch makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// How long after the client's acknowledgement, in nanoseconds; `None` where clocks do not
    /// tell.
    pub after_ns: Option<i64>,
    /// The number of the connect that it is; `None` where it has the same ends, and is told as one.
    pub number: Option<u64>,
}

/// A connect as all places saw it.
#[derive(Clone, Debug)]
pub struct JudgedConnect {
    /// By time, from 1.
    pub number: u64,
    /// Where it was seen.
    pub connect: Connect,
    /// The way of each of its packets.
    pub journeys: Vec<PacketJourney>,
    /// How it ended: the client's truth.
    pub outcome: Outcome,
    /// What was wrong although it was established.
    pub troubles: Troubles,
    /// Which place says how it ended.
    pub outcome_at: usize,
    /// What became of its packets.
    pub verdicts: Vec<PathVerdict>,
}

impl JudgedConnect {
    /// Whether nothing is wrong with it.
    pub fn is_sound(&self) -> bool {
        super::seen::is_sound(self.outcome, self.troubles)
    }

    /// What a place saw of it, as it came in.
    pub fn at<'a>(&self, places: &'a [Place], place: usize) -> Option<&'a PlaceAttempt> {
        let member = self.connect.members.get(place)?.first()?;
        places.get(place)?.attempts.get(*member)
    }

    /// The first SYN that the place nearest to the client saw.
    pub(super) fn first_syn<'a>(&self, places: &'a [Place]) -> Option<&'a PathPacket> {
        self.nearest(places)?.first_syn()
    }

    /// What the place nearest to the client saw.
    pub fn nearest<'a>(&self, places: &'a [Place]) -> Option<&'a PlaceAttempt> {
        (0..places.len()).find_map(|place| self.at(places, place))
    }
}
