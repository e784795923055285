//! Why a RST answered the SYN.

use super::responder::{Mark, distance, is_plain, is_too_soon, mark_of};
use super::{Case, Cause, Confidence, Rule};
use crate::diagnosis::comparison::Distance;
use crate::handshake::{Role, SeenPacket};

pub(super) const RULES: &[(Cause, Rule)] = &[
    (Cause::TwoResponders, two_responders),
    (Cause::MiddleboxReset, middlebox_reset),
    (Cause::ClosedPort, closed_port),
    (Cause::FirewallReset, firewall_reset),
    (Cause::SourceFiltered, source_filtered),
];

/// The RST has the shape of the host's own stack, or of that of a host behind its address. Certain with a mark that only a stack leaves, from as far as the host's
/// other answers; without a mark a reset rule on the host itself looks the same.
fn closed_port(case: Case<'_>) -> Option<Confidence> {
    let reset = plain_reset(case)?;
    if middlebox_reset(case) == Some(Confidence::Likely) {
        return None;
    }
    match (mark_of(case.attempt()), distance(case, reset)) {
        (Mark::PacketFilter, _) | (_, Distance::Nearer) => None,
        (Mark::OwnStack, Distance::Same) => Some(Confidence::Certain),
        (Mark::OwnStack, _) => Some(Confidence::Likely),
        (Mark::None, Distance::Same) if !is_shut_out(case) => Some(Confidence::Likely),
        (Mark::None, _) => Some(Confidence::Possible),
    }
}

/// The RST has the shape of a packet filter's, or the port accepts others and never this client; certain with both. In
/// IPv4 without DSCP neither a stack nor a filter leaves a mark: then it is always possible.
fn firewall_reset(case: Case<'_>) -> Option<Confidence> {
    let reset = plain_reset(case)?;
    if matches!(
        distance(case, reset),
        Distance::Nearer | Distance::Elsewhere
    ) {
        return None;
    }
    match (
        mark_of(case.attempt()) == Mark::PacketFilter,
        is_shut_out(case),
    ) {
        (true, true) => Some(Confidence::Certain),
        (true, false) => Some(Confidence::Likely),
        (false, true) if mark_of(case.attempt()) == Mark::None => Some(Confidence::Likely),
        (false, false) if mark_of(case.attempt()) == Mark::None => Some(Confidence::Possible),
        _ => None,
    }
}

/// The RST comes from nearer than the host's own answers, or sooner than the way to the host allows, or has a window, which
/// no stack puts there, or is identified in another way than the host's SYN-ACKs.
fn middlebox_reset(case: Case<'_>) -> Option<Confidence> {
    let reset = case.first(Role::Reset)?;
    let attempt = case.attempt();
    let is_too_soon = attempt
        .refused_at
        .zip(attempt.last_syn_at)
        .is_some_and(|(refused, syn)| is_too_soon(case, refused.since(syn), None));
    let is_foreign = distance(case, reset) == Distance::Nearer || !is_plain(reset) || is_too_soon;
    let host = case.comparison.host(attempt.server.address);
    let is_identified_otherwise = host.is_some_and(|host| host.identifies_otherwise(reset));
    if is_foreign {
        Some(Confidence::Likely)
    } else {
        (is_identified_otherwise && mark_of(attempt) != Mark::OwnStack)
            .then_some(Confidence::Possible)
    }
}

/// A SYN-ACK answered the same SYN, from another distance.
fn two_responders(case: Case<'_>) -> Option<Confidence> {
    super::reset::answers_from_two_distances(case).then_some(Confidence::Likely)
}

/// The port accepts others before and after, and never this client.
fn source_filtered(case: Case<'_>) -> Option<Confidence> {
    is_shut_out(case).then_some(Confidence::Likely)
}

fn plain_reset(case: Case<'_>) -> Option<&SeenPacket> {
    case.first(Role::Reset).filter(|reset| is_plain(reset))
}

fn is_shut_out(case: Case<'_>) -> bool {
    let attempt = case.attempt();
    case.comparison
        .service(attempt.server)
        .is_some_and(|service| service.shuts_out(attempt.client.address))
}
