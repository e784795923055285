//! How many attempts were established and yet in trouble.

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::handshake::{Trouble, Troubles};

/// A count for each trouble; an attempt may be in several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubleCounts {
    by_trouble: [u64; Trouble::ALL.len()],
    attempts: u64,
}

impl Facts for TroubleCounts {
    fn merge(&mut self, other: Self) {
        for (count, other) in self.by_trouble.iter_mut().zip(other.by_trouble) {
            *count = count.saturating_add(other);
        }
        self.attempts = self.attempts.saturating_add(other.attempts);
    }
}

impl TroubleCounts {
    /// Counts an attempt, if it is in trouble.
    pub(super) fn add(&mut self, troubles: Troubles) {
        self.change(troubles, |count| count.saturating_add(1));
    }

    /// Counts so many such attempts less.
    pub(super) fn take_away(&mut self, troubles: Troubles, fewer: u64) {
        self.change(troubles, |count| count.saturating_sub(fewer));
    }

    fn change(&mut self, troubles: Troubles, change: impl Fn(u64) -> u64) {
        if troubles.is_empty() {
            return;
        }
        self.attempts = change(self.attempts);
        for trouble in troubles.iter() {
            if let Some(count) = self.by_trouble.get_mut(trouble as usize) {
                *count = change(*count);
            }
        }
    }

    /// How many were in this trouble.
    pub fn of(&self, trouble: Trouble) -> u64 {
        self.by_trouble.get(trouble as usize).copied().unwrap_or(0)
    }

    /// Every trouble that occurred with its count, in the order of reports.
    pub fn iter(&self) -> impl Iterator<Item = (Trouble, u64)> + '_ {
        let all = Trouble::ALL.into_iter().zip(self.by_trouble);
        all.filter(|(_, count)| *count > 0)
    }

    /// How many attempts were in any trouble.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_in_two_troubles_is_one_attempt() {
        let both = Troubles::of_bits(0b101);
        let mut counts = TroubleCounts::default();
        counts.add(both);
        counts.add(Troubles::NONE);
        assert_eq!((counts.attempts(), counts.of(Trouble::Slow)), (1, 1));
        assert_eq!(counts.iter().count(), 2);
        counts.take_away(both, 1);
        assert_eq!(counts, TroubleCounts::default());
    }
}
