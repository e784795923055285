//! What the rest of the capture tells about an attempt: the server's other packets, other clients of the same port,
//! questions for its address that nobody answered.

mod hosts;
mod services;

pub(super) use hosts::{Distance, HostFacts, hop_distance, is_untouched};
pub(super) use services::{Moment, ServiceHistory, Sign};

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use super::names::Names;
use crate::capture::Timestamp;
use crate::decode::{Endpoint, Neighbour, Observation};
use crate::handshake::{Attempt, DecidedAttempt, Role};
use hosts::Hosts;

/// How many addresses are remembered for unanswered questions, and how many servers.
const REMEMBERED: usize = 100_000;

/// Collects what attempts can be compared with, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Comparison {
    hosts: Hosts,
    names: Names,
    services: HashMap<Endpoint, ServiceHistory, foldhash::fast::RandomState>,
    asked_for: HashMap<IpAddr, AskedFor, foldhash::fast::RandomState>,
    targets: HashMap<IpAddr, Targets, foldhash::fast::RandomState>,
    /// Hosts to which a connect succeeded, whether or not their answers were captured.
    reached: HashSet<IpAddr, foldhash::fast::RandomState>,
    /// Attempts that were answered: client, port of the server, number of the SYN.
    answered: HashSet<(Endpoint, u16, u32), foldhash::fast::RandomState>,
    /// Clients whose SYNs no hop has touched: the capture is from their side.
    near_clients: HashSet<IpAddr, foldhash::fast::RandomState>,
}

/// Questions who has an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AskedFor {
    /// How often it was asked.
    pub(super) questions: u32,
    /// How often somebody answered.
    pub(super) answers: u32,
}

/// What one client tried to reach, and whether it was a scanner's way.
#[derive(Clone, Debug, Default)]
struct Targets {
    ports: BTreeSet<(IpAddr, u16)>,
    attempts: u64,
    failed: u64,
}

/// So many addresses and ports, most of them in vain, are no application's.
pub(super) const TARGETS_OF_A_SCAN: usize = 16;

/// How many targets of one client are told apart: more than that is a scan in any case.
const TARGETS_TOLD_APART: usize = 64;

impl Comparison {
    /// Takes note of who is there and who is asked for.
    pub(super) fn observe(&mut self, observation: &Observation) {
        match observation {
            Observation::Segment(segment) => self.hosts.note_alive(segment.source.address),
            Observation::IcmpError(error) => self.hosts.note_alive(error.sender),
            Observation::Alive(address) => self.hosts.note_alive(*address),
            Observation::Neighbour(Neighbour::Answer(address)) => {
                self.note_neighbour(*address, |asked| {
                    asked.answers = asked.answers.saturating_add(1);
                });
            }
            Observation::Neighbour(Neighbour::Question(address)) => {
                self.note_neighbour(*address, |asked| {
                    asked.questions = asked.questions.saturating_add(1);
                });
            }
            Observation::Names(named) => self.names.note(named),
            Observation::Unrelated | Observation::SetAside(_) => {}
        }
    }

