//! A segment without SYN and RST: what proves the handshake, what ends the watch over it, or an older connection's ACK.

use super::attempt::Attempt;
use super::flow_table::Flow;
use super::meaning::Meaning;
use super::seen_packet::{Role, Sender};
use crate::capture::PacketPlace;
use crate::decode::{Segment, SequenceNumber};

/// Finds the attempt that the segment says something about, and adds it there.
pub(super) fn on_segment(flow: &mut Flow, segment: &Segment, place: PacketPlace) -> Meaning {
    let Flow { open, settled, .. } = flow;
    for attempt in open.iter_mut().rev() {
        // A later attempt of this client has been settled: what goes on now is that one.
        if settled
            .iter()
            .any(|settled| settled.client == attempt.client && settled.id > attempt.id)
        {
            continue;
        }
        if attempt.client == segment.source && is_proof_of_client(attempt, segment) {
            return from_client(attempt, segment, place);
        }
        if attempt.client == segment.destination && attempt.isn.is_some() {
            return from_server(attempt, segment, place);
        }
    }
    Meaning::Known
}

/// The client goes on after its SYN: it has accepted an answer. With the answer captured, its number must fit.
fn is_proof_of_client(attempt: &Attempt, segment: &Segment) -> bool {
    let goes_on = attempt
        .isn
        .is_some_and(|isn| segment.sequence.is_after(isn));
    let acknowledges = |isn: SequenceNumber| segment.acknowledgment.is_after(isn);
    goes_on
        && segment.flags.has_ack()
        && attempt.server_isn.is_none_or(acknowledges)
        && attempt.crossing_isn.is_none_or(acknowledges)
}

fn from_client(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    if attempt.crossing_isn.is_some() {
        attempt.note_crossing_acknowledged(Sender::Client, place.at);
    } else if attempt.established_at.is_none() {
        attempt.established_at = Some(place.at);
        attempt.take_segment(segment, place, Sender::Client, Role::Proof);
    }
    attempt.watch_ended |= segment.flags.has_fin();
    Meaning::Known
}

fn from_server(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let carries_on = segment.payload_length > 0 || segment.flags.has_fin();
    if attempt.crossing_isn.is_some() && attempt.established_at.is_none() {
        let acknowledges = attempt.expected.holds(segment.acknowledgment)
            || attempt.is_beyond_syn(segment.acknowledgment);
        if segment.flags.has_ack() && acknowledges {
            attempt.note_crossing_acknowledged(Sender::Server, place.at);
        }
    } else if attempt.established_at.is_none() && !proves_by_server(attempt, segment, carries_on) {
        let is_answer = segment.flags.has_ack() && attempt.is_unanswered();
        return if is_answer {
            attempt.take_segment(segment, place, Sender::Server, Role::BareAck)
        } else {
            Meaning::Known
        };
    } else if attempt.established_at.is_none() {
        attempt.established_at = Some(place.at);
        attempt.take_segment(segment, place, Sender::Server, Role::Proof);
    }
    attempt.watch_ended |= carries_on && attempt.established_at.is_some();
    Meaning::Known
}

/// The server goes on after its SYN-ACK, or acknowledges more than the SYN: the client's ACK has reached it. Where its
/// SYN-ACK was not captured, only payload that acknowledges exactly the SYN is beyond doubt: an older connection on
/// the same 4-tuple answers with any number.
fn proves_by_server(attempt: &Attempt, segment: &Segment, carries_on: bool) -> bool {
    if !segment.flags.has_ack() {
        return false;
    }
    let fits_syn = attempt.expected.holds(segment.acknowledgment);
    match attempt.server_isn {
        Some(isn) => {
            let beyond = attempt.is_beyond_syn(segment.acknowledgment);
            segment.sequence.is_after(isn) && (beyond || (fits_syn && carries_on))
        }
        None => fits_syn && segment.payload_length > 0,
    }
}
