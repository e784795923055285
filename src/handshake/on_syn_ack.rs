//! A SYN-ACK: the answer that the client accepts, one that it cannot accept, or one whose SYN was
//! not captured.

use std::time::Duration;

use super::attempt::Attempt;
use super::flow::Flow;
use super::meaning::Meaning;
use super::seen_packet::{Role, Sender};
use crate::capture::PacketPlace;
use crate::decode::Segment;

/// Finds the attempt whose numbers the SYN-ACK fits, and adds it there.
pub(super) fn on_syn_ack(
    flow: &mut Flow,
    segment: &Segment,
    place: PacketPlace,
    patience: Duration,
) -> Meaning {
    let answers = |attempt: &Attempt| {
        attempt.client == segment.destination && attempt.expected.holds(segment.acknowledgment)
    };
    let (sender, surroundings) = (segment.source, &segment.encapsulation);
    if let Some(attempt) = flow.newest(sender, surroundings, answers) {
        return acceptable(attempt, segment, place);
    }
    let is_crossed = |attempt: &Attempt| acknowledges_crossing_syn(attempt, segment);
    if let Some(attempt) = flow.newest(sender, surroundings, is_crossed) {
        let meaning = attempt.take_segment(segment, place, Sender::Client, Role::Proof);
        attempt.note_crossing_acknowledged(Sender::Client, place.at);
        return meaning;
    }
    let was_answered = flow.settled.iter().any(|settled| {
        settled.client == segment.destination && settled.expected.holds(segment.acknowledgment)
    });
    if was_answered {
        return Meaning::Known;
    }
    match flow.waiting_for_answer(segment, place, patience) {
        Some(attempt) if attempt.is_unanswered() => {
            attempt.take_segment(segment, place, Sender::Server, Role::UnacceptableSynAck)
        }
        _ => Meaning::New,
    }
}

fn acceptable(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let role = if attempt.answered_at.is_some() {
        Role::SynAckRepeated
    } else {
        Role::SynAck
    };
    let meaning = attempt.take_segment(segment, place, Sender::Server, role);
    if meaning != Meaning::Known {
        return meaning;
    }
    attempt.syn_ack_count = attempt.syn_ack_count.saturating_add(1);
    attempt.note_answer(place.at);
    attempt.answered_at.get_or_insert(place.at);
    if *attempt.server_isn.get_or_insert(segment.sequence) != segment.sequence {
        attempt.other_server_isn = Some(segment.sequence);
    }
    if attempt.crossing_isn.is_some() {
        attempt.note_crossing_acknowledged(Sender::Server, place.at);
    }
    meaning
}

/// In a simultaneous open the client sends a SYN-ACK as well, with its own old number.
fn acknowledges_crossing_syn(attempt: &Attempt, segment: &Segment) -> bool {
    attempt.client == segment.source
        && attempt.isn == Some(segment.sequence)
        && attempt
            .crossing_isn
            .is_some_and(|isn| isn.plus(1) == segment.acknowledgment)
}
