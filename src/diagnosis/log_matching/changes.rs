//! Lines about a host or what runs on it, not about a connect.

use super::LogMatcher;
use super::file::LogFacts;
use crate::capture::Timestamp;
use crate::diagnosis::testimony::LogPlace;
use crate::logs::Saying;

impl LogFacts {
    pub(super) const fn count_change(&mut self, saying: &Saying) {
        match saying {
            Saying::Service(_) => self.of_services += 1,
            Saying::Host(_) => self.of_hosts += 1,
            _ => self.of_changes += 1,
        }
    }
}

impl LogMatcher {
    /// Keeps what happened, and whether its time is one in a zone that no line tells.
    pub(super) fn note_change(
        &mut self,
        (at, is_zone_assumed): (Timestamp, bool),
        place: LogPlace,
        saying: Saying,
    ) {
        if saying.is_change() {
            self.changes
                .add(at, is_zone_assumed, place.clone(), saying.clone());
        }
        match saying {
            Saying::Service(change) => self.outages.add(at, place, change),
            Saying::Host(event) => self.events.push((at, place, event)),
            _ => {}
        }
    }
}
