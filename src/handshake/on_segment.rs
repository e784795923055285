//! A segment without SYN and RST: what proves the handshake, what ends the watch over it, or an
//! older connection's ACK.

use super::attempt::{Attempt, Fit};
use super::flow::Flow;
use super::meaning::Meaning;
use super::seen_packet::{Role, SeenPacket, Sender};
use crate::capture::PacketPlace;
use crate::decode::{Segment, VerdictMark};

/// How far beyond the SYN a client's segment may be to prove an answer that was not captured.
const ONE_SIDED_WINDOW: u32 = 1 << 20;

/// Finds the attempt whose numbers the segment fits best, and adds it there.
pub(super) fn on_segment(flow: &mut Flow, segment: &Segment, place: PacketPlace) -> Meaning {
    let Some((attempt, (_, sender))) =
        flow.best_fit(segment, |flow, attempt| fit(flow, attempt, segment))
    else {
        return Meaning::Known;
    };
    if segment
        .ip
        .capture
        .verdict
        .is_some_and(VerdictMark::is_log_record)
    {
        return of_log(attempt, segment, place, sender);
    }
    match sender {
        Sender::Client => from_client(attempt, segment, place),
        Sender::Server | Sender::Other(_) => from_server(attempt, segment, place),
    }
}

/// A record of a filter's log shows that the connection went on. When each packet was logged, and
/// how often, says nothing of the ways of either side.
fn of_log(attempt: &mut Attempt, segment: &Segment, place: PacketPlace, sender: Sender) -> Meaning {
    let is_clients = sender == Sender::Client;
    let proves = is_clients || proves_by_server(attempt, segment);
    if proves && attempt.established_at.is_none() {
        let meaning = attempt.take_segment(segment, place, sender, Role::Proof);
        if meaning == Meaning::Known {
            attempt.established_at = Some(place.at);
        }
        return meaning;
    }
    let is_heard = !is_clients && carries_on(attempt, segment);
    attempt.server_was_heard |= is_heard;
    attempt.watch_ended |= is_heard || segment.flags.has_fin();
    attempt.is_closed |= segment.flags.has_fin();
    Meaning::Known
}

fn fit(flow: &Flow, attempt: &Attempt, segment: &Segment) -> Option<(Fit, Sender)> {
    let from_client = fit_of_client(flow, attempt, segment).map(|fit| (fit, Sender::Client));
    from_client.or_else(|| fit_of_server(flow, attempt, segment).map(|fit| (fit, Sender::Server)))
}

/// The client goes on after its SYN: it has accepted an answer. With the answer captured, its
/// number must fit; without it, only what follows the SYN closely is proof, and not after a RST
/// that the client accepted. An ACK of nothing is none, and after its own RST a client has nothing
/// to acknowledge: unless another forged the RST.
fn fit_of_client(flow: &Flow, attempt: &Attempt, segment: &Segment) -> Option<Fit> {
    let isn = attempt
        .isn
        .filter(|_| attempt.client == segment.source && segment.flags.has_ack())
        .filter(|_| attempt.client_reset_at.is_none() || is_reset_by_another(attempt, segment))?;
    let is_at_syn = attempt.expected.holds(segment.sequence);
    if attempt.server_isns().next().is_some() {
        let acknowledged = attempt
            .server_isns()
            .find(|server| segment.acknowledgment.is_after(*server))?;
        // A keep-alive or a window probe stands one byte below: at the number of the SYN itself.
        let goes_on = segment.sequence == isn || segment.sequence.is_after(isn);
        let is_exact = is_at_syn && segment.acknowledgment == acknowledged.plus(1);
        return goes_on.then_some(if is_exact { Fit::Exact } else { Fit::InWindow });
    }
    let follows = is_at_syn || segment.sequence.is_within(isn.plus(1), ONE_SIDED_WINDOW);
    let may_follow = segment.acknowledgment.0 != 0
        && attempt.refused_at.is_none()
        && !flow.has_settled_later(attempt);
    (follows && may_follow).then_some(Fit::OneSided)
}

/// Whether the RSTs in the client's name came another number of hops than its SYNs, and this
/// segment as many as those. A scanner's kernel resets with another time to live as well, and sends
/// nothing after it.
fn is_reset_by_another(attempt: &Attempt, segment: &Segment) -> bool {
    let is_as_far = |packet: &SeenPacket| packet.ip.ttl == segment.ip.ttl;
    attempt.packets_as(&[Role::Syn]).all(is_as_far)
        && !attempt.packets_as(&[Role::ClientReset]).any(is_as_far)
}

/// The server acknowledges the SYN, or more than that, and counts on from its own number. Anything
/// else that acknowledges something is, for an attempt without an answer, the ACK of an older
/// connection.
fn fit_of_server(flow: &Flow, attempt: &Attempt, segment: &Segment) -> Option<Fit> {
    if attempt.client != segment.destination || attempt.isn.is_none() || !segment.flags.has_ack() {
        return None;
    }
    let acknowledges_syn = attempt.expected.holds(segment.acknowledgment);
    let acknowledges = acknowledges_syn || attempt.is_beyond_syn(segment.acknowledgment);
    let counts_on = |isn| segment.sequence == isn || segment.sequence.is_after(isn);
    let mut server_isns = attempt.server_isns().peekable();
    match server_isns.peek() {
        Some(_) => {
            let counts_on = server_isns.any(counts_on);
            (counts_on && acknowledges).then_some(if acknowledges_syn {
                Fit::Exact
            } else {
                Fit::InWindow
            })
        }
        None if acknowledges_syn => Some(Fit::InWindow),
        None if attempt.established_at.is_some() => acknowledges.then_some(Fit::OneSided),
        None => (attempt.is_unanswered() && !flow.has_settled_later(attempt))
            .then_some(Fit::Unacceptable),
    }
}

