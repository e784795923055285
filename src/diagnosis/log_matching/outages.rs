//! Services that logs say were stopped, or found down, and came back.

use std::collections::BTreeMap;

use crate::capture::Timestamp;
use crate::diagnosis::testimony::{LogPlace, LoggedOutage};
use crate::logs::{ServiceChange, ServiceState};

/// So many services are told apart, and so many outages of all of them.
const MOST: usize = 4096;

/// What became of services, one change after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Outages {
    changes: BTreeMap<String, Vec<(Timestamp, LogPlace, ServiceState)>>,
    count: usize,
}

impl Outages {
    pub(super) fn add(&mut self, at: Timestamp, place: LogPlace, change: ServiceChange) {
        // A service that reads its configuration again serves on.
        if self.count < MOST && change.state != ServiceState::Reloaded {
            self.count += 1;
            let changes = self.changes.entry(change.name).or_default();
            changes.push((at, place, change.state));
        }
    }

    /// Each time that a service went, came, or went and came back.
    pub(super) fn into_all(self) -> Vec<LoggedOutage> {
        let mut all = Vec::new();
        for (name, mut changes) in self.changes {
            changes.sort_by_key(|(at, place, _)| (*at, place.line));
            let mut down: Option<(Timestamp, LogPlace)> = None;
            let is_check = |state| matches!(state, ServiceState::Up | ServiceState::Down);
            let outage = |down, up, state| LoggedOutage {
                name: name.clone(),
                is_by_check: is_check(state),
                down,
                up,
            };
            let mut latest = None;
            for (at, place, state) in changes {
                latest = Some(state);
                match (state.is_up(), down.is_some()) {
                    (true, _) => all.push(outage(down.take(), Some((at, place)), state)),
                    (false, false) => down = Some((at, place)),
                    // That it failed and that it was stopped are one end.
                    (false, true) => {}
                }
            }
            if let Some((down, state)) = down.zip(latest) {
                all.push(outage(Some(down), None, state));
            }
        }
        all.sort_by(|one, other| {
            let begin = |outage: &LoggedOutage| {
                let first = outage.down.as_ref().or(outage.up.as_ref());
                first.map(|(at, _)| *at)
            };
            (begin(one), &one.name).cmp(&(begin(other), &other.name))
        });
        all
    }
}
