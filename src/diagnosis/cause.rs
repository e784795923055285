//! Why an attempt ended as it did: a judgement, with the confidence that the packets allow.

use crate::decode::IcmpKind;
use crate::handshake::{DecidedAttempt, Outcome, Role};

/// Why an attempt ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// An ICMP port unreachable.
    PortUnreachable,
    /// An ICMP host (or IPv6 address) unreachable.
    HostUnreachable,
    /// An ICMP net unreachable, or IPv6 no route.
    NetUnreachable,
    /// An ICMP protocol unreachable.
    ProtocolUnreachable,
    /// An ICMP error that says that a rule forbids it.
    AdminProhibited,
    /// The packet's time to live was used up: a routing loop, or too long a way.
    TtlExceeded,
    /// Another ICMP error.
    OtherIcmp,
    /// RSTs came that the client had to ignore.
    InvalidReset,
    /// The SYN was answered by an ACK of an older connection on the same 4-tuple.
    StaleConnection,
    /// The SYN-ACK came from another address than the SYN went to.
    AnswerFromOtherAddress,
    /// SYN-ACKs were sent, and the client goes on repeating its SYN.
    SynAckLost,
    /// The capture ends too early to say.
    CaptureEnded,
}

/// How sure a cause is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// It fits, and so do other causes.
    Possible,
    /// Other causes would fit worse.
    Likely,
    /// The packets prove it.
    Certain,
}

impl Cause {
    /// The cause's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PortUnreachable => "port_unreachable",
            Self::HostUnreachable => "host_unreachable",
            Self::NetUnreachable => "net_unreachable",
            Self::ProtocolUnreachable => "protocol_unreachable",
            Self::AdminProhibited => "admin_prohibited",
            Self::TtlExceeded => "ttl_exceeded",
            Self::OtherIcmp => "other_icmp",
            Self::InvalidReset => "invalid_reset",
            Self::StaleConnection => "stale_connection",
            Self::AnswerFromOtherAddress => "answer_from_other_address",
            Self::SynAckLost => "syn_ack_lost",
            Self::CaptureEnded => "capture_ended",
        }
    }
}

impl Confidence {
    /// The confidence's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// The cause that the attempt's own packets prove, if they prove one.
pub fn cause(decided: &DecidedAttempt) -> Option<(Cause, Confidence)> {
    let found = match decided.judgement.outcome {
        Outcome::Rejected => decided.attempt.rejected_by.map(icmp_cause),
        Outcome::Pending => Some(Cause::CaptureEnded),
        Outcome::HalfOpen => syn_ack_lost(decided),
        Outcome::Dropped => answer_from_other_address(decided)
            .or_else(|| stale_connection(decided))
            .or_else(|| invalid_reset(decided)),
        Outcome::Established
        | Outcome::Reset
        | Outcome::Refused
        | Outcome::Aborted
        | Outcome::Partial => None,
    };
    found.map(|cause| (cause, Confidence::Certain))
}

/// The cause that an ICMP type and code say (RFC 792, RFC 1812 §5.2.7.1, RFC 4443 §3).
fn icmp_cause(kind: IcmpKind) -> Cause {
    match kind {
        IcmpKind::V4(3, 0 | 6 | 11) | IcmpKind::V6(1, 0) => Cause::NetUnreachable,
        IcmpKind::V4(3, 1 | 7 | 8 | 12) | IcmpKind::V6(1, 3) => Cause::HostUnreachable,
        IcmpKind::V4(3, 2) => Cause::ProtocolUnreachable,
        IcmpKind::V4(3, 3) | IcmpKind::V6(1, 4) => Cause::PortUnreachable,
        IcmpKind::V4(3, 9 | 10 | 13..=15) | IcmpKind::V6(1, 1 | 5 | 6) => Cause::AdminProhibited,
        IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0) => Cause::TtlExceeded,
        IcmpKind::V4(..) | IcmpKind::V6(..) => Cause::OtherIcmp,
    }
}

/// A SYN after the server's SYN-ACK: the answer does not reach the client, or the client cannot use it.
fn syn_ack_lost(decided: &DecidedAttempt) -> Option<Cause> {
    let attempt = &decided.attempt;
    (attempt.last_syn_at > attempt.answered_at).then_some(Cause::SynAckLost)
}

fn answer_from_other_address(decided: &DecidedAttempt) -> Option<Cause> {
    shows(decided, Role::SynAckFromElsewhere).then_some(Cause::AnswerFromOtherAddress)
}

fn stale_connection(decided: &DecidedAttempt) -> Option<Cause> {
    shows(decided, Role::BareAck).then_some(Cause::StaleConnection)
}

fn invalid_reset(decided: &DecidedAttempt) -> Option<Cause> {
    shows(decided, Role::UnacceptableReset).then_some(Cause::InvalidReset)
}

fn shows(decided: &DecidedAttempt, role: Role) -> bool {
    decided.attempt.packets_as(&[role]).next().is_some()
}
