//! When the kernel's TCP sent RSTs: one that leaves this host while it sent none is somebody else's.

use std::collections::VecDeque;

use crate::capture::Timestamp;

/// So many are remembered.
const REMEMBERED: usize = 1 << 14;

/// The latest RSTs that were told of, by their times.
#[derive(Debug, Default)]
pub(super) struct SentResets {
    latest: VecDeque<Timestamp>,
    /// Since then each was told of; `None` while that is not so.
    complete_since: Option<Timestamp>,
}

impl SentResets {
    pub(super) fn note(&mut self, at: Timestamp) {
        if self.latest.len() >= REMEMBERED
            && let Some(forgotten) = self.latest.pop_front()
        {
            self.complete_since = self.complete_since.map(|since| since.max(forgotten));
        }
        self.latest.push_back(at);
    }

    /// The kernel was heard until then: whether nothing is missing since it was heard before.
    pub(super) fn heard(&mut self, until: Timestamp, is_complete: bool) {
        let since = self.complete_since.unwrap_or(until);
        self.complete_since = is_complete.then_some(since);
    }

    /// Whether none at all was sent in that time, to whomever, and it would have been told.
    pub(super) fn are_none_between(&self, from: Timestamp, until: Timestamp) -> bool {
        let is_told = self.complete_since.is_some_and(|since| since < from);
        is_told && !self.latest.iter().any(|at| (from..=until).contains(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_nanoseconds(milliseconds * 1_000_000)
    }

    #[test]
    fn none_is_known_only_where_all_are_told() {
        let mut resets = SentResets::default();
        assert!(!resets.are_none_between(at(1), at(2)), "nothing was heard");
        resets.heard(at(10), true);
        resets.note(at(20));
        assert!(resets.are_none_between(at(11), at(19)));
        assert!(
            !resets.are_none_between(at(5), at(15)),
            "before it was heard"
        );
        assert!(!resets.are_none_between(at(15), at(25)), "there was one");
        resets.heard(at(30), false);
        assert!(!resets.are_none_between(at(21), at(29)), "some may be lost");
        resets.heard(at(40), true);
        assert!(!resets.are_none_between(at(35), at(45)));
        assert!(resets.are_none_between(at(41), at(45)));
    }

    #[test]
    fn what_is_forgotten_is_not_taken_for_none() {
        let mut resets = SentResets::default();
        resets.heard(at(0), true);
        for time in 1..=i64::try_from(REMEMBERED).unwrap() + 10 {
            resets.note(at(time * 2));
        }
        assert!(!resets.are_none_between(at(3), at(3)));
        assert!(resets.are_none_between(at(41), at(41)));
    }
}
