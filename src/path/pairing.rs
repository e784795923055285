//! Connects that two places surely both saw, before anything is known of their clocks: what order
//! and clocks are estimated from.

use std::collections::HashMap;

use super::clock::Sample;
use super::place::Place;
use super::sameness::{ENOUGH, ENOUGH_BESIDE_NUMBER, Identity, Numbers, identity, likeness};
use super::seen::{PacketKind, PathPacket, PlaceAttempt, Way};
use crate::capture::Timestamp;

/// Indices of one connect in the lists of two places.
pub(super) type Pair = (usize, usize);

/// The connects whose initial sequence number stands once in either place, and that have the same
/// ends, or else enough in common.
pub(super) fn sure_pairs(one: &Place, other: &Place) -> Vec<Pair> {
    let by_number = |attempt: &PlaceAttempt| Some(attempt.isn.0);
    let pairs = pairs_by(one, other, &by_number, &|attempt, other| {
        let has_same_ends = attempt.client == other.client && attempt.server == other.server;
        has_same_ends || likeness(attempt, other) >= ENOUGH_BESIDE_NUMBER
    });
    if !pairs.is_empty() {
        return pairs;
    }
    // A box may give every connect a number of its own.
    let by_timestamp = |attempt: &PlaceAttempt| attempt.first_syn()?.timestamp();
    pairs_by(one, other, &by_timestamp, &|attempt, other| {
        likeness(attempt, other) >= ENOUGH
    })
}

fn pairs_by(
    one: &Place,
    other: &Place,
    key: &dyn Fn(&PlaceAttempt) -> Option<u32>,
    fits: &dyn Fn(&PlaceAttempt, &PlaceAttempt) -> bool,
) -> Vec<Pair> {
    let (ones, others) = (lone_keys(one, key), lone_keys(other, key));
    let mut pairs: Vec<Pair> = ones
        .into_iter()
        .filter_map(|(key, index)| Some((index?, (*others.get(&key)?)?)))
        .filter(|(index, other_index)| {
            let pair = one
                .attempts
                .get(*index)
                .zip(other.attempts.get(*other_index));
            pair.is_some_and(|(attempt, other)| fits(attempt, other))
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

/// Where each key stands; `None` of one that stands more than once.
fn lone_keys(
    place: &Place,
    key: &dyn Fn(&PlaceAttempt) -> Option<u32>,
) -> HashMap<u32, Option<usize>> {
    let mut found = HashMap::new();
    for (index, attempt) in place.attempts.iter().enumerate() {
        if attempt.is_later_leg {
            continue;
        }
        if let Some(key) = key(attempt) {
            let index_of_lone = |known: &mut Option<usize>| *known = None;
            found
                .entry(key)
                .and_modify(index_of_lone)
                .or_insert(Some(index));
        }
    }
    found
}

/// The packets that both attempts surely show, each once in either.
pub(super) fn common_packets<'a>(
    one: &'a PlaceAttempt,
    other: &'a PlaceAttempt,
) -> impl Iterator<Item = (&'a PathPacket, &'a PathPacket)> {
    let numbers = (Numbers { attempt: one }, Numbers { attempt: other });
    let is_same = move |packet: &PathPacket, candidate: &PathPacket| {
        let may_be = numbers.0.may_be(packet, numbers.1, candidate);
        may_be && identity(packet, candidate) == Identity::Same
    };
    one.packets.iter().filter_map(move |packet| {
        let mut matching = other.packets.iter().filter(|other| is_same(packet, other));
        let found = matching.next()?;
        let mut rivals = one.packets.iter().filter(|rival| is_same(rival, found));
        let is_lone = matching.next().is_none() && rivals.nth(1).is_none();
        is_lone.then_some((packet, found))
    })
}

/// What the pairs say about the clocks; `to_reference` is what the first place's clock stands for,
/// and how much that may be off.
///
/// Where the second place shows one direction only, a round trip at the first bounds its clock from
/// the other side: a SYN passes before it is answered.
pub(super) fn samples(
    (one, other): (&Place, &Place),
    pairs: &[Pair],
    to_reference: impl Fn(Timestamp) -> Option<(i64, i64)>,
) -> Vec<Sample> {
    let of_pair = |(index, other_index): &Pair| {
        let pair = one.attempts.get(*index);
        pair.zip(other.attempts.get(*other_index))
    };
    let sample = |(way, at, same): (Way, Timestamp, Timestamp)| {
        let (reference, off) = to_reference(at)?;
        Some(Sample {
            way,
            reference,
            local: same.nanoseconds(),
            off,
        })
    };
    let known = || pairs.iter().filter_map(of_pair);
    let mut samples: Vec<Sample> = known()
        .flat_map(|(attempt, other)| common_packets(attempt, other))
        .filter_map(|(packet, same)| sample((packet.way, packet.place.at, same.place.at)))
        .collect();
    let has = |way: Way| samples.iter().any(|sample| sample.way == way);
    if has(Way::Forth) != has(Way::Back) {
        let round_trips = known().filter_map(|(attempt, other)| round_trip(attempt, other));
        samples.extend(round_trips.filter_map(sample));
    }
    samples
}

/// When one packet was seen by the first place, and by the second the other one of a SYN and its
/// answer, of which the answer is the later one for certain; with the bound that this is.
fn round_trip<'a>(
    one: &'a PlaceAttempt,
    other: &'a PlaceAttempt,
) -> Option<(Way, Timestamp, Timestamp)> {
    let first = |attempt: &'a PlaceAttempt, kind: PacketKind| {
        let mut packets = attempt.packets_of(kind);
        packets.find(|packet| packet.way == Way::Forth || kind == PacketKind::SynAck)
    };
    let (syn, answer) = (
        first(one, PacketKind::Syn)?,
        first(one, PacketKind::SynAck)?,
    );
    if let Some(passed) = first(other, PacketKind::SynAck) {
        return Some((Way::Forth, syn.place.at, passed.place.at));
    }
    // A proxy answers before it lets the SYN pass; then the server has other numbers than the
    // client acknowledges.
    let acknowledged = answer.sequence.plus(1);
    let mut acknowledging = other.packets.iter();
    let is_answered_by_server = acknowledging.any(|packet| {
        let is_clients = packet.way == Way::Forth && packet.flags.has_ack();
        is_clients && packet.acknowledgment == acknowledged
    });
    let passed = first(other, PacketKind::Syn).filter(|_| is_answered_by_server)?;
    Some((Way::Back, answer.place.at, passed.place.at))
}

