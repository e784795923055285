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
    was_answered: bool,
    /// Of connects that were dropped, how many, and how often their SYNs were sent.
    dropped: u32,
    is_insisted: bool,
}

/// All dead pairs, where they are so many, and so mixed, that neither the clients nor the servers
/// tell them apart.
pub(super) fn dead_pairs(
    services: &[(Endpoint, &ServiceHistory)],
    is_scanner: impl Fn(IpAddr) -> bool,
) -> HashSet<Pair, foldhash::fast::RandomState> {
    let all = ends_of_pairs(services);
    let answered: BTreeSet<Pair> = those(&all, |ends| ends.was_answered);
    let good_clients: BTreeSet<IpAddr> = answered.iter().map(|(client, _)| *client).collect();
    let good_servers: BTreeSet<IpAddr> = answered.iter().map(|(_, server)| *server).collect();
    let is_dead = |(client, server): &&Pair| {
        good_clients.contains(client) && good_servers.contains(server) && !is_scanner(*client)
    };
    let silent = those(&all, |ends| {
        !ends.was_answered && ends.dropped > 0 && ends.is_insisted
    });
    let dead: BTreeSet<Pair> = silent.iter().filter(is_dead).copied().collect();
    if dead.len() < FEWEST_PAIRS || !is_mixed(&dead, &answered) {
        return HashSet::default();
    }
    dead.into_iter().collect()
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
            ends.was_answered |= moment.answer.is_some() || moment.was_accepted();
            if moment.outcome == Outcome::Dropped {
                ends.dropped += 1;
                ends.is_insisted |= moment.syn_count > 1;
            }
        }
    }
    all
}
