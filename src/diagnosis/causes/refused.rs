//! Why a RST answered the SYN.

use super::case::Case;
use super::responder::{Mark, distance, is_plain, is_too_soon, mark_of};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{Distance, is_untouched};
use crate::diagnosis::testimony::{proves_closed_port, shows_listener_of_refused};
use crate::handshake::{Role, SeenPacket};

/// The RST has the shape of the host's own stack, or of that of a host behind its address. Certain
/// with a mark that only a stack leaves, from as far as the host's other answers, or where the host
/// itself says that nobody takes connects there; without, a reset rule on the host itself looks the
/// same.
pub(super) fn closed_port(case: &Case<'_>) -> Option<Confidence> {
    let reset = plain_reset(case)?;
    let mark = mark_of(case.attempt());
    let is_proved = was_made_here(reset) && proves_closed_port(case.testimony());
    match (mark, distance(case, reset)) {
        (Mark::PacketFilter, _) => None,
        _ if is_proved => Some(Confidence::Certain),
        (_, Distance::Nearer) => None,
        (Mark::OwnStack, Distance::Same) => Some(Confidence::Certain),
        (Mark::OwnStack, _) => Some(Confidence::Likely),
        (Mark::None, Distance::Same) if !is_open_to_others(case, reset) => Some(Confidence::Likely),
        (Mark::None, _) => Some(Confidence::Possible),
    }
}

/// The RST has the shape of a packet filter's, or the port accepts others and never this client, or
/// the host itself says that somebody takes connects there; certain with both. In IPv4 without DSCP
/// neither a stack nor a filter leaves a mark: then it is always possible.
pub(super) fn firewall_reset(case: &Case<'_>) -> Option<Confidence> {
    let reset = plain_reset(case)?;
    if matches!(
        distance(case, reset),
        Distance::Nearer | Distance::Elsewhere
    ) {
        return None;
    }
    match (mark_of(case.attempt()), is_open_to_others(case, reset)) {
        (Mark::PacketFilter, true) => Some(Confidence::Certain),
        (Mark::PacketFilter, false) | (Mark::None, true) => Some(Confidence::Likely),
        (Mark::None, false) => Some(Confidence::Possible),
        (Mark::OwnStack, _) => None,
    }
}

/// The RST comes from nearer than the host's own answers, or sooner than the way to the host
/// allows, or has a window, which no stack puts there, or is identified in another way than the
/// host's SYN-ACKs.
pub(super) fn middlebox_reset(case: &Case<'_>) -> Option<Confidence> {
    let reset = case.first(Role::Reset)?;
    let attempt = case.attempt();
    let is_too_soon = attempt
        .refused_at
        .zip(attempt.last_syn_at)
        .is_some_and(|(refused, syn)| is_too_soon(case, refused.since(syn), None));
    let is_foreign = distance(case, reset) == Distance::Nearer || !is_plain(reset) || is_too_soon;
    let host = case.comparison().host(attempt.server.address);
    let is_identified_otherwise = host.is_some_and(|host| host.identifies_otherwise(reset));
    if is_foreign {
        Some(Confidence::Likely)
    } else {
        (is_identified_otherwise && mark_of(attempt) != Mark::OwnStack)
            .then_some(Confidence::Possible)
    }
}

/// The port accepts others before and after, and never this client.
pub(super) fn source_filtered(case: &Case<'_>) -> Option<Confidence> {
    is_shut_out(case).then_some(Confidence::Likely)
}

fn plain_reset<'a>(case: &Case<'a>) -> Option<&'a SeenPacket> {
    case.first(Role::Reset).filter(|reset| is_plain(reset))
}

/// Whether no hop has touched the RST: what a host behind this one made was counted down on the
/// way.
fn was_made_here(reset: &SeenPacket) -> bool {
    is_untouched(reset.ip.ttl)
}

/// Whether the port takes the connects of others, by what became of them or by its host's own word.
fn is_open_to_others(case: &Case<'_>, reset: &SeenPacket) -> bool {
    let is_told = was_made_here(reset) && shows_listener_of_refused(case.testimony());
    is_shut_out(case) || is_told
}

fn is_shut_out(case: &Case<'_>) -> bool {
    let attempt = case.attempt();
    case.comparison()
        .service(attempt.server)
        .is_some_and(|service| service.shuts_out(attempt.client.address))
}
