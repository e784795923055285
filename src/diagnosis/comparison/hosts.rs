//! What a capture tells of a host: whether it is there, and from how far its own stack answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::diagnosis::attempt_facts::{AttemptFacts, OwnAnswer};
use crate::diagnosis::compact_sets::Host;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::fixed_hash;
use crate::diagnosis::key_filter::KeyFilter;
use crate::diagnosis::known_ends::Table;
use crate::diagnosis::limits::{Limit, LimitKind};
use crate::diagnosis::stack::Stacks;
use crate::diagnosis::worth::keep_worthiest;
use crate::handshake::SeenPacket;

/// The answers of how many hosts are remembered, and of how many at most until some are let go.
const REMEMBERED: usize = 100_000;
const AT_MOST: usize = REMEMBERED + REMEMBERED / 4;

/// Signs of life are kept in so many blocks of 64 bytes, once they are many: 4 MB, in which 1.5
/// million hosts are told apart.
const BLOCKS_OF_LIFE: usize = 1 << 16;

/// How many of the latest senders are known without a look into the table: most packets are of
/// these.
const LATEST_SENDERS: usize = 64;

/// The answers of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostFacts {
    /// Times to live of what only its own stack sends: SYN-ACKs, and segments of its connections.
    pub(crate) own_ttls: BTreeMap<u8, u32>,
    /// How many of these were captured once, and how many more than once, on their way through the
    /// capturing host.
    pub(crate) captured: (u32, u32),
    /// How its SYN-ACKs are identified: whether with 0 (IPv4 only).
    pub(crate) identified_by_zero: BTreeSet<bool>,
    /// The shortest times from a SYN to its SYN-ACK, of two ports.
    pub(crate) fastest_answers: FastestAnswers,
    /// The shortest time from its SYN-ACK to the client's ACK.
    pub(crate) fastest_acknowledgment: Option<Duration>,
    /// The stacks that its SYN-ACKs show.
    pub(crate) stacks: Stacks,
}

/// The shortest time from a SYN to its SYN-ACK, and that of the fastest other port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FastestAnswers {
    fastest: Option<(u16, Duration)>,
    other: Option<(u16, Duration)>,
    /// Of how many handshakes.
    count: u64,
}

impl FastestAnswers {
    fn add(&mut self, port: u16, time: Duration) {
        self.count += 1;
        self.put_in_place(port, time);
    }

    /// Whether more than one handshake shows it: the first of all is slowed by the question who has
    /// the address.
    pub(crate) fn are_several(self) -> bool {
        self.count > 1
    }

    fn put_in_place(&mut self, port: u16, time: Duration) {
        // Of equal times that of the lower port: so it does not matter which came first.
        let by_time = |(port, time): (u16, Duration)| (time, port);
        let mut fastest = (port, time);
        for known in [self.fastest.take(), self.other.take()]
            .into_iter()
            .flatten()
        {
            let (faster, slower) = if by_time(known) < by_time(fastest) {
                (known, fastest)
            } else {
                (fastest, known)
            };
            fastest = faster;
            let is_better = |other: (u16, Duration)| by_time(slower) < by_time(other);
            if slower.0 != faster.0 && self.other.is_none_or(is_better) {
                self.other = Some(slower);
            }
        }
        self.fastest = Some(fastest);
    }

    /// Of any port.
    pub(crate) fn of_any(self) -> Option<Duration> {
        self.fastest.map(|(_, time)| time)
    }

    /// Of a port other than this one.
    pub(crate) fn of_others_than(self, port: u16) -> Option<Duration> {
        [self.fastest, self.other]
            .into_iter()
            .flatten()
            .find(|(known, _)| *known != port)
            .map(|(_, time)| time)
    }
}

/// How far a packet came, against the host's own answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distance {
    /// From as far.
    Same,
    /// From nearer: from a box on the way.
    Nearer,
    /// From farther, or from a stack that counts from another start: from behind the address.
    Elsewhere,
    /// From a hop or so nearer, or held against a single packet: which says too little.
    Unclear,
    /// There is nothing to compare with, or the host's own answers come different ways.
    Unknown,
}

impl Facts for FastestAnswers {
    fn merge(&mut self, other: Self) {
        for (port, time) in other.fastest.into_iter().chain(other.other) {
            self.put_in_place(port, time);
        }
        self.count += other.count;
    }
}

impl Facts for HostFacts {
    fn merge(&mut self, other: Self) {
        for (ttl, count) in other.own_ttls {
            *self.own_ttls.entry(ttl).or_default() += count;
        }
        self.captured.0 += other.captured.0;
        self.captured.1 += other.captured.1;
        self.identified_by_zero.extend(other.identified_by_zero);
        self.fastest_answers.merge(other.fastest_answers);
        let both = [self.fastest_acknowledgment, other.fastest_acknowledgment];
        self.fastest_acknowledgment = both.into_iter().flatten().min();
        self.stacks.add_all(other.stacks);
    }
}

