//! Attempts that say nothing about a service: those of scans and floods, and answers to forged
//! addresses. Each is told once as a finding, and kept out of the services' counts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempt_facts::AttemptFacts;
use super::comparison::{Comparison, Moment, ServiceHistory};
use super::finding_kind::FindingKind;
use super::past_noise::PastNoise;
use super::probes::Probes;
use super::rapid_flood::is_rapidly_flooded;
use super::selection::Selection;
use super::sign::is_unfinished;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{DecidedAttempt, Outcome};

/// What an attempt is part of that is no failure of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Noise {
    /// One client tries many ports or hosts.
    #[serde(rename = "port_scan")]
    Scan,
    /// Many SYNs that nobody completes, their sources forged.
    #[serde(rename = "syn_flood")]
    Flood,
    /// Answers of many servers to an address that somebody forges.
    Backscatter,
    /// Somebody looks for the way to a host.
    Traceroute,
    /// Somebody looks at even intervals whether a port is open.
    HealthChecks,
}

impl Noise {
    /// The kind of finding that it is folded into.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scan => FindingKind::PortScan.name(),
            Self::Flood => FindingKind::SynFlood.name(),
            Self::Backscatter => FindingKind::Backscatter.name(),
            Self::Traceroute => FindingKind::Traceroute.name(),
            Self::HealthChecks => FindingKind::HealthChecks.name(),
        }
    }
}

/// So many SYNs that were answered and nobody completes, from so many clients.
const FEWEST_IN_A_FLOOD: u64 = 50;
const FEWEST_CLIENTS_OF_A_FLOOD: usize = 20;

/// Unanswered SYNs are a flood only from more clients than a service has, each of which asks once
/// or twice: the clients of a service that is down repeat themselves.
const FEWEST_CLIENTS_OF_AN_UNANSWERED_FLOOD: usize = 200;
const MOST_ATTEMPTS_PER_CLIENT: u64 = 2;

/// Answers from so many servers to one client that sent nothing.
const FEWEST_SERVERS_OF_BACKSCATTER: usize = 10;

/// Tells which attempts are noise.
#[derive(Clone, Debug, Default)]
pub(super) struct NoiseFilter {
    scanners: BTreeSet<IpAddr>,
    /// Flooded servers, with the clients that completed a connect there.
    flooded: BTreeMap<Endpoint, BTreeSet<IpAddr>>,
    /// Addresses that somebody forges.
    forged: BTreeSet<IpAddr>,
    probes: Probes,
    past: PastNoise,
    /// Whether the report is about certain clients: they are what is asked for.
    is_off: bool,
}

impl NoiseFilter {
    /// Looks at all attempts. When the report is about certain clients, they are what is asked for,
    /// and nothing is noise.
    pub(super) fn of(comparison: &Comparison, selection: &Selection) -> Self {
        if !selection.clients.is_empty() {
            return Self {
                is_off: true,
                ..Self::default()
            };
        }
        let services = comparison.services();
        Self {
            scanners: comparison.scanners().into_iter().collect(),
            flooded: services
                .iter()
                .filter_map(|(server, history)| Some((*server, flood_survivors(history)?)))
                .collect(),
            forged: forged_addresses(&services),
            probes: Probes::of(&services),
            past: PastNoise::default(),
            is_off: false,
        }
    }

    /// Also what was noise before.
    pub(super) fn with_past(mut self, past: PastNoise) -> Self {
        if !self.is_off {
            self.past = past;
        }
        self
    }

    /// Adds what is noise now to what was.
    pub(super) fn remember_in(&self, past: &mut PastNoise, now: Timestamp) {
        past.take(now, &self.scanners, &self.forged, &self.flooded);
    }

    /// What the attempt is part of; `None` when it is a connect like others.
    pub(super) fn kind(&self, decided: &DecidedAttempt) -> Option<Noise> {
        let attempt = &decided.attempt;
        let outcome = decided.judgement.outcome;
        self.kind_of(
            attempt.server,
            attempt.client.address,
            attempt.started_at(),
            (outcome, attempt.syn_count == 1),
            decided.syn_ttl(),
        )
    }

    /// As [`Self::kind`], of what is remembered of an attempt.
    pub(super) fn kind_of_moment(&self, server: Endpoint, moment: &Moment) -> Option<Noise> {
        self.kind_of(
            server,
            moment.client,
            moment.started,
            (moment.outcome, moment.has_one_syn()),
            moment.syn_ttl,
        )
    }

