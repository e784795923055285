//! What the attempts say about each server.

use std::hint::black_box;
use std::net::IpAddr;

use super::answer_times::AnswerTimes;
use super::compact_sets::AddressSet;
use super::comparison::{Comparison, Moment, Vantage, is_unfinished};
use super::diagnosed_attempt::DiagnosedAttempt;
use super::explainer::Explainer;
use super::known_ends::{KnownEnds, Place, Table};
use super::noise::{Noise, NoiseFilter};
use super::outcome_counts::OutcomeCounts;
use super::time_line::TimeLine;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{AttemptId, DecidedAttempt, InBrief};

/// How many servers are told apart; the attempts to others are in the totals only.
const TOLD_APART: usize = 100_000;

/// How many clients of one server are told apart, and how many of all servers together.
const CLIENTS_TOLD_APART: usize = 65_536;
const CLIENTS_OF_ALL_TOLD_APART: usize = 1_000_000;

/// In how many steps it is told when the attempts to one server began; fewer when the counts of all servers would be too
/// many.
const STEPS: u16 = 128;
const FEWEST_STEPS: u16 = 4;
const COUNTS_OF_ALL: usize = 2_000_000;

/// All attempts to one address and port.
#[derive(Clone, Debug)]
pub struct EndpointSummary {
    /// Address and port.
    pub server: Endpoint,
    /// How the attempts ended; noise is left out.
    pub outcomes: OutcomeCounts,
    /// How many attempts are left out here, because they are part of scans, floods or backscatter.
    pub folded: OutcomeCounts,
    /// Where the attempts were captured, where that can be told and is the same for all clients.
    pub vantage: Option<Vantage>,
    /// When the first failed attempt began.
    pub first_failure: Option<Timestamp>,
    /// When the last failed attempt began.
    pub last_failure: Option<Timestamp>,
    /// The first failed attempt, explained.
    pub example: Option<DiagnosedAttempt>,
    /// From SYN to first answer.
    pub answer_times: AnswerTimes,
    /// When the attempts began, noise among them.
    pub over_time: TimeLine,
    /// The first failed attempt, and whether it may be noise.
    first_failed: Option<(bool, DecidedAttempt)>,
    /// Those that may be part of a flood.
    unfinished: OutcomeCounts,
    /// What was left out before it was forgotten why.
    folded_before: OutcomeCounts,
    clients: AddressSet,
}

impl EndpointSummary {
    fn new(server: Endpoint, steps: u16) -> Self {
        Self {
            server,
            outcomes: OutcomeCounts::default(),
            folded: OutcomeCounts::default(),
            folded_before: OutcomeCounts::default(),
            vantage: None,
            first_failure: None,
            last_failure: None,
            example: None,
            first_failed: None,
            unfinished: OutcomeCounts::default(),
            answer_times: AnswerTimes::default(),
            over_time: TimeLine::with_at_most(steps),
            clients: AddressSet::default(),
        }
    }

