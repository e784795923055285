//! What many attempts say together about a service, a client or the capture itself.
//!
//! Each kind is a function of its own, named as the kind. Scanners are told first: what they met
//! says nothing about a service.

mod backends;
mod boxes;
mod capture_quality;
mod claims;
mod comparisons;
mod connection_limits;
mod counted_drops;
mod evidence;
mod filter_logs;
mod flooded;
mod folding;
mod from_cause;
mod hosts;
mod ignored_first;
mod kernel_drops;
mod limits_hit;
mod link;
mod logged;
mod losses;
mod misdirected;
mod next_steps;
mod noise;
mod of_cause;
mod outages;
mod policies;
mod probes;
mod queues;
mod rejections;
mod services;
mod shared_outages;
mod signs;
mod statement;
mod statement_parts;
mod stopped_by_log;
mod taken_over;
mod told_by_host;
mod troubles;
mod untranslated;
mod up_and_down;

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::capture_quality::CaptureQuality;
use super::cause::Confidence;
use super::comparison::{Comparison, Moment};
use super::finding_kind::FindingKind;
use super::limits::Limit;
use super::midway_failures::MidwayFailures;
use super::noise::NoiseFilter;
use super::selection::Selection;
use super::testimony::{self, Testimonies, Testimony};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::Endpoint;
use crate::handshake::AttemptId;
pub use backends::BackendOfFailures;
pub use evidence::FindingEvidence;
pub(super) use from_cause::{FirstCauses, FirstVerdicts, first_causes, first_verdicts};
pub use next_steps::{NextStep, Situation, StepKind, next_steps_of_cause};
pub use statement::Statement;
pub use statement_parts::{
    Change, IgnoredFirst, LossPlace, LossTimes, NewConnects, SameOfAll, SilentRequest,
};

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
    /// What it says.
    pub statement: Statement,
    /// What `connect()` returned to the applications on Linux, where that can be told, each once.
    pub app_errors: Vec<&'static str>,
    /// What it leans on.
    pub evidence: Vec<FindingEvidence>,
    /// Which packets prove it, of the first of the attempts.
    pub proof: Option<Proof>,
    /// What to check: at most three.
    pub next_steps: Vec<NextStep>,
    /// How many VLAN tags stood before the packets of its attempts, each number once; empty when
    /// all of them came inside tunnels or other wrappings.
    pub vlan_tags: BTreeSet<u8>,
    /// The servers, when it says the same of several.
    pub servers: BTreeSet<Endpoint>,
    /// The one to which its connects went on, where the capture shows them before and after a
    /// translation.
    pub backend: Option<BackendOfFailures>,
    /// One of the clients.
    example_client: Option<IpAddr>,
    /// The remembered attempts that it tells of, until it is complete.
    #[serde(skip)]
    members: Vec<Moment>,
    /// What these are called, in order, once it is.
    #[serde(skip)]
    told: Vec<AttemptId>,
}

impl Finding {
    /// The attempts that it tells of, in order; of very many, those that are remembered. An attempt
    /// that failed, or is in trouble, is told by one finding at most.
    pub fn attempts_told(&self) -> &[AttemptId] {
        &self.told
    }

    /// Whether it is about this server.
    pub fn is_about(&self, server: Endpoint) -> bool {
        self.server == Some(server) || self.servers.contains(&server)
    }

    /// Counts these attempts, in the order they began, in place of what it was about before.
    fn tell_of(&mut self, members: Vec<Moment>) {
        let clients: BTreeSet<IpAddr> = members.iter().map(|moment| moment.client).collect();
        let errors: BTreeSet<&'static str> = members.iter().filter_map(Moment::app_error).collect();
        let attempts = count(&members);
        self.clients = clients.len();
        self.attempts = attempts;
        self.is_of_sample = members.iter().any(|moment| moment.stands_for() > 1);
        self.from = members.first().map(|moment| moment.started);
        self.until = members.last().map(|moment| moment.started);
        self.app_errors = errors.into_iter().collect();
        self.proof = members.first().map(|moment| Proof {
            attempt: moment.id,
            first: moment.proof().0,
            last: moment.proof().1,
            others: attempts.saturating_sub(1),
        });
        let tags = members.iter().filter_map(|moment| moment.vlan_tags);
        self.vlan_tags = tags.collect();
        self.example_client = clients.first().copied();
        self.members = members;
    }

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

/// What findings are made from.
#[derive(Clone, Copy)]
pub(super) struct Collected<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) selection: &'a Selection,
    pub(super) noise: &'a NoiseFilter,
    pub(super) quality: &'a CaptureQuality,
    pub(super) limits: &'a [Limit],
    pub(super) testimonies: &'a Testimonies,
    pub(super) first_causes: &'a FirstCauses,
    pub(super) first_verdicts: &'a FirstVerdicts,
    pub(super) midway_failures: &'a MidwayFailures,
}

impl<'a> Collected<'a> {
    /// What its own host testified last of a server, when that is the host that captures.
    fn testimony_of(self, server: Endpoint) -> &'a [Testimony] {
        if self.comparison.is_here(server.address) {
            self.testimonies.of_server(server)
        } else {
            &[]
        }
    }
}

