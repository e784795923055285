//! What the rest of the capture tells about an attempt: the server's other packets, other clients
//! of the same port, questions for its address that nobody answered.

mod checksums;
mod claims;
mod clients;
mod closings;
mod compared;
mod contradicted;
mod damaged;
mod filter_log;
mod forwarding;
mod hosts;
mod limits;
mod live;
mod merging;
mod neighbours;
mod packets;
mod passages;
mod passers;
mod path_mtu;
mod rejecters;
mod room;
mod services;
mod sharing;
mod stuck_sizes;
mod syn_ways;
mod targets;
mod translated;
mod vantage;

pub use filter_log::FilterRuleHits;
pub(super) use filter_log::Hit;
pub(super) use hosts::{Distance, HostFacts, hop_distance, is_untouched};
pub(super) use neighbours::AskedFor;
pub(super) use path_mtu::TooLarge;
pub(super) use rejecters::{LONGEST_TRACE, is_time_exceeded};
pub(super) use services::{BeyondLimit, Moment, ServiceHistory, worth_of_server};
pub use sharing::{Counts, Period, PortRange, Share};
pub(super) use sharing::{DropStory, Reason, network};
pub(super) use targets::PORTS_OF_A_SCAN;
pub use vantage::Vantage;

use std::collections::HashSet;
use std::hint::black_box;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::attempt_facts::AttemptFacts;
use super::capture_quality::CaptureQuality;
use super::client_sketch::ClientSketch;
use super::compact_sets::{AddressSet, Host};
use super::fixed_hash;
use super::key_filter::KeyFilter;
use super::known_ends::{KnownEnds, Place, Table};
use super::names::Names;
use super::sign::is_unfinished;
use crate::capture::Timestamp;
use crate::decode::{Endpoint, HardwareAddress};
use crate::handshake::{AttemptId, DecidedAttempt, Outcome};
use checksums::ChecksumCounts;
use claims::OnLink;
use clients::ClientFacts;
use contradicted::ContradictedRules;
use damaged::DamagedSegments;
use filter_log::FilterLog;
use forwarding::Forwarding;
pub(super) use forwarding::{Backend, LaterLeg};
use hosts::Hosts;
use limits::LeftOut;
use passages::Passages;
use passers::Passers;
use path_mtu::PathMtu;
use rejecters::Rejecters;
use sharing::Sharing;
pub(super) use stuck_sizes::StuckSegment;
use stuck_sizes::StuckSizes;

/// How many addresses are remembered for unanswered questions, how many clients, and how many
/// servers.
pub(super) const REMEMBERED: usize = 100_000;

/// How many there are at most until those go that are worth least.
const AT_MOST: usize = REMEMBERED + REMEMBERED / 4;

/// How many attempts are remembered singly, of all servers together.
const REMEMBERED_MOMENTS: usize = 100_000;

/// How many targets are told apart, of all clients together.
const REMEMBERED_TARGETS: usize = 500_000;

/// Answers are kept in so many blocks of 64 bytes, once they are many: 2 MB, in which 800,000 are
/// told apart.
const BLOCKS_OF_ANSWERS: usize = 1 << 15;

/// Hosts that were reached, beyond those that are remembered: 512 KB.
const BLOCKS_OF_REACHED: usize = 1 << 13;

