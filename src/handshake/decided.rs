//! Attempts that were judged: nothing that is still to come can change them.

use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, AttemptId};
use super::brief::Brief;
use super::further::Further;
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
#[derive(Clone, Debug)]
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

    /// What is counted of it.
    pub fn in_brief(&self) -> InBrief<'_> {
        InBrief::of(&self.syn, &[], self.judgement.outcome)
    }

    /// How it ended: dropped or pending.
    pub fn outcome(&self) -> Outcome {
        self.judgement.outcome
    }
}

/// An attempt of which nothing was seen but what most failing ones show, judged: its SYN, perhaps sent again, and perhaps one
/// RST or ICMP error that answers it, or a SYN-ACK that nobody acknowledges. As a [`DecidedLoneSyn`], it is a fraction of what can be made of it.
#[derive(Clone, Debug)]
pub struct DecidedBrief {
    brief: Brief,
    judgement: Judgement,
}

impl DecidedBrief {
    pub(super) fn of(brief: Brief, watch: &Watch) -> Self {
        let judgement = brief.judge(watch);
        Self { brief, judgement }
    }

    /// The whole attempt.
    pub fn whole(&self) -> DecidedAttempt {
        DecidedAttempt {
            attempt: self.brief.attempt(),
            judgement: self.judgement,
        }
    }

    /// What is counted of it.
    pub fn in_brief(&self) -> InBrief<'_> {
        let (syn, further) = self.brief.packets();
        InBrief::of(syn, further, self.judgement.outcome)
    }

    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        self.judgement.outcome
    }
}

/// What is counted of an attempt of which more need not be known.
#[derive(Clone, Copy, Debug)]
pub struct InBrief<'a> {
    /// The attempt's number.
    pub id: AttemptId,
    /// When its first SYN was captured.
    pub started_at: Timestamp,
    /// Who sent the SYN.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// The client's initial sequence number.
    pub isn: u32,
    /// The first SYN's time to live.
    pub ttl: u8,
    /// How it ended.
    pub outcome: Outcome,
    further: &'a [Further],
}

impl<'a> InBrief<'a> {
    fn of(syn: &LoneSyn, further: &'a [Further], outcome: Outcome) -> Self {
        Self {
            id: syn.id(),
            started_at: syn.at(),
            client: syn.client(),
            server: syn.server(),
            isn: syn.isn().0,
            ttl: syn.ttl(),
            outcome,
            further,
        }
    }

    /// When the SYN was sent again.
    pub fn repeated_at(&self) -> impl Iterator<Item = Timestamp> + use<'a> {
        let repeated = self.further.iter().filter(|further| further.is_syn());
        repeated.map(Further::at)
    }

    /// Whether the SYN was sent once.
    pub fn has_one_syn(&self) -> bool {
        !self.further.iter().any(Further::is_syn)
    }

    /// Whether the server answered with a SYN-ACK.
    pub fn was_accepted(&self) -> bool {
        self.further.last().is_some_and(Further::is_syn_ack)
    }

    /// When the answer came, if one came.
    pub fn answered_at(&self) -> Option<Timestamp> {
        let answer = self.further.iter().find(|further| !further.is_syn());
        answer.map(Further::at)
    }
}

/// One of the three.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it goes from hand to hand only: a box would be an allocation for each attempt"
)]
pub enum Decided {
    /// Something was seen of it that few attempts show.
    Attempt(DecidedAttempt),
    /// Nothing was seen of it but what most failing ones show.
    Brief(DecidedBrief),
    /// Nothing was seen of it but one SYN.
    LoneSyn(DecidedLoneSyn),
}

impl Decided {
    /// The whole attempt.
    pub fn whole(self) -> DecidedAttempt {
        match self {
            Self::Attempt(decided) => decided,
            Self::Brief(brief) => brief.whole(),
            Self::LoneSyn(lone) => lone.whole(),
        }
    }
}

/// Decided attempts in the order in which they were decided: what is small is not kept in the room of what is large.
#[derive(Debug, Default)]
pub struct Decisions {
    attempts: Vec<DecidedAttempt>,
    briefs: Vec<DecidedBrief>,
    lone: Vec<DecidedLoneSyn>,
    order: Vec<Kind>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Attempt,
    Brief,
    LoneSyn,
}

impl Decisions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Adds one.
    pub fn push(&mut self, decided: Decided) {
        match decided {
            Decided::Attempt(decided) => {
                self.attempts.push(decided);
                self.order.push(Kind::Attempt);
            }
            Decided::Brief(brief) => self.push_brief(brief),
            Decided::LoneSyn(lone) => self.push_lone(lone),
        }
    }

    /// As [`Self::push`], without taking the room of a whole attempt on the way.
    pub(super) fn push_brief(&mut self, brief: DecidedBrief) {
        self.briefs.push(brief);
        self.order.push(Kind::Brief);
    }

    /// The same.
    pub(super) fn push_lone(&mut self, lone: DecidedLoneSyn) {
        self.lone.push(lone);
        self.order.push(Kind::LoneSyn);
    }

    /// Those that are kept in full.
    pub fn attempts(&self) -> &[DecidedAttempt] {
        &self.attempts
    }

    /// Client and server of all, in their order.
    pub fn ends(&self) -> impl Iterator<Item = (Endpoint, Endpoint)> {
        let (mut attempts, mut briefs) = (self.attempts.iter(), self.briefs.iter());
        let mut lone = self.lone.iter();
        self.order.iter().filter_map(move |kind| match kind {
            Kind::Attempt => {
                let attempt = &attempts.next()?.attempt;
                Some((attempt.client, attempt.server))
            }
            Kind::Brief => {
                let syn = &briefs.next()?.brief.syn;
                Some((syn.client(), syn.server()))
            }
            Kind::LoneSyn => {
                let syn = &lone.next()?.syn;
                Some((syn.client(), syn.server()))
            }
        })
    }

    /// How many there are of which nothing was seen but one SYN, and of which nothing but what most failing ones show.
    pub fn count_in_brief(&self) -> (usize, usize) {
        (self.lone.len(), self.briefs.len())
    }

    /// Gives all away, in their order; the room stays.
    pub fn drain(&mut self, mut give: impl FnMut(Decided)) {
        self.take_each(|next| {
            give(match next {
                Leaving::Attempt(decided) => Decided::Attempt(decided),
                Leaving::Brief(brief) => Decided::Brief(brief.clone()),
                Leaving::LoneSyn(lone) => Decided::LoneSyn(lone.clone()),
            });
        });
    }

    /// The same, but that what is small is only shown.
    pub fn take_each(&mut self, mut give: impl FnMut(Leaving<'_>)) {
        let mut attempts = self.attempts.drain(..);
        let (mut briefs, mut lone) = (self.briefs.iter(), self.lone.iter());
        for kind in self.order.drain(..) {
            let next = match kind {
                Kind::Attempt => attempts.next().map(Leaving::Attempt),
                Kind::Brief => briefs.next().map(Leaving::Brief),
                Kind::LoneSyn => lone.next().map(Leaving::LoneSyn),
            };
            next.map(&mut give);
        }
        drop(attempts);
        self.briefs.clear();
        self.lone.clear();
    }
}

/// A decided attempt that is taken: one in full is given away, others are shown.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it goes from hand to hand only: a box would be an allocation for each attempt"
)]
pub enum Leaving<'a> {
    /// In full.
    Attempt(DecidedAttempt),
    /// In brief.
    Brief(&'a DecidedBrief),
    /// Known by one SYN.
    LoneSyn(&'a DecidedLoneSyn),
}
