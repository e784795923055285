//! In which steps of time something happened, in a room that does not grow: the steps double in
//! width when they are too many.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::capture::Timestamp;
use crate::diagnosis::facts::Facts;

/// A bit for each step of time, aligned to the epoch: so it does not matter in which order the
/// times came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Presence {
    /// How many words of 64 steps there may be; two at least, as no width joins what is before and
    /// after the epoch.
    at_most: usize,
    /// A step is a millisecond, doubled so often.
    doublings: u32,
    first_word: i64,
    words: Vec<u64>,
}

const STEPS_OF_A_WORD: i64 = 64;
const NANOSECONDS_OF_NARROWEST: i64 = 1_000_000;

impl Presence {
    /// With so many words of 64 steps at most.
    pub(super) fn with_at_most(words: usize) -> Self {
        Self {
            at_most: words.max(2),
            doublings: 0,
            first_word: 0,
            words: Vec::new(),
        }
    }

    /// Takes no more words than that from now on.
    pub(super) fn limit_to(&mut self, words: usize) {
        self.at_most = words.max(2);
        while self.words.len() > self.at_most {
            self.widen();
        }
    }

    /// Something happened then.
    pub(super) fn insert(&mut self, at: Timestamp) {
        loop {
            let step = self.step_of(at);
            let word = step.div_euclid(STEPS_OF_A_WORD);
            if self.words.is_empty() {
                self.first_word = word;
            }
            let last_word = self.end_word() - 1;
            let from = self.first_word.min(word);
            let until = last_word.max(word);
            let needed = usize::try_from(until - from + 1).unwrap_or(usize::MAX);
            if needed <= self.at_most {
                let before = usize::try_from(self.first_word - from).unwrap_or(0);
                self.words.splice(0..0, std::iter::repeat_n(0, before));
                self.words.resize(needed, 0);
                self.first_word = from;
                let index = usize::try_from(word - from).unwrap_or(0);
                if let Some(word) = self.words.get_mut(index) {
                    *word |= 1 << step.rem_euclid(STEPS_OF_A_WORD);
                }
                return;
            }
            self.widen();
        }
    }

    /// Whether something happened in a step that lies wholly between these times; not where a step
    /// is wider than a second.
    pub(super) fn is_between(&self, from: Timestamp, until: Timestamp) -> bool {
        let (after, before) = (self.step_of(from) + 1, self.step_of(until) - 1);
        self.width() <= WIDEST_THAT_TELLS && self.has_any(after, before)
    }

    /// How wide a step is.
    pub(super) fn width(&self) -> Duration {
        Duration::from_millis(1 << self.doublings.min(44))
    }

    fn has_any(&self, first: i64, last: i64) -> bool {
        let words = self.first_word..self.end_word();
        let from = first.max(words.start * STEPS_OF_A_WORD);
        let until = last.min(words.end * STEPS_OF_A_WORD - 1);
        let (mut step, mut is_there) = (from, false);
        while step <= until && !is_there {
            let word = step.div_euclid(STEPS_OF_A_WORD);
            let end = (word + 1) * STEPS_OF_A_WORD - 1;
            let low = u64::MAX << step.rem_euclid(STEPS_OF_A_WORD);
            let high = u64::MAX >> (63 - until.min(end).rem_euclid(STEPS_OF_A_WORD));
            let index = usize::try_from(word - self.first_word).ok();
            let bits = index.and_then(|index| self.words.get(index));
            is_there = bits.is_some_and(|bits| bits & low & high != 0);
            step = end + 1;
        }
        is_there
    }

    /// The word behind the last one.
    fn end_word(&self) -> i64 {
        let count = i64::try_from(self.words.len()).unwrap_or(i64::MAX);
        self.first_word.saturating_add(count)
    }

    fn step_of(&self, at: Timestamp) -> i64 {
        at.nanoseconds().div_euclid(NANOSECONDS_OF_NARROWEST) >> self.doublings
    }

