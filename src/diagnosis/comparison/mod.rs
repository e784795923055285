//! What the rest of the capture tells about an attempt: the server's other packets, other clients of the same port,
//! questions for its address that nobody answered.

mod hosts;
mod services;

pub(super) use hosts::{Distance, HostFacts, hop_distance};
use services::ServiceHistory;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use crate::capture::Timestamp;
use crate::decode::{Endpoint, Neighbour, Observation};
use crate::handshake::DecidedAttempt;
use hosts::Hosts;

/// How many addresses are remembered for unanswered questions, and how many servers.
const REMEMBERED: usize = 100_000;

/// Collects what attempts can be compared with, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Comparison {
    hosts: Hosts,
    services: HashMap<Endpoint, ServiceHistory, foldhash::fast::RandomState>,
    asked_for: HashMap<IpAddr, AskedFor, foldhash::fast::RandomState>,
    targets: HashMap<IpAddr, Targets, foldhash::fast::RandomState>,
    /// Hosts to which a connect succeeded, whether or not their answers were captured.
    reached: HashSet<IpAddr, foldhash::fast::RandomState>,
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
}

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
                self.hosts.note_alive(*address);
                self.note_neighbour(*address, |asked| {
                    asked.answers = asked.answers.saturating_add(1);
                });
            }
            Observation::Neighbour(Neighbour::Question(address)) => {
                self.note_neighbour(*address, |asked| {
                    asked.questions = asked.questions.saturating_add(1);
                });
            }
            Observation::Unrelated | Observation::SetAside(_) => {}
        }
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
        if self.services.len() < REMEMBERED || self.services.contains_key(&attempt.server) {
            self.services
                .entry(attempt.server)
                .or_default()
                .add(decided);
        }
        if self.targets.len() < REMEMBERED || self.targets.contains_key(&attempt.client.address) {
            let targets = self.targets.entry(attempt.client.address).or_default();
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
