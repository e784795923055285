//! A RST: the server's, which the client accepts or ignores, or the client's own.

use std::time::Duration;

use super::attempt::{Attempt, Fit};
use super::flow::Flow;
use super::meaning::Meaning;
use super::seen_packet::{Content, Role, Sender};
use crate::capture::PacketPlace;
use crate::decode::Segment;

/// How far from the next expected byte a RST may be to count: within any window that a fresh
/// connection offers.
const RESET_WINDOW: u32 = 1 << 20;

/// Finds the attempt that the RST ends, or that it wants to end, and adds it there.
pub(super) fn on_reset(
    flow: &mut Flow,
    segment: &Segment,
    place: PacketPlace,
    patience: Duration,
) -> Meaning {
    if let Some((attempt, (_, sender))) = flow.best_fit(segment, |_, attempt| fit(attempt, segment))
    {
        if attempt.watch_ended {
            // A connection that had begun: this is how it ends, not how it failed.
            attempt.is_closed = true;
            return Meaning::Known;
        }
        return match sender {
            Sender::Client => by_client(attempt, segment, place),
            Sender::Server | Sender::Other(_) => by_server(attempt, segment, place),
        };
    }
    if let Some(attempt) = flow.waiting_for_answer(segment, place, patience) {
        return attempt.take_segment(segment, place, Sender::Server, Role::UnacceptableReset);
    }
    let is_known = flow.open.iter().any(|attempt| {
        attempt.client == segment.destination && attempt.expected.holds(segment.acknowledgment)
    });
    let is_answered = is_known
        || flow
            .settled
            .iter()
            .any(|settled| settled.expected.holds(segment.acknowledgment));
    if answers_a_syn(segment) && !flow.was_probed && !is_answered {
        Meaning::New
    } else {
        Meaning::Known
    }
}

/// The RST with which a closed port answers a segment without ACK (RFC 9293 §3.10.7.1): a SYN, or a
/// scanner's probe.
pub(super) fn answers_a_syn(segment: &Segment) -> bool {
    segment.flags.has_ack() && segment.sequence.0 == 0
}

fn fit(attempt: &Attempt, segment: &Segment) -> Option<(Fit, Sender)> {
    let by_server = fit_of_server(attempt, segment).map(|fit| (fit, Sender::Server));
    by_server.or_else(|| fit_of_client(attempt, segment).map(|fit| (fit, Sender::Client)))
}

/// Whether the client's TCP acts on the server's RST. Until the handshake is complete, it is enough
/// that it acknowledges the SYN (RFC 9293 §3.10.7.3); after an answer, that its sequence number is
/// in the window.
fn fit_of_server(attempt: &Attempt, segment: &Segment) -> Option<Fit> {
    if attempt.client != segment.destination {
        return None;
    }
    let acknowledges_syn =
        segment.flags.has_ack() && attempt.expected.holds(segment.acknowledgment);
    if acknowledges_syn && attempt.established_at.is_none() {
        return Some(Fit::Exact);
    }
    match is_in_window(attempt, segment) {
        Some(true)
            if attempt
                .server_isns()
                .any(|isn| segment.sequence == isn.plus(1)) =>
        {
            Some(Fit::Exact)
        }
        Some(true) => Some(Fit::InWindow),
        Some(false) => None,
        None => attempt.established_at.map(|_| Fit::OneSided),
    }
}

/// Whether the RST's sequence number is in the client's window; `None` where that is not known.
fn is_in_window(attempt: &Attempt, segment: &Segment) -> Option<bool> {
    attempt.server_isn?;
    Some(
        attempt
            .server_isns()
            .any(|isn| segment.sequence.is_within(isn.plus(1), RESET_WINDOW)),
    )
}

fn by_server(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let meaning = attempt.take_segment(segment, place, Sender::Server, Role::Reset);
    if meaning != Meaning::Known {
        return meaning;
    }
    attempt.note_answer(place.at);
    let is_in_window = is_in_window(attempt, segment);
    let has_sent_payload = is_in_window == Some(true)
        && attempt
            .server_isns()
            .all(|isn| segment.sequence.is_after(isn.plus(1)));
    if has_sent_payload {
        // Its payload was not captured, but its number tells: this is how the connection ends, not
        // how it failed.
        attempt.established_at.get_or_insert(place.at);
        attempt.watch_ended = true;
        attempt.is_closed = true;
    } else if is_in_window == Some(true) || attempt.established_at.is_some() {
        attempt.reset_at.get_or_insert(place.at);
    } else {
        attempt.refused_at.get_or_insert(place.at);
    }
    meaning
}

/// Whether the RST is of this attempt's client: at the sequence number after its SYN, where an
/// answer made it, or, once there was an answer, a little beyond.
fn fit_of_client(attempt: &Attempt, segment: &Segment) -> Option<Fit> {
    if attempt.client != segment.source {
        return None;
    }
    let Some(isn) = attempt.isn else {
        return Some(Fit::OneSided);
    };
    let is_at_syn = segment.sequence == isn || attempt.expected.holds(segment.sequence);
    if is_at_syn || answers_unacceptable(attempt, segment) {
        return Some(Fit::Exact);
    }
    let was_answered = attempt.answered_at.is_some() || attempt.established_at.is_some();
    (was_answered && segment.sequence.is_within(isn, RESET_WINDOW)).then_some(Fit::InWindow)
}

/// A client answers a segment that it cannot accept with a RST at that segment's acknowledgement
/// number.
fn answers_unacceptable(attempt: &Attempt, segment: &Segment) -> bool {
    let is_answered = |content| match content {
        Content::Segment { acknowledgment, .. } => acknowledgment == segment.sequence,
        Content::Icmp { .. } => false,
    };
    !attempt.expected.holds(segment.sequence)
        && attempt
            .packets_as(&[Role::UnacceptableSynAck, Role::BareAck])
            .any(|answer| is_answered(answer.content))
}

fn by_client(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let is_answer = answers_unacceptable(attempt, segment);
    let role = if is_answer {
        Role::AnswerToUnacceptable
    } else {
        Role::ClientReset
    };
    let meaning = attempt.take_segment(segment, place, Sender::Client, role);
    if meaning == Meaning::Known && !is_answer {
        if attempt.answered_at.is_some() && attempt.is_beyond_syn(segment.sequence) {
            // It had sent data: the connection was established.
            attempt.established_at.get_or_insert(place.at);
        }
        attempt.client_reset_at.get_or_insert(place.at);
        attempt.client_reset_acknowledges |= segment.flags.has_ack()
            && attempt
                .server_isns()
                .any(|isn| segment.acknowledgment.is_after(isn));
    }
    meaning
}
