//! How many attempts ended how.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::handshake::Outcome;

/// A count for each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Outcome, u64>", into = "BTreeMap<Outcome, u64>")]
pub struct OutcomeCounts([u64; Outcome::ALL.len()]);

impl From<BTreeMap<Outcome, u64>> for OutcomeCounts {
    /// Outcomes that are not named have none.
    fn from(counts: BTreeMap<Outcome, u64>) -> Self {
        Self(Outcome::ALL.map(|outcome| counts.get(&outcome).copied().unwrap_or(0)))
    }
}

impl From<OutcomeCounts> for BTreeMap<Outcome, u64> {
    fn from(counts: OutcomeCounts) -> Self {
        counts.iter().collect()
    }
}

impl Facts for OutcomeCounts {
    fn merge(&mut self, other: Self) {
        self.add_all(&other);
    }
}

impl OutcomeCounts {
    /// Counts one more.
    pub fn add(&mut self, outcome: Outcome) {
        self.add_many(outcome, 1);
    }

    /// Counts so many more.
    pub(super) fn add_many(&mut self, outcome: Outcome, more: u64) {
        if let Some(count) = self.0.get_mut(outcome as usize) {
            *count = count.saturating_add(more);
        }
    }

    /// Counts so many fewer.
    pub(crate) fn take_away(&mut self, outcome: Outcome, fewer: u64) {
        if let Some(count) = self.0.get_mut(outcome as usize) {
            *count = count.saturating_sub(fewer);
        }
    }

    /// Counts the others as well.
    pub(super) fn add_all(&mut self, others: &Self) {
        for (count, other) in self.0.iter_mut().zip(others.0) {
            *count = count.saturating_add(other);
        }
    }

    /// What is left of these without the others.
    pub(super) fn without(mut self, others: &Self) -> Self {
        for (count, other) in self.0.iter_mut().zip(others.0) {
            *count = count.saturating_sub(other);
        }
        self
    }

    /// How many ended so.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(outcome as usize).copied().unwrap_or(0)
    }

    /// Every outcome with its count, in the order of reports.
    pub fn iter(&self) -> impl Iterator<Item = (Outcome, u64)> + '_ {
        Outcome::ALL.into_iter().zip(self.0)
    }

    /// All attempts.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The failed ones.
    pub fn failed(&self) -> u64 {
        self.iter()
            .filter(|(outcome, _)| outcome.is_failure())
            .map(|(_, count)| count)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_counted_where_it_is_told() {
        for (outcome, times) in Outcome::ALL.into_iter().zip(1..) {
            let mut counts = OutcomeCounts::default();
            counts.add_many(outcome, times);
            counts.add(outcome);
            assert_eq!(counts.of(outcome), times + 1);
            let told: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
            assert_eq!(told, [(outcome, times + 1)]);
            counts.take_away(outcome, times + 1);
            assert_eq!(counts.total(), 0);
        }
    }
}
