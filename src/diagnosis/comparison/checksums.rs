//! Whose checksums are right: the handshake packets that were answered against those that were not.
//!
//! A wrong checksum alone proves nothing: a host that leaves them to its network card captures them
//! unfilled, some cards in ways of their own. So they are counted by where they were captured, and
//! blamed only where answered packets of the same kind carry right ones.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::decode::Checksums;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::checked_packet::{CheckedPacket, PacketKind};
use crate::diagnosis::facts::Facts;
use crate::handshake::AttemptId;

/// How many kinds of packets are told apart: of one more nothing is concluded.
const MOST_KINDS: usize = 1024;

/// Of so many attempts with wrong checksums it is remembered what was counted.
const MOST_REMEMBERED: usize = 4096;

/// How many packets make a rule of it.
const SEVERAL: u64 = 3;

/// The packets of each kind, by checksum and by whether they were answered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::diagnosis) struct ChecksumCounts {
    kinds: Vec<(PacketKind, Counts)>,
    /// What was counted of attempts that go on.
    counted: HashMap<AttemptId, Vec<CheckedPacket>, foldhash::fast::RandomState>,
}

/// How many packets of one kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
        if let Some(count) = self.of_packet(packet) {
            *count += 1;
        }
    }

    fn of_packet(&mut self, packet: CheckedPacket) -> Option<&mut u64> {
        let counts = self.of_kind(packet.kind)?;
        Some(match (packet.was_answered, packet.checksums) {
            (_, Checksums::NotKnown) => return None,
            (true, Checksums::Right) => &mut counts.answered_right,
            (true, _) => &mut counts.answered_wrong,
            (false, Checksums::Right) => &mut counts.unanswered_right,
            (false, _) => &mut counts.unanswered_wrong,
        })
    }

    /// The packets of the attempt were counted, and it may go on: those of one with wrong checksums
    /// are remembered, so that they can be counted anew.
    pub(super) fn remember(&mut self, id: AttemptId, packets: impl Iterator<Item = CheckedPacket>) {
        let packets: Vec<CheckedPacket> = packets.collect();
        let are_wrong = packets.iter().any(|packet| packet.checksums.are_wrong());
        if are_wrong && self.counted.len() < MOST_REMEMBERED {
            self.counted.insert(id, packets);
        }
    }

    /// Counts the packets of an attempt anew, of which there are more now.
    pub(super) fn revise(&mut self, id: AttemptId, packets: impl Iterator<Item = CheckedPacket>) {
        let Some(before) = self.counted.get_mut(&id) else {
            return;
        };
        let now: Vec<CheckedPacket> = packets.collect();
        let before = std::mem::replace(before, now.clone());
        for packet in before {
            if let Some(count) = self.of_packet(packet) {
                *count = count.saturating_sub(1);
            }
        }
        for packet in now {
            self.add(packet);
        }
    }

    fn of_kind(&mut self, kind: PacketKind) -> Option<&mut Counts> {
        let place = self.kinds.iter().position(|(known, _)| *known == kind);
        let place = match place {
            Some(place) => place,
            None if self.kinds.len() < MOST_KINDS => {
                self.kinds.push((kind, Counts::default()));
                self.kinds.len() - 1
            }
            None => return None,
        };
        self.kinds.get_mut(place).map(|(_, counts)| counts)
    }

    /// How sure it is that packets of this kind were lost by their wrong checksums.
    pub(in crate::diagnosis) fn judge(&self, kind: PacketKind) -> Option<Confidence> {
        let (_, counts) = self.kinds.iter().find(|(known, _)| *known == kind)?;
        counts.judge()
    }

    /// Those of all kinds in which wrong checksums are to blame.
    pub(in crate::diagnosis) fn to_blame(&self) -> (Counts, Option<Confidence>) {
        let mut all = Counts::default();
        let mut least_sure = None;
        for (_, counts) in &self.kinds {
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
        for (kind, counts) in other.kinds {
            if let Some(own) = self.of_kind(kind) {
                own.merge(counts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(count: usize, checksums: Checksums, was_answered: bool) -> Vec<CheckedPacket> {
        let packet = CheckedPacket {
            kind: PacketKind::default(),
            checksums,
            was_answered,
        };
        vec![packet; count]
    }

    fn told(counts: &ChecksumCounts) -> [u64; 4] {
        let (_, of_kind) = counts.kinds.first().copied().unwrap_or_default();
        let Counts {
            answered_right,
            answered_wrong,
            unanswered_right,
            unanswered_wrong,
        } = of_kind;
        [
            answered_right,
            answered_wrong,
            unanswered_right,
            unanswered_wrong,
        ]
    }

    /// As a watch meets them: three SYNs when the patience is over, and then a fourth.
    #[test]
    fn what_goes_on_is_counted_once_however_often_it_is_looked_at() {
        let mut counts = ChecksumCounts::default();
        let id = AttemptId(7);
        let at_first = packets(3, Checksums::Wrong, false);
        for packet in &at_first {
            counts.add(*packet);
        }
        counts.remember(id, at_first.into_iter());
        let later = || packets(4, Checksums::Wrong, false).into_iter();
        for _ in 0..3 {
            counts.revise(id, later());
            assert_eq!(told(&counts), [0, 0, 0, 4]);
        }
        // One that was answered after all.
        counts.revise(id, packets(4, Checksums::Wrong, true).into_iter());
        assert_eq!(told(&counts), [0, 4, 0, 0]);
        // What was never counted is not taken away.
        counts.revise(AttemptId(8), later());
        assert_eq!(told(&counts), [0, 4, 0, 0]);
    }

    #[test]
    fn of_attempts_without_wrong_checksums_nothing_is_remembered() {
        let mut counts = ChecksumCounts::default();
        for id in 0..10 {
            let right = packets(2, Checksums::Right, false);
            counts.remember(AttemptId(id), right.into_iter());
        }
        assert!(counts.counted.is_empty());
        for id in 0..10_000 {
            let wrong = packets(1, Checksums::Wrong, false);
            counts.remember(AttemptId(id), wrong.into_iter());
        }
        assert_eq!(counts.counted.len(), MOST_REMEMBERED);
    }
}