    /// The names that DNS answers gave to addresses.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    fn note_neighbour(&mut self, address: IpAddr, note: impl Fn(&mut AskedFor)) {
        if self.asked_for.len() < REMEMBERED || self.asked_for.contains_key(&address) {
            note(self.asked_for.entry(address).or_default());
        }
    }

    /// Takes note of how an attempt ended, and of the answers that it met.
    pub(super) fn add(&mut self, decided: &DecidedAttempt) {
        self.hosts.note_answers(decided);
        let attempt = &decided.attempt;
        if attempt.established_at.is_some() && self.reached.len() < REMEMBERED {
            self.reached.insert(attempt.server.address);
        }
        if attempt.answered_at.is_some() && self.answered.len() < REMEMBERED {
            self.answered.extend(
                attempt
                    .isn
                    .map(|isn| (attempt.client, attempt.server.port, isn.0)),
            );
        }
        let is_near = attempt
            .packets_as(&[Role::Syn])
            .any(|syn| is_untouched(syn.ip.ttl));
        if is_near && self.near_clients.len() < REMEMBERED {
            self.near_clients.insert(attempt.client.address);
        }
        if self.services.len() < REMEMBERED || self.services.contains_key(&attempt.server) {
            self.services
                .entry(attempt.server)
                .or_default()
                .add(decided);
        }
        if self.targets.len() < REMEMBERED || self.targets.contains_key(&attempt.client.address) {
            let targets = self.targets.entry(attempt.client.address).or_default();
            targets.attempts += 1;
            targets.failed += u64::from(decided.judgement.outcome.is_failure());
            if targets.ports.len() < TARGETS_TOLD_APART {
                targets
                    .ports
                    .insert((attempt.server.address, attempt.server.port));
            }
        }
    }

    /// What is known of a host that answered.
    pub(super) fn host(&self, address: IpAddr) -> Option<&HostFacts> {
        self.hosts.get(address)
    }

    /// Whether no packet of this host is in the capture; `None` where too many hosts were seen to tell, or where the host
    /// was reached although none of its packets was captured.
    pub(super) fn is_silent(&self, address: IpAddr) -> Option<bool> {
        self.hosts
            .is_silent(address)
            .filter(|is_silent| !is_silent || !self.reached.contains(&address))
    }

    /// How the attempts to one server ended, in the order they began.
    pub(super) fn service(&self, server: Endpoint) -> Option<&ServiceHistory> {
        self.services.get(&server)
    }

    /// All servers and how the attempts to them ended, in the order of their addresses.
    pub(super) fn services(&self) -> Vec<(Endpoint, &ServiceHistory)> {
        let mut services: Vec<_> = self
            .services
            .iter()
            .map(|(server, history)| (*server, history))
            .collect();
        services.sort_by_key(|(server, _)| *server);
        services
    }

    /// Clients that tried so many addresses and ports that no application does, in the order of their addresses.
    pub(super) fn scanners(&self) -> Vec<IpAddr> {
        let is_scanner = |targets: &Targets| {
            targets.ports.len() >= TARGETS_OF_A_SCAN && targets.failed * 2 > targets.attempts
        };
        let mut scanners: Vec<IpAddr> = self
            .targets
            .iter()
            .filter(|(_, targets)| is_scanner(targets))
            .map(|(client, _)| *client)
            .collect();
        scanners.sort_unstable();
        scanners
    }

    /// Hosts that were reached although none of their packets was captured, in the order of their addresses.
    pub(super) fn reached_unseen(&self) -> Vec<IpAddr> {
        let is_unseen = |address: &&IpAddr| self.hosts.is_silent(**address) == Some(true);
        let mut unseen: Vec<IpAddr> = self.reached.iter().filter(is_unseen).copied().collect();
        unseen.sort_unstable();
        unseen
    }

    /// Addresses that were asked for at least twice, and nobody answered, in their order.
    pub(super) fn unanswered_hosts(&self) -> Vec<(IpAddr, AskedFor)> {
        let is_unanswered = |asked: &AskedFor| asked.questions >= 2 && asked.answers == 0;
        let mut hosts: Vec<(IpAddr, AskedFor)> = self
            .asked_for
            .iter()
            .filter(|(address, asked)| {
                is_unanswered(asked) && self.hosts.is_silent(**address) == Some(true)
            })
            .map(|(address, asked)| (*address, *asked))
            .collect();
        hosts.sort_by_key(|(address, _)| *address);
        hosts
    }

    /// Whether the very same SYN was answered under another server's address: a NAT translated it.
    pub(super) fn is_answered_in_another_name(&self, attempt: &Attempt) -> bool {
        attempt.isn.is_some_and(|isn| {
            self.answered
                .contains(&(attempt.client, attempt.server.port, isn.0))
        })
    }

    /// Whether the capture is from this client's side: its SYNs come from no hop away.
    pub(super) fn is_near(&self, client: IpAddr) -> bool {
        self.near_clients.contains(&client)
    }

    /// Questions who has this address.
    pub(super) fn asked_for(&self, address: IpAddr) -> AskedFor {
        self.asked_for.get(&address).copied().unwrap_or_default()
    }

    /// How many addresses and ports a client tried: at least, when it is 64.
    pub(super) fn targets_of(&self, client: IpAddr) -> usize {
        self.targets
            .get(&client)
            .map_or(0, |targets| targets.ports.len())
    }

    /// Whether the host answered on another port, or to something else than a connect to this one.
    pub(super) fn answers_elsewhere(&self, server: Endpoint) -> bool {
        self.is_silent(server.address) == Some(false)
            && self
                .service(server)
                .is_none_or(|service| !service.has_answered())
    }
}

/// Whether two times are of the same seconds: so close that a service hardly changed between them.
pub(super) fn is_about_the_same_time(one: Timestamp, other: Timestamp) -> bool {
    one.distance(other) <= SAME_SECONDS
}

/// Connects this far apart are compared as of the same time.
const SAME_SECONDS: std::time::Duration = std::time::Duration::from_secs(2);
