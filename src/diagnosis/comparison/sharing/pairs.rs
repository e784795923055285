//! Pairs of addresses between which nothing gets through, while each of both succeeds with others:
//! one of several paths loses all.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;

use crate::decode::Endpoint;
use crate::diagnosis::comparison::services::ServiceHistory;
use crate::handshake::Outcome;

/// Fewer pairs may fail each for a reason of its own.
const FEWEST_PAIRS: usize = 3;

type Pair = (IpAddr, IpAddr);

/// How the connects between two addresses ended.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    connects: u32,
    answered: u32,
    dropped: u32,
    /// Whether the SYN of one that was dropped was sent more than once.
    is_insisted: bool,
}

/// So many times more pairs must be dead than chance would leave.
const TIMES_MORE_THAN_CHANCE: f64 = 3.0;

/// All dead pairs, where they are so many, and so mixed, that neither the clients nor the servers
/// tell them apart.
pub(super) fn dead_pairs(
    services: &[(Endpoint, &ServiceHistory)],
    is_scanner: impl Fn(IpAddr) -> bool,
) -> HashSet<Pair, foldhash::fast::RandomState> {
    let all = ends_of_pairs(services);
    let answered: BTreeSet<Pair> = those(&all, |ends| ends.answered > 0);
    let good_clients: BTreeSet<IpAddr> = answered.iter().map(|(client, _)| *client).collect();
    let good_servers: BTreeSet<IpAddr> = answered.iter().map(|(_, server)| *server).collect();
    let is_dead = |(client, server): &&Pair| {
        good_clients.contains(client) && good_servers.contains(server) && !is_scanner(*client)
    };
    let silent = those(&all, |ends| {
        ends.answered == 0 && ends.dropped > 0 && ends.is_insisted
    });
    let dead: BTreeSet<Pair> = silent.iter().filter(is_dead).copied().collect();
    if dead.len() < FEWEST_PAIRS || !is_mixed(&dead, &answered) || are_chance(&all, &dead) {
        return HashSet::default();
    }
    dead.into_iter().collect()
}

/// Whether no more pairs are dead than there would be if each connect met silence by itself, as
/// often between all pairs: told by those pairs that connected more than once, where there are any.
/// On a path that loses all, the second connect of a pair ends as the first.
fn are_chance(all: &BTreeMap<Pair, Ends>, dead: &BTreeSet<Pair>) -> bool {
    let several = || all.iter().filter(|(_, ends)| ends.connects > 1);
    let sum = |count: fn(&Ends) -> u32| -> f64 {
        several().map(|(_, ends)| f64::from(count(ends))).sum()
    };
    let connects = sum(|ends| ends.connects);
    if connects < 1.0 {
        return false;
    }
    let unanswered = 1.0 - sum(|ends| ends.answered) / connects;
    // Rejected, or not decided.
    let neither = unanswered - sum(|ends| ends.dropped) / connects;
    let chance = |connects: u32| {
        let connects = f64::from(connects);
        unanswered.powf(connects) - neither.max(0.0).powf(connects)
    };
    let by_chance: f64 = several().map(|(_, ends)| chance(ends.connects)).sum();
    let found = several().filter(|(pair, _)| dead.contains(pair)).count();
    let found = f64::from(u32::try_from(found).unwrap_or(u32::MAX));
    found < by_chance * TIMES_MORE_THAN_CHANCE
}

/// Whether clients and servers of dead pairs reach each other otherwise: a rule for some clients or
/// some servers would shut all of these out.
fn is_mixed(dead: &BTreeSet<Pair>, answered: &BTreeSet<Pair>) -> bool {
    let clients: BTreeSet<IpAddr> = dead.iter().map(|(client, _)| *client).collect();
    let servers: BTreeSet<IpAddr> = dead.iter().map(|(_, server)| *server).collect();
    let crossing = answered
        .iter()
        .filter(|(client, server)| clients.contains(client) && servers.contains(server));
    clients.len() > 1 && servers.len() > 1 && crossing.count() >= FEWEST_PAIRS
}

fn those(all: &BTreeMap<Pair, Ends>, is_meant: impl Fn(&Ends) -> bool) -> BTreeSet<Pair> {
    let meant = all.iter().filter(|(_, ends)| is_meant(ends));
    meant.map(|(pair, _)| *pair).collect()
}

/// Of the servers of which one dropped something, and of the hosts that they are.
fn ends_of_pairs(services: &[(Endpoint, &ServiceHistory)]) -> BTreeMap<Pair, Ends> {
    let is_dropped = |outcome, _| outcome == Outcome::Dropped;
    let drops_some = services
        .iter()
        .filter(|(_, history)| history.attempts_of(is_dropped) > 0);
    let clients: HashSet<IpAddr, foldhash::fast::RandomState> = drops_some
        .flat_map(|(_, history)| history.moments())
        .filter(|moment| moment.outcome == Outcome::Dropped)
        .map(|moment| moment.client)
        .collect();
    let mut all: BTreeMap<Pair, Ends> = BTreeMap::new();
    for (server, history) in services {
        let meant = history
            .moments()
            .iter()
            .filter(|moment| clients.contains(&moment.client));
        for moment in meant {
            let ends = all.entry((moment.client, server.address)).or_default();
            ends.connects += 1;
            ends.answered += u32::from(moment.answer.is_some() || moment.was_accepted());
            if moment.outcome == Outcome::Dropped {
                ends.dropped += 1;
                ends.is_insisted |= moment.syn_count > 1;
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of eight clients and eight servers, so many connects a pair; which of them are dropped?
    fn are_chance_of(connects: u32, is_dropped: impl Fn(u32, u32, u32) -> bool) -> bool {
        let mut all: BTreeMap<Pair, Ends> = BTreeMap::new();
        for (client, server) in (0..8_u8).flat_map(|client| (0..8_u8).map(move |to| (client, to))) {
            let pair = ([10, 0, 0, client].into(), [10, 0, 1, server].into());
            for nth in 0..connects {
                let dropped = is_dropped(client.into(), server.into(), nth);
                let ends = all.entry(pair).or_default();
                ends.connects += 1;
                ends.dropped += u32::from(dropped);
                ends.answered += u32::from(!dropped);
                ends.is_insisted |= dropped;
            }
        }
        let dead = those(&all, |ends| ends.answered == 0);
        assert!(dead.len() >= FEWEST_PAIRS);
        are_chance(&all, &dead)
    }

    /// Of no meaning, and always the same.
    fn drawn(client: u32, server: u32, nth: u32) -> u32 {
        let mixed = (client * 64 + server * 8 + nth).wrapping_mul(0x9e37_79b9);
        (mixed ^ mixed >> 15).wrapping_mul(0x85eb_ca6b) >> 16
    }

    #[test]
    fn pairs_that_fail_each_time_are_dead() {
        let is_on_dead_path = |client, server, _| drawn(client, server, 0).is_multiple_of(4);
        assert!(!are_chance_of(3, is_on_dead_path));
        assert!(!are_chance_of(1, is_on_dead_path), "nothing speaks against");
    }

    #[test]
    fn connects_that_fail_by_themselves_leave_dead_pairs_by_chance() {
        assert!(are_chance_of(2, |client, server, nth| {
            drawn(client, server, nth).is_multiple_of(3)
        }));
    }
}