/// Collects what attempts can be compared with, in bounded memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Comparison {
    hosts: Hosts,
    names: Names,
    path_mtu: PathMtu,
    services: Table<Endpoint, ServiceHistory>,
    asked_for: Table<Host, AskedFor>,
    clients: Table<Host, ClientFacts>,
    /// Hosts to which a connect succeeded, whether or not their answers were captured.
    reached: AddressSet,
    also_reached: KeyFilter,
    /// Attempts that were answered: client, port of the server, number of the SYN.
    answered: KeyFilter,
    /// Attempts whose SYN goes from an address to itself: client, port of the server, number of the
    /// SYN.
    to_itself: HashSet<(Endpoint, u16, u32), foldhash::fast::RandomState>,
    /// How many attempts of one class to one server are remembered singly.
    share: usize,
    remembered_moments: usize,
    /// When there are so many, room is made.
    most_moments: usize,
    remembered_targets: usize,
    left_out: LeftOut,
    /// All clients that there were when some were let go: which of them went depends on when that
    /// was, how many there were in all does not.
    clients_in_all: Option<Box<ClientSketch>>,
    /// Since then: those that were not remembered at all.
    passers: Option<Passers>,
    checksums: ChecksumCounts,
    passages: Passages,
    forwarding: Forwarding,
    stuck_sizes: StuckSizes,
    #[serde(skip)]
    quality: CaptureQuality,
    /// What failures share, as it was when everything was looked at together.
    #[serde(skip)]
    sharing: Sharing,
    rejecters: Rejecters,
    filter_log: FilterLog,
    contradicted: ContradictedRules,
    damaged: DamagedSegments,
    on_link: OnLink,
    /// Whether a packet about a connect is no record of a log.
    has_wire: bool,
    /// The addresses of the host that captures, where they are known.
    here: HashSet<IpAddr, foldhash::fast::RandomState>,
}

impl Default for Comparison {
    fn default() -> Self {
        Self {
            hosts: Hosts::default(),
            names: Names::default(),
            path_mtu: PathMtu::default(),
            services: Table::default(),
            asked_for: Table::default(),
            clients: Table::default(),
            reached: AddressSet::default(),
            also_reached: KeyFilter::with_blocks(BLOCKS_OF_REACHED),
            answered: KeyFilter::with_blocks(BLOCKS_OF_ANSWERS),
            to_itself: HashSet::default(),
            share: services::LARGEST_SHARE,
            remembered_moments: 0,
            most_moments: REMEMBERED_MOMENTS,
            remembered_targets: 0,
            left_out: LeftOut::default(),
            clients_in_all: None,
            passers: None,
            checksums: ChecksumCounts::default(),
            passages: Passages::default(),
            forwarding: Forwarding::default(),
            stuck_sizes: StuckSizes::default(),
            quality: CaptureQuality::default(),
            sharing: Sharing::default(),
            rejecters: Rejecters::default(),
            contradicted: ContradictedRules::default(),
            damaged: DamagedSegments::default(),
            filter_log: FilterLog::default(),
            on_link: OnLink::default(),
            has_wire: false,
            here: HashSet::default(),
        }
    }
}

impl Comparison {
    /// Who asked for smaller packets.
    pub(super) fn path_mtu(&self) -> &PathMtu {
        &self.path_mtu
    }

    /// The names that DNS answers gave to addresses.
    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    /// Takes note of how an attempt ended, and of the answers that it met.
    pub(super) fn add(&mut self, facts: &impl AttemptFacts) {
        self.add_known(facts, &KnownEnds::default(), false);
    }

    /// As [`Self::add`], with what was looked up of its ends, and whether they know each other.
    pub(super) fn add_known(
        &mut self,
        facts: &impl AttemptFacts,
        ends: &KnownEnds,
        is_known_pair: bool,
    ) {
        self.hosts.note_answers(facts);
        self.note_success(facts);
        self.rejecters.note(facts);
        self.contradicted.note(facts);
        for packet in facts.checked_packets() {
            self.checksums.add(packet);
        }
        self.forwarding.note(facts);
        if facts.is_later_leg() {
            return;
        }
        self.stuck_sizes.note(facts);
        let (client, server) = (facts.client(), facts.server());
        if client.address == server.address {
            self.note_sent_to_itself(facts);
        }
        let target = (server, is_known_pair);
        let (outcome, ttl) = (facts.outcome(), facts.syn_ttl());
        self.note_client((client.address, ends.client), target, outcome, ttl);
        let new = ServiceHistory::default;
        let service = ends.service.get_or_add(&mut self.services, server, new);
        if let Some(service) = service {
            let before = service.moments().len();
            service.add(facts, self.share);
            self.remembered_moments += service.moments().len();
            self.remembered_moments -= before;
        }
    }

    fn note_sent_to_itself(&mut self, facts: &impl AttemptFacts) {
        let key = facts
            .isn()
            .map(|isn| (facts.client(), facts.server().port, isn));
        if self.to_itself.len() < REMEMBERED {
            self.to_itself.extend(key);
        } else {
            self.left_out.to_itself += u64::from(key.is_some());
        }
    }

