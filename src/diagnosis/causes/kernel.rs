//! What the kernel of the host that captures says of packets of a connect: why its TCP refused, and
//! what it dropped.

use super::case::Case;
use super::refused::was_made_here;
use super::rules::Rule;
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::testimony::{
    DroppedPacket, KernelDrops, NETFILTER_DROP, NO_SOCKET, dropped_by_kernel, has_no_route,
    reset_by_kernel, sent_no_reset,
};
use crate::handshake::{Outcome, Role};

const LISTEN_OVERFLOW: &str = "TCP_LISTEN_OVERFLOW";
const WRONG_CHECKSUMS: [&str; 2] = ["TCP_CSUM", "IP_CSUM"];

/// The application hung up, and had not read or sent all.
const ABORTS: [&str; 3] = [
    "TCP_ABORT_ON_CLOSE",
    "TCP_ABORT_ON_DATA",
    "TCP_ABORT_ON_LINGER",
];

/// Its TCP met no socket for the SYN.
pub(super) fn closed_port(case: &Case<'_>) -> Option<Confidence> {
    met_no_socket(case)
}

/// Its TCP met no socket for the answer.
pub(super) fn unknown_to_client(case: &Case<'_>) -> Option<Confidence> {
    met_no_socket(case)
}

fn met_no_socket(case: &Case<'_>) -> Option<Confidence> {
    (reset_by_kernel(case.testimony()) == Some(NO_SOCKET)).then_some(Confidence::Certain)
}

/// Its TCP reset what the application had left.
pub(super) fn server_abort(case: &Case<'_>) -> Option<Confidence> {
    reset_by_kernel(case.testimony())
        .filter(|reason| ABORTS.contains(reason))
        .map(|_| Confidence::Certain)
}

/// A rule dropped the SYN and answered in TCP's name: TCP itself sent nothing. Or TCP surely sent no
/// RST, and this one comes from here all the same.
pub(super) fn firewall_reset(case: &Case<'_>) -> Option<Confidence> {
    let is_of_here = || case.first(Role::Reset).is_some_and(was_made_here);
    if sent_no_reset(case.testimony()) && is_of_here() {
        return Some(Confidence::Likely);
    }
    let is_of_tcp = reset_by_kernel(case.testimony()).is_some();
    let is_filtered = |drops: &&KernelDrops| {
        drops.of == DroppedPacket::Syn && drops.reason == NETFILTER_DROP && !is_of_tcp
    };
    surest(case, is_filtered).map(|_| Confidence::Likely)
}

/// What would have completed the handshake met a full queue.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    surest(case, |drops| drops.reason == LISTEN_OVERFLOW)
}

/// The packets that nobody answered had wrong checksums.
pub(super) fn wrong_checksum(case: &Case<'_>) -> Option<Confidence> {
    surest(case, |drops| {
        is_of_silence(case, drops) && WRONG_CHECKSUMS.contains(&drops.reason.as_str())
    })
}

/// The answer has no way to the client.
pub(super) fn no_way_back(case: &Case<'_>) -> Option<Confidence> {
    has_no_route(case.testimony()).then_some(Confidence::Certain)
}

/// The packets that nobody answered were dropped for another reason.
pub(super) fn dropped_here(case: &Case<'_>) -> Option<Confidence> {
    surest(case, |drops| {
        is_of_silence(case, drops) && drops.is_by_the_host_itself()
    })
}

/// Whether it is the packet without which there was silence.
fn is_of_silence(case: &Case<'_>, drops: &KernelDrops) -> bool {
    match case.outcome() {
        Outcome::Dropped => drops.of == DroppedPacket::Syn,
        Outcome::HalfOpen => drops.of != DroppedPacket::Syn,
        _ => false,
    }
}

fn surest(case: &Case<'_>, is_meant: impl Fn(&&KernelDrops) -> bool) -> Option<Confidence> {
    dropped_by_kernel(case.testimony())
        .filter(is_meant)
        .map(KernelDrops::surety)
        .max()
}

/// Who else makes RSTs in a host's name.
const OTHER_MAKERS: [Cause; 3] = [
    Cause::FirewallReset,
    Cause::MiddleboxReset,
    Cause::LoadBalancerReset,
];

/// Whether the kernel said what the rule would conclude.
pub(super) fn is_silenced(rule: &Rule, case: &Case<'_>) -> bool {
    if rule.is_kernels_word || rule.cause == Cause::FilterVerdict {
        return false;
    }
    let is_made_by_tcp = reset_by_kernel(case.testimony()).is_some();
    let is_said = case.kernels_word().is_some_and(|said| {
        // The same cause may hold more surely for other reasons.
        said.cause != rule.cause || said.confidence == Confidence::Certain
    });
    is_said || is_made_by_tcp && OTHER_MAKERS.contains(&rule.cause)
}
