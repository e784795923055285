//! Why the server's side reset what it had answered.

use std::time::Duration;

use super::balancer::injected;
use super::case::Case;
use super::responder::{is_too_soon, sooner_than_the_host};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{hop_distance, is_untouched};
use crate::handshake::{Content, Outcome, Role, SeenPacket};

/// A full queue shows when the ACK arrives.
const RIGHT_AFTER_THE_ACK: Duration = Duration::from_millis(100);

/// A RST without ACK right after the client's ACK: the kernel gives up a connection that it cannot
/// queue (`tcp_abort_on_overflow`). A listener that was closed meanwhile does so as well.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    // Then the server answers what it was made to forget.
    if attempt.is_reset_in_clients_name() {
        return None;
    }
    let reset = case
        .first(Role::Reset)
        .filter(|reset| !has_ack(reset) && window(reset) == Some(0))?;
    let delay = attempt.reset_at?.since(attempt.established_at?);
    let is_late = delay > RIGHT_AFTER_THE_ACK || answers_later_data(case, delay);
    if is_late || is_clearly_of_another(case, reset) || has_sent_data(case) {
        return None;
    }
    // One kernel gives both the same time to live: another one may never have had the connection.
    let syn_ack = case.first(Role::SynAck);
    let is_as_far = syn_ack.is_none_or(|syn_ack| syn_ack.ip.ttl == reset.ip.ttl);
    Some(if is_as_far {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}

/// A host that is busy answers so much later than it answered the SYN.
const BUSY: Duration = Duration::from_micros(100);

/// Whether the RST came so long after the ACK that it answers what the client sent next: the server
/// had taken the connection, and does not know it any more.
fn answers_later_data(case: &Case<'_>, delay: Duration) -> bool {
    let attempt = case.attempt();
    let round_trip = attempt.answered_at.zip(attempt.last_syn_at);
    let round_trip = round_trip.map(|(answered, syn)| answered.since(syn));
    attempt.has_client_payload()
        && round_trip.is_some_and(|round_trip| delay > round_trip.saturating_mul(2) + BUSY)
}

/// Somebody answers in the server's name: a SYN proxy, whose SYN-ACK has window 0, or who answers
/// sooner than the way to the server allows, by its other ports; and it closed or reset without a
/// byte.
pub(super) fn proxy_without_backend(case: &Case<'_>) -> Option<Confidence> {
    if case.outcome() == Outcome::Established && case.attempt().hung_up_at.is_none() {
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
/// cannot have seen that; or the client was reset in its name as well.
pub(super) fn middlebox_reset(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let by_time = attempt
        .reset_at
        .zip(attempt.established_at)
        .and_then(|(reset, acknowledged)| sooner_than_the_host(case, reset.since(acknowledged)));
    let by_distance = case
        .first(Role::Reset)
        .filter(|reset| is_clearly_of_another(case, reset))
        .map(|_| Confidence::Likely);
    // Whoever resets in the client's name made the server forget the connection.
    let by_forgery = attempt
        .is_reset_in_clients_name()
        .then_some(Confidence::Likely);
    by_time.max(by_distance).max(by_forgery).max(injected(case))
}

/// The application of a live socket resets at once, or when the client has sent something: later,
/// out of itself, a box on the way does so as well.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A RST with ACK comes from a live socket: the application closed with data unread, or without
/// lingering.
pub(super) fn server_abort(case: &Case<'_>) -> Option<Confidence> {
    let reset = case.first(Role::Reset).filter(|reset| has_ack(reset))?;
    let attempt = case.attempt();
    let since = attempt.reset_at?.since(attempt.answered_at?);
    if is_clearly_of_another(case, reset) {
        return None;
    }
    Some(if since <= AT_ONCE || attempt.has_client_payload() {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}

/// Whether the SYN-ACK and the RST that answer one SYN have come different numbers of hops.
fn answers_from_two_distances(case: &Case<'_>) -> bool {
    case.first(Role::Reset)
        .is_some_and(|reset| has_other_distance(case, reset))
}

/// Whether the RST has come a way that the SYN-ACK cannot have: another start, or more than a hop,
/// by which ways that share the load differ.
fn is_clearly_of_another(case: &Case<'_>, reset: &SeenPacket) -> bool {
    case.first(Role::SynAck).is_some_and(|syn_ack| {
        let (one, other) = (syn_ack.ip.ttl, reset.ip.ttl);
        let is_far = hop_distance(one).abs_diff(hop_distance(other)) > 1;
        let starts_elsewhere =
            one.saturating_add(hop_distance(one)) != other.saturating_add(hop_distance(other));
        is_far || starts_elsewhere || is_untouched(one) != is_untouched(other)
    })
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
