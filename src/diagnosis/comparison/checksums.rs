//! Whose checksums are right: the handshake packets that were answered against those that were not.
//!
//! A wrong checksum alone proves nothing: a host that leaves them to its network card captures them
//! unfilled, some cards in ways of their own. So they are counted by where they were captured, and
//! blamed only where answered packets of the same kind carry right ones.

use crate::decode::Checksums;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::checked_packet::{CheckedPacket, PacketKind};
use crate::diagnosis::facts::Facts;

/// How many kinds of packets are told apart: of one more nothing is concluded.
const MOST_KINDS: usize = 1024;

/// How many packets make a rule of it.
const SEVERAL: u64 = 3;

/// The packets of each kind, by checksum and by whether they were answered.
#[derive(Clone, Debug, Default)]
pub(in crate::diagnosis) struct ChecksumCounts(Vec<(PacketKind, Counts)>);

/// How many packets of one kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::diagnosis) struct Counts {
    /// Answered, with right ones.
    pub(in crate::diagnosis) answered_right: u64,
    answered_wrong: u64,
    unanswered_right: u64,
    /// Unanswered, with wrong ones.
    pub(in crate::diagnosis) unanswered_wrong: u64,
}

impl ChecksumCounts {
    pub(super) fn add(&mut self, packet: CheckedPacket) {
        let Some(counts) = self.of_kind(packet.kind) else {
            return;
        };
        match (packet.was_answered, packet.checksums) {
            (_, Checksums::NotKnown) => {}
            (true, Checksums::Right) => counts.answered_right += 1,
            (true, _) => counts.answered_wrong += 1,
            (false, Checksums::Right) => counts.unanswered_right += 1,
            (false, _) => counts.unanswered_wrong += 1,
        }
    }

    fn of_kind(&mut self, kind: PacketKind) -> Option<&mut Counts> {
        let place = self.0.iter().position(|(known, _)| *known == kind);
        let place = match place {
            Some(place) => place,
            None if self.0.len() < MOST_KINDS => {
                self.0.push((kind, Counts::default()));
                self.0.len() - 1
            }
            None => return None,
        };
        self.0.get_mut(place).map(|(_, counts)| counts)
    }

    /// How sure it is that packets of this kind were lost by their wrong checksums.
    pub(in crate::diagnosis) fn judge(&self, kind: PacketKind) -> Option<Confidence> {
        let (_, counts) = self.0.iter().find(|(known, _)| *known == kind)?;
        counts.judge()
    }

    /// Those of all kinds in which wrong checksums are to blame.
    pub(in crate::diagnosis) fn to_blame(&self) -> (Counts, Option<Confidence>) {
        let mut all = Counts::default();
        let mut least_sure = None;
        for (_, counts) in &self.0 {
            if let Some(confidence) = counts.judge() {
                all.merge(*counts);
                least_sure = Some(least_sure.map_or(confidence, |other| confidence.min(other)));
            }
        }
        (all, least_sure)
    }
}

impl Counts {
    fn judge(self) -> Option<Confidence> {
        if self.answered_wrong > 0 || self.unanswered_wrong == 0 {
            return None;
        }
        let are_several = self.unanswered_wrong >= SEVERAL && self.answered_right >= SEVERAL;
        Some(match (self.answered_right, self.unanswered_wrong) {
            (0, _) | (_, 1) => Confidence::Possible,
            _ if are_several && self.unanswered_right == 0 => Confidence::Certain,
            _ => Confidence::Likely,
        })
    }
}

impl Facts for Counts {
    fn merge(&mut self, other: Self) {
        self.answered_right += other.answered_right;
        self.answered_wrong += other.answered_wrong;
        self.unanswered_right += other.unanswered_right;
        self.unanswered_wrong += other.unanswered_wrong;
    }
}

impl Facts for ChecksumCounts {
    fn merge(&mut self, other: Self) {
        for (kind, counts) in other.0 {
            if let Some(own) = self.of_kind(kind) {
                own.merge(counts);
            }
        }
    }
}
