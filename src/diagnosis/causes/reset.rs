//! Why the server's side reset what it had answered.

use std::time::Duration;

use super::case::Case;
use super::responder::is_too_soon;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{hop_distance, is_untouched};
use crate::handshake::{Content, Outcome, Role, SeenPacket};

/// A full queue shows when the ACK arrives.
const RIGHT_AFTER_THE_ACK: Duration = Duration::from_millis(100);

/// A RST without ACK right after the client's ACK: the kernel gives up a connection that it cannot
/// queue (`tcp_abort_on_overflow`). Certain when it was seen where the server sent it.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let reset = case
        .first(Role::Reset)
        .filter(|reset| !has_ack(reset) && window(reset) == Some(0))?;
    let delay = attempt.reset_at?.since(attempt.established_at?);
    if delay > RIGHT_AFTER_THE_ACK || has_other_distance(case, reset) || has_sent_data(case) {
        return None;
    }
    let is_far_from_client = case
        .first(Role::Syn)
        .is_some_and(|syn| !is_untouched(syn.ip.ttl));
    let is_at_server = is_untouched(reset.ip.ttl) && is_far_from_client;
    Some(if is_at_server {
        Confidence::Certain
    } else {
        Confidence::Likely
    })
}

/// Somebody answers in the server's name: a SYN proxy, whose SYN-ACK has window 0, or who answers
/// sooner than the way to the server allows, by its other ports; and it closed or reset without a
/// byte.
pub(super) fn proxy_without_backend(case: &Case<'_>) -> Option<Confidence> {
    if case.outcome() == Outcome::Established && !case.attempt().server_closed_unheard {
        return None;
    }
    let syn_ack = case.first(Role::SynAck)?;
    if window(syn_ack) == Some(0) {
        return Some(Confidence::Likely);
    }
    let attempt = case.attempt();
    let waited = attempt.answered_at?.since(attempt.last_syn_at?);
    is_too_soon(case, waited, Some(attempt.server.port)).then_some(Confidence::Possible)
}

/// A SYN-ACK and a RST answer one SYN, the RST as if there had been no SYN-ACK, from another
/// distance.
pub(super) fn two_responders(case: &Case<'_>) -> Option<Confidence> {
    let is_answer_to_syn = case.outcome() == Outcome::Refused || case.attempt().reset_at.is_none();
    (is_answer_to_syn && answers_from_two_distances(case)).then_some(Confidence::Likely)
}

/// The RST comes from another distance than the SYN-ACK, or so soon after the ACK that the server
/// cannot have seen that.
pub(super) fn middlebox_reset(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let is_too_soon = attempt
        .reset_at
        .zip(attempt.established_at)
        .is_some_and(|(reset, acknowledged)| is_too_soon(case, reset.since(acknowledged), None));
    (answers_from_two_distances(case) || is_too_soon).then_some(Confidence::Likely)
}

/// A RST with ACK comes from a live socket: the application closed with data unread, or without
/// lingering.
pub(super) fn server_abort(case: &Case<'_>) -> Option<Confidence> {
    let reset = case.first(Role::Reset).filter(|reset| has_ack(reset))?;
    let is_live_socket = case.attempt().reset_at.is_some() && !has_other_distance(case, reset);
    is_live_socket.then_some(Confidence::Likely)
}

/// Whether the SYN-ACK and the RST that answer one SYN have come different numbers of hops.
fn answers_from_two_distances(case: &Case<'_>) -> bool {
    case.first(Role::Reset)
        .is_some_and(|reset| has_other_distance(case, reset))
}

fn has_other_distance(case: &Case<'_>, reset: &SeenPacket) -> bool {
    case.first(Role::SynAck)
        .is_some_and(|syn_ack| hop_distance(syn_ack.ip.ttl) != hop_distance(reset.ip.ttl))
}

/// Whether the client had sent data before the RST: its number is beyond what the SYN-ACK allows
/// then.
fn has_sent_data(case: &Case<'_>) -> bool {
    case.first(Role::Proof)
        .is_some_and(|proof| match proof.content {
            Content::Segment { payload_length, .. } => payload_length > 0,
            Content::Icmp { .. } => false,
        })
}

fn has_ack(packet: &SeenPacket) -> bool {
    packet.flags().is_some_and(crate::decode::TcpFlags::has_ack)
}

fn window(packet: &SeenPacket) -> Option<u16> {
    match packet.content {
        Content::Segment { window, .. } => window,
        Content::Icmp { .. } => None,
    }
}