impl Facts for Hosts {
    fn merge(&mut self, other: Self) {
        self.alive.merge(other.alive);
        for (host, facts) in other.facts {
            self.facts.entry(host).or_default().merge(facts);
        }
        self.let_go += other.let_go;
        if self.facts.len() > AT_MOST {
            self.let_go_of_most_seldom();
        }
    }
}

impl HostFacts {
    /// Whether no hop has touched its packets; `None` when it sent nothing that only its own stack
    /// sends.
    pub(crate) fn is_near(&self) -> Option<bool> {
        (!self.own_ttls.is_empty()).then(|| self.own_ttls.keys().any(|ttl| is_untouched(*ttl)))
    }

    /// Whether the packet's identification is of another style than that of the host's SYN-ACKs,
    /// which are all of one: 0, or a count.
    pub(crate) fn identifies_otherwise(&self, packet: &SeenPacket) -> bool {
        let is_zero = packet
            .ip
            .identification
            .map(|identification| identification == 0);
        self.identified_by_zero.len() == 1
            && is_zero.is_some_and(|is_zero| !self.identified_by_zero.contains(&is_zero))
    }

    /// Whether its packets start with 128, as those of Windows do.
    pub(crate) fn is_like_windows(&self) -> bool {
        !self.own_ttls.is_empty() && self.own_ttls.keys().all(|ttl| initial(*ttl) == 128)
    }

    /// Compares a packet with the host's own answers: by its hops, and by whether it went through
    /// the capturing host as they did. What that host made itself, it saw once.
    pub(crate) fn distance_of(&self, packet: &SeenPacket) -> Distance {
        match self.captured {
            (0, 1..) if !packet.was_copied() => Distance::Nearer,
            _ => self.distance_by_hops(packet.ip.ttl),
        }
    }

    fn note_packet(&mut self, packet: OwnAnswer) {
        *self.own_ttls.entry(packet.ttl).or_default() += 1;
        self.captured.0 += u32::from(!packet.was_copied);
        self.captured.1 += u32::from(packet.was_copied);
        if packet.is_syn_ack {
            let identification = packet.identification;
            self.identified_by_zero
                .extend(identification.map(|identification| identification == 0));
        }
        if let Some(stack) = packet.stack {
            self.stacks.add(stack);
        }
    }

    /// Only of handshakes without repetition: it is not known which of two SYNs was answered.
    fn note_times(&mut self, facts: &impl AttemptFacts) {
        let Some((syn, answer, established)) = facts.plain_steps() else {
            return;
        };
        self.fastest_answers
            .add(facts.server().port, answer.since(syn));
        if let Some(established) = established {
            let time = established.since(answer);
            let fastest = self
                .fastest_acknowledgment
                .map_or(time, |known| known.min(time));
            self.fastest_acknowledgment = Some(fastest);
        }
    }

    /// Made on this link, or many hops nearer, or some hops nearer than several of the host's own
    /// packets.
    fn is_clearly_nearer(&self, ttl: u8, own: u8) -> bool {
        let count = self.own_ttls.values().sum::<u32>();
        let nearer = hop_distance(own).saturating_sub(hop_distance(ttl));
        let (is_some_hops, is_many_hops) = (nearer >= CLEARLY_NEARER, nearer >= FAR_NEARER);
        is_untouched(ttl) || is_many_hops || (is_some_hops && count > 1)
    }

    fn distance_by_hops(&self, ttl: u8) -> Distance {
        let mut own = self.own_ttls.keys().copied();
        match (own.next(), own.next()) {
            _ if self.own_ttls.contains_key(&ttl) => Distance::Same,
            (Some(own), None)
                if initial(own) == initial(ttl) && hop_distance(ttl) < hop_distance(own) =>
            {
                if self.is_clearly_nearer(ttl, own) {
                    Distance::Nearer
                } else {
                    Distance::Unclear
                }
            }
            (Some(_), None) => Distance::Elsewhere,
            _ => Distance::Unknown,
        }
    }
}

/// Ways that share the load differ by a hop: so many more are another maker.
const CLEARLY_NEARER: u8 = 2;

/// By so many hops no two ways to one host differ: a single packet to compare with is enough.
const FAR_NEARER: u8 = 5;

/// How many hops a packet has come: the next usual initial value above, less what is left (32, 64,
/// 128, 255).
pub(crate) fn hop_distance(ttl: u8) -> u8 {
    initial(ttl) - ttl
}

/// A time to live that no hop has lowered: the packet was captured where it was made, or on its
/// first link.
pub(crate) fn is_untouched(ttl: u8) -> bool {
    matches!(ttl, 64 | 128 | 255)
}

