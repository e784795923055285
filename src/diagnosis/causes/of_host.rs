//! What hosts said of themselves, before or after: never certain.

use super::case::Case;
use super::refused::plain_reset;
use super::responder::{Mark, distance, telling_mark};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::Distance;
use crate::diagnosis::testimony::{host_knows_nobody, host_listens_throughout, says_host};

fn told(case: &Case<'_>, whether: Cause) -> Option<Confidence> {
    says_host(case.testimony(), case.outcome(), whether)
}

/// The server's queue was full when it was asked.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    told(case, Cause::AcceptQueueFull)
}

/// A rule of the server's own drops what comes to this port.
pub(super) fn port_filtered(case: &Case<'_>) -> Option<Confidence> {
    told(case, Cause::PortFiltered)
}

/// A rule of the server's own drops what comes to this port from there.
pub(super) fn source_filtered(case: &Case<'_>) -> Option<Confidence> {
    told(case, Cause::SourceFiltered)
}

/// The server, or the client, drops it by its own reverse path filter, table of connections, rules
/// or routes.
pub(super) fn dropped_here(case: &Case<'_>) -> Option<Confidence> {
    told(case, Cause::DroppedHere)
}

/// Nobody answered the client for the next host on the way.
pub(super) fn host_down(case: &Case<'_>) -> Option<Confidence> {
    told(case, Cause::HostDown)
}

/// Nobody took connects to the port when its host was asked. Whether the RST is its own, its
/// packets say, where they say anything.
pub(super) fn closed_port(case: &Case<'_>) -> Option<Confidence> {
    let reset = plain_reset(case)?;
    let is_of_host = !matches!(
        distance(case, reset),
        Distance::Nearer | Distance::Elsewhere
    ) && telling_mark(case) != Mark::PacketFilter;
    host_knows_nobody(case.testimony()).filter(|_| is_of_host)
}

/// A rule of the server's own resets, or one socket listened before and after.
pub(super) fn firewall_reset(case: &Case<'_>) -> Option<Confidence> {
    plain_reset(case).filter(|_| telling_mark(case) != Mark::OwnStack)?;
    let by_socket = host_listens_throughout(case.testimony()).then_some(Confidence::Likely);
    told(case, Cause::FirewallReset).max(by_socket)
}
