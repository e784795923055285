//! What one packet proves of another: an answer that was seen proves that what it answers had come
//! by, whatever a capture shows.

use super::journey::PacketJourney;
use super::sameness::{Identity, identity};
use super::seen::{PacketKind, Way};

/// Whether a packet of this kind must have come by a place, or beyond, that shows none: a SYN whose
/// answer came from there, a SYN-ACK that was acknowledged from there. Then the place lost packets.
pub(super) fn came_unseen(
    journeys: &[PacketJourney],
    (kind, way): (PacketKind, Way),
    place: usize,
) -> bool {
    let is_at_or_beyond = |journey: &PacketJourney| {
        let mut places = journey.places();
        match way {
            Way::Forth => places.next_back().is_some_and(|last| last >= place),
            Way::Back => places.next().is_some_and(|first| first <= place),
        }
    };
    let is_answer = |journey: &PacketJourney| match (kind, way) {
        (PacketKind::Syn, Way::Forth) => {
            let answers = [PacketKind::SynAck, PacketKind::Reset, PacketKind::IcmpError];
            journey.way == Way::Back && answers.contains(&journey.kind)
        }
        (PacketKind::SynAck, Way::Back) => {
            let answers = [PacketKind::Ack, PacketKind::Data];
            journey.way == Way::Forth && answers.contains(&journey.kind)
        }
        _ => false,
    };
    let mut beyond = journeys.iter().filter(|journey| is_at_or_beyond(journey));
    let mut shown = beyond.clone();
    beyond.any(is_answer) && !shown.any(|journey| (journey.kind, journey.way) == (kind, way))
}

/// Two packets that nothing tells apart, so close to each other, may have been taken for copies of
/// one by one place and not by another, in nanoseconds.
const COPIED_WITHIN_NS: u64 = 10_000_000;

/// Whether a packet is a repetition that the place took for a copy of the one before or after it.
pub(super) fn is_merged_with_another(
    journeys: &[PacketJourney],
    journey: &PacketJourney,
    (seen_at, place): (usize, usize),
) -> bool {
    let Some(packet) = journey.at(seen_at) else {
        return false;
    };
    journeys.iter().any(|other| {
        let is_alike = (other.kind, other.way) == (journey.kind, journey.way);
        let copy = other.at(seen_at).filter(|_| is_alike && other != journey);
        copy.is_some_and(|copy| {
            let times = [packet, copy].map(|packet| packet.place.at.nanoseconds());
            times[0].abs_diff(times[1]) <= COPIED_WITHIN_NS
                && identity(packet, copy) != Identity::Other
                && other.at(place).is_some()
        })
    })
}

/// Whether two stretches have a part in common.
pub(super) fn overlap(one: &[usize], other: &[usize]) -> bool {
    let ends = |places: &[usize]| {
        let (low, high) = (places.iter().min().copied(), places.iter().max().copied());
        low.zip(high)
    };
    ends(one)
        .zip(ends(other))
        .is_some_and(|((a, b), (c, d))| a < d && c < b)
}
