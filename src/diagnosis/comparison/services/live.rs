//! The attempts to one server while the packets pass.

use super::{Moment, ServiceHistory};
use crate::capture::Timestamp;
use crate::handshake::DecidedAttempt;

/// A history is looked at anew when a sixteenth of it has changed.
const UNCHANGED_PART: usize = 16;

impl ServiceHistory {
    /// Replaces what is remembered of an attempt. Of one that is only counted, nothing is.
    pub(in crate::diagnosis::comparison) fn revise(&mut self, decided: &DecidedAttempt) {
        let id = decided.attempt.id;
        self.gather_where(|moment| moment.id == id);
        let known = self.moments.iter().rposition(|moment| moment.id == id);
        let (Some(index), Some(now)) = (known, Moment::of(decided)) else {
            return;
        };
        let Some(before) = self.moments.get(index).copied() else {
            return;
        };
        let tally = self.tally_mut(before.class());
        tally.count = tally.count.saturating_sub(1);
        self.tally_mut(now.class()).count += 1;
        let is_still_success = before.class() == now.class() || before.stands_for() == 1;
        if let Some(known) = self.moments.get_mut(index) {
            let stands_for = if before.class() == now.class() {
                before.stands_for()
            } else {
                1
            };
            *known = now.for_so_many(stands_for);
        }
        if before.class().is_plain_success() && !is_still_success {
            // The others for which it stood succeeded all the same.
            self.push(before.for_so_many(before.stands_for() - 1));
        }
        self.changes = self.changes.saturating_add(1);
    }

    /// Puts those among the latest for which that is so to the others.
    fn gather_where(&mut self, is_meant: impl Fn(&Moment) -> bool) {
        for tally in &mut self.tallies {
            if let Some(beyond) = &mut tally.beyond
                && let Some(index) = beyond.latest.iter().rposition(&is_meant)
            {
                self.moments.extend(beyond.latest.remove(index));
            }
        }
    }

    /// Looks at all attempts together, where many are not the ones that were looked at last;
    /// whether that was so.
    pub(in crate::diagnosis::comparison) fn settle_if_changed(&mut self, share: usize) -> bool {
        let has_changed = self.changes as usize > self.remembered() / UNCHANGED_PART;
        if has_changed {
            self.settle(share);
        }
        has_changed
    }

    /// Forgets the attempts that began before then, also in the counts.
    pub(in crate::diagnosis::comparison) fn forget_before(&mut self, cutoff: Timestamp) {
        self.gather();
        let before = self.moments.len();
        self.moments.retain(|moment| moment.started >= cutoff);
        if self.moments.len() < before {
            for tally in &mut self.tallies {
                let moments = self.moments.iter();
                let of_class = moments.filter(|moment| moment.class() == tally.class);
                tally.count = of_class.map(Moment::stands_for).sum();
            }
        }
    }
}
