//! What one client tried to reach: an application's few servers, or a scanner's many ports and
//! hosts.

use serde::{Deserialize, Serialize};

use crate::decode::Endpoint;
use crate::diagnosis::compact_sets::{AddressSet, EndpointSet};
use crate::diagnosis::facts::Facts;
use crate::handshake::Outcome;

/// So many ports of one host, most of them in vain, are no application's.
pub(crate) const PORTS_OF_A_SCAN: usize = 16;

/// So many hosts, most of them in vain: more than the members of a cluster that is down.
const HOSTS_OF_A_SCAN: usize = 64;

/// Nobody who wants to connect asks each target so seldom: scanners ask once, and repeat a few.
const MOST_ATTEMPTS_PER_TARGET: u64 = 2;

/// Of so many targets one may be asked once more than that: a scanner that repeats all asks what it
/// found open again.
const PART_ASKED_MORE: u64 = 8;

/// So many ports, of few hosts, are a scan's even where each is asked again and again.
const PORTS_ASKED_AGAIN: usize = 48;

/// How many targets of one client are told apart: more than that is a scan whatever it repeats.
const TOLD_APART: usize = 1024;

/// The targets of one client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Targets {
    /// All of them while they are fewer than a scan has: most clients have one or two.
    few: FewTargets,
    many: Option<Box<ManyTargets>>,
    /// What is asked for with every attempt stands here, one line of memory nearer: how many are
    /// told apart, and whether they are as wide as a scan.
    told_apart: u32,
    is_wide: bool,
    attempts: u64,
    failed: u64,
    undecided: u64,
}

/// The first has no room of its own elsewhere: nearly all clients of a flood have no other, and
/// come and go by the million.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct FewTargets {
    first: Option<Endpoint>,
    others: Vec<Endpoint>,
}

impl FewTargets {
    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    fn iter(&self) -> impl Iterator<Item = Endpoint> {
        self.first.into_iter().chain(self.others.iter().copied())
    }

    fn contains(&self, server: Endpoint) -> bool {
        self.first == Some(server) || self.others.contains(&server)
    }

    fn push(&mut self, server: Endpoint) {
        if self.first.is_none() {
            self.first = Some(server);
        } else {
            self.others.push(server);
        }
    }
}

/// The targets of what may be a scanner.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ManyTargets {
    told_apart: EndpointSet,
    hosts: AddressSet,
    /// No more than a scan needs.
    most_ports_of_a_host: usize,
}

impl ManyTargets {
    fn add(&mut self, server: Endpoint) -> bool {
        let is_new = self.told_apart.len() < TOLD_APART && self.told_apart.insert(server);
        if is_new {
            let is_new_host = self.hosts.insert(server.address);
            let ports = match (is_new_host, self.most_ports_of_a_host) {
                (true, _) => 1,
                (false, PORTS_OF_A_SCAN..) => PORTS_OF_A_SCAN,
                (false, _) => self.told_apart.ports_of(server.address),
            };
            self.most_ports_of_a_host = self.most_ports_of_a_host.max(ports);
        }
        is_new
    }

    fn is_wide(&self) -> bool {
        self.most_ports_of_a_host >= PORTS_OF_A_SCAN || self.hosts.len() >= HOSTS_OF_A_SCAN
    }
}

impl Facts for Targets {
    fn merge(&mut self, other: Self) {
        self.attempts += other.attempts;
        self.failed += other.failed;
        self.undecided += other.undecided;
        let many = other.many.iter().flat_map(|many| many.told_apart.iter());
        for target in other.few.iter().chain(many) {
            self.tell_apart(target);
        }
    }
}

impl Targets {
    /// Takes note of an attempt.
    pub(super) fn count_attempt(&mut self, outcome: Outcome) {
        self.attempts += 1;
        self.failed += u64::from(outcome.is_failure());
        self.undecided += u64::from(outcome == Outcome::Pending);
    }

