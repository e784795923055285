//! The kinds of findings.

use serde::{Deserialize, Serialize};

/// The kinds of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A port that failed for a while, and accepted before or after.
    ServiceDownWindow,
    /// A port that drops some and accepts others in the same seconds.
    Overload,
    /// A port that refused everybody throughout.
    NeverListening,
    /// A port that answers nobody, of a host that answers otherwise.
    ServiceFiltered,
    /// A port that accepts others, and never one client.
    SourceFiltered,
    /// ICMP rejects for some, silence for the others, success for none.
    LimitedRejects,
    /// A DNS answer in the capture led to an address where no connect succeeded.
    NamePointsNowhere,
    /// What failures have in common, and successes have not.
    FailuresShare,
    /// Only 4-tuples fail that were in use before.
    StaleState,
    /// Nothing gets through between some pairs of addresses.
    DeadPath,
    /// A rule came or went.
    PolicyChanged,
    /// Losses over many servers: something that they share fails.
    PathLoss,
    /// An address that nobody answers for on its link.
    HostDown,
    /// Hosts of which not one packet came back.
    HostSilent,
    /// A host that looks for the client on a link where it is not.
    NoWayBack,
    /// ICMP errors of a router that has no way on.
    Unreachable,
    /// Answers that the client does not take.
    SynAckLost,
    /// Answers after which nothing more came from the client.
    ClientSilent,
    /// RSTs that the client's TCP has to ignore.
    InvalidReset,
    /// One address, and failures of one origin spread among successes of another.
    OneBadBackend,
    /// A failure followed at once by success in the other version of IP: harmless.
    FallbackWorked,
    /// SYNs with a feature are dropped, those without pass.
    FeatureDropped,
    /// SYNs meet older connections on the same 4-tuple.
    StaleTupleReuse,
    /// A SYN proxy answers for the server.
    ProxyAnswers,
    /// A server closes or resets without one byte.
    HungUp,
    /// What one side sends after the handshake never arrives.
    StuckConnections,
    /// Packets stay larger than the way allows, although ICMP says so.
    PathMtu,
    /// Connections are reset on a request after idleness.
    ResetsMidway,
    /// Handshakes that took long.
    SlowConnects,
    /// Answers come from, or go to, other ends than the SYNs.
    AnswersMisdirected,
    /// A box on the way resets in the name of hosts.
    AnswersMadeByABox,
    /// Handshake packets with wrong checksums.
    WrongChecksums,
    /// The host that captures did not pass packets on.
    DroppedHere,
    /// A packet filter's log says what it blocked and passed.
    FilterLog,
    /// Two hosts have one address.
    DuplicateAddress,
    /// Many SYNs that nobody completes.
    SynFlood,
    /// Answers to SYNs that one client never sent.
    Backscatter,
    /// One client that tries many ports.
    PortScan,
    /// One client that looks for the way to a host.
    Traceroute,
    /// One client that looks at even intervals whether a port is open.
    HealthChecks,
    /// Only one direction was captured.
    OneSidedCapture,
    /// The capture was filtered so that it hides what verdicts need.
    CaptureFiltered,
    /// The capturing host lost packets.
    CaptureLostPackets,
    /// Connects were under way when the capture started.
    CaptureStartedLate,
    /// There was more than is remembered.
    LimitsHit,
}

impl FindingKind {
    /// The kind's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServiceDownWindow => "service_down_window",
            Self::Overload => "overload",
            Self::NeverListening => "never_listening",
            Self::ServiceFiltered => "service_filtered",
            Self::SourceFiltered => "source_filtered",
            Self::LimitedRejects => "limited_rejects",
            Self::NamePointsNowhere => "name_points_nowhere",
            Self::FailuresShare => "failures_share",
            Self::StaleState => "stale_state",
            Self::DeadPath => "dead_path",
            Self::PolicyChanged => "policy_changed",
            Self::PathLoss => "path_loss",
            Self::HostDown => "host_down",
            Self::HostSilent => "host_silent",
            Self::NoWayBack => "no_way_back",
            Self::Unreachable => "unreachable",
            Self::SynAckLost => "syn_ack_lost",
            Self::ClientSilent => "client_silent",
            Self::InvalidReset => "invalid_reset",
            Self::OneBadBackend => "one_bad_backend",
            Self::FallbackWorked => "fallback_worked",
            Self::FeatureDropped => "feature_dropped",
            Self::StaleTupleReuse => "stale_tuple_reuse",
            Self::ProxyAnswers => "proxy_answers",
            Self::HungUp => "hung_up",
            Self::StuckConnections => "stuck_connections",
            Self::PathMtu => "path_mtu",
            Self::ResetsMidway => "resets_midway",
            Self::SlowConnects => "slow_connects",
            Self::AnswersMisdirected => "answers_misdirected",
            Self::AnswersMadeByABox => "answers_made_by_a_box",
            Self::WrongChecksums => "wrong_checksums",
            Self::DroppedHere => "dropped_here",
            Self::FilterLog => "filter_log",
            Self::DuplicateAddress => "duplicate_address",
            Self::SynFlood => "syn_flood",
            Self::Backscatter => "backscatter",
            Self::PortScan => "port_scan",
            Self::Traceroute => "traceroute",
            Self::HealthChecks => "health_checks",
            Self::OneSidedCapture => "one_sided_capture",
            Self::CaptureFiltered => "capture_filtered",
            Self::CaptureLostPackets => "capture_lost_packets",
            Self::CaptureStartedLate => "capture_started_late",
            Self::LimitsHit => "limits_hit",
        }
    }

    /// Whether it says what the capture cannot show, and nothing about a service.
    pub const fn is_about_capture(self) -> bool {
        self.weight() == 2
    }

    /// Services before noise, noise before what the capture cannot show.
    pub(super) const fn weight(self) -> u8 {
        match self {
            Self::FallbackWorked
            | Self::PortScan
            | Self::SynFlood
            | Self::Backscatter
            | Self::Traceroute
            | Self::HealthChecks => 1,
            Self::OneSidedCapture
            | Self::CaptureFiltered
            | Self::CaptureLostPackets
            | Self::CaptureStartedLate
            | Self::LimitsHit => 2,
            _ => 0,
        }
    }
}
