//! The attempts that a report lists singly.

use std::collections::BinaryHeap;

use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{DecidedAttempt, Outcome};

/// Keeps so many attempts: failed ones first, then those that may have failed, earlier ones before later ones; noise only
/// where there is room. What is noise shows in the end only: until then some more are kept.
#[derive(Clone, Debug)]
pub(super) struct AttemptList {
    /// `None` for all.
    limit: Option<usize>,
    added: u64,
    /// The one to be left out next on top.
    kept: BinaryHeap<Ranked>,
}

/// How many more are kept until it shows which of them are noise: a scan is known after 16 targets.
const SPARE: usize = 256;

#[derive(Clone, Debug)]
struct Ranked {
    rank: (Weight, Order),
    decided: DecidedAttempt,
}

/// What is worth listing, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Failed,
    KnownInPart,
    Undecided,
    Noise,
    Established,
}

fn weight(outcome: Outcome, is_noise: bool) -> Weight {
    match outcome {
        _ if is_noise => Weight::Noise,
        Outcome::Established => Weight::Established,
        Outcome::Pending => Weight::Undecided,
        Outcome::Partial => Weight::KnownInPart,
        _ => Weight::Failed,
    }
}

type Order = (Timestamp, Endpoint, Endpoint, Option<u32>, u64);

/// By the time of the first packet, then by who, to whom and with which number.
fn order(decided: &DecidedAttempt) -> Order {
    let attempt = &decided.attempt;
    (
        attempt.started_at(),
        attempt.client,
        attempt.server,
        attempt.isn.map(|isn| isn.0),
        attempt.id.0,
    )
}

impl AttemptList {
    pub(super) fn new(limit: Option<usize>) -> Self {
        Self {
            limit,
            added: 0,
            kept: BinaryHeap::new(),
        }
    }

    pub(super) fn add(&mut self, decided: DecidedAttempt, may_be_noise: bool) {
        self.added += 1;
        let rank = (
            weight(decided.judgement.outcome, may_be_noise),
            order(&decided),
        );
        let is_full = self
            .limit
            .is_some_and(|limit| self.kept.len() >= limit.saturating_add(SPARE));
        if is_full {
            if self.kept.peek().is_none_or(|last| last.rank <= rank) {
                return;
            }
            self.kept.pop();
        }
        self.kept.push(Ranked { rank, decided });
    }

    /// The kept attempts in order of time, and how many were left out.
    pub(super) fn into_parts(
        self,
        is_noise: impl Fn(&DecidedAttempt) -> bool,
    ) -> (Vec<DecidedAttempt>, u64) {
        let mut kept: Vec<DecidedAttempt> =
            self.kept.into_iter().map(|ranked| ranked.decided).collect();
        kept.sort_by_cached_key(|decided| {
            (
                weight(decided.judgement.outcome, is_noise(decided)),
                order(decided),
            )
        });
        kept.truncate(self.limit.unwrap_or(usize::MAX));
        kept.sort_by_cached_key(order);
        let omitted = self.added - kept.len() as u64;
        (kept, omitted)
    }
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
