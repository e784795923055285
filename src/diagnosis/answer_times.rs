//! How long servers took to answer: a distribution that stays small however many answers there are.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::facts::Facts;

/// Times from SYN to answer, kept to three significant digits: at most 900 different values a
/// decade.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerTimes {
    /// In no order: a tree of a thousand values was looked at for longer than all else that is
    /// counted of an attempt.
    counts: HashMap<ThreeDigits, u32, foldhash::fast::RandomState>,
    total: u64,
    longest: u64,
}

/// Microseconds to three significant digits: these, and a thousand more for each digit that there
/// was besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct ThreeDigits(u16);

impl ThreeDigits {
    fn of(microseconds: u64) -> Self {
        let zeros = microseconds.checked_ilog10().unwrap_or(0).saturating_sub(2);
        let digits = microseconds / 10_u64.pow(zeros);
        // 17 zeros at most.
        Self(u16::try_from(u64::from(zeros) * 1000 + digits).unwrap_or(u16::MAX))
    }

    fn microseconds(self) -> u64 {
        u64::from(self.0 % 1000) * 10_u64.pow(u32::from(self.0 / 1000))
    }
}

impl Facts for AnswerTimes {
    fn merge(&mut self, other: Self) {
        for (time, others) in other.counts {
            let count = self.counts.entry(time).or_default();
            *count = count.saturating_add(others);
        }
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }
}

impl AnswerTimes {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let count = self
            .counts
            .entry(ThreeDigits::of(microseconds))
            .or_default();
        *count = count.saturating_add(1);
        self.total += 1;
        self.longest = self.longest.max(microseconds);
    }

    /// The median in microseconds, to three significant digits; `None` without answers.
    pub fn median_microseconds(&self) -> Option<u64> {
        let mut seen = 0;
        self.counts().find_map(|(time, count)| {
            seen += count;
            (seen * 2 >= self.total).then_some(time)
        })
    }

    /// Each time in microseconds, to three significant digits, with how often it was met; in order.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + use<> {
        let counts = self.counts.iter();
        let mut counts: Vec<(u64, u64)> = counts
            .map(|(time, count)| (time.microseconds(), u64::from(*count)))
            .collect();
        counts.sort_unstable();
        counts.into_iter()
    }

    /// The longest in microseconds; `None` without answers.
    pub fn longest_microseconds(&self) -> Option<u64> {
        (self.total > 0).then_some(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_depend_on_the_order() {
        let mut times = AnswerTimes::default();
        for microseconds in [902, 310, 290] {
            times.add(Duration::from_micros(microseconds));
        }
        assert_eq!(times.median_microseconds(), Some(310));
        assert_eq!(times.longest_microseconds(), Some(902));
    }

    #[test]
    fn three_digits_are_kept() {
        let kept = |microseconds| ThreeDigits::of(microseconds).microseconds();
        assert_eq!(
            [0, 7, 999, 1000, 123_456].map(kept),
            [0, 7, 999, 1000, 123_000]
        );
        assert_eq!(kept(u64::MAX), 18_400_000_000_000_000_000);
    }
}
