//! The few attempts among those that succeeded which tell most about those that failed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use super::Comparison;
use super::services::{Moment, ServiceHistory};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::Endpoint;
use crate::diagnosis::compared_attempt::ComparedAttempt;
use crate::handshake::{DecidedAttempt, Outcome};

/// How many are chosen at most.
const CHOSEN: usize = 5_000;

/// How many other ports of a host are compared with.
const OTHER_PORTS: usize = 3;

/// How many of a port are chosen from its first success to its last.
const SPREAD: usize = 16;

/// So many of a client's successes are looked at for one to the same address.
const NEAR: usize = 64;

/// A server, and the connects to it that succeeded, in order of time.
type Successes<'a> = (Endpoint, Vec<&'a Moment>);

type Chosen = BTreeMap<PacketPlace, ComparedAttempt>;

impl Comparison {
    /// For each failed attempt the successful ones to the same port just before and after it, of
    /// anybody and of its client, and that client's next one to this port of another address. For
    /// each port some from its first success to its last; for each host the first and the last to
    /// each of a few other ports.
    pub(in crate::diagnosis) fn compared_with(
        &self,
        failed: &[DecidedAttempt],
    ) -> Vec<ComparedAttempt> {
        let mut chosen = Chosen::new();
        if !failed.is_empty() {
            self.choose_other_ports(failed, &mut chosen);
            self.choose_around(failed, &mut chosen);
            self.choose_of_clients(failed, &mut chosen);
            self.choose_spread(failed, &mut chosen);
            self.choose_fallbacks(failed, &mut chosen);
        }
        chosen.into_values().collect()
    }

    fn choose_around(&self, failed: &[DecidedAttempt], chosen: &mut Chosen) {
        let mut successes: HashMap<Endpoint, Vec<&Moment>> = HashMap::new();
        for decided in failed {
            let attempt = &decided.attempt;
            let of_server = successes.entry(attempt.server).or_insert_with(|| {
                self.service(attempt.server)
                    .map_or_else(Vec::new, successful)
            });
            for moment in around(of_server, attempt.started_at()) {
                choose(attempt.server, true, moment, chosen);
            }
        }
    }

    /// Whether the client itself is let in, with other ports or to another address of the service,
    /// is what many causes turn on.
    fn choose_of_clients(&self, failed: &[DecidedAttempt], chosen: &mut Chosen) {
        let clients: HashSet<IpAddr> = failed
            .iter()
            .map(|decided| decided.attempt.client.address)
            .collect();
        let ports: HashSet<u16> = failed
            .iter()
            .map(|decided| decided.attempt.server.port)
            .collect();
        let services = self.services();
        let mut own: HashMap<(IpAddr, u16), Vec<(Endpoint, &Moment)>> = HashMap::new();
        for (server, history) in services {
            let is_asked = ports.contains(&server.port);
            let moments = history.moments().iter().filter(|_| is_asked);
            let succeeded = moments.filter(|moment| moment.outcome == Outcome::Established);
            for moment in succeeded.filter(|moment| clients.contains(&moment.client)) {
                let of_client = own.entry((moment.client, server.port)).or_default();
                of_client.push((server, moment));
            }
        }
        for own in own.values_mut() {
            own.sort_by_key(|(_, moment)| moment.order());
        }
        for decided in failed {
            let attempt = &decided.attempt;
            let (client, server) = (attempt.client.address, attempt.server);
            let Some(own) = own.get(&(client, server.port)) else {
                continue;
            };
            let began = attempt.started_at();
            let after = own.partition_point(|(_, moment)| moment.started < began);
            let (before, after) = own.split_at(after);
            let is_same = |(to, _): &&(Endpoint, &Moment)| *to == server;
            let next_elsewhere = after.iter().find(|found| !is_same(found));
            let nearest = [
                before.iter().rev().take(NEAR).find(is_same),
                after.iter().take(NEAR).find(is_same),
                next_elsewhere,
            ];
            for (to, moment) in nearest.into_iter().flatten() {
                choose(*to, *to == server, moment, chosen);
            }
        }
    }