    /// Takes note of who was reached, and which SYN was answered.
    fn note_success(&mut self, facts: &impl AttemptFacts) {
        if facts.established_at().is_some() {
            self.note_reached(facts.server().address);
        }
        if facts.answered_at().is_some()
            && let Some(isn) = facts.isn()
        {
            self.answered
                .insert(key_of_syn(facts.client(), facts.server().port, isn));
        }
    }

    fn was_reached(&self, address: IpAddr) -> bool {
        self.reached.contains(address)
            || self.also_reached.contains(fixed_hash::of_address(address))
    }

    /// Looks up a server.
    pub(super) fn place_of_service(&self, server: Endpoint) -> Place {
        Place::of(self.services.get_index_of(&server))
    }

    /// Brings into the cache what will be needed of these clients and servers: for all at the same
    /// time, instead of waiting for each.
    pub(super) fn touch(&self, ends: &[KnownEnds]) {
        let clients = ends
            .iter()
            .filter_map(|ends| ends.client.get(&self.clients));
        black_box(clients.fold(0, |all, client| all ^ client.touch()));
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

    /// Whether the attempt looks like noise, by what is known so far: a client that scans, a server
    /// that is flooded.
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
        self.thin_to(REMEMBERED_MOMENTS);
        for service in self.services.values_mut() {
            service.settle(self.share);
        }
        self.compare_failures();
    }

    /// Compares those that failed with those that succeeded, of all servers.
    pub(super) fn compare_failures(&mut self) {
        let ways = &self.on_link.ways;
        let sharing = Sharing::of(&self.services(), ways, |client| self.is_scanner(client));
        self.sharing = sharing;
    }

    /// What the silence of this server tells beside its acceptances.
    pub(super) fn drop_story(&self, server: Endpoint) -> Option<&DropStory> {
        self.sharing.story(server)
    }

    /// Whether all connects between these addresses die, while each succeeds with others.
    pub(super) fn is_dead_pair(&self, client: IpAddr, server: IpAddr) -> bool {
        self.sharing.is_dead_pair(client, server)
    }

    /// Rules whose word that they stop what they log counts for nothing.
    pub(super) fn contradicted(&self) -> &ContradictedRules {
        &self.contradicted
    }

    /// Who sent ICMP errors about connects.
    pub(super) fn rejecters(&self) -> &Rejecters {
        &self.rejecters
    }

    /// All such pairs, in order.
    pub(super) fn dead_pairs(&self) -> Vec<(IpAddr, IpAddr)> {
        self.sharing.dead_pairs()
    }

    /// Whether what looks like silence of this host may have been an answer that the capture lost,
    /// or could not show.
    pub(super) fn is_silence_doubtful(&self, server: IpAddr) -> bool {
        let is_one_sided = self.was_reached(server) && self.hosts.is_silent(server);
        self.quality.lost_packets > 0 || self.quality.may_miss_icmp_errors() || is_one_sided
    }

    /// Whether packets are known to be missing from the capture.
    pub(super) fn has_lost_packets(&self) -> bool {
        self.quality.lost_packets > 0
    }

    /// What is known of a host that answered.
    pub(super) fn host(&self, address: IpAddr) -> Option<&HostFacts> {
        self.hosts.get(address)
    }

