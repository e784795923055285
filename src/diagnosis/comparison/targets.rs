//! What one client tried to reach: an application's few servers, or a scanner's many ports and hosts.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use crate::decode::Endpoint;
use crate::handshake::DecidedAttempt;

/// So many ports of one host, most of them in vain, are no application's.
pub(crate) const PORTS_OF_A_SCAN: usize = 16;

/// So many hosts, most of them in vain: more than the members of a cluster that is down.
const HOSTS_OF_A_SCAN: usize = 64;

/// Nobody who wants to connect asks each target so seldom: scanners ask once, and repeat a few.
const MOST_ATTEMPTS_PER_TARGET: u64 = 2;

/// How many targets of one client are told apart: more than that is a scan whatever it repeats.
const TOLD_APART: usize = 1024;

/// The targets of one client.
#[derive(Clone, Debug, Default)]
pub(super) struct Targets {
    told_apart: HashSet<Endpoint, foldhash::fast::RandomState>,
    hosts: BTreeMap<IpAddr, u32>,
    most_ports_of_a_host: u32,
    attempts: u64,
    failed: u64,
}

impl Targets {
    /// Takes note of an attempt; whether it went to a target that was not known before, and is told apart.
    pub(super) fn add(&mut self, decided: &DecidedAttempt, has_room: bool) -> bool {
        self.attempts += 1;
        self.failed += u64::from(decided.judgement.outcome.is_failure());
        let server = decided.attempt.server;
        let is_new =
            has_room && self.told_apart.len() < TOLD_APART && self.told_apart.insert(server);
        if is_new {
            let ports = self.hosts.entry(server.address).or_default();
            *ports += 1;
            self.most_ports_of_a_host = self.most_ports_of_a_host.max(*ports);
        }
        is_new
    }

    /// How many targets there were: at least, when it is 1024.
    pub(super) fn count(&self) -> usize {
        self.told_apart.len()
    }

    /// Whether the client scans: many ports of a host or many hosts, most in vain, and nowhere insisting.
    pub(super) fn is_scan(&self) -> bool {
        let is_wide = self.most_ports_of_a_host as usize >= PORTS_OF_A_SCAN
            || self.hosts.len() >= HOSTS_OF_A_SCAN;
        let insists = self.attempts > self.told_apart.len() as u64 * MOST_ATTEMPTS_PER_TARGET
            && self.told_apart.len() < TOLD_APART;
        is_wide && !insists && self.failed * 2 > self.attempts
    }
}