    /// Takes note of a target; whether it was not known before, and is told apart.
    pub(super) fn tell_apart(&mut self, server: Endpoint) -> bool {
        let is_new = self.add(server);
        if is_new {
            self.told_apart += 1;
            self.is_wide = self.many.as_ref().is_some_and(|many| many.is_wide());
        }
        is_new
    }

    fn add(&mut self, server: Endpoint) -> bool {
        if let Some(many) = &mut self.many {
            return many.add(server);
        }
        if self.few.contains(server) {
            return false;
        }
        self.few.push(server);
        if self.few.len() >= PORTS_OF_A_SCAN {
            let mut many = Box::<ManyTargets>::default();
            for target in std::mem::take(&mut self.few).iter() {
                many.add(target);
            }
            self.many = Some(many);
        }
        true
    }

    /// Whether this is one of those that are told apart.
    pub(super) fn has(&self, server: Endpoint) -> bool {
        match &self.many {
            Some(many) => many.told_apart.contains(server),
            None => self.few.contains(server),
        }
    }

    /// An attempt that was added before has ended otherwise.
    pub(super) fn revise(&mut self, before: Outcome, now: Outcome) {
        self.failed = self
            .failed
            .saturating_add(u64::from(now.is_failure()))
            .saturating_sub(u64::from(before.is_failure()));
        self.undecided = self
            .undecided
            .saturating_add(u64::from(now == Outcome::Pending))
            .saturating_sub(u64::from(before == Outcome::Pending));
    }

    /// Whether there was one attempt, which failed, or had no answer yet.
    pub(super) fn tried_once_in_vain(&self) -> bool {
        self.attempts == 1 && self.failed + self.undecided == 1
    }

    /// How many targets there were: at least, when it is 1024.
    pub(super) fn count(&self) -> usize {
        self.told_apart as usize
    }

    /// Something of each line of memory that a further attempt changes.
    pub(super) fn touch(&self) -> usize {
        self.count() ^ usize::from(self.attempts == self.failed)
    }

    /// Whether these are so many ports of each of its hosts that no application asks for them,
    /// however often it repeats: scanners ask silent ports up to ten times.
    fn is_of_ports(&self) -> bool {
        self.many.as_ref().is_some_and(|many| {
            let targets = many.told_apart.len();
            targets >= PORTS_ASKED_AGAIN && targets >= many.hosts.len() * PORTS_OF_A_SCAN
        })
    }

    /// Whether the client scans: many ports of a host or many hosts, most in vain, and nowhere
    /// insisting.
    pub(super) fn is_scan(&self) -> bool {
        let told_apart = self.count();
        let targets = told_apart as u64;
        // The few ports that are open are asked more often.
        let most = targets * MOST_ATTEMPTS_PER_TARGET + targets / PART_ASKED_MORE;
        let insists = self.attempts > most && told_apart < TOLD_APART && !self.is_of_ports();
        self.is_wide && !insists && self.failed * 2 > self.attempts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn targets(hosts: u32, ports: u16, times: u32) -> Targets {
        let mut targets = Targets::default();
        for host in 0..hosts {
            for port in 1..=ports {
                let address = Ipv4Addr::from_bits(0x0a00_0100 + host).into();
                targets.tell_apart(Endpoint { address, port });
                (0..times).for_each(|_| targets.count_attempt(Outcome::Dropped));
            }
        }
        targets
    }

    #[test]
    fn a_scanner_may_ask_each_port_again() {
        assert!(targets(1, 1000, 1).is_scan());
        assert!(
            targets(1, 1000, 3).is_scan(),
            "as scanners do where nothing answers"
        );
        assert!(targets(2, 200, 10).is_scan());
        assert!(targets(1, 71, 4).is_scan());
    }

    #[test]
    fn who_insists_on_many_hosts_is_no_scanner() {
        assert!(targets(70, 1, 1).is_scan());
        assert!(
            !targets(70, 1, 10).is_scan(),
            "the members of a cluster that is down"
        );
        assert!(!targets(1, 20, 10).is_scan(), "the ports of one service");
    }
}
