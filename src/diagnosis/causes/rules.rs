//! The rules, in the order in which they run.

use super::case::Case;
use super::{
    aborted, balancer, checksum, compared, dropped, established, half_open, kernel, listener,
    of_host, partial, passage, refused, rejected, reset, verdict,
};
#[allow(clippy::enum_glob_use, reason = "a table of names")]
use crate::diagnosis::cause::Cause::{self, *};
use crate::diagnosis::cause::Confidence::{self, Certain, Likely, Possible};
use crate::handshake::Outcome::{
    self, Aborted, Dropped, Established, HalfOpen, Partial, Pending, Refused, Rejected, Reset,
};

/// When one cause may be said.
pub(super) struct Rule {
    pub(super) cause: Cause,
    /// Of these outcomes.
    pub(super) of: &'static [Outcome],
    /// Not while one of these holds, at least so surely.
    pub(super) unless: &'static [(Cause, Confidence)],
    /// Whether it is concluded from silence: then it is less sure where an answer may have been
    /// missed.
    pub(super) leans_on_silence: bool,
    /// Whether a SYN that was never repeated makes it no more than possible.
    pub(super) needs_repetition: bool,
    /// Whether the kernel of the host that captures says so: it knows, and others need not guess.
    pub(super) is_kernels_word: bool,
    /// How sure it is, or that it does not hold.
    pub(super) holds: fn(&Case<'_>) -> Option<Confidence>,
}

type Holds = fn(&Case<'_>) -> Option<Confidence>;

const fn rule(cause: Cause, of: &'static [Outcome], holds: Holds) -> Rule {
    Rule {
        cause,
        of,
        unless: &[],
        leans_on_silence: false,
        needs_repetition: false,
        is_kernels_word: false,
        holds,
    }
}

impl Rule {
    const fn unless(self, unless: &'static [(Cause, Confidence)]) -> Self {
        Self { unless, ..self }
    }

    const fn by_kernel(self) -> Self {
        Self {
            is_kernels_word: true,
            ..self
        }
    }

    /// An export of SYNs shows none repeated, and no answer: what is concluded from silence needs a
    /// SYN that was repeated.
    const fn needs_repetition(self) -> Self {
        Self {
            needs_repetition: true,
            ..self
        }
    }

    /// A question that nobody answered, or an answer that nobody took, is more than a SYN.
    const fn of_one_syn_as_well(self) -> Self {
        Self {
            needs_repetition: false,
            ..self
        }
    }

    const fn leans_on_silence(self) -> Self {
        Self {
            leans_on_silence: true,
            needs_repetition: true,
            ..self
        }
    }
}

/// What the host itself says of its queue is no judgement: nothing is concluded from silence beside
/// it.
const QUEUE_IS_PROVED_FULL: (Cause, Confidence) = (AcceptQueueFull, Certain);

/// An answer was there: nothing is concluded from silence.
const FROM_ELSEWHERE: (Cause, Confidence) = (AnswerFromOtherAddress, Possible);
const TO_ELSEWHERE: (Cause, Confidence) = (AnswerToOtherAddress, Possible);
const RESETS_IGNORED: (Cause, Confidence) = (InvalidReset, Possible);

/// Whatever the capture says of its packets, it says of one that did not succeed.
const TOLD: &[Outcome] = &[
    Dropped, Refused, Rejected, HalfOpen, Reset, Aborted, Pending, Partial,
];

/// All rules. Each runs at most once for an attempt and sees what already holds; of equally sure
/// causes the one whose rule stands first is the cause. Where several say the same cause, the surest
/// counts.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule(FilterVerdict, TOLD, verdict::filter_verdict),

    rule(ClosedPort, &[Refused], kernel::closed_port).by_kernel(),
    rule(FirewallReset, &[Refused], kernel::firewall_reset).by_kernel(),
    rule(ServerAbort, &[Reset], kernel::server_abort).by_kernel(),
    rule(AcceptQueueFull, &[Reset, HalfOpen, Established], kernel::accept_queue_full).by_kernel(),
    rule(WrongChecksum, &[Dropped, HalfOpen], kernel::wrong_checksum).by_kernel(),
    rule(NoWayBack, &[Dropped], kernel::no_way_back).by_kernel(),
    rule(DroppedHere, &[Dropped, HalfOpen], kernel::dropped_here).by_kernel(),
    rule(UnknownToClient, &[Aborted], kernel::unknown_to_client).by_kernel(),

    rule(LoadBalancerReset, &[Refused, Reset], balancer::load_balancer_reset),

    rule(ListenerClosed, &[Reset], listener::listener_closed),
    rule(AcceptQueueFull, &[Reset], reset::accept_queue_full)
        .unless(&[(ListenerClosed, Possible)]),
    rule(AcceptQueueFull, &[Established], established::accept_queue_full),
    rule(FeatureDropped, &[Established], established::feature_dropped),
    rule(ProxyWithoutBackend, &[Reset, Established], reset::proxy_without_backend),
    rule(TwoResponders, &[Refused, Reset], reset::two_responders),
    rule(MiddleboxReset, &[Reset], reset::middlebox_reset)
        .unless(&[(ProxyWithoutBackend, Possible), (TwoResponders, Possible)]),
    rule(ServerAbort, &[Reset], reset::server_abort)
        .unless(&[
            (ProxyWithoutBackend, Possible), (MiddleboxReset, Possible), (ListenerClosed, Possible),
        ]),

    rule(MiddleboxReset, &[Refused], refused::middlebox_reset),
    rule(FirewallReset, &[Refused], of_host::firewall_reset),
    rule(ClosedPort, &[Refused], refused::closed_port)
        .unless(&[(MiddleboxReset, Likely), (FirewallReset, Likely)]),
    rule(FirewallReset, &[Refused], refused::firewall_reset),
    rule(ClosedPort, &[Refused], of_host::closed_port)
        .unless(&[(MiddleboxReset, Likely), (FirewallReset, Likely)]),
    rule(SourceFiltered, &[Refused], refused::source_filtered),

    rule(HostDown, &[Rejected], rejected::host_down),
    rule(PortUnreachable, &[Rejected], rejected::port_unreachable),
    rule(HostUnreachable, &[Rejected], rejected::host_unreachable),
    rule(NetUnreachable, &[Rejected], rejected::net_unreachable),
    rule(ProtocolUnreachable, &[Rejected], rejected::protocol_unreachable),
    rule(AdminProhibited, &[Rejected], rejected::admin_prohibited),
    rule(TtlExceeded, &[Rejected], rejected::ttl_exceeded),
    rule(OtherIcmp, &[Rejected], rejected::other_icmp)
        .unless(&[
            (PortUnreachable, Possible), (HostUnreachable, Possible), (NetUnreachable, Possible),
            (ProtocolUnreachable, Possible), (AdminProhibited, Possible), (TtlExceeded, Possible),
        ]),

    rule(AnswerFromOtherAddress, &[Dropped, HalfOpen], dropped::answer_from_other_address),
    rule(AnswerToOtherAddress, &[Dropped], dropped::answer_to_other_address),
    rule(StaleConnection, &[Dropped], dropped::stale_connection),
    rule(InvalidReset, &[Dropped], dropped::invalid_reset),
    rule(AcceptQueueFull, &[Dropped], dropped::accept_queue_proved_full),
    rule(HostDown, &[Dropped], dropped::host_down)
        .leans_on_silence().of_one_syn_as_well(),
    rule(WrongChecksum, &[Dropped, HalfOpen], checksum::wrong_checksum).of_one_syn_as_well(),
    rule(DroppedHere, &[Dropped, HalfOpen], passage::dropped_here)
        .unless(&[FROM_ELSEWHERE, TO_ELSEWHERE]),
    rule(HostDown, &[Dropped], of_host::host_down),
    rule(AcceptQueueFull, &[Dropped], of_host::accept_queue_full),
    rule(PortFiltered, &[Dropped], of_host::port_filtered),
    rule(SourceFiltered, &[Dropped], of_host::source_filtered),
    rule(DroppedHere, &[Dropped, HalfOpen], of_host::dropped_here)
        .unless(&[FROM_ELSEWHERE, TO_ELSEWHERE]),
    rule(NoWayBack, &[Dropped], dropped::no_way_back)
        .unless(&[FROM_ELSEWHERE, TO_ELSEWHERE])
        .leans_on_silence().of_one_syn_as_well(),
    rule(HostSilent, &[Dropped], dropped::host_silent)
        .unless(&[
            (HostDown, Possible), (NoWayBack, Possible), (WrongChecksum, Possible), (DroppedHere, Likely),
            (AcceptQueueFull, Likely), (PortFiltered, Likely), (SourceFiltered, Likely),
            FROM_ELSEWHERE, TO_ELSEWHERE,
        ]).needs_repetition(),
    rule(AuthenticationOption, &[Dropped], dropped::authentication_option)
        .unless(&[QUEUE_IS_PROVED_FULL, FROM_ELSEWHERE, TO_ELSEWHERE])
        .leans_on_silence(),
    rule(StaleState, &[Dropped], compared::stale_state)
        .unless(&[
            QUEUE_IS_PROVED_FULL, (WrongChecksum, Likely), (DroppedHere, Likely),
            FROM_ELSEWHERE, TO_ELSEWHERE, RESETS_IGNORED,
        ]).leans_on_silence(),
    rule(DeadPath, &[Dropped], compared::dead_path)
        .unless(&[
            QUEUE_IS_PROVED_FULL, (WrongChecksum, Likely), (DroppedHere, Likely),
            FROM_ELSEWHERE, TO_ELSEWHERE, RESETS_IGNORED,
        ]).leans_on_silence(),
    rule(SourceFiltered, &[Dropped], dropped::source_filtered)
        .unless(&[
            QUEUE_IS_PROVED_FULL, (WrongChecksum, Likely), (DroppedHere, Likely),
            (DeadPath, Possible), FROM_ELSEWHERE, TO_ELSEWHERE, RESETS_IGNORED,
        ]).leans_on_silence(),
    rule(AcceptQueueFull, &[Dropped], dropped::accept_queue_full)
        .unless(&[
            QUEUE_IS_PROVED_FULL, (WrongChecksum, Likely), (DroppedHere, Likely),
            (AuthenticationOption, Possible), (DeadPath, Possible), (SourceFiltered, Likely),
            FROM_ELSEWHERE, TO_ELSEWHERE, RESETS_IGNORED,
        ]).leans_on_silence(),
    rule(PortFiltered, &[Dropped], dropped::port_filtered)
        .unless(&[
            QUEUE_IS_PROVED_FULL, (WrongChecksum, Likely), (DroppedHere, Likely),
            (NoWayBack, Possible),
            (DeadPath, Possible), FROM_ELSEWHERE, TO_ELSEWHERE, RESETS_IGNORED,
        ]).leans_on_silence(),
    rule(PathLoss, &[Dropped], dropped::path_loss)
        .unless(&[
            (AcceptQueueFull, Possible), (SourceFiltered, Possible), (StaleState, Possible),
            (DeadPath, Possible), (WrongChecksum, Likely), (DroppedHere, Likely),
            FROM_ELSEWHERE, TO_ELSEWHERE, RESETS_IGNORED,
        ]),

    rule(SynAckLost, &[HalfOpen], half_open::syn_ack_lost)
        .unless(&[
            (WrongChecksum, Likely), (DroppedHere, Likely), (AnswerFromOtherAddress, Possible),
        ]),
    rule(ClientSilent, &[HalfOpen], half_open::client_silent)
        .unless(&[
            (SynAckLost, Possible), (WrongChecksum, Likely), (DroppedHere, Likely),
            (AnswerFromOtherAddress, Possible),
        ]).leans_on_silence().of_one_syn_as_well(),

    rule(LateSynAck, &[Aborted], aborted::late_syn_ack),
    rule(HalfOpenScan, &[Aborted], aborted::half_open_scan)
        .unless(&[(LateSynAck, Possible)]),
    rule(UnknownToClient, &[Aborted], aborted::unknown_to_client)
        .unless(&[(LateSynAck, Possible), (HalfOpenScan, Possible)]),
    rule(ClientReset, &[Aborted], aborted::client_reset)
        .unless(&[(LateSynAck, Possible), (HalfOpenScan, Possible), (UnknownToClient, Possible)]),

    rule(LocalFirewall, &[Partial], partial::local_firewall),
    rule(CaptureEnded, &[Pending], |case| {
        (!case.decided().judgement.is_left_out).then_some(Certain)
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_silences_a_rule_runs_before_it() {
        for (place, rule) in RULES.iter().enumerate() {
            let before = RULES.get(..place).unwrap();
            for (cause, _) in rule.unless {
                let runs_before = |other: &Rule| {
                    other.cause == *cause
                        && other.of.iter().any(|outcome| rule.of.contains(outcome))
                };
                assert!(
                    before.iter().any(runs_before),
                    "{:?} unless {cause:?}",
                    rule.cause
                );
            }
        }
    }

    #[test]
    fn every_outcome_has_a_rule_and_every_cause() {
        for outcome in Outcome::ALL {
            assert!(
                RULES.iter().any(|rule| rule.of.contains(&outcome)),
                "{outcome:?}"
            );
        }
        for cause in Cause::ALL {
            assert!(RULES.iter().any(|rule| rule.cause == *cause), "{cause:?}");
        }
    }
}