/// How much nearer to the client the first place is, by hops, and by time in nanoseconds: medians
/// over the pairs; `None` where nothing tells.
pub(super) fn nearness((one, other): (&Place, &Place), pairs: &[Pair]) -> Nearness {
    let (mut hops, mut times) = (Vec::new(), Vec::new());
    for (index, other_index) in pairs {
        let pair = one
            .attempts
            .get(*index)
            .zip(other.attempts.get(*other_index));
        let Some((attempt, other)) = pair else {
            continue;
        };
        let (mut forth, mut back) = (None, None);
        for (packet, same) in common_packets(attempt, other) {
            let lost_hops = i64::from(packet.ttl) - i64::from(same.ttl);
            let ahead = same.place.at.nanoseconds() - packet.place.at.nanoseconds();
            match packet.way {
                Way::Forth => {
                    hops.push(lost_hops);
                    forth.get_or_insert(ahead);
                }
                Way::Back => {
                    hops.push(-lost_hops);
                    back.get_or_insert(ahead);
                }
            }
        }
        // What both clocks say falls out: what is left is the way there and back.
        times.extend(forth.zip(back).map(|(forth, back)| forth - back));
    }
    Nearness {
        hops: median(&mut hops),
        time_ns: median(&mut times),
    }
}

/// What tells which of two places is nearer to the client: positive when the first is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Nearness {
    pub(super) hops: Option<i64>,
    pub(super) time_ns: Option<i64>,
}

/// Clocks of one host that are read on two processors are off by so much, in nanoseconds.
const TIME_SAYS_SOMETHING_NS: i64 = 1_000;

impl Nearness {
    /// Whether the first place is nearer; `None` where nothing tells, or hops and time contradict
    /// each other.
    pub(super) fn is_nearer(self) -> Option<bool> {
        let by_hops = self.hops.filter(|hops| *hops != 0).map(|hops| hops > 0);
        let time = self.time_ns;
        let by_time = time.filter(|time| time.abs() >= TIME_SAYS_SOMETHING_NS);
        let by_time = by_time.map(|time| time > 0);
        match (by_hops, by_time) {
            (Some(hops), Some(time)) => (hops == time).then_some(hops),
            (Some(nearer), None) | (None, Some(nearer)) => Some(nearer),
            (None, None) => None,
        }
    }
}

fn median(numbers: &mut [i64]) -> Option<i64> {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied()
}
