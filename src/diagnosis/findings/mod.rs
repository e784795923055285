//! What many attempts say together about a service, a client or the capture itself.
//!
//! Each kind is a function of its own, named as the kind. Scanners are told first: what they met says nothing about a
//! service.

mod capture_quality;
mod caution;
#[cfg(feature = "live")]
mod host_proof;
mod hosts;
mod limits_hit;
mod losses;
mod next_steps;
mod noise;
mod outages;
mod services;
mod signs;

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::causes::Confidence;
use super::comparison::{Comparison, Moment};
use super::limits::Limit;
use super::noise::NoiseFilter;
use super::selection::Selection;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::Endpoint;
use crate::handshake::AttemptId;
pub(super) use caution::no_surer_than_causes;
pub use next_steps::NextStep;
use next_steps::Situation;

/// What many attempts say together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which kind of finding.
    pub kind: FindingKind,
    /// How sure it is.
    pub confidence: Confidence,
    /// The server that it is about.
    pub server: Option<Endpoint>,
    /// How many clients it affects: at least, when not all attempts are remembered.
    pub clients: usize,
    /// How many attempts it affects.
    pub attempts: u64,
    /// Whether some of the attempts are only counted, because there were too many to remember each.
    pub is_of_sample: bool,
    /// When the first of these began.
    pub from: Option<Timestamp>,
    /// When the last of these began.
    pub until: Option<Timestamp>,
    /// In words.
    pub statement: String,
    /// What `connect()` returned to the applications on Linux, where that can be told, each once.
    pub app_errors: Vec<&'static str>,
    /// What it leans on.
    pub evidence: Vec<String>,
    /// Which packets prove it, of the first of the attempts.
    pub proof: Option<Proof>,
    /// What to check: at most three.
    pub next_steps: Vec<NextStep>,
    /// How many VLAN tags stood before the packets of its attempts, each number once; empty when all of them came inside
    /// tunnels or other wrappings.
    pub vlan_tags: BTreeSet<u8>,
    /// One of the clients.
    example_client: Option<IpAddr>,
}

impl Finding {
    /// The client that it is about, when it is about one.
    pub fn only_client(&self) -> Option<IpAddr> {
        self.example_client.filter(|_| self.clients == 1)
    }
}

/// The packets that prove a finding: from the first to the last of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Proof {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its first packet.
    pub first: PacketPlace,
    /// The packet that settled it, or its last.
    pub last: PacketPlace,
    /// How many more attempts there are like it.
    pub others: u64,
}

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
    /// Losses over many servers: something that they share fails.
    PathLoss,
    /// An address that nobody answers for on its link.
    HostDown,
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
    /// Many SYNs that nobody completes.
    SynFlood,
    /// Answers to SYNs that one client never sent.
    Backscatter,
    /// One client that tries many ports.
    PortScan,
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
            Self::PathLoss => "path_loss",
            Self::HostDown => "host_down",
            Self::OneBadBackend => "one_bad_backend",
            Self::FallbackWorked => "fallback_worked",
            Self::FeatureDropped => "feature_dropped",
            Self::StaleTupleReuse => "stale_tuple_reuse",
            Self::ProxyAnswers => "proxy_answers",
            Self::SynFlood => "syn_flood",
            Self::Backscatter => "backscatter",
            Self::PortScan => "port_scan",
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
    const fn weight(self) -> u8 {
        match self {
            Self::FallbackWorked | Self::PortScan | Self::SynFlood | Self::Backscatter => 1,
            Self::OneSidedCapture
            | Self::CaptureFiltered
            | Self::CaptureLostPackets
            | Self::CaptureStartedLate
            | Self::LimitsHit => 2,
            _ => 0,
        }
    }
}

/// What is known of the capture itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureQuality {
    /// It was filtered to SYN, FIN and RST.
    pub hides_third_step: bool,
    /// Segments without payload were left out on purpose, and nothing else.
    pub leaves_out_third_step: bool,
    /// ICMP errors may have been on the wire that it does not show.
    pub may_miss_icmp_errors: bool,
    /// The capture filter, where a source names one that let no ICMP error pass; hostile text.
    pub hiding_filter: Option<String>,
    /// Packets that the capturing host lost, where it says so.
    pub lost_packets: u64,
    /// Attempts that were judged early, because more were open than are followed at once.
    pub attempts_set_aside: u64,
    /// How many are followed at once.
    pub attempts_followed: u64,
}

/// What findings are made from.
#[derive(Clone, Copy)]
pub(super) struct Collected<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) selection: &'a Selection,
    pub(super) noise: &'a NoiseFilter,
    pub(super) quality: &'a CaptureQuality,
    pub(super) limits: &'a [Limit],
}