pub(super) fn initial(ttl: u8) -> u8 {
    [32, 64, 128]
        .into_iter()
        .find(|initial| ttl <= *initial)
        .unwrap_or(u8::MAX)
}

/// All hosts, bounded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Hosts {
    alive: KeyFilter,
    facts: Table<Host, HostFacts>,
    /// How many hosts were let go whose answers were remembered.
    let_go: u64,
    /// Noted lately: known to be alive without a look.
    #[serde(skip, default = "no_senders")]
    latest: [Option<IpAddr>; LATEST_SENDERS],
}

fn no_senders() -> [Option<IpAddr>; LATEST_SENDERS] {
    [None; LATEST_SENDERS]
}

impl Default for Hosts {
    fn default() -> Self {
        Self {
            alive: KeyFilter::with_blocks(BLOCKS_OF_LIFE),
            facts: Table::default(),
            let_go: 0,
            latest: no_senders(),
        }
    }
}

impl Hosts {
    pub(super) fn note_alive(&mut self, address: IpAddr) {
        let slot = self.latest.get_mut(slot_of(address));
        match slot {
            Some(Some(known)) if *known == address => return,
            Some(slot) => *slot = Some(address),
            None => {}
        }
        self.alive.insert(fixed_hash::of_address(address));
    }

    pub(super) fn note_answers(&mut self, facts: &impl AttemptFacts) {
        let mut answers = facts.own_answers().peekable();
        if answers.peek().is_none() {
            return;
        }
        let server = Host(facts.server().address);
        let host = self.facts.entry(server).or_default();
        for packet in answers {
            host.note_packet(packet);
        }
        host.note_times(facts);
        if self.facts.len() > AT_MOST {
            self.let_go_of_most_seldom();
        }
    }

    /// Hosts that answered more than once are asked about again; of others a sample stays.
    fn let_go_of_most_seldom(&mut self) {
        self.let_go += keep_worthiest(&mut self.facts, REMEMBERED, |host, facts| {
            let answers: u32 = facts.own_ttls.values().sum();
            (u8::from(answers < 4), fixed_hash::of_address(host.0))
        });
    }

    pub(super) fn get(&self, address: IpAddr) -> Option<&HostFacts> {
        self.facts.get(&Host(address))
    }

    /// Whether no packet of it was seen. Of millions of hosts, a silent one is now and then taken
    /// for alive, never the other way round.
    pub(super) fn is_silent(&self, address: IpAddr) -> bool {
        !self.alive.contains(fixed_hash::of_address(address))
    }

    pub(super) fn limits(&self) -> impl Iterator<Item = Limit> {
        let alive = Limit::reached(
            LimitKind::HostsWithASignOfLife,
            usize::try_from(self.alive.room()).unwrap_or(usize::MAX),
            self.alive.beyond_room(),
        );
        let answering = Limit::reached(LimitKind::HostsThatAnswer, REMEMBERED, self.let_go);
        alive.into_iter().chain(answering)
    }
}

/// Where among the latest senders an address stands: by its last byte, in which neighbours differ.
fn slot_of(address: IpAddr) -> usize {
    let last = match address {
        IpAddr::V4(address) => address.octets().last().copied(),
        IpAddr::V6(address) => address.octets().last().copied(),
    };
    usize::from(last.unwrap_or(0)) % LATEST_SENDERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_from_the_usual_starts() {
        assert_eq!(
            [
                hop_distance(64),
                hop_distance(63),
                hop_distance(128),
                hop_distance(250),
                hop_distance(30)
            ],
            [0, 1, 0, 5, 2]
        );
        let host = |ttls: &[u8]| HostFacts {
            own_ttls: ttls.iter().map(|ttl| (*ttl, 2)).collect(),
            captured: (1, 0),
            ..HostFacts::default()
        };
        assert_eq!(host(&[61]).distance_by_hops(61), Distance::Same);
        assert_eq!(host(&[61]).distance_by_hops(63), Distance::Nearer);
        assert_eq!(host(&[63]).distance_by_hops(64), Distance::Nearer);
        assert_eq!(
            host(&[61]).distance_by_hops(62),
            Distance::Unclear,
            "ways differ by a hop"
        );
        assert_eq!(host(&[61]).distance_by_hops(60), Distance::Elsewhere);
        assert_eq!(
            host(&[61]).distance_by_hops(125),
            Distance::Elsewhere,
            "as many hops from another start is another stack"
        );
        assert_eq!(
            host(&[61, 62]).distance_by_hops(63),
            Distance::Unknown,
            "its answers come different ways"
        );
        assert_eq!(host(&[]).distance_by_hops(64), Distance::Unknown);
    }
}
