//! How long servers took to answer: a distribution that stays small however many answers there are.

use std::collections::BTreeMap;
use std::time::Duration;

/// Times from SYN to answer, kept to three significant digits: at most 900 different values a decade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnswerTimes {
    counts: BTreeMap<u64, u64>,
    total: u64,
    longest: u64,
}

impl AnswerTimes {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        *self.counts.entry(three_digits(microseconds)).or_default() += 1;
        self.total += 1;
        self.longest = self.longest.max(microseconds);
    }

    /// The median in microseconds, to three significant digits; `None` without answers.
    pub fn median_microseconds(&self) -> Option<u64> {
        let mut seen = 0;
        self.counts.iter().find_map(|(&time, &count)| {
            seen += count;
            (seen * 2 >= self.total).then_some(time)
        })
    }

    /// Each time in microseconds, to three significant digits, with how often it was met; in order.
    pub fn counts(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts.iter().map(|(time, count)| (*time, *count))
    }

    /// The longest in microseconds; `None` without answers.
    pub fn longest_microseconds(&self) -> Option<u64> {
        (self.total > 0).then_some(self.longest)
    }
}

fn three_digits(value: u64) -> u64 {
    let mut unit = 1_u64;
    while value / unit >= 1000 {
        unit *= 10;
    }
    value / unit * unit
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
        assert_eq!(three_digits(123_456), 123_000);
        assert_eq!(three_digits(u64::MAX), 18_400_000_000_000_000_000);
    }
}