    /// Each step takes its neighbour in.
    fn widen(&mut self) {
        self.doublings += 1;
        let first_word = self.first_word >> 1;
        let last_word = (self.end_word() - 1) >> 1;
        let count = usize::try_from(last_word - first_word + 1).unwrap_or(1);
        let mut wider = vec![0; count];
        for (word, bits) in (self.first_word..).zip(&self.words) {
            let index = usize::try_from((word >> 1) - first_word).unwrap_or(0);
            if let Some(wide) = wider.get_mut(index) {
                *wide |= joined(*bits) << (32 * (word & 1));
            }
        }
        self.first_word = first_word;
        self.words = wider;
    }
}

impl Facts for Presence {
    fn merge(&mut self, mut other: Self) {
        self.at_most = self.at_most.min(other.at_most);
        while self.doublings < other.doublings {
            self.widen();
        }
        while other.doublings < self.doublings {
            other.widen();
        }
        let first = self.first_word.min(other.first_word);
        let end = self.end_word().max(other.end_word());
        if self.words.is_empty() || other.words.is_empty() {
            if self.words.is_empty() {
                (self.first_word, self.words) = (other.first_word, other.words);
            }
            self.limit_to(self.at_most);
            return;
        }
        // Words that are far apart are brought together by wider steps, not by all words between.
        let span = usize::try_from(end.saturating_sub(first)).unwrap_or(usize::MAX);
        if span > 2 * self.at_most {
            self.widen();
            self.merge(other);
            return;
        }
        let mut words = vec![0; span];
        for part in [&*self, &other] {
            for (word, bits) in (part.first_word..).zip(&part.words) {
                let index = usize::try_from(word - first).unwrap_or(0);
                if let Some(word) = words.get_mut(index) {
                    *word |= bits;
                }
            }
        }
        (self.first_word, self.words) = (first, words);
        self.limit_to(self.at_most);
    }
}

/// Wider steps say too little of when something happened.
const WIDEST_THAT_TELLS: Duration = Duration::from_secs(1);

/// Of each two bits, whether one is set: 32 bits.
fn joined(bits: u64) -> u64 {
    let mut even = (bits | (bits >> 1)) & 0x5555_5555_5555_5555;
    even = (even | (even >> 1)) & 0x3333_3333_3333_3333;
    even = (even | (even >> 2)) & 0x0f0f_0f0f_0f0f_0f0f;
    even = (even | (even >> 4)) & 0x00ff_00ff_00ff_00ff;
    even = (even | (even >> 8)) & 0x0000_ffff_0000_ffff;
    (even | (even >> 16)) & 0x0000_0000_ffff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_nanoseconds(milliseconds * NANOSECONDS_OF_NARROWEST)
    }

    proptest! {
        #[test]
        fn it_knows_each_step_and_no_other(
            times in proptest::collection::vec(-2_000_i64..30_000, 1..60),
            from in -3_000_i64..31_000,
            length in 0_i64..4_000,
        ) {
            let mut presence = Presence::with_at_most(8);
            let mut reversed = presence.clone();
            for (time, from_behind) in times.iter().zip(times.iter().rev()) {
                presence.insert(at(*time));
                reversed.insert(at(*from_behind));
            }
            prop_assert_eq!(&presence, &reversed);
            let until = from + length;
            let step = |time: i64| presence.step_of(at(time));
            let is_within = |time: &i64| step(from) < step(*time) && step(*time) < step(until);
            let expected = times.iter().any(is_within);
            prop_assert_eq!(presence.is_between(at(from), at(until)), expected);
        }
    }

    #[test]
    fn the_ends_of_all_time_fit() {
        let mut presence = Presence::with_at_most(2);
        presence.insert(Timestamp::from_nanoseconds(i64::MIN));
        presence.insert(Timestamp::from_nanoseconds(i64::MAX));
        assert_eq!(presence.words.len(), 2);
        presence.limit_to(1);
        assert_eq!(presence.words.len(), 2);
    }
}
