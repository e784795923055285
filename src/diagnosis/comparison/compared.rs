//! The few attempts among those that succeeded which tell most about those that failed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Comparison;
use super::services::{Moment, ServiceHistory};
use crate::capture::PacketPlace;
use crate::decode::Endpoint;
use crate::diagnosis::compared_attempt::ComparedAttempt;
use crate::handshake::{DecidedAttempt, Outcome};

/// How many are chosen at most.
const CHOSEN: usize = 5_000;

/// How many other ports of a host are compared with.
const OTHER_PORTS: usize = 3;

type Chosen = BTreeMap<PacketPlace, ComparedAttempt>;

impl Comparison {
    /// For each failed attempt the successful ones to the same port just before and after it; for
    /// each host the first one to each of a few other ports.
    pub(in crate::diagnosis) fn compared_with(
        &self,
        failed: &[DecidedAttempt],
    ) -> Vec<ComparedAttempt> {
        let mut chosen = Chosen::new();
        if !failed.is_empty() {
            self.choose_other_ports(failed, &mut chosen);
            self.choose_around(failed, &mut chosen);
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
            let after = of_server.partition_point(|moment| moment.started < attempt.started_at());
            let around = [after.checked_sub(1), Some(after)].into_iter().flatten();
            for moment in around.filter_map(|index| of_server.get(index)) {
                if chosen.len() < CHOSEN {
                    choose(attempt.server, true, moment, chosen);
                }
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
                .filter_map(|(server, history)| Some((server, *successful(history).first()?)))
                .take(OTHER_PORTS)
                .for_each(|(server, moment)| {
                    if chosen.len() < CHOSEN {
                        choose(*server, false, moment, chosen);
                    }
                });
        }
    }
}

fn choose(server: Endpoint, is_same_port: bool, moment: &Moment, chosen: &mut Chosen) {
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
