//! Connects that only look: traces of the way to a host, and checks whether a port is open.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::comparison::{LONGEST_TRACE, Moment, ServiceHistory, is_time_exceeded};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::Outcome;

/// Two routers that say so, after different numbers of hops, are no loop.
const FEWEST_HOPS: usize = 2;

/// A trace begins with so many hops.
const FIRST_HOPS: u8 = 2;

/// Fewer connects may be reset at even intervals by chance.
const FEWEST_CHECKS: usize = 5;

/// A checker resets at once.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Nobody checks more often.
const SHORTEST_PERIOD: Duration = Duration::from_millis(100);

/// Who looks for the way to whom, and who checks whom every so often.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    traced: BTreeSet<(IpAddr, IpAddr)>,
    checked: BTreeMap<(IpAddr, Endpoint), Duration>,
}

impl Probes {
    pub(super) fn of(services: &[(Endpoint, &ServiceHistory)]) -> Self {
        let mut hops: BTreeMap<(IpAddr, IpAddr), BTreeSet<u8>> = BTreeMap::new();
        let mut checked = BTreeMap::new();
        for (server, history) in services {
            let mut aborted: BTreeMap<IpAddr, Vec<Timestamp>> = BTreeMap::new();
            for moment in history.moments() {
                if let Some(ttl) = hop_tried(moment) {
                    let ends = (moment.client, server.address);
                    hops.entry(ends).or_default().insert(ttl);
                } else if is_check(moment) {
                    aborted
                        .entry(moment.client)
                        .or_default()
                        .push(moment.started);
                }
            }
            for (client, starts) in aborted {
                if let Some(period) = even_period(starts) {
                    checked.insert((client, *server), period);
                }
            }
        }
        let is_trace = |tried: &BTreeSet<u8>| {
            tried.len() >= FEWEST_HOPS && tried.first().is_some_and(|first| *first <= FIRST_HOPS)
        };
        Self {
            traced: hops
                .into_iter()
                .filter(|(_, tried)| is_trace(tried))
                .map(|(ends, _)| ends)
                .collect(),
            checked,
        }
    }

    pub(super) fn is_of_trace(&self, client: IpAddr, server: IpAddr, syn_ttl: Option<u8>) -> bool {
        syn_ttl.is_some_and(|ttl| ttl <= LONGEST_TRACE) && self.traced.contains(&(client, server))
    }

    pub(super) fn is_checked(&self, client: IpAddr, server: Endpoint) -> bool {
        self.checked.contains_key(&(client, server))
    }

    pub(super) fn period_of_checks(&self, client: IpAddr, server: Endpoint) -> Option<Duration> {
        self.checked.get(&(client, server)).copied()
    }
}

/// With how many hops a router said that they were too few.
fn hop_tried(moment: &Moment) -> Option<u8> {
    let ttl = moment.syn_ttl.filter(|ttl| *ttl <= LONGEST_TRACE)?;
    moment
        .rejected_by
        .is_some_and(is_time_exceeded)
        .then_some(ttl)
}

fn is_check(moment: &Moment) -> bool {
    moment.outcome == Outcome::Aborted
        && moment.was_accepted()
        && moment.last_at().since(moment.started) <= AT_ONCE
}

/// The usual time from one to the next, if nearly all are that far apart: by a tenth more or less.
pub(super) fn even_period(mut starts: Vec<Timestamp>) -> Option<Duration> {
    starts.sort_unstable();
    if starts.len() < FEWEST_CHECKS {
        return None;
    }
    let mut gaps: Vec<Duration> = starts
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] => Some(next.since(*one)),
            _ => None,
        })
        .collect();
    gaps.sort_unstable();
    let usual = *gaps.get(gaps.len() / 2)?;
    let is_even = |gap: &&Duration| gap.abs_diff(usual) * 10 <= usual;
    let even = gaps.iter().filter(is_even).count();
    (usual >= SHORTEST_PERIOD && even * 5 >= gaps.len() * 4).then_some(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: &[i64]) -> Vec<Timestamp> {
        let nanoseconds = milliseconds.iter().map(|at| at * 1_000_000);
        nanoseconds.map(Timestamp::from_nanoseconds).collect()
    }

    #[test]
    fn checks_come_at_even_intervals() {
        let even = even_period(at(&[0, 2000, 4010, 5990, 8000, 10_000]));
        assert_eq!(even, Some(Duration::from_secs(2)));
        assert_eq!(even_period(at(&[0, 150, 4010, 5000, 9000, 9500])), None);
        assert_eq!(even_period(at(&[0, 2000, 4000])), None);
    }
}