/// All findings: those about services first, of these the ones that affect most clients and
/// attempts.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    let mut services = selected_services(collected);
    let mut findings = noise::findings(collected);
    // Each failed attempt is in one finding: what tells most of it comes first.
    let first = [
        told_by_host::findings,
        policies::findings,
        connection_limits::findings,
        comparisons::findings,
    ];
    for rules in first {
        let (told, claimed): (Vec<Finding>, Vec<Vec<Moment>>) =
            rules(collected, &services).into_iter().unzip();
        findings.extend(told);
        leave_out(&mut services, &claimed);
    }
    findings.extend(shared_outages::folded(outages::findings(
        collected, &services,
    )));
    findings.extend(services::findings(collected, &services));
    let duplicates = link::duplicates(collected);
    // Answers of two hosts that have one address are no backends of one service.
    findings.retain(|finding| {
        let address = finding.server.map(|server| server.address);
        finding.kind != FindingKind::OneBadBackend
            || address.is_none_or(|address| !duplicates.contains(&address))
    });
    findings.extend(link::findings(collected));
    findings.extend(filter_logs::finding(collected));
    findings.extend(hosts::findings(collected));
    let losses = losses::findings(collected, &services);
    losses::withdraw_outages(&mut findings, &losses);
    findings.extend(losses);
    findings.extend(signs::findings(collected, &services));
    findings.extend(misdirected::findings(collected, &services));
    let told = findings.iter().filter_map(|finding| finding.server);
    findings.extend(boxes::finding(collected, &services, &told.collect()));
    let troubled = troubles::findings(collected, &services, &findings);
    findings.extend(troubled);
    findings.extend(of_cause::findings(collected, &services));
    findings.extend(capture_quality::findings(collected));
    findings.extend(limits_hit::finding(collected));
    let findings = flooded::told_with_floods(findings);
    let mut findings = folding::folded(claims::settled(findings));
    probes::mark_even_intervals(&mut findings);
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

/// Leaves out what was told.
fn leave_out(services: &mut [Service], claimed: &[Vec<Moment>]) {
    let claimed: BTreeSet<AttemptId> = claimed.iter().flatten().map(|moment| moment.id).collect();
    if claimed.is_empty() {
        return;
    }
    for service in services {
        service
            .moments
            .retain(|moment| !claimed.contains(&moment.id));
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
                    && !link::explains(collected, server, moment)
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
    statement: Statement,
) -> Finding {
    let mut finding = Finding {
        kind,
        confidence,
        server,
        clients: 0,
        attempts: 0,
        is_of_sample: false,
        from: None,
        until: None,
        statement,
        app_errors: Vec::new(),
        evidence: Vec::new(),
        proof: None,
        next_steps: Vec::new(),
        vlan_tags: BTreeSet::new(),
        servers: BTreeSet::new(),
        backend: None,
        example_client: None,
        members: Vec::new(),
        told: Vec::new(),
    };
    finding.tell_of(moments.to_vec());
    finding
}

/// What is the same for all kinds: what to check, and no error that the capture cannot prove.
fn completed(collected: Collected<'_>, mut finding: Finding) -> Finding {
    let is_provable =
        |error: &&'static str| *error != "ETIMEDOUT" || !collected.quality.may_miss_icmp_errors();
    finding.app_errors.retain(is_provable);
    if finding.kind.weight() > 0 {
        finding.app_errors.clear();
    }
    finding.backend = backends::only_backend(collected, &finding.members)
        .filter(|_| backends::may_be_behind(&finding));
    let backend = finding.backend.clone();
    finding
        .evidence
        .extend(backend.map(FindingEvidence::WentOnTo));
    let untranslated = untranslated::untranslated(collected, &finding);
    finding.evidence.extend(untranslated);
    let taken_over = taken_over::taken_over(collected, &finding);
    finding.evidence.extend(taken_over);
    let only_tcp = capture_quality::only_tcp(collected, &finding);
    finding.evidence.extend(only_tcp);
    finding.evidence.extend(testified(collected, &finding));
    let by_hosts = told_by_host::beside(collected, &finding);
    finding.evidence.extend(by_hosts);
    finding.evidence.extend(logged::logged(collected, &finding));
    let changed = logged::changed_before(collected, &finding);
    finding.evidence.extend(changed);
    // A log's rules are looked up where the filter is, not at the servers.
    if finding.kind != FindingKind::FilterLog
        && let Some(situation) = Situation::of(collected.comparison, &finding)
    {
        finding.next_steps = next_steps::next_steps(&finding, situation);
    }
    let mut told: Vec<AttemptId> = std::mem::take(&mut finding.members)
        .into_iter()
        .map(|moment| moment.id)
        .collect();
    told.sort_unstable();
    finding.told = told;
    finding
}

/// What the host that captures says of a server of its own.
fn testified(collected: Collected<'_>, finding: &Finding) -> Vec<FindingEvidence> {
    let is_about_listening = matches!(
        finding.kind,
        FindingKind::NeverListening
            | FindingKind::ServiceDownWindow
            | FindingKind::ServiceFiltered
            | FindingKind::Overload
            | FindingKind::PolicyChanged
    );
    let is_about_queues = matches!(
        finding.kind,
        FindingKind::ServiceFiltered | FindingKind::Overload | FindingKind::SynFlood
    );
    let is_here = |server: &Endpoint| collected.comparison.is_here(server.address);
    let Some(server) = finding.server.filter(is_here) else {
        return Vec::new();
    };
    let listeners = collected
        .testimony_of(server)
        .iter()
        .filter(|testimony| is_about_listening && testimony::is_of_listeners(testimony));
    let counters = collected.testimonies.counters_risen();
    listeners
        .cloned()
        .chain(counters.filter(|_| is_about_queues))
        .map(FindingEvidence::Testimony)
        .collect()
}
