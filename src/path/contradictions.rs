//! What one packet proves of another: an answer that was seen proves that what it answers had come
//! by, whatever a capture shows.

use super::journey::PacketJourney;
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