    /// How many client addresses there were: at least, when it is 65536, or when there were millions of all servers.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    fn add(
        &mut self,
        decided: &DecidedAttempt,
        may_be_noise: bool,
        example_since: Option<Timestamp>,
    ) {
        let attempt = &decided.attempt;
        let outcome = decided.judgement.outcome;
        self.outcomes.add(outcome);
        self.over_time.add(decided);
        if is_unfinished(outcome, attempt.syn_count == 1) {
            self.unfinished.add(outcome);
        }
        if let (Some(syn), Some(answer)) = (attempt.first_syn_at, attempt.first_answer_at) {
            self.answer_times.add(answer.since(syn));
        }
        if outcome.is_failure() {
            self.forget_example_before(example_since);
            self.add_failure(decided, may_be_noise);
        }
    }

    /// Whether this attempt would only be counted.
    fn only_counts(&self, brief: &InBrief<'_>, may_be_noise: bool) -> bool {
        let is_example = |known: &(bool, DecidedAttempt)| {
            let attempt = &known.1.attempt;
            let example = (known.0, attempt.started_at(), attempt.id);
            (may_be_noise, brief.started_at, brief.id) < example
        };
        !brief.outcome.is_failure()
            || self
                .first_failed
                .as_ref()
                .is_some_and(|known| !is_example(known))
    }

    fn count(&mut self, brief: &InBrief<'_>) {
        let outcome = brief.outcome;
        self.outcomes.add(outcome);
        self.over_time.add_brief(brief);
        if is_unfinished(outcome, brief.has_one_syn()) {
            self.unfinished.add(outcome);
        }
        if let Some(answer) = brief.answered_at() {
            self.answer_times.add(answer.since(brief.started_at));
        }
        if outcome.is_failure() {
            self.note_failure(brief.started_at);
        }
    }

    fn note_failure(&mut self, started: Timestamp) {
        self.last_failure = self.last_failure.max(Some(started));
        self.first_failure = Some(
            self.first_failure
                .map_or(started, |first| first.min(started)),
        );
    }

    /// A younger failure says more about how it is now.
    fn forget_example_before(&mut self, since: Option<Timestamp>) {
        let is_old = |(_, known): &(bool, DecidedAttempt)| {
            since.is_some_and(|since| known.attempt.started_at() < since)
        };
        if self.first_failed.as_ref().is_some_and(is_old) {
            self.first_failed = None;
        }
    }

    fn add_failure(&mut self, decided: &DecidedAttempt, may_be_noise: bool) {
        self.note_failure(decided.attempt.started_at());
        let order =
            |(may_be_noise, decided): (bool, &DecidedAttempt)| -> (bool, Timestamp, AttemptId) {
                (
                    may_be_noise,
                    decided.attempt.started_at(),
                    decided.attempt.id,
                )
            };
        let is_better = |known: &(bool, DecidedAttempt)| {
            order((may_be_noise, decided)) < order((known.0, &known.1))
        };
        if self.first_failed.as_ref().is_none_or(is_better) {
            self.first_failed = Some((may_be_noise, decided.clone()));
        }
    }

    /// Leaves noise out, and explains the first failure that is none.
    fn finish(&mut self, explainer: &Explainer) {
        let Explainer {
            comparison, noise, ..
        } = explainer;
        let moments = comparison
            .service(self.server)
            .map_or(&[][..], |history| history.moments());
        self.fold(moments, noise);
        let example = self.first_failed.take().map(|(_, decided)| decided);
        self.example = example
            .filter(|decided| noise.kind(decided).is_none())
            .map(|decided| explainer.explain(decided));
        let mut vantages = self
            .clients
            .iter()
            .map(|client| comparison.vantage(client, self.server.address));
        let first = vantages.next().flatten();
        self.vantage = first.filter(|first| vantages.all(|other| other == Some(*first)));
    }

    /// Leaves noise out for good, before it is forgotten what it was compared with.
    fn fold_forgotten<'a>(
        &mut self,
        forgotten: impl Iterator<Item = &'a Moment>,
        noise: &NoiseFilter,
    ) {
        let before = self.outcomes;
        if noise.is_flooded(self.server) {
            self.outcomes = self.outcomes.without(&self.unfinished);
            self.unfinished = OutcomeCounts::default();
        }
        for moment in forgotten {
            let kind = noise.kind_of_moment(self.server, moment);
            if kind.is_some_and(|kind| kind != Noise::Flood) {
                self.outcomes.take_away(moment.outcome, 1);
                if moment.is_unfinished() {
                    self.unfinished.take_away(moment.outcome, 1);
                }
            }
        }
        self.folded_before.add_all(&before.without(&self.outcomes));
    }

    /// Leaves out for good one that was added.
    fn fold_one(&mut self, decided: &DecidedAttempt) {
        let outcome = decided.judgement.outcome;
        self.outcomes.take_away(outcome, 1);
        if is_unfinished(outcome, decided.attempt.syn_count == 1) {
            self.unfinished.take_away(outcome, 1);
        }
        self.folded_before.add(outcome);
    }

    fn fold(&mut self, moments: &[Moment], noise: &NoiseFilter) {
        let (left_out, kept): (Vec<&Moment>, Vec<&Moment>) = moments
            .iter()
            .partition(|moment| noise.kind_of_moment(self.server, moment).is_some());
        let is_all_of_scanners = self
            .clients
            .iter()
            .all(|client| noise.is_scanner(client, self.last_failure));
        let before = self.outcomes;
        if is_all_of_scanners {
            self.outcomes = OutcomeCounts::default();
        } else if noise.is_flooded(self.server) {
            self.outcomes = self.outcomes.without(&self.unfinished);
            for moment in kept.iter().filter(|moment| moment.is_unfinished()) {
                self.outcomes.add(moment.outcome);
            }
        } else {
            for moment in &left_out {
                self.outcomes.take_away(moment.outcome, 1);
            }
        }
        self.folded = before.without(&self.outcomes);
        // What was folded before is told with it, and changes nothing else any more.
        let is_folded_now = self.folded.total() > 0;
        self.folded.add_all(&self.folded_before);
        if is_folded_now {
            self.clients = kept.iter().map(|moment| moment.client).collect();
            let failures = || kept.iter().filter(|moment| moment.outcome.is_failure());
            self.first_failure = failures().map(|moment| moment.started).min();
            self.last_failure = failures().map(|moment| moment.started).max();
        }
    }
}

