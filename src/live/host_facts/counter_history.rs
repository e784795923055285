//! What the counters were, and when they rose.

use std::collections::VecDeque;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::host::{Counter, Counters};

/// So much time lies between two samples that are kept, and so many are: an attempt is compared with one before its first SYN.
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
    /// Keeps a sample.
    pub(super) fn add(&mut self, at: Timestamp, counters: Counters) {
        if let Some((before_at, before)) = self.samples.back() {
            let before_at = *before_at;
            for (counter, by) in counters.risen_since(before) {
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

    /// What rose from then on, by the counters of now; nothing when no sample is as old.
    pub(super) fn risen_since(&self, at: Timestamp, now: &Counters) -> Vec<(Counter, u64)> {
        let before = self.samples.iter().rev().find(|sample| sample.0 <= at);
        before.map_or_else(Vec::new, |(_, before)| now.risen_since(before))
    }

    /// What rose since then, each counter once.
    pub(super) fn rises_since(&self, cutoff: Timestamp) -> Vec<Rise> {
        let within = |counter: Counter| {
            self.rises
                .iter()
                .filter(move |rise| rise.counter == counter && rise.until >= cutoff)
        };
        Counter::ALL
            .into_iter()
            .filter_map(|counter| {
                let first = within(counter).next()?;
                let all = |sum: Rise, rise: &Rise| Rise {
                    until: rise.until,
                    by: sum.by.saturating_add(rise.by),
                    ..sum
                };
                Some(within(counter).skip(1).fold(*first, all))
            })
            .collect()
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
        assert_eq!(risen(11, 9), [(Counter::ListenOverflows, 4)]);
        assert_eq!(risen(13, 9), [(Counter::ListenOverflows, 2)]);
        assert_eq!(risen(13, 7), []);
        assert_eq!(risen(9, 9), [], "nobody knows what it was then");
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
        assert_eq!(history.rises_since(second(0)), [rise(10, 101, 4)]);
        assert_eq!(history.rises_since(second(50)), [rise(100, 101, 1)]);
        assert_eq!(history.rises_since(second(102)), []);
    }
}