/// All findings: those about services first, of these the ones that affect most clients and attempts.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    let services = selected_services(collected);
    let mut findings = noise::findings(collected);
    findings.extend(outages::findings(collected, &services));
    findings.extend(services::findings(collected, &services));
    findings.extend(hosts::findings(collected));
    findings.extend(losses::findings(collected, &services));
    findings.extend(signs::findings(collected, &services));
    findings.extend(capture_quality::findings(collected));
    findings.extend(limits_hit::finding(collected));
    let mut findings: Vec<Finding> = findings
        .into_iter()
        .map(|finding| completed(collected, finding))
        .collect();
    findings.sort_by_key(|finding| {
        let affected = std::cmp::Reverse((finding.clients, finding.attempts));
        (
            finding.kind.weight(),
            affected,
            finding.from,
            finding.server,
            finding.kind,
        )
    });
    findings
}

/// The attempts to one server that findings may be about, in the order they began.
#[derive(Clone, Debug)]
struct Service {
    server: Endpoint,
    moments: Vec<Moment>,
}

impl Service {
    /// Those of the attempts that are meant.
    fn those(&self, is_meant: impl Fn(&Moment) -> bool) -> Vec<Moment> {
        self.moments
            .iter()
            .filter(|moment| is_meant(moment))
            .copied()
            .collect()
    }
}

/// The selected attempts to every server; noise is left out.
fn selected_services(collected: Collected<'_>) -> Vec<Service> {
    let services = collected.comparison.services().into_iter();
    services
        .map(|(server, history)| {
            let is_meant = |moment: &Moment| {
                collected.noise.kind_of_moment(server, moment).is_none()
                    && collected.selection.includes_moment(server, moment)
            };
            Service {
                server,
                moments: in_order(
                    history
                        .moments()
                        .iter()
                        .filter(|moment| is_meant(moment))
                        .copied(),
                ),
            }
        })
        .collect()
}

/// The selected attempts that are meant, without noise, in the order they began.
fn matching(collected: Collected<'_>, is_meant: impl Fn(&Moment) -> bool) -> Vec<Moment> {
    let services = collected.comparison.services().into_iter();
    in_order(services.flat_map(|(server, history)| {
        let is_selected = |moment: &&Moment| {
            is_meant(moment)
                && collected.noise.kind_of_moment(server, moment).is_none()
                && collected.selection.includes_moment(server, moment)
        };
        history
            .moments()
            .iter()
            .filter(is_selected)
            .copied()
            .collect::<Vec<Moment>>()
    }))
}

/// The attempts in the order they began.
fn in_order(moments: impl Iterator<Item = Moment>) -> Vec<Moment> {
    let mut moments: Vec<Moment> = moments.collect();
    moments.sort_by_key(Moment::order);
    moments
}

/// How many attempts these are: each may stand for others that are only counted.
fn count(moments: &[Moment]) -> u64 {
    moments.iter().map(Moment::stands_for).sum()
}

/// A finding over these attempts, in the order they began.
fn over(
    kind: FindingKind,
    confidence: Confidence,
    server: Option<Endpoint>,
    moments: &[Moment],
    statement: String,
) -> Finding {
    let clients: BTreeSet<IpAddr> = moments.iter().map(|moment| moment.client).collect();
    let app_errors: BTreeSet<&'static str> = moments.iter().filter_map(Moment::app_error).collect();
    Finding {
        kind,
        confidence,
        server,
        clients: clients.len(),
        attempts: count(moments),
        is_of_sample: moments.iter().any(|moment| moment.stands_for() > 1),
        from: moments.first().map(|moment| moment.started),
        until: moments.last().map(|moment| moment.started),
        statement,
        app_errors: app_errors.into_iter().collect(),
        evidence: Vec::new(),
        proof: moments.first().map(|moment| Proof {
            attempt: moment.id,
            first: moment.proof().0,
            last: moment.proof().1,
            others: count(moments).saturating_sub(1),
        }),
        next_steps: Vec::new(),
        vlan_tags: moments
            .iter()
            .filter_map(|moment| moment.vlan_tags)
            .collect(),
        example_client: clients.first().copied(),
    }
}

/// What is the same for all kinds: what to check, and no error that the capture cannot prove.
fn completed(collected: Collected<'_>, mut finding: Finding) -> Finding {
    let is_provable =
        |error: &&'static str| *error != "ETIMEDOUT" || !collected.quality.may_miss_icmp_errors;
    finding.app_errors.retain(is_provable);
    if finding.kind.weight() > 0 {
        finding.app_errors.clear();
    }
    if let Some(situation) = Situation::of(collected.comparison, &finding) {
        finding.next_steps = next_steps::next_steps(&finding, situation);
    }
    finding
}
