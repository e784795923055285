//! What `connect()` returns to the application on Linux.

use crate::decode::IcmpKind;
use crate::handshake::{DecidedAttempt, Outcome};

/// The errno that `connect()` gives on Linux for an attempt that ended so; `None` when it succeeds,
/// or when the capture cannot tell. Measured on Linux 6.18; the kernel's tables are
/// `icmp_err_convert` in `net/ipv4/icmp.c` and `icmpv6_err_convert` in `net/ipv6/icmp.c`.
///
/// For silence that is `ETIMEDOUT`, unless the application gave up first. It cannot be told when
/// the capture may have missed an ICMP error.
pub fn app_error(decided: &DecidedAttempt, may_miss_icmp_errors: bool) -> Option<&'static str> {
    let error = error_of(decided.judgement.outcome, decided.attempt.rejected_by);
    error.filter(|_| decided.judgement.outcome != Outcome::Dropped || !may_miss_icmp_errors)
}

/// As [`app_error`], of what is known of an attempt, when no ICMP error can have been missed.
pub(super) fn error_of(outcome: Outcome, rejected_by: Option<IcmpKind>) -> Option<&'static str> {
    match outcome {
        Outcome::Refused => Some("ECONNREFUSED"),
        Outcome::Dropped => Some("ETIMEDOUT"),
        Outcome::Rejected => rejected_by.and_then(icmp_error),
        // After the SYN-ACK connect() has succeeded; who aborted knows why; the rest cannot be seen
        // from here.
        Outcome::Established
        | Outcome::Reset
        | Outcome::Aborted
        | Outcome::HalfOpen
        | Outcome::Pending
        | Outcome::Partial => None,
    }
}

/// The error numbers of Linux that programs log when their connect failed.
pub const UPSTREAM_ERRORS: [(i32, &str); 5] = [
    (101, "ENETUNREACH"),
    (110, "ETIMEDOUT"),
    (111, "ECONNREFUSED"),
    (112, "EHOSTDOWN"),
    (113, "EHOSTUNREACH"),
];

/// What `strerror` says for such an error on Linux.
pub fn error_text(error: &str) -> Option<&'static str> {
    Some(match error {
        "ECONNREFUSED" => "Connection refused",
        "ETIMEDOUT" => "Connection timed out",
        "EHOSTUNREACH" => "No route to host",
        "ENETUNREACH" => "Network is unreachable",
        "EACCES" => "Permission denied",
        "ENOPROTOOPT" => "Protocol not available",
        "EHOSTDOWN" => "Host is down",
        "ENONET" => "Machine is not on the network",
        "EOPNOTSUPP" => "Operation not supported",
        "EPROTO" => "Protocol error",
        _ => return None,
    })
}

fn icmp_error(kind: IcmpKind) -> Option<&'static str> {
    match kind {
        IcmpKind::V4(3, 0 | 6 | 9 | 11) | IcmpKind::V6(1, 0) => Some("ENETUNREACH"),
        IcmpKind::V4(3, 1 | 10 | 12..=15)
        | IcmpKind::V4(11, 0)
        | IcmpKind::V6(1, 2 | 3)
        | IcmpKind::V6(3, _) => Some("EHOSTUNREACH"),
        IcmpKind::V4(3, 2) => Some("ENOPROTOOPT"),
        IcmpKind::V4(3, 3) | IcmpKind::V6(1, 4) => Some("ECONNREFUSED"),
        IcmpKind::V4(3, 5) => Some("EOPNOTSUPP"),
        IcmpKind::V4(3, 7) => Some("EHOSTDOWN"),
        IcmpKind::V4(3, 8) => Some("ENONET"),
        IcmpKind::V6(1, 1 | 5 | 6) => Some("EACCES"),
        IcmpKind::V4(12, _) | IcmpKind::V6(..) => Some("EPROTO"),
        // Ignored: the SYN is repeated.
        IcmpKind::V4(..) => None,
    }
}
