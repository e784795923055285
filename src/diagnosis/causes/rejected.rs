//! Why an ICMP error answered the SYN: its type and code say it (RFC 792, RFC 1812 §5.2.7.1, RFC
//! 4443 §3).

use std::time::Duration;

use super::case::Case;
use crate::decode::IcmpKind;
use crate::diagnosis::cause::{Cause, Confidence};

/// A router that waits for an answer to its ARP or neighbour solicitation gives up after 3 s.
pub(in crate::diagnosis) const RESOLUTION_TIME: Duration = Duration::from_millis(2500);

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
    says(case, Cause::PortUnreachable)
}

pub(super) fn host_unreachable(case: &Case<'_>) -> Option<Confidence> {
    says(case, Cause::HostUnreachable)
}

pub(super) fn net_unreachable(case: &Case<'_>) -> Option<Confidence> {
    says(case, Cause::NetUnreachable)
}

pub(super) fn protocol_unreachable(case: &Case<'_>) -> Option<Confidence> {
    says(case, Cause::ProtocolUnreachable)
}

pub(super) fn admin_prohibited(case: &Case<'_>) -> Option<Confidence> {
    says(case, Cause::AdminProhibited)
}

pub(super) fn ttl_exceeded(case: &Case<'_>) -> Option<Confidence> {
    says(case, Cause::TtlExceeded)
}

/// None of those that have a name here.
pub(super) fn other_icmp(case: &Case<'_>) -> Option<Confidence> {
    says(case, Cause::OtherIcmp)
}

fn says(case: &Case<'_>, meant: Cause) -> Option<Confidence> {
    case.attempt()
        .rejected_by
        .filter(|kind| cause_of_icmp(*kind) == meant)
        .map(|_| Confidence::Certain)
}

/// What an ICMP error says by its type and code.
pub(in crate::diagnosis) const fn cause_of_icmp(kind: IcmpKind) -> Cause {
    match kind {
        IcmpKind::V4(3, 3) | IcmpKind::V6(1, 4) => Cause::PortUnreachable,
        IcmpKind::V4(3, 1 | 7 | 8 | 12) | IcmpKind::V6(1, 3) => Cause::HostUnreachable,
        IcmpKind::V4(3, 0 | 6 | 11) | IcmpKind::V6(1, 0) => Cause::NetUnreachable,
        IcmpKind::V4(3, 2) => Cause::ProtocolUnreachable,
        IcmpKind::V4(3, 9 | 10 | 13..=15) | IcmpKind::V6(1, 1 | 5 | 6) => Cause::AdminProhibited,
        IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0) => Cause::TtlExceeded,
        IcmpKind::V4(..) | IcmpKind::V6(..) => Cause::OtherIcmp,
    }
}
