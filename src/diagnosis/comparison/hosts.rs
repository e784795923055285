//! What a capture tells of a host: whether it is there, and from how far its own stack answers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use crate::handshake::{DecidedAttempt, Role, SeenPacket, Sender};

/// How many hosts are remembered.
const REMEMBERED: usize = 200_000;

/// How many of the latest senders are known without a look into the table: most packets are of these.
const LATEST_SENDERS: usize = 64;

/// The answers of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HostFacts {
    /// Times to live of what only its own stack sends: SYN-ACKs, and segments of its connections.
    pub(crate) own_ttls: BTreeMap<u8, u32>,
    /// How many of these were captured once, and how many more than once, on their way through the capturing host.
    pub(crate) captured: (u32, u32),
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
    /// There is nothing to compare with, or the host's own answers come different ways.
    Unknown,
}

impl HostFacts {
    /// Compares a packet with the host's own answers: by its hops, and by whether it went through the capturing host as
    /// they did. What that host made itself, it saw once.
    pub(crate) fn distance_of(&self, packet: &SeenPacket) -> Distance {
        match self.captured {
            (0, 1..) if !packet.was_copied() => Distance::Nearer,
            _ => self.distance_by_hops(packet.ip.ttl),
        }
    }

    fn distance_by_hops(&self, ttl: u8) -> Distance {
        let mut own = self.own_ttls.keys().copied();
        match (own.next(), own.next()) {
            _ if self.own_ttls.contains_key(&ttl) => Distance::Same,
            (Some(own), None)
                if initial(own) == initial(ttl) && hop_distance(ttl) < hop_distance(own) =>
            {
                Distance::Nearer
            }
            (Some(_), None) => Distance::Elsewhere,
            _ => Distance::Unknown,
        }
    }
}

/// How many hops a packet has come: the next usual initial value above, less what is left (32, 64, 128, 255).
pub(crate) fn hop_distance(ttl: u8) -> u8 {
    initial(ttl) - ttl
}

/// A time to live that no hop has lowered: the packet was captured where it was made, or on its first link.
pub(crate) fn is_untouched(ttl: u8) -> bool {
    matches!(ttl, 64 | 128 | 255)
}

fn initial(ttl: u8) -> u8 {
    [32, 64, 128]
        .into_iter()
        .find(|initial| ttl <= *initial)
        .unwrap_or(u8::MAX)
}

/// All hosts, bounded.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    alive: HashSet<IpAddr, foldhash::fast::RandomState>,
    facts: HashMap<IpAddr, HostFacts, foldhash::fast::RandomState>,
    latest: [Option<IpAddr>; LATEST_SENDERS],
}

impl Default for Hosts {
    fn default() -> Self {
        Self {
            alive: HashSet::default(),
            facts: HashMap::default(),
            latest: [None; LATEST_SENDERS],
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
        if self.alive.len() < REMEMBERED {
            self.alive.insert(address);
        }
    }

    pub(super) fn note_answers(&mut self, decided: &DecidedAttempt) {
        let server = decided.attempt.server.address;
        for packet in decided
            .attempt
            .packets_as(&[Role::SynAck, Role::SynAckRepeated, Role::Proof])
        {
            if packet.sender == Sender::Server
                && (self.facts.len() < REMEMBERED || self.facts.contains_key(&server))
            {
                let facts = self.facts.entry(server).or_default();
                *facts.own_ttls.entry(packet.ip.ttl).or_default() += 1;
                facts.captured.0 += u32::from(!packet.was_copied());
                facts.captured.1 += u32::from(packet.was_copied());
            }
        }
    }

    pub(super) fn get(&self, address: IpAddr) -> Option<&HostFacts> {
        self.facts.get(&address)
    }

    pub(super) fn is_silent(&self, address: IpAddr) -> Option<bool> {
        if self.alive.contains(&address) {
            return Some(false);
        }
        (self.alive.len() < REMEMBERED).then_some(true)
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
            own_ttls: ttls.iter().map(|ttl| (*ttl, 1)).collect(),
            captured: (1, 0),
        };
        assert_eq!(host(&[61]).distance_by_hops(61), Distance::Same);
        assert_eq!(host(&[61]).distance_by_hops(62), Distance::Nearer);
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
