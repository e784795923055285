//! A RST: the server's, which the client accepts or ignores, or the client's own.

use super::attempt::Attempt;
use super::flow_table::Flow;
use super::meaning::Meaning;
use super::seen_packet::{Content, Role, Sender};
use crate::capture::PacketPlace;
use crate::decode::Segment;

/// How far from the next expected byte a RST may be to count: within any window that a fresh connection offers.
const RESET_WINDOW: u32 = 1 << 20;

/// Finds the attempt that the RST ends, or that it wants to end, and adds it there.
pub(super) fn on_reset(flow: &mut Flow, segment: &Segment, place: PacketPlace) -> Meaning {
    let accepted =
        |attempt: &Attempt| attempt.client == segment.destination && is_accepted(attempt, segment);
    if let Some(attempt) = flow.open.iter_mut().rev().find(|attempt| accepted(attempt)) {
        return by_server(attempt, segment, place);
    }
    if let Some(attempt) = flow
        .open
        .iter_mut()
        .rev()
        .find(|attempt| is_by_client(attempt, segment))
    {
        return by_client(attempt, segment, place);
    }
    let is_waiting = |attempt: &&mut Attempt| {
        attempt.client == segment.destination
            && attempt.isn.is_some()
            && attempt.established_at.is_none()
    };
    if let Some(attempt) = flow.open.iter_mut().rev().find(is_waiting) {
        return attempt.take_segment(segment, place, Sender::Server, Role::UnacceptableReset);
    }
    let is_unknown = !flow.was_probed
        && flow.settled.is_empty()
        && flow.open.iter().all(|attempt| attempt.isn.is_none());
    if is_unknown && answers_a_syn(segment) {
        Meaning::New
    } else {
        Meaning::Known
    }
}

/// The RST with which a closed port answers a segment without ACK (RFC 9293 §3.10.7.1): a SYN, or a scanner's probe.
pub(super) fn answers_a_syn(segment: &Segment) -> bool {
    segment.flags.has_ack() && segment.sequence.0 == 0
}

/// Whether the client's TCP acts on the server's RST. Before an answer, it must acknowledge the SYN (RFC 9293
/// §3.10.7.3); after it, its sequence number must be in the window.
fn is_accepted(attempt: &Attempt, segment: &Segment) -> bool {
    let acknowledges_syn =
        segment.flags.has_ack() && attempt.expected.holds(segment.acknowledgment);
    match attempt.server_isn {
        None if attempt.established_at.is_some() => true,
        None => acknowledges_syn,
        Some(isn) => segment.sequence.is_within(isn.plus(1), RESET_WINDOW),
    }
}

fn by_server(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let meaning = attempt.take_segment(segment, place, Sender::Server, Role::Reset);
    if meaning == Meaning::Copy {
        return meaning;
    }
    attempt.note_answer(place.at);
    if attempt.answered_at.is_some() || attempt.established_at.is_some() {
        attempt.reset_at.get_or_insert(place.at);
    } else {
        attempt.refused_at.get_or_insert(place.at);
    }
    meaning
}

/// Whether the RST is of this attempt's client: at the sequence number after its SYN, or where an answer made it.
fn is_by_client(attempt: &Attempt, segment: &Segment) -> bool {
    let Some(isn) = attempt.isn else {
        return attempt.client == segment.source;
    };
    attempt.client == segment.source
        && (segment.sequence.is_within(isn, RESET_WINDOW)
            || answered_unacceptable(attempt, segment))
}

/// A client answers a segment that it cannot accept with a RST at that segment's acknowledgement number.
fn answered_unacceptable(attempt: &Attempt, segment: &Segment) -> bool {
    attempt
        .packets_as(&[Role::UnacceptableSynAck, Role::BareAck])
        .any(|answer| match answer.content {
            Content::Segment { acknowledgment, .. } => acknowledgment == segment.sequence,
            Content::Icmp { .. } => false,
        })
}

fn by_client(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let is_answer = attempt.answered_at.is_none() && answered_unacceptable(attempt, segment);
    let role = if is_answer {
        Role::AnswerToUnacceptable
    } else {
        Role::ClientReset
    };
    let meaning = attempt.take_segment(segment, place, Sender::Client, role);
    if meaning == Meaning::Known && !is_answer {
        attempt.client_reset_at.get_or_insert(place.at);
    }
    meaning
}
