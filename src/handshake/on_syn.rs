//! A SYN: a new attempt, the same one again, the SYN of an answer that was seen first, or one that
//! crosses another.

use std::time::Duration;

use super::attempt::Attempt;
use super::flow::Flow;
use super::meaning::Meaning;
use super::seen_packet::{Role, Sender};
use crate::capture::PacketPlace;
use crate::decode::Segment;

/// Finds the attempt that the SYN belongs to, and adds it there.
pub(super) fn on_syn(
    flow: &mut Flow,
    segment: &Segment,
    place: PacketPlace,
    patience: Duration,
) -> Meaning {
    // The same in another VLAN or tunnel is another tenant's.
    let is_near = |attempt: &Attempt| attempt.is_near(segment.source, &segment.encapsulation);
    let same_isn = |attempt: &&mut Attempt| {
        attempt.client == segment.source
            && attempt.isn == Some(segment.sequence)
            && is_near(attempt)
    };
    if let Some(attempt) = flow.open.iter_mut().rev().find(same_isn) {
        return repeated(attempt, segment, place);
    }
    if flow
        .settled
        .iter()
        .any(|settled| settled.client == segment.source && settled.isn == segment.sequence)
    {
        return Meaning::Known;
    }
    if let Some(attempt) = flow
        .open
        .iter_mut()
        .find(|attempt| is_near(attempt) && is_answered_before(attempt, segment, place, patience))
    {
        attempt.take_syn(segment, place);
        return Meaning::Known;
    }
    if let Some(attempt) = flow
        .open
        .iter_mut()
        .rev()
        .find(|attempt| is_near(attempt) && is_crossed_by(attempt, segment, place, patience))
    {
        return crossing(attempt, segment, place);
    }
    Meaning::New
}

/// The same ISN again, whatever flags, options, data and time: a retransmission, or a copy.
fn repeated(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let meaning = attempt.take_segment(segment, place, Sender::Client, Role::SynRepeated);
    if meaning == Meaning::Known {
        attempt.syn_count = attempt.syn_count.saturating_add(1);
        attempt.last_syn_at = attempt.last_syn_at.max(Some(place.at));
    }
    meaning
}

/// An answer that stands in the file before its SYN, by less than the patience, is out of order.
fn is_answered_before(
    attempt: &Attempt,
    segment: &Segment,
    place: PacketPlace,
    patience: Duration,
) -> bool {
    attempt.isn.is_none()
        && attempt.client == segment.source
        && attempt.expects_syn(segment)
        && place.at.distance(attempt.first_seen_at) < patience
}

/// A simultaneous open: the other side's SYN while the first one is unanswered and fresh.
fn is_crossed_by(
    attempt: &Attempt,
    segment: &Segment,
    place: PacketPlace,
    patience: Duration,
) -> bool {
    let is_opposite =
        attempt.client == segment.destination && segment.source != segment.destination;
    let is_fresh = attempt
        .last_syn_at
        .is_some_and(|last| place.at.distance(last) < patience);
    let is_same_crossing = attempt
        .crossing_isn
        .is_none_or(|isn| isn == segment.sequence);
    is_opposite
        && is_fresh
        && is_same_crossing
        && (attempt.is_unanswered() || attempt.crossing_isn.is_some())
}

fn crossing(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    attempt.crossing_isn = Some(segment.sequence);
    attempt.take_segment(segment, place, Sender::Server, Role::CrossingSyn)
}
