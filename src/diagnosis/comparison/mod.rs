//! What the rest of the capture tells about an attempt: the server's other packets, other clients of the same port,
//! questions for its address that nobody answered.

mod compared;
mod hosts;
mod live;
mod services;
mod targets;
mod vantage;

pub(super) use hosts::{Distance, HostFacts, hop_distance, is_untouched};
pub(super) use services::{Moment, ServiceHistory, Sign, is_unfinished};
pub(super) use targets::PORTS_OF_A_SCAN;
pub use vantage::Vantage;

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::net::IpAddr;

use super::capture_quality::CaptureQuality;
use super::compact_sets::Host;
use super::known_ends::{KnownEnds, Place, Table};
use super::names::Names;
use crate::capture::Timestamp;
use crate::decode::{Endpoint, Neighbour, Observation};
use crate::handshake::{Attempt, DecidedAttempt, InBrief, Outcome, Role};
use hosts::Hosts;
use targets::Targets;

/// How many addresses are remembered for unanswered questions, and how many servers.
const REMEMBERED: usize = 100_000;

/// How many attempts are remembered singly, of all servers together, and how many targets of all clients.
const REMEMBERED_MOMENTS: usize = 500_000;

/// Collects what attempts can be compared with, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Comparison {
    hosts: Hosts,
    names: Names,
    services: Table<Endpoint, ServiceHistory>,
    asked_for: HashMap<IpAddr, AskedFor, foldhash::fast::RandomState>,
    clients: Table<Host, ClientFacts>,
    /// Hosts to which a connect succeeded, whether or not their answers were captured.
    reached: HashSet<IpAddr, foldhash::fast::RandomState>,
    /// Attempts that were answered: client, port of the server, number of the SYN.
    answered: HashSet<(Endpoint, u16, u32), foldhash::fast::RandomState>,
    /// Attempts whose SYN goes from an address to itself: client, port of the server, number of the SYN.
    to_itself: HashSet<(Endpoint, u16, u32), foldhash::fast::RandomState>,
    remembered_moments: usize,
    remembered_targets: usize,
    quality: CaptureQuality,
    /// The addresses of the host that captures, where they are known.
    here: HashSet<IpAddr, foldhash::fast::RandomState>,
    /// Whether of many attempts to one server the latest are remembered, not the first.
    keeps_latest: bool,
}

/// What is known of one that tries to connect.
#[derive(Clone, Debug, Default)]
struct ClientFacts {
    /// Whether no hop has touched its SYNs: then the capture is from its side. `None` when none was captured.
    is_near: Option<bool>,
    targets: Targets,
}

/// Questions who has an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AskedFor {
    /// How often it was asked.
    pub(super) questions: u32,
    /// How often somebody answered.
    pub(super) answers: u32,
}

