//! The attempts that a report lists singly.

mod cut_offs;
mod first_of_clients;

use std::collections::{BTreeMap, BinaryHeap};
use std::io;

use serde::{Deserialize, Serialize};

use super::attempt_facts::AttemptFacts;
use super::compact_sets::Host;
use super::facts::Facts;
use super::known_ends::Place;
use super::listing::{AttemptsPutAside, ListingKey, ListingOrder};
use crate::capture::Timestamp;
use crate::handshake::{DecidedAttempt, Outcome, Troubles};
use cut_offs::CutOffs;
use first_of_clients::FirstOfClients;

/// Keeps so many attempts: failed ones first, then those that may have failed, earlier ones before
/// later ones; noise only where there is room. What is noise shows in the end only: until then what
/// may be part of a flood stands behind other failures, and the earliest failures of each client
/// are kept besides, so that neither a flood nor a scan crowds them out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct AttemptList {
    /// `None` for all.
    limit: Option<usize>,
    /// At least so many are kept for an evidence capture.
    for_evidence: usize,
    /// Whether later ones stand before earlier ones.
    keeps_latest: bool,
    added: u64,
    /// The one to be left out next on top.
    kept: BinaryHeap<Ranked>,
    /// Once some are left out: those that would be, but are among the first of their client.
    of_clients: FirstOfClients,
    #[serde(skip)]
    cut_offs: CutOffs,
}

/// How many more are kept until it shows which of them are noise: a scan is known after 16 targets.
const SPARE: usize = 256;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ranked {
    rank: (Weight, ListingKey),
    decided: DecidedAttempt,
}

/// What is worth listing, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Weight {
    Failed,
    Troubled,
    PerhapsOfFlood,
    KnownInPart,
    Undecided,
    Noise,
    Established,
}

fn weight((outcome, troubles): (Outcome, Troubles), is_noise: bool) -> Weight {
    match outcome {
        _ if is_noise => Weight::Noise,
        Outcome::Established if !troubles.is_empty() => Weight::Troubled,
        Outcome::Established => Weight::Established,
        Outcome::Pending => Weight::Undecided,
        Outcome::Partial => Weight::KnownInPart,
        _ => Weight::Failed,
    }
}

/// As [`weight`], while it is not known what is noise.
fn weight_so_far(ended: (Outcome, Troubles), is_unfinished: bool) -> Weight {
    match weight(ended, false) {
        Weight::Failed if is_unfinished => Weight::PerhapsOfFlood,
        weight => weight,
    }
}

/// By the time of the first packet.
fn order(decided: &DecidedAttempt) -> ListingKey {
    ListingOrder::ByStart.key(decided)
}

/// As [`order`], or with later times before earlier ones.
fn in_kept_order(keeps_latest: bool, mut order: ListingKey) -> ListingKey {
    if keeps_latest {
        order.at = Timestamp::from_nanoseconds(!order.at.nanoseconds());
    }
    order
}

impl Facts for AttemptList {
    fn merge(&mut self, other: Self) {
        self.added += other.added;
        for ranked in other.kept {
            self.keep(ranked);
        }
        self.of_clients.merge(other.of_clients);
    }
}

impl AttemptList {
    pub(super) fn new(limit: Option<usize>) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Keeps so many also when fewer are listed.
    pub(super) fn keep_for_evidence(&mut self, attempts: usize) {
        self.for_evidence = attempts;
    }

    /// Lists no more than so many of those that are kept.
    pub(super) fn list_at_most(&mut self, attempts: usize) {
        self.limit = Some(self.limit.map_or(attempts, |limit| limit.min(attempts)));
    }

    /// Later ones before earlier ones, from the first one on.
    pub(super) fn keep_latest(&mut self) {
        self.keeps_latest = true;
    }

    /// Adds one; `client` is where its client stands.
    pub(super) fn add(&mut self, facts: impl AttemptFacts, client: Place) {
        self.added += 1;
        let weight = weight_so_far((facts.outcome(), facts.troubles()), facts.is_unfinished());
        let started = facts.started_at();
        if self.surely_leaves_out(weight, started, client) {
            return;
        }
        let key = in_kept_order(self.keeps_latest, ListingKey::of_facts(&facts));
        let rank = (weight, key);
        if !self.leaves_out(rank, Host(facts.client().address)) {
            let decided = facts.into_whole();
            self.keep(Ranked { rank, decided });
        } else if weight == Weight::Failed && !self.keeps_latest {
            self.cut_offs.note(client, started);
        }
    }

    /// Clients stand elsewhere from now on.
    pub(super) fn forget_places(&mut self) {
        self.cut_offs = CutOffs::default();
    }

    fn keep(&mut self, ranked: Ranked) {
        if !self.is_full() {
            self.kept.push(ranked);
            return;
        }
        let mut left_out = Some(ranked);
        if let Some(mut last) = self.kept.peek_mut()
            && left_out.as_ref().is_some_and(|ranked| *ranked < *last)
        {
            left_out = left_out.map(|ranked| std::mem::replace(&mut *last, ranked));
        }
        if let Some(failed) = left_out.filter(|ranked| ranked.rank.0 == Weight::Failed) {
            self.of_clients.add(failed);
        }
    }

