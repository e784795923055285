//! What became of each packet of a connect, by the packets of all places. It is simple because the
//! clocks of the laboratory's places are one clock: the same segment comes by within a moment.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use super::expected::{Connect, Story};
use super::tshark::{self, Kind, Seen};

/// A packet needs less from one end to the other, and is not repeated before.
const MOMENT_NS: i64 = 300_000_000;

/// What the packets say, for each connect of the story in its order.
pub(super) struct Truth {
    pub(super) connects: Vec<Journey>,
}

/// The packets of one connect.
#[derive(Debug)]
pub(super) struct Journey {
    pub(super) isn: u32,
    packets: Vec<Packet>,
}

/// One packet, and where it was seen.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) kind: Kind,
    /// Whether it goes to the server.
    is_forward: bool,
    places: BTreeSet<usize>,
}

/// What happened to packets of one kind on a stretch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    pub(super) kind: &'static str,
    pub(super) packet: &'static str,
    /// From the place nearer to the client.
    pub(super) stretch: (usize, usize),
}

pub(super) fn of(story: &Story) -> Truth {
    let mut packets: Vec<Seen> = Vec::new();
    for (number, place) in story.places.iter().enumerate() {
        packets.extend(tshark::read(number, &story.whole_capture(place)));
    }
    packets.sort_by_key(|packet| packet.nanoseconds);
    let mut taken = BTreeSet::new();
    let connects = story.connects.iter();
    let connects = connects
        .map(|connect| journey(story, connect, &packets, &mut taken))
        .collect();
    Truth { connects }
}

/// The connect's packets. Of several from one port, each takes the next initial number.
fn journey(
    story: &Story,
    connect: &Connect,
    packets: &[Seen],
    taken: &mut BTreeSet<(SocketAddr, u32)>,
) -> Journey {
    let ends = (connect.client, connect.server);
    let first = packets.iter().find(|packet| {
        packet.kind == Kind::Syn
            && packet.place == 0
            && (packet.source, packet.target) == ends
            && !taken.contains(&(packet.source, packet.sequence))
    });
    let first = first.unwrap_or_else(|| panic!("no SYN of {} at the client", connect.client));
    let isn = first.sequence;
    taken.insert((first.source, isn));
    let shift = |place: usize| {
        let port = u32::from(connect.client.port());
        let is_shifted = story.shifted.contains(&place);
        if is_shifted {
            port.wrapping_mul(1_000_003)
        } else {
            0
        }
    };
    let mut of_connect: Vec<(&Seen, bool)> = Vec::new();
    for place in 0..story.places.len() {
        let here: Vec<&Seen> = packets
            .iter()
            .filter(|packet| packet.place == place)
            .collect();
        of_connect.extend(at_place(&here, isn.wrapping_add(shift(place)), ends));
    }
    of_connect.sort_by_key(|(packet, _)| packet.nanoseconds);
    let begin = first.nanoseconds - MOMENT_NS;
    of_connect.retain(|(packet, _)| packet.nanoseconds >= begin);
    let packets = together(&of_connect, |packet, is_forward| {
        let moved = shift(packet.place);
        if is_forward {
            (packet.sequence.wrapping_sub(moved), packet.acknowledgment)
        } else {
            (packet.sequence, packet.acknowledgment.wrapping_sub(moved))
        }
    });
    Journey { isn, packets }
}

/// What a place saw of the connect with this number; an ICMP error goes back.
fn at_place<'p>(
    here: &[&'p Seen],
    isn: u32,
    ends: (SocketAddr, SocketAddr),
) -> Vec<(&'p Seen, bool)> {
    let begins = |packet: &Seen| match packet.kind {
        Kind::Syn => packet.sequence == isn,
        Kind::SynAck => packet.acknowledgment == isn.wrapping_add(1),
        _ => false,
    };
    let forward_ends = |packet: &Seen| match packet.kind {
        Kind::SynAck => (packet.target, packet.source),
        _ => (packet.source, packet.target),
    };
    let mut flows: BTreeSet<(SocketAddr, SocketAddr)> = here
        .iter()
        .filter(|packet| begins(packet))
        .map(|packet| forward_ends(packet))
        .collect();
    // Many with one initial number: those with the same ends are meant, where there are any.
    if flows.contains(&ends) {
        flows = BTreeSet::from([ends]);
    }
    let is_of = |packet: &Seen| {
        let forward = flows.contains(&(packet.source, packet.target));
        let back = flows.contains(&(packet.target, packet.source));
        let next = isn.wrapping_add(1);
        let is_meant = match packet.kind {
            Kind::Syn | Kind::IcmpError => forward && packet.sequence == isn,
            Kind::SynAck | Kind::Reset => back && packet.acknowledgment == next,
            Kind::Ack => forward && packet.sequence == next,
            Kind::Other => false,
        };
        is_meant.then_some(matches!(packet.kind, Kind::Syn | Kind::Ack))
    };
    let of_connect = here.iter().copied();
    of_connect
        .filter_map(|packet| Some((packet, is_of(packet)?)))
        .collect()
}