impl Comparison {
    /// Takes note of who is there and who is asked for.
    pub(super) fn observe(&mut self, observation: &Observation) {
        match observation {
            Observation::Segment(segment) => self.hosts.note_alive(segment.source.address),
            Observation::IcmpError(error) => self.hosts.note_alive(error.sender),
            Observation::Alive(address) | Observation::Encrypted(Some(address)) => {
                self.hosts.note_alive(*address);
            }
            Observation::Neighbour(Neighbour::Answer(address)) => {
                self.note_neighbour(*address, |asked| {
                    asked.answers = asked.answers.saturating_add(1);
                });
            }
            Observation::Neighbour(Neighbour::Question { target, .. }) => {
                self.note_neighbour(*target, |asked| {
                    asked.questions = asked.questions.saturating_add(1);
                });
            }
            Observation::Names(named) => self.names.note(named),
            Observation::Unrelated | Observation::Encrypted(None) | Observation::SetAside(_) => {}
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
        self.add_known(decided, &KnownEnds::default(), false);
    }

    /// As [`Self::add`], with what was looked up of its ends, and whether they know each other.
    pub(super) fn add_known(
        &mut self,
        decided: &DecidedAttempt,
        ends: &KnownEnds,
        is_known_pair: bool,
    ) {
        self.hosts.note_answers(decided);
        let attempt = &decided.attempt;
        self.note_success(attempt);
        if attempt.client.address == attempt.server.address && self.to_itself.len() < REMEMBERED {
            self.to_itself.extend(
                attempt
                    .isn
                    .map(|isn| (attempt.client, attempt.server.port, isn.0)),
            );
        }
        let syn = attempt.packets_as(&[Role::Syn]).next();
        let ttl = syn.map(|syn| syn.ip.ttl);
        let outcome = decided.judgement.outcome;
        let target = (attempt.server, is_known_pair);
        self.note_client((attempt.client.address, ends.client), target, outcome, ttl);
        let new = ServiceHistory::default;
        let service = ends
            .service
            .get_or_add(&mut self.services, attempt.server, REMEMBERED, new);
        if let Some(service) = service {
            if self.keeps_latest {
                self.remembered_moments -= service.make_room();
            }
            let has_room = self.remembered_moments < REMEMBERED_MOMENTS;
            self.remembered_moments += usize::from(service.add(decided, has_room));
        }
    }

    /// Takes note of who was reached, and which SYN was answered.
    fn note_success(&mut self, attempt: &Attempt) {
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
    }

    /// As [`Self::add_known`] of the whole attempt, when nothing of it is kept but counts: whether it looks like noise. `None`
    /// when more of it is kept.
    pub(super) fn count(
        &mut self,
        brief: &InBrief<'_>,
        ends: &KnownEnds,
        is_known_pair: bool,
    ) -> Option<bool> {
        let is_sent_to_itself = brief.client.address == brief.server.address;
        if self.keeps_latest || is_sent_to_itself || brief.was_accepted() {
            return None;
        }
        let outcome = brief.outcome;
        let has_room = self.remembered_moments < REMEMBERED_MOMENTS;
        let service = ends.service.get_mut(&mut self.services, &brief.server);
        let service = service.filter(|service| !(has_room && service.has_room()))?;
        service.count(outcome, brief.has_one_syn());
        let is_flooded = service.is_mostly_unfinished();
        let client = self.note_client(
            (brief.client.address, ends.client),
            (brief.server, is_known_pair),
            outcome,
            Some(brief.ttl),
        );
        let is_scanner = client.is_some_and(|client| client.targets.is_scan());
        Some(is_scanner || (is_unfinished(outcome, brief.has_one_syn()) && is_flooded))
    }

    /// Takes note of who tried to reach whom, and whether that is known; `ttl` is that of the SYN.
    fn note_client(
        &mut self,
        (address, known): (IpAddr, Place),
        (server, is_known_target): (Endpoint, bool),
        outcome: Outcome,
        ttl: Option<u8>,
    ) -> Option<&ClientFacts> {
        let new = ClientFacts::default;
        let client = known.get_or_add(&mut self.clients, Host(address), REMEMBERED, new)?;
        if let Some(ttl) = ttl {
            *client.is_near.get_or_insert(false) |= is_untouched(ttl);
        }
        client.targets.count_attempt(outcome);
        let has_room = self.remembered_targets < REMEMBERED_MOMENTS;
        if has_room && !is_known_target {
            self.remembered_targets += usize::from(client.targets.tell_apart(server));
        }
        Some(client)
    }

    /// Looks up a client.
    pub(super) fn place_of_client(&self, client: IpAddr) -> Place {
        let has_room = self.clients.len() < REMEMBERED;
        Place::of(self.clients.get_index_of(&Host(client)), has_room)
    }

    /// Looks up a server.
    pub(super) fn place_of_service(&self, server: Endpoint) -> Place {
        let has_room = self.services.len() < REMEMBERED;
        Place::of(self.services.get_index_of(&server), has_room)
    }

    /// Whether this is a target of the client that is told apart.
    pub(super) fn has_target(&self, client: Place, server: Endpoint) -> bool {
        let client = client.get(&self.clients);
        client.is_some_and(|client| client.targets.has(server))
    }

    /// Brings into the cache what will be needed of these clients and servers: for all at the same time, instead of waiting for
    /// each.
    pub(super) fn touch(&self, ends: &[KnownEnds]) {
        let clients = ends
            .iter()
            .filter_map(|ends| ends.client.get(&self.clients));
        black_box(clients.fold(0, |all, client| all ^ client.targets.count()));
        let services = ends
            .iter()
            .filter_map(|ends| ends.service.get(&self.services));
        black_box(services.fold(0, |all, service| all ^ service.moments().len()));
    }

    /// The same for attempts that are added in full.
    pub(super) fn touch_in_full(&self, decided: &[DecidedAttempt]) {
        let attempts = || decided.iter().map(|decided| &decided.attempt);
        let packets = attempts().filter_map(|attempt| attempt.evidence.packets().last());
        black_box(
            packets
                .map(|packet| packet.place.source.0)
                .fold(0, u32::wrapping_add),
        );
        let hosts = attempts().filter_map(|attempt| self.hosts.get(attempt.server.address));
        black_box(hosts.fold(0, |all, host| all ^ host.captured.0));
    }

    /// Whether the attempt looks like noise, by what is known so far: a client that scans, a server that is flooded.
    pub(super) fn may_be_noise(&self, decided: &DecidedAttempt) -> bool {
        let attempt = &decided.attempt;
        let is_flooded = || {
            let service = self.services.get(&attempt.server);
            service.is_some_and(ServiceHistory::is_mostly_unfinished)
        };
        self.is_scanner(attempt.client.address)
            || (is_unfinished(decided.judgement.outcome, attempt.syn_count == 1) && is_flooded())
    }

    /// Looks at all attempts together, once there are no more.
    pub(super) fn settle(&mut self, quality: CaptureQuality) {
        self.quality = quality;
        for service in self.services.values_mut() {
            service.settle();
        }
    }

    /// Whether what looks like silence of this host may have been an answer that the capture lost, or could not show.
    pub(super) fn is_silence_doubtful(&self, server: IpAddr) -> bool {
        let is_one_sided =
            self.reached.contains(&server) && self.hosts.is_silent(server) == Some(true);
        self.quality.lost_packets > 0 || self.quality.may_miss_icmp_errors() || is_one_sided
    }

    /// What is known of a host that answered.
    pub(super) fn host(&self, address: IpAddr) -> Option<&HostFacts> {
        self.hosts.get(address)
    }

    /// Whether no packet of this host is in the capture; `None` where too many hosts were seen to tell, or where the host
    /// was reached although none of its packets was captured. The host that captures lives.
    pub(super) fn is_silent(&self, address: IpAddr) -> Option<bool> {
        if self.here.contains(&address) {
            return Some(false);
        }
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
        let mut scanners: Vec<IpAddr> = self
            .clients
            .iter()
            .filter(|(_, client)| client.targets.is_scan())
            .map(|(client, _)| client.0)
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

    /// Whether the SYN came back to its sender as if from itself: a load balancer that keeps the client's address chose the
    /// client as the target. Its own host drops it.
    pub(super) fn is_sent_back(&self, attempt: &Attempt) -> bool {
        attempt.established_at.is_none()
            && attempt.isn.is_some_and(|isn| {
                self.to_itself
                    .contains(&(attempt.client, attempt.server.port, isn.0))
            })
    }

    /// Whether the capture is from this client's side: its SYNs come from no hop away. `None` when none was captured.
    pub(super) fn is_near(&self, client: IpAddr) -> Option<bool> {
        self.clients.get(&Host(client))?.is_near
    }

    /// Whether what is known of this client so far is a scan.
    pub(super) fn is_scanner(&self, client: IpAddr) -> bool {
        let client = self.clients.get(&Host(client));
        client.is_some_and(|client| client.targets.is_scan())
    }

    /// Questions who has this address.
    pub(super) fn asked_for(&self, address: IpAddr) -> AskedFor {
        self.asked_for.get(&address).copied().unwrap_or_default()
    }

    /// How many addresses and ports a client tried: at least, when it is 1024.
    pub(super) fn targets_of(&self, client: IpAddr) -> usize {
        let client = self.clients.get(&Host(client));
        client.map_or(0, |client| client.targets.count())
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