    /// All that are kept, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &DecidedAttempt> {
        let kept = self.kept.iter().map(|ranked| &ranked.decided);
        kept.chain(self.of_clients.iter())
    }

    fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| {
            self.kept.len() >= limit.max(self.for_evidence).saturating_add(SPARE)
        })
    }

    /// Whether an attempt of this client, with this rank, would be left out.
    fn leaves_out(&self, rank: (Weight, ListingKey), client: Host) -> bool {
        let is_behind = |known: &Ranked| known.rank <= rank;
        self.is_full()
            && self.kept.peek().is_none_or(is_behind)
            && (rank.0 != Weight::Failed || self.of_clients.leaves_out(client, rank))
    }

    /// Whether that is clear by its beginning alone: of a flood nearly all are so, and of many
    /// failures of few clients.
    fn surely_leaves_out(&self, weight: Weight, at: Timestamp, client: Place) -> bool {
        if weight == Weight::Failed {
            return self.cut_offs.leave_out(client, at);
        }
        let is_before = |known: &Ranked| (known.rank.0, known.rank.1.at) < (weight, at);
        !self.keeps_latest && self.is_full() && self.kept.peek().is_none_or(is_before)
    }

    fn order(&self, decided: &DecidedAttempt) -> ListingKey {
        in_kept_order(self.keeps_latest, order(decided))
    }

    /// All that are kept, in this order, when they are more than `longest` and the list has no
    /// limit. They are let go.
    pub(super) fn take_run(
        &mut self,
        longest: usize,
        order: ListingOrder,
    ) -> Option<Vec<DecidedAttempt>> {
        if self.limit.is_some() || self.kept.len() <= longest {
            return None;
        }
        let kept = std::mem::take(&mut self.kept);
        let mut run: Vec<DecidedAttempt> = kept.into_iter().map(|ranked| ranked.decided).collect();
        run.sort_by_cached_key(|decided| order.key(decided));
        Some(run)
    }

    /// Of attempts that were all taken in runs, and are given again, those for evidence; in order
    /// of time.
    pub(super) fn evidence_among(
        &self,
        taken: &dyn AttemptsPutAside,
        is_noise: impl Fn(&DecidedAttempt) -> bool,
    ) -> io::Result<Vec<DecidedAttempt>> {
        let mut kept: BinaryHeap<Ranked> = BinaryHeap::new();
        if self.for_evidence == 0 {
            return Ok(Vec::new());
        }
        for decided in taken.replay() {
            let decided = decided?;
            if !is_for_evidence(&decided) {
                continue;
            }
            let rank = (
                weight(ended(&decided), is_noise(&decided)),
                self.order(&decided),
            );
            kept.push(Ranked { rank, decided });
            if kept.len() > self.for_evidence {
                kept.pop();
            }
        }
        let mut evidence: Vec<DecidedAttempt> =
            kept.into_iter().map(|ranked| ranked.decided).collect();
        evidence.sort_by_cached_key(order);
        Ok(evidence)
    }

    /// The attempts to be listed and how many were left out; and those for evidence. All in order
    /// of time. `examples` are failures that are known besides: of each server some.
    pub(super) fn into_parts<'a>(
        self,
        examples: impl Iterator<Item = &'a DecidedAttempt>,
        is_noise: impl Fn(&DecidedAttempt) -> bool,
    ) -> ChosenAttempts {
        let has_all = self.kept.len() as u64 == self.added;
        let kept = self.kept.into_iter().map(|ranked| ranked.decided);
        let mut kept: Vec<DecidedAttempt> = if has_all {
            kept.collect()
        } else {
            let first = self.of_clients.into_attempts();
            let telling = examples.filter(|decided| !is_noise(decided)).cloned();
            let all = kept.chain(first).chain(telling);
            let each_once: BTreeMap<ListingKey, DecidedAttempt> =
                all.map(|decided| (order(&decided), decided)).collect();
            each_once.into_values().collect()
        };
        kept.sort_by_cached_key(|decided| {
            (
                weight(ended(decided), is_noise(decided)),
                in_kept_order(self.keeps_latest, order(decided)),
            )
        });
        let is_evidence = |decided: &&DecidedAttempt| is_for_evidence(decided);
        let mut for_evidence: Vec<DecidedAttempt> = kept
            .iter()
            .filter(is_evidence)
            .take(self.for_evidence)
            .cloned()
            .collect();
        for_evidence.sort_by_cached_key(order);
        kept.truncate(self.limit.unwrap_or(usize::MAX));
        kept.sort_by_cached_key(order);
        let omitted = self.added - kept.len() as u64;
        ChosenAttempts {
            listed: kept,
            omitted,
            for_evidence,
        }
    }
}

/// What is chosen of an [`AttemptList`].
#[derive(Default)]
pub(super) struct ChosenAttempts {
    pub(super) listed: Vec<DecidedAttempt>,
    pub(super) omitted: u64,
    pub(super) for_evidence: Vec<DecidedAttempt>,
}

fn is_for_evidence(decided: &DecidedAttempt) -> bool {
    let (outcome, troubles) = ended(decided);
    // What else a filter's log tells is what its rules do to others.
    let is_told = outcome == Outcome::Pending && !decided.attempt.verdicts.is_empty();
    outcome.is_failure() || outcome == Outcome::Partial || !troubles.is_empty() || is_told
}

fn ended(decided: &DecidedAttempt) -> (Outcome, Troubles) {
    (decided.judgement.outcome, decided.judgement.troubles)
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}
