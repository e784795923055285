//! Why an ICMP error answered the SYN: its type and code say it (RFC 792, RFC 1812 §5.2.7.1, RFC
//! 4443 §3).

use std::time::Duration;

use super::case::Case;
use crate::decode::IcmpKind;
use crate::diagnosis::cause::Confidence;

/// A router that waits for an answer to its ARP or neighbour solicitation gives up after 3 s.
const RESOLUTION_TIME: Duration = Duration::from_millis(2500);

/// Host unreachable as late as a router gives up asking for the host, or questions for it that
/// nobody answered.
pub(super) fn host_down(case: &Case<'_>) -> Option<Confidence> {
    host_unreachable(case)?;
    let attempt = case.attempt();
    let asked = case.comparison().asked_for(attempt.server.address);
    if asked.questions >= 2 && asked.answers == 0 {
        return Some(Confidence::Certain);
    }
    let waited = attempt.rejected_at?.since(attempt.first_syn_at?);
    // Outranked by the bare fact of the ICMP type; named beside it.
    (waited >= RESOLUTION_TIME).then_some(Confidence::Likely)
}

pub(super) fn port_unreachable(case: &Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(3, 3) | IcmpKind::V6(1, 4))
    })
}

pub(super) fn host_unreachable(case: &Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(3, 1 | 7 | 8 | 12) | IcmpKind::V6(1, 3))
    })
}

pub(super) fn net_unreachable(case: &Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(3, 0 | 6 | 11) | IcmpKind::V6(1, 0))
    })
}

pub(super) fn protocol_unreachable(case: &Case<'_>) -> Option<Confidence> {
    says(case, |kind| matches!(kind, IcmpKind::V4(3, 2)))
}

pub(super) fn admin_prohibited(case: &Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(
            kind,
            IcmpKind::V4(3, 9 | 10 | 13..=15) | IcmpKind::V6(1, 1 | 5 | 6)
        )
    })
}

pub(super) fn ttl_exceeded(case: &Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0))
    })
}

/// None of those that have a name here.
pub(super) fn other_icmp(case: &Case<'_>) -> Option<Confidence> {
    says(case, |_| true)
}

fn says(case: &Case<'_>, is_meant: fn(IcmpKind) -> bool) -> Option<Confidence> {
    case.attempt()
        .rejected_by
        .filter(|kind| is_meant(*kind))
        .map(|_| Confidence::Certain)
}
