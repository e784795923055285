//! Servers of several hosts that lose connects at the same times: no queue of one of them is full,
//! but what stands before them all.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::comparison::SAME_SECONDS;
use crate::diagnosis::comparison::services::{Moment, ServiceHistory};
use crate::diagnosis::sign::Sign;
use crate::handshake::Outcome;

/// Fewer losses elsewhere are another matter.
const FEWEST_ELSEWHERE: usize = 3;

/// So much of what a server loses must be lost elsewhere within the same seconds.
const MOST: f64 = 0.8;

/// So much of its share must be lost elsewhere: a queue may be full while others lose a packet now
/// and then.
const LEAST_OF_ITS_SHARE: f64 = 0.4;

/// The servers whose losses are those of other hosts as well.
///
/// Those of one version of IP are held against each other: an address of the other one may be this
/// very host's, whose one queue is full.
pub(super) fn losing_at_once(services: &[(Endpoint, &ServiceHistory)]) -> BTreeSet<Endpoint> {
    let loses = |(_, history): &&(Endpoint, &ServiceHistory)| {
        history.moments().iter().any(is_lost) && history.has_accepted()
    };
    let (of_version_4, of_version_6): (Vec<Losing<'_>>, Vec<Losing<'_>>) = services
        .iter()
        .filter(loses)
        .partition(|(server, _)| server.address.is_ipv4());
    [of_version_4, of_version_6]
        .into_iter()
        .flat_map(|losing| {
            let hosts = Hosts::of(&losing);
            let at_once = |server: &Endpoint| hosts.at_once.contains(&server.address);
            let servers = losing.into_iter().map(|(server, _)| *server);
            servers.filter(at_once).collect::<Vec<_>>()
        })
        .collect()
}

type Losing<'a> = &'a (Endpoint, &'a ServiceHistory);

/// When connects began, in order of time.
#[derive(Clone, Debug, Default)]
struct Times(Vec<Timestamp>);

impl Times {
    fn within(&self, (from, until): (Timestamp, Timestamp)) -> usize {
        let before = self.0.partition_point(|at| *at < from);
        let not_after = self.0.partition_point(|at| *at <= until);
        not_after.saturating_sub(before)
    }
}

/// Connects whose fate is known, and those of them whose first SYN was lost.
#[derive(Clone, Debug, Default)]
struct Connects {
    known: Times,
    lost: Times,
}

impl Connects {
    fn add(&mut self, moment: &Moment) {
        let is_lost = is_lost(moment);
        if is_lost {
            self.lost.0.push(moment.started);
        }
        if is_lost || moment.was_accepted() {
            self.known.0.push(moment.started);
        }
    }

    fn sort(&mut self) {
        self.known.0.sort_unstable();
        self.lost.0.sort_unstable();
    }
}

/// The hosts that lose when others do.
struct Hosts {
    at_once: BTreeSet<IpAddr>,
}

impl Hosts {
    fn of(losing: &[Losing<'_>]) -> Self {
        let mut all = Connects::default();
        let mut of_hosts: BTreeMap<IpAddr, Connects> = BTreeMap::new();
        for (server, history) in losing {
            let own = of_hosts.entry(server.address).or_default();
            for moment in history.moments() {
                all.add(moment);
                own.add(moment);
            }
        }
        all.sort();
        of_hosts.values_mut().for_each(Connects::sort);
        let at_once = of_hosts
            .iter()
            .filter(|(_, own)| loses_with_others(own, &all));
        Self {
            at_once: at_once.map(|(host, _)| *host).collect(),
        }
    }
}

fn is_lost(moment: &Moment) -> bool {
    moment.outcome == Outcome::Dropped || moment.sign == Some(Sign::AnsweredLate)
}

fn loses_with_others(own: &Connects, all: &Connects) -> bool {
    let (Some(first), Some(last)) = (own.lost.0.first(), own.lost.0.last()) else {
        return false;
    };
    let around = |from: &Timestamp, until: &Timestamp| {
        (from.before(SAME_SECONDS), until.after(SAME_SECONDS))
    };
    let elsewhere = |all: &Times, own: &Times, when| all.within(when) - own.within(when);
    let when = around(first, last);
    let lost_elsewhere = elsewhere(&all.lost, &own.lost, when);
    let known_elsewhere = elsewhere(&all.known, &own.known, when);
    let is_lost_elsewhere = |at: &&Timestamp| elsewhere(&all.lost, &own.lost, around(at, at)) > 0;
    let share = |lost: usize, of: usize| number(lost) / number(of).max(1.0);
    lost_elsewhere >= FEWEST_ELSEWHERE
        && share(lost_elsewhere, known_elsewhere)
            >= LEAST_OF_ITS_SHARE * share(own.lost.0.len(), own.known.within(when))
        && number(own.lost.0.iter().filter(is_lost_elsewhere).count())
            >= MOST * number(own.lost.0.len())
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