fn from_client(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    if attempt.crossing_isn.is_some() {
        attempt.note_crossing_acknowledged(Sender::Client, place.at);
    } else if attempt.established_at.is_none() {
        attempt.established_at = Some(place.at);
        // It goes on: what reset it before was forged.
        attempt.client_reset_at = None;
        attempt.take_segment(segment, place, Sender::Client, Role::Proof);
    }
    let end = segment.sequence.plus(segment.payload_length);
    if segment.payload_length > 0 && end.is_after(attempt.expected.last()) {
        let is_at_beginning = segment.sequence == attempt.expected.last();
        if attempt.client_data.is_repeated_by(is_at_beginning) {
            let role = Role::DataRepeated;
            let meaning = attempt.take_segment(segment, place, Sender::Client, role);
            if meaning == Meaning::Known {
                attempt.client_data.note_repetition();
            }
        }
        attempt.client_data.is_sent = true;
    }
    attempt.server_data.is_acknowledged |= attempt
        .server_isns()
        .any(|isn| segment.acknowledgment.is_after(isn.plus(1)));
    attempt.watch_ended |= segment.flags.has_fin();
    attempt.is_closed |= segment.flags.has_fin();
    Meaning::Known
}

fn from_server(attempt: &mut Attempt, segment: &Segment, place: PacketPlace) -> Meaning {
    let acknowledges_syn = attempt.expected.holds(segment.acknowledgment);
    let acknowledges = acknowledges_syn || attempt.is_beyond_syn(segment.acknowledgment);
    let mut is_proof = false;
    if attempt.crossing_isn.is_some() && acknowledges {
        attempt.note_crossing_acknowledged(Sender::Server, place.at);
    } else if attempt.established_at.is_none() && proves_by_server(attempt, segment) {
        attempt.established_at = Some(place.at);
        attempt.take_segment(segment, place, Sender::Server, Role::Proof);
        is_proof = true;
    } else if attempt.established_at.is_none() {
        let is_of_an_older_connection = attempt.is_unanswered() && !acknowledges_syn;
        return if is_of_an_older_connection {
            attempt.take_segment(segment, place, Sender::Server, Role::BareAck)
        } else {
            Meaning::Known
        };
    }
    if attempt.established_at.is_none() {
        return Meaning::Known;
    }
    attempt.client_data.is_acknowledged |= attempt.is_beyond_syn(segment.acknowledgment);
    if hangs_up(attempt, segment) {
        attempt.client_data.is_sent |= attempt.is_beyond_syn(segment.acknowledgment);
        attempt.hung_up_at = Some(place.at);
        if !is_proof {
            attempt.take_segment(segment, place, Sender::Server, Role::ServerClose);
        }
    }
    if has_new_payload(attempt, segment) {
        let is_at_beginning = attempt
            .server_isns()
            .any(|isn| segment.sequence == isn.plus(1));
        if attempt.server_data.is_repeated_by(is_at_beginning) {
            let role = Role::DataRepeated;
            let meaning = attempt.take_segment(segment, place, Sender::Server, role);
            if meaning == Meaning::Known {
                attempt.server_data.note_repetition();
            }
        }
        // Without its SYN-ACK it is not known where its data begins.
        attempt.server_data.is_sent |= attempt.server_isn.is_some();
    }
    let is_heard = carries_on(attempt, segment);
    attempt.server_was_heard |= is_heard;
    attempt.watch_ended |= is_heard;
    attempt.is_closed |= segment.flags.has_fin();
    Meaning::Known
}

/// The server's FIN is the first that comes after its SYN-ACK, and the client has not closed. A FIN
/// that acknowledges one number more than was captured of the client answers a FIN that was missed.
fn hangs_up(attempt: &Attempt, segment: &Segment) -> bool {
    let is_next = |isn: crate::decode::SequenceNumber| segment.sequence == isn.plus(1);
    let end = attempt.expected.last();
    let is_closed_unseen = !attempt.client_data.is_sent && segment.acknowledgment == end.plus(1);
    segment.flags.has_fin()
        && segment.payload_length == 0
        && !attempt.watch_ended
        && !is_closed_unseen
        && attempt.server_isn.is_some_and(is_next)
}

/// The server goes on after its SYN-ACK, or acknowledges more than the SYN: the client's ACK has
/// reached it. A SYN that carried data lets it go on before that (RFC 7413). Where its SYN-ACK was
/// not captured, only payload that acknowledges exactly the SYN is beyond doubt: an older
/// connection on the same 4-tuple answers with any number.
fn proves_by_server(attempt: &Attempt, segment: &Segment) -> bool {
    let fits_syn = attempt.expected.holds(segment.acknowledgment);
    if attempt.server_isn.is_none() {
        return fits_syn && segment.payload_length > 0;
    }
    let waits_for_ack = !attempt.expected.is_of_data();
    attempt.is_beyond_syn(segment.acknowledgment)
        || (fits_syn && waits_for_ack && carries_on(attempt, segment))
}

/// Payload or a FIN of the server, beyond its SYN-ACK: a keep-alive repeats the byte before.
fn carries_on(attempt: &Attempt, segment: &Segment) -> bool {
    has_new_payload(attempt, segment) || segment.flags.has_fin()
}

fn has_new_payload(attempt: &Attempt, segment: &Segment) -> bool {
    let end = segment.sequence.plus(segment.payload_length);
    let is_new = |isn: crate::decode::SequenceNumber| end.is_after(isn.plus(1));
    segment.payload_length > 0 && attempt.server_isn.is_none_or(is_new)
}