    /// Whether no packet of this host is in the capture; `None` where the host was reached although
    /// none of its packets was captured. The host that captures lives.
    pub(super) fn is_silent(&self, address: IpAddr) -> Option<bool> {
        if self.here.contains(&address) || !self.hosts.is_silent(address) {
            return Some(false);
        }
        (!self.was_reached(address)).then_some(true)
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

    /// Hosts that were reached although none of their packets was captured, in the order of their
    /// addresses.
    pub(super) fn reached_unseen(&self) -> Vec<IpAddr> {
        let is_unseen = |address: &IpAddr| self.hosts.is_silent(*address);
        let mut unseen: Vec<IpAddr> = self.reached.iter().filter(is_unseen).collect();
        unseen.sort_unstable();
        unseen
    }

    /// Addresses for which two hosts answered the same question, in their order.
    pub(super) fn duplicate_addresses(&self) -> Vec<(IpAddr, [HardwareAddress; 2], u32)> {
        let conflicts = self.asked_for.iter().filter_map(|(host, asked)| {
            let (hosts, conflicts) = asked.claims.conflict()?;
            Some((host.0, hosts, conflicts))
        });
        let mut duplicates: Vec<_> = conflicts.collect();
        duplicates.sort_unstable();
        // One that answers for several hosts stands in for them: a bridge, or proxy ARP.
        let all: Vec<HardwareAddress> = duplicates.iter().flat_map(|found| found.1).collect();
        let is_of_one =
            |host: &HardwareAddress| all.iter().filter(|other| *other == host).count() < 2;
        duplicates.retain(|(_, hosts, _)| hosts.iter().all(is_of_one));
        duplicates
    }

    /// Whether the attempt came in where it was captured and never left, although others that go
    /// the same way did about that time.
    pub(super) fn was_dropped_here(
        &self,
        (client, server): (IpAddr, IpAddr),
        (id, outcome): (AttemptId, Outcome),
        started: Timestamp,
    ) -> bool {
        let receiver = match outcome {
            Outcome::HalfOpen => client,
            _ => server,
        };
        let are_others_passed_on =
            || self.passages.leads_through(receiver) && self.forwarding.passed_on_about(started);
        // Who passes the SYN on is the way back as well, or is seen to get the answer all the same.
        let is_answer_kept =
            || outcome == Outcome::HalfOpen && self.forwarding.is_other_way_seen(id);
        self.forwarding.never_left(id) && (is_answer_kept() || are_others_passed_on())
    }

    /// Whether the attempt came in where it was captured and is not seen to leave.
    pub(super) fn is_not_seen_to_leave(&self, id: AttemptId) -> bool {
        self.forwarding.never_left(id)
    }

    /// As whom a connect that failed went on after a translation, and how others did to that end.
    pub(super) fn leg_of_failure(&self, id: AttemptId) -> Option<(LaterLeg, Backend)> {
        let leg = self.forwarding.leg_of_failure(id)?;
        Some((leg, self.forwarding.backend(leg.ends.1)))
    }

    /// The connect as it was seen with other addresses or ports as well, after this.
    pub(super) fn later_leg(&self, facts: &impl AttemptFacts) -> Option<LaterLeg> {
        self.forwarding.later_leg(facts.connect_key())
    }

    /// Whether the connect went on, after a translation, to a host at which nobody succeeds.
    pub(super) fn went_on_to_dead_backend(&self, facts: &impl AttemptFacts) -> bool {
        let leg = self.later_leg(facts);
        leg.is_some_and(|leg| self.forwarding.backend(leg.ends.1).is_dead())
    }

    /// How large what is stuck is, of a server.
    pub(super) fn stuck_segment(&self, server: Endpoint) -> Option<StuckSegment> {
        self.stuck_sizes.of(server)
    }

    /// The checksums of handshake packets.
    pub(super) fn checksums(&self) -> &ChecksumCounts {
        &self.checksums
    }

    /// Whether the host answered on another port, or to something else than a connect to this one.
    pub(super) fn answers_elsewhere(&self, server: Endpoint) -> bool {
        self.is_silent(server.address) == Some(false)
            && self
                .service(server)
                .is_none_or(|service| !service.has_answered())
    }
}

/// Of a SYN, whatever address it went to: client, port of the server, and number.
fn key_of_syn(client: Endpoint, port: u16, isn: u32) -> u64 {
    let number = u64::from(isn) << 16 | u64::from(port);
    fixed_hash::mix_two(fixed_hash::of_endpoint(client), number)
}

/// Whether two times are of the same seconds: so close that a service hardly changed between them.
pub(super) fn is_about_the_same_time(one: Timestamp, other: Timestamp) -> bool {
    one.distance(other) <= SAME_SECONDS
}

/// Connects this far apart are compared as of the same time.
const SAME_SECONDS: std::time::Duration = std::time::Duration::from_secs(2);
