//! One place on the path: what was captured there, as far as it is compared with other places.

use std::collections::BTreeMap;

use super::seen::{PlaceAttempt, is_sound};
use crate::capture::{SourceFacts, Timestamp};
use crate::decode::SequenceNumber;
use crate::handshake::{Decisions, Leaving, Outcome, Troubles};

/// How many connects of one place are compared singly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceSettings {
    /// Those with which something is wrong.
    pub failing: usize,
    /// Those with which nothing is wrong.
    pub sound: usize,
}

impl Default for PlaceSettings {
    fn default() -> Self {
        Self {
            failing: 1 << 16,
            sound: 1 << 13,
        }
    }
}

/// A place, and what was captured there.
#[derive(Clone, Debug)]
pub struct Place {
    /// As the user calls it; hostile text.
    pub name: String,
    /// Its files, all of one clock.
    pub sources: Vec<SourceFacts>,
    /// Records read.
    pub packets: u64,
    /// TCP segments among them.
    pub tcp_packets: u64,
    /// ICMP errors about TCP segments among them.
    pub icmp_errors: u64,
    /// Packets that were lost while capturing, where the files say so.
    pub lost_packets: u64,
    /// How many connects ended how, all of them.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// The connects that are compared, in the order of their first packets.
    pub attempts: Vec<PlaceAttempt>,
    /// Of which connects those are.
    pub kept: Kept,
}

impl Place {
    /// When the first packet was captured.
    pub fn first(&self) -> Option<Timestamp> {
        self.sources.iter().filter_map(|source| source.first).min()
    }

    /// When the last one was.
    pub fn last(&self) -> Option<Timestamp> {
        let lasts = self.sources.iter();
        lasts
            .filter_map(|source| source.last.max(source.watched_until))
            .max()
    }

    /// How many connects were seen.
    pub fn seen_attempts(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

/// Which connects are kept: those whose initial sequence number has a hash up to these, the same in
/// all places, so that all keep the same ones as far as they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of those with which something is wrong.
    pub failing_up_to: u32,
    /// Of those with which nothing is wrong.
    pub sound_up_to: u32,
}

impl Kept {
    const ALL: Self = Self {
        failing_up_to: u32::MAX,
        sound_up_to: u32::MAX,
    };

    /// Whether none was let go.
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// What is kept by both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            failing_up_to: self.failing_up_to.min(other.failing_up_to),
            sound_up_to: self.sound_up_to.min(other.sound_up_to),
        }
    }
}

/// A number that says nothing of the sequence number, and is the same everywhere.
pub(super) fn sample_hash(isn: SequenceNumber) -> u32 {
    // The finaliser of MurmurHash3: every bit depends on all others.
    let mut hash = isn.0;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// Takes the decided attempts of a place, and keeps those that are compared.
#[derive(Debug)]
pub struct PlaceRecorder {
    settings: PlaceSettings,
    kept: Kept,
    outcomes: BTreeMap<Outcome, u64>,
    failing: Vec<(u32, PlaceAttempt)>,
    sound: Vec<(u32, PlaceAttempt)>,
}

impl PlaceRecorder {
    /// One that has taken nothing.
    pub fn new(settings: PlaceSettings) -> Self {
        Self {
            settings,
            kept: Kept::ALL,
            outcomes: BTreeMap::new(),
            failing: Vec::new(),
            sound: Vec::new(),
        }
    }

    /// Takes decided attempts.
    pub fn take(&mut self, decided: &mut Decisions) {
        decided.take_midway_failures();
        decided.take_closings();
        decided.take_each(|next| match next {
            Leaving::Attempt(decided) => {
                let judgement = decided.judgement;
                let isn = decided.attempt.client_isn();
                self.note((judgement.outcome, judgement.troubles), isn, || {
                    PlaceAttempt::of(&decided)
                });
            }
            Leaving::Rows(rows) => {
                let judgement = rows.judgement();
                let isn = rows.syn().sequence();
                self.note((judgement.outcome, judgement.troubles), isn, || {
                    PlaceAttempt::of(&rows.whole())
                });
            }
            Leaving::Syns(syns) => {
                for syn in syns.iter() {
                    let judgement = syn.judgement();
                    let isn = syn.syn().sequence();
                    self.note((judgement.outcome, judgement.troubles), isn, || {
                        PlaceAttempt::of(&syn.whole())
                    });
                }
            }
        });
    }

    fn note(
        &mut self,
        (outcome, troubles): (Outcome, Troubles),
        isn: SequenceNumber,
        attempt: impl FnOnce() -> PlaceAttempt,
    ) {
        *self.outcomes.entry(outcome).or_default() += 1;
        let hash = sample_hash(isn);
        let (kept, up_to, most) = if is_sound(outcome, troubles) {
            let settings = self.settings.sound;
            (&mut self.sound, &mut self.kept.sound_up_to, settings)
        } else {
            let settings = self.settings.failing;
            (&mut self.failing, &mut self.kept.failing_up_to, settings)
        };
        if hash > *up_to {
            return;
        }
        kept.push((hash, attempt()));
        if kept.len() > most {
            *up_to /= 2;
            kept.retain(|(hash, _)| *hash <= *up_to);
        }
    }

    /// What was kept: the place without what its files say.
    pub fn finish(self, name: String) -> Place {
        let Self {
            kept,
            outcomes,
            failing,
            sound,
            ..
        } = self;
        let all = failing.into_iter().chain(sound);
        let mut attempts: Vec<PlaceAttempt> = all.map(|(_, attempt)| attempt).collect();
        attempts.sort_by_key(|attempt| {
            let first = attempt.packets.first().map(|packet| packet.place.at);
            (first, attempt.id)
        });
        Place {
            name,
            sources: Vec::new(),
            packets: 0,
            tcp_packets: 0,
            icmp_errors: 0,
            lost_packets: 0,
            outcomes,
            attempts,
            kept,
        }
    }
}