/// Collects the attempts to every server.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    by_server: Table<Endpoint, EndpointSummary>,
    clients: usize,
    /// Failures before then are examples only while there is none after it.
    example_since: Option<Timestamp>,
    /// In how many steps it is told when attempts began, and how many counts that takes.
    steps: u16,
    counts: usize,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            by_server: Table::default(),
            clients: 0,
            example_since: None,
            steps: STEPS,
            counts: 0,
        }
    }
}

impl Endpoints {
    /// Looks up a server.
    pub(super) fn place_of(&self, server: Endpoint) -> Place {
        let has_room = self.by_server.len() < TOLD_APART;
        Place::of(self.by_server.get_index_of(&server), has_room)
    }

    /// Whether this is a client of the server that is told apart.
    pub(super) fn has_client(&self, server: Place, client: IpAddr) -> bool {
        let endpoint = server.get(&self.by_server);
        endpoint.is_some_and(|endpoint| endpoint.clients.contains(client))
    }

    /// Brings into the cache what will be needed of the servers of attempts that are about to be added.
    pub(super) fn touch(&self, ends: &[KnownEnds]) {
        let endpoints = ends
            .iter()
            .filter_map(|ends| ends.endpoint.get(&self.by_server));
        black_box(
            endpoints
                .map(|endpoint| endpoint.over_time.latest_count())
                .fold(0, u32::wrapping_add),
        );
    }

    /// What is older than `cutoff` gives way to what is younger; when room is scarce, servers that have not failed since then
    /// are no longer told apart.
    pub(super) fn let_go(&mut self, cutoff: Timestamp) {
        self.example_since = Some(cutoff);
        if self.by_server.len() > TOLD_APART / 2 || self.clients > CLIENTS_OF_ALL_TOLD_APART / 2 {
            self.by_server
                .retain(|_, endpoint| endpoint.last_failure >= Some(cutoff));
            let counts = self.by_server.values().map(EndpointSummary::clients);
            self.clients = counts.sum();
            let endpoints = self.by_server.values();
            self.counts = endpoints.map(|endpoint| endpoint.over_time.cells()).sum();
        }
    }

