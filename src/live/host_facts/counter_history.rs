//! What the counters were, and when they rose.

use std::collections::VecDeque;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::host::{Counter, Counters};

/// So much time lies between two samples that are kept, and so many are: an attempt is compared
/// with one before its first SYN.
pub(super) const BETWEEN_SAMPLES: Duration = Duration::from_secs(1);
const SAMPLES: usize = 128;

/// A counter that rises again within this time has not stopped rising.
const PAUSE: Duration = Duration::from_secs(10);

/// So many times of rising are kept.
const RISES: usize = 1024;

/// Samples of the counters.
#[derive(Debug, Default)]
pub(super) struct CounterHistory {
    samples: VecDeque<(Timestamp, Counters)>,
    rises: VecDeque<Rise>,
}

/// A time in which a counter rose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rise {
    pub(super) counter: Counter,
    /// The last sample before, and the one that showed the latest.
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) by: u64,
}

impl CounterHistory {
    /// Keeps a sample; whether a counter rose since the one before.
    pub(super) fn add(&mut self, at: Timestamp, counters: Counters) -> bool {
        let mut has_risen = false;
        if let Some((before_at, before)) = self.samples.back() {
            let before_at = *before_at;
            for (counter, by) in counters.risen_since(before) {
                has_risen = true;
                self.add_rise(Rise {
                    counter,
                    from: before_at,
                    until: at,
                    by,
                });
            }
        }
        self.samples.push_back((at, counters));
        if self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
        has_risen
    }

    fn add_rise(&mut self, rise: Rise) {
        let latest = self
            .rises
            .iter_mut()
            .rev()
            .find(|known| known.counter == rise.counter);
        match latest {
            Some(known) if rise.from.since(known.until) <= PAUSE => {
                known.until = rise.until;
                known.by = known.by.saturating_add(rise.by);
            }
            _ => self.rises.push_back(rise),
        }
        if self.rises.len() > RISES {
            self.rises.pop_front();
        }
    }

    /// What rose from then on, by the counters of now, and since when that is known; nothing when
    /// no sample is as old.
    pub(super) fn risen_since(
        &self,
        at: Timestamp,
        now: &Counters,
    ) -> Option<(Timestamp, Vec<(Counter, u64)>)> {
        let (since, before) = self.samples.iter().rev().find(|sample| sample.0 <= at)?;
        Some((*since, now.risen_since(before)))
    }

    /// The times in which a counter rose.
    pub(super) fn rises(&self) -> impl Iterator<Item = &Rise> {
        self.rises.iter()
    }

    /// The clock was set: times before and after cannot be compared.
    pub(super) fn forget_times(&mut self) {
        self.samples.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_nanoseconds(second * 1_000_000_000)
    }

    fn overflows(count: u64) -> Counters {
        Counters::default().with(Counter::ListenOverflows, count)
    }

    #[test]
    fn what_rose_since_then_is_told_by_the_last_sample_before() {
        let mut history = CounterHistory::default();
        for (at, count) in [(10, 5), (11, 5), (12, 7)] {
            history.add(second(at), overflows(count));
        }
        let risen = |at, now| history.risen_since(second(at), &overflows(now));
        let by = |since, by| Some((second(since), vec![(Counter::ListenOverflows, by)]));
        assert_eq!(risen(11, 9), by(11, 4));
        assert_eq!(risen(13, 9), by(12, 2));
        assert_eq!(risen(13, 7), Some((second(12), Vec::new())));
        assert_eq!(risen(9, 9), None, "nobody knows what it was then");
    }

    #[test]
    fn rises_close_to_each_other_are_one() {
        let mut history = CounterHistory::default();
        for (at, count) in [(10, 0), (11, 1), (15, 1), (16, 3), (100, 3), (101, 4)] {
            history.add(second(at), overflows(count));
        }
        let rise = |from, until, by| Rise {
            counter: Counter::ListenOverflows,
            from: second(from),
            until: second(until),
            by,
        };
        assert_eq!(history.rises, [rise(10, 16, 3), rise(100, 101, 1)]);
    }
}
