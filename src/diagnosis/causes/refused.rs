//! Why a RST answered the SYN.

use super::balancer::injected;
use super::case::Case;
use super::responder::{
    Mark, distance, is_plain, mark_of, sooner_than_the_host, stacks, telling_mark,
};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{BeyondLimit, Distance, ServiceHistory, is_untouched};
use crate::diagnosis::stack::Stack;
use crate::diagnosis::testimony::{proves_closed_port, shows_listener_of_refused};
use crate::handshake::{Content, Role, SeenPacket};

/// The RST has the shape of the host's own stack, or of that of a host behind its address. Certain
/// with a mark that only a stack leaves, from as far as the host's other answers, or where the host
/// itself says that nobody takes connects there; without, a reset rule on the host itself looks the
/// same.
pub(super) fn closed_port(case: &Case<'_>) -> Option<Confidence> {
    let Some(reset) = plain_reset(case) else {
        return closed_port_of_small_stack(case);
    };
    let mark = telling_mark(case);
    let is_proved = was_made_here(reset) && proves_closed_port(case.testimony());
    match (mark, distance(case, reset)) {
        (Mark::PacketFilter, _) => None,
        _ if is_proved => Some(Confidence::Certain),
        (_, Distance::Nearer) => None,
        (Mark::None, _) if is_refused_by_filter(case) => Some(Confidence::Possible),
        (Mark::OwnStack, Distance::Same) => Some(Confidence::Certain),
        (Mark::OwnStack, _) => Some(Confidence::Likely),
        (Mark::None, _) if has_too_many_open(case).is_some() => Some(Confidence::Possible),
        (Mark::None, Distance::Same) if !is_open_to_others(case, reset) && !may_be_in_use(case) => {
            Some(Confidence::Likely)
        }
        (Mark::None, _) => Some(Confidence::Possible),
    }
}

/// A small stack that put a window of its own into its SYN-ACKs puts one into its RSTs as well,
/// where Linux and packet filters have 0.
fn closed_port_of_small_stack(case: &Case<'_>) -> Option<Confidence> {
    let reset = case.first(Role::Reset)?;
    let is_its_own = stacks(case).is_only(Stack::Small) && distance(case, reset) == Distance::Same;
    is_its_own.then(|| {
        if may_be_in_use(case) {
            Confidence::Possible
        } else {
            Confidence::Likely
        }
    })
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
    match (telling_mark(case), is_open_to_others(case, reset)) {
        (Mark::PacketFilter, true) => Some(Confidence::Certain),
        (Mark::PacketFilter, false) | (Mark::None, true) => Some(Confidence::Likely),
        (Mark::None, false) if is_refused_by_filter(case) => Some(Confidence::Likely),
        // Linux refuses nobody for his connections: a rule that counts them does.
        (Mark::None, false) if stacks(case).is_only(Stack::Linux) => {
            Some(has_too_many_open(case).unwrap_or(Confidence::Possible))
        }
        (Mark::None, false) => Some(Confidence::Possible),
        (Mark::OwnStack, _) => None,
    }
}

/// The RST comes from nearer than the host's own answers, or sooner than the way to the host
/// allows, or has a window that the host's stack does not put there, or is identified in another
/// way than the host's SYN-ACKs; or it is one of a burst whose windows count up.
pub(super) fn middlebox_reset(case: &Case<'_>) -> Option<Confidence> {
    let reset = case.first(Role::Reset)?;
    let attempt = case.attempt();
    let by_distance = (distance(case, reset) == Distance::Nearer).then_some(Confidence::Likely);
    let by_time = attempt
        .refused_at
        .zip(attempt.last_syn_at)
        .and_then(|(refused, syn)| sooner_than_the_host(case, refused.since(syn)));
    let host = case.comparison().host(attempt.server.address);
    let is_forwarded = stacks(case).forwarder().is_some();
    let is_identified_otherwise =
        !is_forwarded && host.is_some_and(|host| host.identifies_otherwise(reset));
    let by_identification = (is_identified_otherwise && mark_of(attempt) != Mark::OwnStack)
        .then_some(Confidence::Possible);
    let reasons = [
        by_distance,
        by_time,
        by_shape(case, reset),
        by_identification,
        injected(case),
    ];
    reasons.into_iter().flatten().max()
}

/// How surely the shape of the RST is not that of the host's stack. A window that is the SYN's own
/// was given back by an appliance; another one is Linux's never, and that of small stacks at times.
fn by_shape(case: &Case<'_>, reset: &SeenPacket) -> Option<Confidence> {
    let stacks = stacks(case);
    if is_plain(reset) || stacks.forwarder().is_some() || stacks.has(Stack::Small) {
        return None;
    }
    let window_of = |packet: &SeenPacket| match packet.content {
        Content::Segment { window, .. } => window.filter(|window| *window != u16::MAX),
        Content::Icmp { .. } => None,
    };
    let returned = window_of(reset).filter(|window| *window > 0);
    let is_returned = returned.is_some() && case.first(Role::Syn).and_then(window_of) == returned;
    Some(if is_returned || stacks.is_only(Stack::Linux) {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}

/// Whether the port took a connect in the same seconds: a small stack refuses while its one
/// connection is in use. Linux does not.
fn may_be_in_use(case: &Case<'_>) -> bool {
    let attempt = case.attempt();
    let service = case.comparison().service(attempt.server);
    let is_open = service
        .zip(attempt.first_syn_at)
        .is_some_and(|(service, at)| service.accepted_about(at));
    is_open && !stacks(case).is_only(Stack::Linux)
}

/// How surely it was refused because too many connections were open.
fn has_too_many_open(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let service = case.comparison().service(attempt.server)?;
    let limit = service.connection_limit(BeyondLimit::Refused)?;
    limit.refused(attempt.id).then_some(limit.confidence)
}

/// The port accepts others before and after, and never this client.
pub(super) fn source_filtered(case: &Case<'_>) -> Option<Confidence> {
    is_shut_out(case).then_some(Confidence::Likely)
}

pub(super) fn plain_reset<'a>(case: &Case<'a>) -> Option<&'a SeenPacket> {
    case.first(Role::Reset).filter(|reset| is_plain(reset))
}

/// Whether no hop has touched the RST: what a host behind this one made was counted down on the
/// way.
pub(super) fn was_made_here(reset: &SeenPacket) -> bool {
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

/// Whether the log of a filter says of other connects to this port that a rule rejects them: not
/// every record need be in the capture.
fn is_refused_by_filter(case: &Case<'_>) -> bool {
    let service = case.comparison().service(case.attempt().server);
    service.is_some_and(ServiceHistory::is_refused_by_filter)
}