    /// The next success over the other version of IP: a client that tries both is two addresses.
    fn choose_fallbacks(&self, failed: &[DecidedAttempt], chosen: &mut Chosen) {
        let ports: BTreeSet<u16> = failed
            .iter()
            .map(|decided| decided.attempt.server.port)
            .collect();
        let mut by_port: BTreeMap<(u16, bool), Vec<Successes<'_>>> = BTreeMap::new();
        for (server, history) in self.services() {
            if ports.contains(&server.port) {
                let key = (server.port, server.address.is_ipv4());
                let of_port = by_port.entry(key).or_default();
                of_port.push((server, successful(history)));
            }
        }
        for decided in failed {
            let attempt = &decided.attempt;
            let key = (attempt.server.port, !attempt.server.address.is_ipv4());
            let others = by_port.get(&key).map_or(&[][..], Vec::as_slice);
            // Of many servers, nobody knows which one is the same.
            for (server, successes) in others.iter().filter(|_| others.len() <= OTHER_PORTS) {
                let next =
                    successes.partition_point(|moment| moment.started < attempt.started_at());
                if let Some(moment) = successes.get(next) {
                    choose(*server, false, moment, chosen);
                }
            }
        }
    }

    /// When a port began to accept and when it ceased, and that it did so in between.
    fn choose_spread(&self, failed: &[DecidedAttempt], chosen: &mut Chosen) {
        let servers: BTreeSet<Endpoint> = failed
            .iter()
            .map(|decided| decided.attempt.server)
            .collect();
        for server in servers {
            let successes = self.service(server).map_or_else(Vec::new, successful);
            let step = successes.len().div_ceil(SPREAD).max(1);
            let spread = successes.iter().step_by(step).chain(successes.last());
            for moment in spread {
                choose(server, true, moment, chosen);
            }
        }
    }

    fn choose_other_ports(&self, failed: &[DecidedAttempt], chosen: &mut Chosen) {
        let services = self.services();
        let failed_servers: BTreeSet<Endpoint> = failed
            .iter()
            .map(|decided| decided.attempt.server)
            .collect();
        let hosts: BTreeSet<_> = failed_servers.iter().map(|server| server.address).collect();
        for host in hosts {
            let start = services.partition_point(|(server, _)| server.address < host);
            services
                .iter()
                .skip(start)
                .take_while(|(server, _)| server.address == host)
                .filter(|(server, _)| !failed_servers.contains(server))
                .map(|(server, history)| (server, successful(history)))
                .filter(|(_, successes)| !successes.is_empty())
                .take(OTHER_PORTS)
                .for_each(|(server, successes)| {
                    for moment in [successes.first(), successes.last()].into_iter().flatten() {
                        choose(*server, false, moment, chosen);
                    }
                });
        }
    }
}

/// The last before that time, and the first after it.
fn around<'a>(
    successes: &'a [&'a Moment],
    at: Timestamp,
) -> impl Iterator<Item = &'a Moment> + use<'a> {
    let after = successes.partition_point(|moment| moment.started < at);
    let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
    around.filter_map(|index| successes.get(index).copied())
}

fn choose(server: Endpoint, is_same_port: bool, moment: &Moment, chosen: &mut Chosen) {
    if chosen.len() >= CHOSEN {
        return;
    }
    let (first, last) = moment.proof();
    chosen.insert(
        first,
        ComparedAttempt {
            id: moment.id,
            server,
            is_same_port,
            first,
            last,
        },
    );
}

/// Those that succeeded, in order of time.
fn successful(history: &ServiceHistory) -> Vec<&Moment> {
    let mut successful: Vec<&Moment> = history
        .moments()
        .iter()
        .filter(|moment| moment.outcome == Outcome::Established)
        .collect();
    successful.sort_by_key(|moment| moment.order());
    successful
}
