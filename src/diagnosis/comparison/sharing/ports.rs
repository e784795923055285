//! A range of client ports that holds all failures and no success.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::Serialize;

use crate::diagnosis::comparison::services::Moment;
use crate::handshake::Outcome;

/// Fewer failures stand side by side by chance.
const FEWEST_FAILURES: usize = 4;

/// By chance, all failures would stand side by side so seldom.
const HARDLY_CHANCE: f64 = 1e-3;

/// Ports between the lowest and the highest of those that fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PortRange {
    /// The lowest.
    pub lowest: u16,
    /// The highest.
    pub highest: u16,
}

impl PortRange {
    pub(crate) fn holds(self, port: u16) -> bool {
        (self.lowest..=self.highest).contains(&port)
    }
}

/// The range of client ports that all of these failures have and none of these successes; `None`
/// where that may be chance, or where ports only tell when a connect was made.
pub(super) fn shared_range(failures: &[&Moment], successes: &[&Moment]) -> Option<PortRange> {
    let ports: BTreeSet<u16> = failures.iter().map(|moment| moment.client_port).collect();
    let range = PortRange {
        lowest: *ports.first()?,
        highest: *ports.last()?,
    };
    let is_within = |moment: &&&Moment| range.holds(moment.client_port);
    let is_telling = ports.len() >= FEWEST_FAILURES
        && !successes.iter().any(|moment| is_within(&moment))
        && chance(ports.len(), successes.len()) < HARDLY_CHANCE
        && are_mixed_in_time(failures, successes);
    is_telling.then_some(range)
}

/// How probable it is that so many failures stand side by side among so many successes.
fn chance(failures: usize, successes: usize) -> f64 {
    let mut chance = 1.0;
    for place in 1..failures {
        let place = f64::from(u32::try_from(place).unwrap_or(u32::MAX));
        let others = f64::from(u32::try_from(successes).unwrap_or(u32::MAX));
        chance *= (place + 1.0) / (others + place + 1.0);
    }
    chance
}

/// Whether one client fails, succeeds and fails again: where its ports are given out in order, a
/// range of them is a time.
fn are_mixed_in_time(failures: &[&Moment], successes: &[&Moment]) -> bool {
    let mut of_clients: BTreeMap<IpAddr, Vec<&Moment>> = BTreeMap::new();
    for moment in failures.iter().chain(successes) {
        of_clients.entry(moment.client).or_default().push(moment);
    }
    of_clients.into_values().any(|mut moments| {
        moments.sort_by_key(|moment| moment.order());
        let is_failure = |moment: &Moment| moment.outcome == Outcome::Dropped;
        let runs = moments.chunk_by(|one, other| is_failure(one) == is_failure(other));
        let of_failures = runs.filter(|run| run.first().is_some_and(|first| is_failure(first)));
        of_failures.count() >= 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_that_of_all_side_by_side() {
        // Of 6 ways to choose 2 of 4, 3 are side by side.
        assert!((chance(2, 2) - 0.5).abs() < 1e-9);
        assert!(chance(4, 138) < HARDLY_CHANCE);
        assert!(chance(4, 5) > HARDLY_CHANCE);
    }
}
