//! The attempts to one server while the packets pass.

use super::{Moment, REMEMBERED, ServiceHistory, is_unfinished};
use crate::capture::Timestamp;
use crate::handshake::DecidedAttempt;

/// Of a full history, so many are forgotten at once.
const FORGOTTEN_AT_ONCE: usize = REMEMBERED / 4;

/// A history is looked at anew when a sixteenth of it has changed.
const UNCHANGED_PART: usize = 16;

impl ServiceHistory {
    /// Forgets the first attempts when there is no room for another; how many.
    pub(in crate::diagnosis::comparison) fn make_room(&mut self) -> usize {
        if self.moments.len() < REMEMBERED {
            return 0;
        }
        self.moments.drain(..FORGOTTEN_AT_ONCE).count()
    }

    /// Replaces what is remembered of an attempt.
    pub(in crate::diagnosis::comparison) fn revise(&mut self, decided: &DecidedAttempt) {
        let id = decided.attempt.id;
        let known = self.moments.iter_mut().rev().find(|moment| moment.id == id);
        let (Some(known), Some(now)) = (known, Moment::of(decided)) else {
            return;
        };
        let was_unfinished = known.is_unfinished();
        *known = now;
        let is_unfinished = is_unfinished(decided.judgement.outcome, now.has_one_syn);
        self.unfinished = self
            .unfinished
            .saturating_add(u64::from(is_unfinished))
            .saturating_sub(u64::from(was_unfinished));
        self.changes += 1;
    }

    /// Looks at all attempts together, where many are not the ones that were looked at last.
    pub(in crate::diagnosis::comparison) fn settle_if_changed(&mut self) {
        if self.changes > self.moments.len() / UNCHANGED_PART {
            self.settle();
        }
    }

    /// Forgets the attempts that began before then, also in the counts.
    pub(in crate::diagnosis::comparison) fn forget_before(&mut self, cutoff: Timestamp) {
        let before = self.moments.len();
        self.moments.retain(|moment| moment.started >= cutoff);
        if self.moments.len() < before {
            self.attempts = self.moments.len() as u64;
            let unfinished = self.moments.iter().filter(|moment| moment.is_unfinished());
            self.unfinished = unfinished.count() as u64;
        }
    }
}