    /// Whether this client scans, or scanned then or later.
    pub(super) fn is_scanner(&self, client: IpAddr, at: Option<Timestamp>) -> bool {
        self.scanners.contains(&client) || at.is_some_and(|at| self.past.is_scan(client, at))
    }

    /// Every so often, when this client looks at even intervals whether this server accepts.
    pub(super) fn period_of_checks(&self, client: IpAddr, server: Endpoint) -> Option<Duration> {
        self.probes.period_of_checks(client, server)
    }

    /// Whether this server is flooded.
    pub(super) fn is_flooded(&self, server: Endpoint) -> bool {
        self.flooded.contains_key(&server)
    }

    fn kind_of(
        &self,
        server: Endpoint,
        client: IpAddr,
        started: Timestamp,
        (outcome, has_one_syn): (Outcome, bool),
        syn_ttl: Option<u8>,
    ) -> Option<Noise> {
        let is_of_flood = || {
            let is_now = self
                .flooded
                .get(&server)
                .is_some_and(|completed| !completed.contains(&client));
            is_unfinished(outcome, has_one_syn)
                && (is_now || self.past.is_flood(server, client, started))
        };
        if self.is_scanner(client, Some(started)) {
            Some(Noise::Scan)
        } else if self.probes.is_of_trace(client, server.address, syn_ttl) {
            Some(Noise::Traceroute)
        } else if outcome == Outcome::Aborted && self.probes.is_checked(client, server) {
            Some(Noise::HealthChecks)
        } else if is_of_flood() {
            Some(Noise::Flood)
        } else {
            let is_forged =
                || self.forged.contains(&client) || self.past.is_forged(client, started);
            (outcome == Outcome::Partial && is_forged()).then_some(Noise::Backscatter)
        }
    }
}

fn is_flooded(history: &ServiceHistory) -> bool {
    if !history.is_mostly_unfinished() {
        return false;
    }
    let is_answered = |outcome, is_unfinished: bool| is_unfinished && outcome == Outcome::HalfOpen;
    let is_silent = |outcome, is_unfinished: bool| {
        is_unfinished && !matches!(outcome, Outcome::HalfOpen | Outcome::Aborted)
    };
    let is_answered_flood = history.attempts_of(is_answered) >= FEWEST_IN_A_FLOOD
        && history.clients_of(is_answered) >= FEWEST_CLIENTS_OF_A_FLOOD;
    let silent_clients = history.clients_of(is_silent);
    let is_unanswered_flood = silent_clients >= FEWEST_CLIENTS_OF_AN_UNANSWERED_FLOOD
        && history.attempts_of(is_silent) <= silent_clients as u64 * MOST_ATTEMPTS_PER_CLIENT;
    is_answered_flood || is_unanswered_flood
}

/// The clients that complete connects with a flooded server; `None` when it is not flooded.
fn flood_survivors(history: &ServiceHistory) -> Option<BTreeSet<IpAddr>> {
    let completed = clients_that_completed(history);
    (is_flooded(history) || is_rapidly_flooded(history, &completed)).then_some(completed)
}

fn clients_that_completed(history: &ServiceHistory) -> BTreeSet<IpAddr> {
    let moments = history.moments().iter();
    let is_left_open = |outcome| matches!(outcome, Outcome::HalfOpen | Outcome::Aborted);
    let completed = moments.filter(|moment| moment.was_accepted() && !is_left_open(moment.outcome));
    let completed = completed.map(|moment| moment.client);
    completed.chain(history.clients_only_counted()).collect()
}

/// Addresses to which many servers answer that were asked for nothing.
fn forged_addresses(services: &[(Endpoint, &ServiceHistory)]) -> BTreeSet<IpAddr> {
    let mut answering: BTreeMap<IpAddr, BTreeSet<IpAddr>> = BTreeMap::new();
    for (server, history) in services {
        let partial = history
            .moments()
            .iter()
            .filter(|moment| moment.outcome == Outcome::Partial);
        for moment in partial {
            answering
                .entry(moment.client)
                .or_default()
                .insert(server.address);
        }
    }
    answering
        .into_iter()
        .filter(|(_, servers)| servers.len() >= FEWEST_SERVERS_OF_BACKSCATTER)
        .map(|(client, _)| client)
        .collect()
}
