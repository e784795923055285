//! Attempts that were judged: nothing that is still to come can change them.

use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, AttemptId};
use super::lone_syn::LoneSyn;
use super::outcome::{Judgement, Outcome, Watch, judge_silence};
use crate::capture::Timestamp;
use crate::decode::Endpoint;

/// An attempt that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedAttempt {
    /// What was seen of it.
    pub attempt: Attempt,
    /// How it ended.
    pub judgement: Judgement,
}

/// An attempt of which nothing but one SYN was seen, judged: it met silence, or was not watched for long enough. In a flood
/// nearly all are, so that this is a fraction of a [`DecidedAttempt`], which can be made of it.
#[derive(Clone, Copy, Debug)]
pub struct DecidedLoneSyn {
    syn: LoneSyn,
    judgement: Judgement,
}

impl DecidedLoneSyn {
    pub(super) fn of(syn: LoneSyn, watch: &Watch) -> Self {
        let judgement = judge_silence(syn.at(), Outcome::Dropped, watch);
        Self { syn, judgement }
    }

    /// The whole attempt.
    pub fn whole(&self) -> DecidedAttempt {
        DecidedAttempt {
            attempt: self.syn.attempt(),
            judgement: self.judgement,
        }
    }

    /// The attempt's number.
    pub fn id(&self) -> AttemptId {
        self.syn.id()
    }

    /// When its SYN was captured.
    pub fn started_at(&self) -> Timestamp {
        self.syn.at()
    }

    /// Who sent the SYN.
    pub fn client(&self) -> Endpoint {
        self.syn.client
    }

    /// To whom.
    pub fn server(&self) -> Endpoint {
        self.syn.server
    }

    /// The client's initial sequence number.
    pub fn isn(&self) -> u32 {
        self.syn.sequence.0
    }

    /// The SYN's time to live.
    pub fn ttl(&self) -> u8 {
        self.syn.ttl()
    }

    /// How it ended: dropped or pending.
    pub fn outcome(&self) -> Outcome {
        self.judgement.outcome
    }
}

/// One of both.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it goes from hand to hand only: a box would be an allocation for each attempt"
)]
pub enum Decided {
    /// More was seen of it than one SYN.
    Attempt(DecidedAttempt),
    /// Nothing else was seen of it.
    LoneSyn(DecidedLoneSyn),
}

impl Decided {
    /// The whole attempt.
    pub fn whole(self) -> DecidedAttempt {
        match self {
            Self::Attempt(decided) => decided,
            Self::LoneSyn(lone) => lone.whole(),
        }
    }
}

/// Decided attempts in the order in which they were decided: what is small is not kept in the room of what is large.
#[derive(Debug, Default)]
pub struct Decisions {
    attempts: Vec<DecidedAttempt>,
    /// Each with how many of `attempts` came before it.
    lone: Vec<(usize, DecidedLoneSyn)>,
}

impl Decisions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.attempts.len() + self.lone.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.attempts.is_empty() && self.lone.is_empty()
    }

    /// Adds one.
    pub fn push(&mut self, decided: Decided) {
        match decided {
            Decided::Attempt(decided) => self.attempts.push(decided),
            Decided::LoneSyn(lone) => self.lone.push((self.attempts.len(), lone)),
        }
    }

    /// Those of which more was seen than one SYN.
    pub fn attempts(&self) -> &[DecidedAttempt] {
        &self.attempts
    }

    /// The others.
    pub fn lone(&self) -> impl Iterator<Item = &DecidedLoneSyn> {
        self.lone.iter().map(|(_, lone)| lone)
    }

    /// Gives all away, in their order; the room stays.
    pub fn drain(&mut self, mut give: impl FnMut(Decided)) {
        let mut lone = self.lone.drain(..).peekable();
        for (index, decided) in self.attempts.drain(..).enumerate() {
            while let Some((_, lone)) = lone.next_if(|(before, _)| *before <= index) {
                give(Decided::LoneSyn(lone));
            }
            give(Decided::Attempt(decided));
        }
        lone.for_each(|(_, lone)| give(Decided::LoneSyn(lone)));
    }
}
