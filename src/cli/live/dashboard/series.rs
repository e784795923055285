//! How many attempts ended how, second by second.

use std::collections::VecDeque;
use std::time::Duration;

use crate::diagnosis::OutcomeCounts;
use crate::handshake::Outcome;

/// How far back it goes: as many columns as the widest drawing has.
const KEPT_SECONDS: usize = 300;

/// Over how many seconds a rate is taken.
const RATE_SECONDS: usize = 10;

/// Counts of the latest seconds that are over.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// The totals at the end of each second, the latest last; the first is where the counting
    /// starts.
    totals: VecDeque<OutcomeCounts>,
    /// How many seconds are over.
    seconds: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            totals: VecDeque::from([OutcomeCounts::default()]),
            seconds: 0,
        }
    }
}

impl Series {
    /// Takes the totals as they are after so long a time.
    pub(super) fn take(&mut self, running: Duration, totals: &OutcomeCounts) {
        let over = running.as_secs().saturating_sub(self.seconds);
        self.seconds = running.as_secs().max(self.seconds);
        for _ in 0..over.min(KEPT_SECONDS as u64 + 1) {
            if self.totals.len() > KEPT_SECONDS {
                self.totals.pop_front();
            }
            self.totals.push_back(*totals);
        }
    }

    /// How many attempts ended so in each of the latest seconds, as many as there are and no more
    /// than asked for, the latest last. A second in which more was corrected than decided counts as
    /// none.
    pub(super) fn latest(&self, outcome: Outcome, seconds: usize) -> Vec<u64> {
        let first = self.totals.len().saturating_sub(seconds.saturating_add(1));
        let totals = self
            .totals
            .iter()
            .skip(first)
            .map(|totals| totals.of(outcome));
        let next = totals.clone().skip(1);
        totals
            .zip(next)
            .map(|(before, after)| after.saturating_sub(before))
            .collect()
    }

    /// Tenths of attempts a second, over the latest ten seconds.
    pub(super) fn tenths_per_second(&self, outcome: Outcome) -> u64 {
        let counts = self.latest(outcome, RATE_SECONDS);
        let sum: u64 = counts.iter().sum();
        sum.saturating_mul(10) / (counts.len() as u64).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(refused: u64) -> OutcomeCounts {
        let mut totals = OutcomeCounts::default();
        for _ in 0..refused {
            totals.add(Outcome::Refused);
        }
        totals
    }

    #[test]
    fn seconds_are_counted_when_they_are_over() {
        let mut series = Series::default();
        series.take(Duration::from_millis(900), &totals(3));
        assert!(series.latest(Outcome::Refused, 5).is_empty());
        series.take(Duration::from_millis(1100), &totals(5));
        series.take(Duration::from_secs(3), &totals(6));
        assert_eq!(series.latest(Outcome::Refused, 5), [5, 1, 0]);
        assert_eq!(series.latest(Outcome::Refused, 2), [1, 0]);
        assert_eq!(series.tenths_per_second(Outcome::Refused), 20);
        assert_eq!(series.tenths_per_second(Outcome::Dropped), 0);
    }

    #[test]
    fn what_is_taken_back_counts_as_none() {
        let mut series = Series::default();
        series.take(Duration::from_secs(1), &totals(4));
        series.take(Duration::from_secs(2), &totals(1));
        assert_eq!(series.latest(Outcome::Refused, 9), [4, 0]);
    }

    #[test]
    fn days_do_not_grow_it() {
        let mut series = Series::default();
        for hour in 0..100 {
            series.take(Duration::from_secs(3600 * hour), &totals(1));
        }
        assert_eq!(series.totals.len(), KEPT_SECONDS + 1);
        assert_eq!(series.latest(Outcome::Refused, 1000).len(), KEPT_SECONDS);
    }
}
