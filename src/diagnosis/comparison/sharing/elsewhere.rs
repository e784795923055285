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

/// A connect: when it began, to whom, and whether its first SYN was lost.
type Connect = (Timestamp, IpAddr, bool);

/// The servers whose losses are those of other hosts as well.
pub(super) fn losing_at_once(services: &[(Endpoint, &ServiceHistory)]) -> BTreeSet<Endpoint> {
    let loses = |(_, history): &&(Endpoint, &ServiceHistory)| {
        history.moments().iter().any(is_lost) && history.has_accepted()
    };
    let losing: Vec<_> = services.iter().filter(loses).collect();
    let hosts: BTreeSet<IpAddr> = losing.iter().map(|(server, _)| server.address).collect();
    if hosts.len() < 2 {
        return BTreeSet::new();
    }
    let mut connects: Vec<Connect> = losing
        .iter()
        .flat_map(|(server, history)| {
            let moments = history.moments().iter().filter(|moment| is_known(moment));
            moments.map(|moment| (moment.started, server.address, is_lost(moment)))
        })
        .collect();
    connects.sort_unstable();
    let mut of_hosts: BTreeMap<IpAddr, bool> = BTreeMap::new();
    losing
        .iter()
        .map(|(server, _)| *server)
        .filter(|server| {
            *of_hosts
                .entry(server.address)
                .or_insert_with(|| loses_with_others(&connects, server.address))
        })
        .collect()
}

fn is_lost(moment: &Moment) -> bool {
    moment.outcome == Outcome::Dropped || moment.sign == Some(Sign::AnsweredLate)
}

fn is_known(moment: &Moment) -> bool {
    is_lost(moment) || moment.was_accepted()
}

fn loses_with_others(connects: &[Connect], host: IpAddr) -> bool {
    let is_its_loss = |(_, address, is_lost): &&Connect| *address == host && *is_lost;
    let own: Vec<Timestamp> = connects
        .iter()
        .filter(is_its_loss)
        .map(|one| one.0)
        .collect();
    let (Some(first), Some(last)) = (own.first(), own.last()) else {
        return false;
    };
    let (from, until) = (first.before(SAME_SECONDS), last.after(SAME_SECONDS));
    // An address of the other family may be this very host's: one queue that is full is both's.
    let within = connects.iter().filter(|(at, address, _)| {
        *at >= from && *at <= until && address.is_ipv4() == host.is_ipv4()
    });
    let (of_host, elsewhere): (Vec<&Connect>, Vec<&Connect>) =
        within.partition(|one| one.1 == host);
    let lost_elsewhere: Vec<Timestamp> = elsewhere
        .iter()
        .filter(|one| one.2)
        .map(|one| one.0)
        .collect();
    let is_lost_elsewhere = |at: &&Timestamp| {
        let index = lost_elsewhere.partition_point(|other| *other < at.before(SAME_SECONDS));
        let next = lost_elsewhere.get(index);
        next.is_some_and(|other| *other <= at.after(SAME_SECONDS))
    };
    let at_once = own.iter().filter(is_lost_elsewhere).count();
    let share = |lost: usize, of: usize| number(lost) / number(of).max(1.0);
    lost_elsewhere.len() >= FEWEST_ELSEWHERE
        && number(at_once) >= MOST * number(own.len())
        && share(lost_elsewhere.len(), elsewhere.len())
            >= LEAST_OF_ITS_SHARE * share(own.len(), of_host.len())
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