/// Puts together what is one packet: the same numbers at other places within a moment.
fn together(seen: &[(&Seen, bool)], numbers: impl Fn(&Seen, bool) -> (u32, u32)) -> Vec<Packet> {
    let mut open: Vec<(i64, (u32, u32), Packet)> = Vec::new();
    for (packet, is_forward) in seen {
        let key = numbers(packet, *is_forward);
        let known = open.iter_mut().find(|(began, other, whole)| {
            packet.nanoseconds - began <= MOMENT_NS
                && *other == key
                && whole.kind == packet.kind
                && !whole.places.contains(&packet.place)
        });
        if let Some((_, _, whole)) = known {
            whole.places.insert(packet.place);
            continue;
        }
        let whole = Packet {
            kind: packet.kind,
            is_forward: *is_forward,
            places: BTreeSet::from([packet.place]),
        };
        open.push((packet.nanoseconds, key, whole));
    }
    open.into_iter().map(|(_, _, whole)| whole).collect()
}

impl Packet {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Syn => "syn",
            Kind::SynAck => "syn_ack",
            Kind::Reset => "reset",
            Kind::IcmpError => "icmp_error",
            Kind::Ack => "ack",
            Kind::Other => "data",
        }
    }

    /// What happened to it, if something did; `passes` are the places on its way, from the client.
    fn facts(&self, passes: &[usize]) -> Vec<Fact> {
        let on_way = |place: &&usize| self.places.contains(*place);
        let Some(first) = passes.iter().position(|place| on_way(&place)) else {
            return Vec::new();
        };
        let last = passes.iter().rposition(|place| on_way(&place)).unwrap();
        let fact = |kind, nearer: usize| Fact {
            kind,
            packet: self.name(),
            stretch: (passes[nearer], passes[nearer + 1]),
        };
        let mut facts = Vec::new();
        let far_end = passes.len() - 1;
        if self.is_forward && last < far_end {
            let kind = if self.kind == Kind::Ack {
                "ack_lost"
            } else {
                "syn_lost"
            };
            facts.push(fact(kind, last));
        }
        if !self.is_forward && last < far_end {
            facts.push(fact("made_between", last));
        }
        if !self.is_forward && first > 0 {
            facts.push(fact("answer_lost", first - 1));
        }
        facts
    }
}

impl Journey {
    /// All that was lost or made on the way.
    pub(super) fn facts(&self, story: &Story) -> Vec<Fact> {
        let packets = self.packets.iter();
        packets
            .flat_map(|packet| packet.facts(story.way_of(packet.is_forward)))
            .collect()
    }

    /// How many packets this is true of: what is said of a stretch that goes over several places
    /// is true of each shorter one within.
    pub(super) fn times(&self, story: &Story, said: &Fact) -> usize {
        let (from, to) = said.stretch;
        let facts = self.facts(story);
        let within = |fact: &&Fact| {
            fact.kind == said.kind
                && fact.packet == said.packet
                && fact.stretch.0 >= from
                && fact.stretch.1 <= to
        };
        facts.iter().filter(within).count()
    }

    /// Whether a packet of the kind was seen at every place, that one the last or the first.
    pub(super) fn came_from(&self, packet: &str, place: usize) -> bool {
        let mut packets = self.packets.iter();
        packets.any(|seen| seen.name() == packet && seen.places.last() == Some(&place))
    }
}
