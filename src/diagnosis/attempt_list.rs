//! The attempts that a report lists singly.

use std::collections::BinaryHeap;

use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{DecidedAttempt, Outcome};

/// Keeps so many attempts: failed ones first, then those that may have failed, earlier ones before later ones. Which ones does not depend on
/// the order in which they come.
#[derive(Clone, Debug)]
pub(super) struct AttemptList {
    /// `None` for all.
    limit: Option<usize>,
    /// The one to be left out next on top.
    kept: BinaryHeap<Ranked>,
    omitted: u64,
}

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
    Established,
}

fn weight(outcome: Outcome) -> Weight {
    match outcome {
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
            kept: BinaryHeap::new(),
            omitted: 0,
        }
    }

    pub(super) fn add(&mut self, decided: DecidedAttempt) {
        let rank = (weight(decided.judgement.outcome), order(&decided));
        let is_full = self.limit.is_some_and(|limit| self.kept.len() >= limit);
        if is_full {
            self.omitted += 1;
            if self.kept.peek().is_none_or(|last| last.rank <= rank) {
                return;
            }
            self.kept.pop();
        }
        self.kept.push(Ranked { rank, decided });
    }

    /// The kept attempts in order of time, and how many were left out.
    pub(super) fn into_parts(self) -> (Vec<DecidedAttempt>, u64) {
        let mut kept: Vec<DecidedAttempt> =
            self.kept.into_iter().map(|ranked| ranked.decided).collect();
        kept.sort_by_key(order);
        (kept, self.omitted)
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