    /// Leaves noise out for good, as far as it is about to be forgotten.
    pub(super) fn fold_forgotten(
        &mut self,
        comparison: &Comparison,
        noise: &NoiseFilter,
        is_forgotten: impl Fn(Endpoint, &Moment) -> bool,
    ) {
        for (server, history) in comparison.services() {
            if let Some(endpoint) = self.by_server.get_mut(&server) {
                let moments = history.moments().iter();
                let forgotten = moments.filter(|moment| is_forgotten(server, moment));
                endpoint.fold_forgotten(forgotten, noise);
            }
        }
    }

    /// Leaves out for good one that was added, because it is noise.
    pub(super) fn fold_one(&mut self, decided: &DecidedAttempt) {
        if let Some(endpoint) = self.by_server.get_mut(&decided.attempt.server) {
            endpoint.fold_one(decided);
        }
    }

    /// Takes an attempt into account, with what was looked up of its ends, and whether they know each other.
    pub(super) fn add(
        &mut self,
        decided: &DecidedAttempt,
        may_be_noise: bool,
        ends: &KnownEnds,
        is_known_pair: bool,
    ) {
        let server = decided.attempt.server;
        let steps = self.steps;
        let new = || EndpointSummary::new(server, steps);
        let endpoint = ends
            .endpoint
            .get_or_add(&mut self.by_server, server, TOLD_APART, new);
        let Some(endpoint) = endpoint else {
            return;
        };
        let counts_before = endpoint.over_time.cells();
        endpoint.add(decided, may_be_noise, self.example_since);
        self.counts = (self.counts + endpoint.over_time.cells()).saturating_sub(counts_before);
        if !is_known_pair {
            self.clients += note_client(endpoint, self.clients, decided.attempt.client.address);
        }
        self.limit_counts();
    }

    /// As [`Self::add`] of the whole attempt, when it would only be counted; whether that is so.
    pub(super) fn count(
        &mut self,
        brief: &InBrief<'_>,
        may_be_noise: bool,
        ends: &KnownEnds,
        is_known_pair: bool,
    ) -> bool {
        let endpoint = ends.endpoint.get_mut(&mut self.by_server, &brief.server);
        let Some(endpoint) = endpoint.filter(|endpoint| {
            self.example_since.is_none() && endpoint.only_counts(brief, may_be_noise)
        }) else {
            return false;
        };
        let counts_before = endpoint.over_time.cells();
        endpoint.count(brief);
        self.counts = (self.counts + endpoint.over_time.cells()).saturating_sub(counts_before);
        if !is_known_pair {
            self.clients += note_client(endpoint, self.clients, brief.client.address);
        }
        self.limit_counts();
        true
    }

    fn limit_counts(&mut self) {
        if self.counts > COUNTS_OF_ALL && self.steps > FEWEST_STEPS {
            self.halve_steps();
        }
    }

    fn halve_steps(&mut self) {
        self.steps /= 2;
        for endpoint in self.by_server.values_mut() {
            endpoint.over_time.limit_to(self.steps);
        }
        let endpoints = self.by_server.values();
        self.counts = endpoints.map(|endpoint| endpoint.over_time.cells()).sum();
    }

    /// The servers with the most failures first; among equals the one that failed first.
    pub(super) fn worst_first(self, explainer: &Explainer) -> Vec<EndpointSummary> {
        let mut endpoints: Vec<EndpointSummary> = self.by_server.into_values().collect();
        for endpoint in &mut endpoints {
            endpoint.finish(explainer);
        }
        endpoints.sort_by(|left, right| {
            let rank = |endpoint: &EndpointSummary| {
                (
                    std::cmp::Reverse(endpoint.outcomes.failed()),
                    endpoint.first_failure,
                    endpoint.server,
                )
            };
            rank(left).cmp(&rank(right))
        });
        endpoints
    }
}

/// Takes note of a client where there is room; how many more clients are told apart now.
fn note_client(endpoint: &mut EndpointSummary, of_all: usize, client: IpAddr) -> usize {
    let has_room =
        of_all < CLIENTS_OF_ALL_TOLD_APART && endpoint.clients.len() < CLIENTS_TOLD_APART;
    usize::from(has_room && endpoint.clients.insert(client))
}
