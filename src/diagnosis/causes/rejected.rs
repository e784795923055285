//! Why an ICMP error answered the SYN: its type and code say it (RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3).

use std::time::Duration;

use super::{Case, Cause, Confidence, Rule};
use crate::decode::IcmpKind;

pub(super) const RULES: &[(Cause, Rule)] = &[
    (Cause::HostDown, host_down),
    (Cause::PortUnreachable, port_unreachable),
    (Cause::HostUnreachable, host_unreachable),
    (Cause::NetUnreachable, net_unreachable),
    (Cause::ProtocolUnreachable, protocol_unreachable),
    (Cause::AdminProhibited, admin_prohibited),
    (Cause::TtlExceeded, ttl_exceeded),
    (Cause::OtherIcmp, other_icmp),
];

/// A router that waits for an answer to its ARP or neighbour solicitation gives up after 3 s.
const RESOLUTION_TIME: Duration = Duration::from_millis(2500);

/// Host unreachable as late as a router gives up asking for the host, or questions for it that nobody answered.
fn host_down(case: Case<'_>) -> Option<Confidence> {
    host_unreachable(case)?;
    let attempt = case.attempt();
    let asked = case.comparison.asked_for(attempt.server.address);
    if asked.questions >= 2 && asked.answers == 0 {
        return Some(Confidence::Certain);
    }
    let waited = attempt.rejected_at?.since(attempt.first_syn_at?);
    // Outranked by the bare fact of the ICMP type; named beside it.
    (waited >= RESOLUTION_TIME).then_some(Confidence::Likely)
}

fn port_unreachable(case: Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(3, 3) | IcmpKind::V6(1, 4))
    })
}

fn host_unreachable(case: Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(3, 1 | 7 | 8 | 12) | IcmpKind::V6(1, 3))
    })
}

fn net_unreachable(case: Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(3, 0 | 6 | 11) | IcmpKind::V6(1, 0))
    })
}

fn protocol_unreachable(case: Case<'_>) -> Option<Confidence> {
    says(case, |kind| matches!(kind, IcmpKind::V4(3, 2)))
}

fn admin_prohibited(case: Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(
            kind,
            IcmpKind::V4(3, 9 | 10 | 13..=15) | IcmpKind::V6(1, 1 | 5 | 6)
        )
    })
}

fn ttl_exceeded(case: Case<'_>) -> Option<Confidence> {
    says(case, |kind| {
        matches!(kind, IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0))
    })
}

fn other_icmp(case: Case<'_>) -> Option<Confidence> {
    let named: [Rule; 6] = [
        port_unreachable,
        host_unreachable,
        net_unreachable,
        protocol_unreachable,
        admin_prohibited,
        ttl_exceeded,
    ];
    named
        .iter()
        .all(|rule| rule(case).is_none())
        .then_some(Confidence::Certain)
}

fn says(case: Case<'_>, is_meant: fn(IcmpKind) -> bool) -> Option<Confidence> {
    case.attempt()
        .rejected_by
        .filter(|kind| is_meant(*kind))
        .map(|_| Confidence::Certain)
}
