//! What the attempts say about each server.

mod examples;
mod merging;

use std::hint::black_box;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::answer_times::AnswerTimes;
use super::attempt_facts::AttemptFacts;
use super::compact_sets::SampledAddresses;
use super::comparison::{Comparison, Moment, Vantage, worth_of_server};
use super::diagnosed_attempt::DiagnosedAttempt;
use super::explainer::Explainer;
use super::fixed_hash;
use super::known_ends::{KnownEnds, Place, Table};
use super::limits::{Limit, LimitKind};
use super::noise::{Noise, NoiseFilter};
use super::outcome_counts::OutcomeCounts;
use super::sign::is_unfinished;
use super::time_line::TimeLine;
use super::trouble_counts::TroubleCounts;
use super::worth::keep_worthiest;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::DecidedAttempt;
use examples::Examples;

/// How many servers are told apart, and how many at most until those go that are worth least; the
/// attempts to others are in the totals only.
const TOLD_APART: usize = 100_000;
const AT_MOST: usize = TOLD_APART + TOLD_APART / 4;

/// How many clients of one server are told apart; fewer when those of all servers would be too
/// many.
const CLIENTS_TOLD_APART: usize = 65_536;
const CLIENTS_OF_ALL_TOLD_APART: usize = 500_000;

/// In how many steps it is told when the attempts to one server began; fewer when there are many
/// servers.
const STEPS: u16 = 128;
const FEWEST_STEPS: u16 = 4;
const STEPS_OF_ALL: usize = 250_000;

/// All attempts to one address and port.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndpointSummary {
    /// Address and port.
    pub server: Endpoint,
    /// How the attempts ended; noise is left out.
    pub outcomes: OutcomeCounts,
    /// How many were established and yet in trouble; noise is left out.
    pub troubles: TroubleCounts,
    /// How many attempts are left out here, because they are part of scans, floods or backscatter.
    pub folded: OutcomeCounts,
    /// Where the attempts were captured, where that can be told and is the same for all clients.
    pub vantage: Option<Vantage>,
    /// When the first failed attempt began.
    pub first_failure: Option<Timestamp>,
    /// When the last failed attempt began.
    pub last_failure: Option<Timestamp>,
    /// The first failed attempt, explained.
    #[serde(skip)]
    pub example: Option<DiagnosedAttempt>,
    /// When the first attempt in trouble began.
    pub first_trouble: Option<Timestamp>,
    /// When the last attempt in trouble began.
    pub last_trouble: Option<Timestamp>,
    /// The first attempt in trouble, explained.
    #[serde(skip)]
    pub troubled_example: Option<DiagnosedAttempt>,
    /// From SYN to first answer.
    pub answer_times: AnswerTimes,
    /// When the attempts began, noise among them.
    pub over_time: TimeLine,
    /// Failed attempts of which one is explained.
    examples: Examples,
    /// The same of attempts in trouble.
    troubled_examples: Examples,
    /// Those that may be part of a flood.
    unfinished: OutcomeCounts,
    /// What was left out before it was forgotten why.
    folded_before: OutcomeCounts,
    clients: SampledAddresses,
    /// Whether these are of a sample of the attempts only.
    clients_are_of_sample: bool,
}

impl EndpointSummary {
    fn new(server: Endpoint, steps: u16) -> Self {
        Self {
            server,
            outcomes: OutcomeCounts::default(),
            troubles: TroubleCounts::default(),
            folded: OutcomeCounts::default(),
            folded_before: OutcomeCounts::default(),
            vantage: None,
            first_failure: None,
            last_failure: None,
            example: None,
            examples: Examples::default(),
            first_trouble: None,
            last_trouble: None,
            troubled_example: None,
            troubled_examples: Examples::default(),
            unfinished: OutcomeCounts::default(),
            answer_times: AnswerTimes::default(),
            over_time: TimeLine::with_at_most(steps),
            clients: SampledAddresses::default(),
            clients_are_of_sample: false,
        }
    }

    /// How many client addresses there were: see [`Self::clients_are_estimated`].
    pub fn clients(&self) -> usize {
        self.clients.count()
    }

    /// Whether there were so many clients that a sample of them is known: then they were about so
    /// many.
    pub fn clients_are_estimated(&self) -> bool {
        self.clients.is_sample() || self.clients_are_of_sample
    }

    fn add(&mut self, facts: &impl AttemptFacts, example_since: Option<Timestamp>) {
        let outcome = facts.outcome();
        self.outcomes.add(outcome);
        self.over_time.add(facts);
        if facts.is_unfinished() {
            self.unfinished.add(outcome);
        }
        if let Some(time) = facts.answer_time() {
            self.answer_times.add(time);
        }
        if !facts.troubles().is_empty() {
            self.note_trouble(facts, example_since);
        }
        if outcome.is_failure() {
            self.note_failure(facts.started_at());
            if let Some(since) = example_since {
                // A younger failure says more about how it is now.
                self.examples.forget_before(since);
            }
            self.examples.add(facts);
        }
    }

    fn note_trouble(&mut self, facts: &impl AttemptFacts, example_since: Option<Timestamp>) {
        let started = Some(facts.started_at());
        self.troubles.add(facts.troubles());
        self.last_trouble = self.last_trouble.max(started);
        self.first_trouble = [self.first_trouble, started].into_iter().flatten().min();
        if let Some(since) = example_since {
            self.troubled_examples.forget_before(since);
        }
        self.troubled_examples.add(facts);
    }

    fn note_failure(&mut self, started: Timestamp) {
        self.last_failure = self.last_failure.max(Some(started));
        self.first_failure = Some(
            self.first_failure
                .map_or(started, |first| first.min(started)),
        );
    }

    /// Keeps a sample of the clients when they are more than this server may have, of so many that
    /// all have.
    fn limit_clients(&mut self, of_all: &mut usize, at_most: usize) {
        let before = self.clients.kept();
        if before > at_most {
            self.clients.limit_to(at_most);
            *of_all -= before - self.clients.kept();
        }
    }

    fn worth(&self) -> u8 {
        worth_of_server(self.outcomes.failed(), self.outcomes.total())
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
        let first_of = |examples: Examples| {
            let mut telling = examples
                .iter()
                .filter(|decided| noise.kind(decided).is_none());
            let example = telling.next().cloned();
            example.map(|decided| explainer.explain(decided))
        };
        self.example = first_of(std::mem::take(&mut self.examples));
        self.troubled_example = first_of(std::mem::take(&mut self.troubled_examples));
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
                self.outcomes.take_away(moment.outcome, moment.stands_for());
                self.troubles
                    .take_away(moment.troubles(), moment.stands_for());
                if moment.is_unfinished() {
                    self.unfinished
                        .take_away(moment.outcome, moment.stands_for());
                }
            }
        }
        self.folded_before.add_all(&before.without(&self.outcomes));
    }

    /// Leaves out for good one that was added.
    fn fold_one(&mut self, decided: &DecidedAttempt) {
        let outcome = decided.judgement.outcome;
        self.outcomes.take_away(outcome, 1);
        self.troubles.take_away(decided.judgement.troubles, 1);
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
            self.troubles = TroubleCounts::default();
        } else if noise.is_flooded(self.server) {
            self.outcomes = self.outcomes.without(&self.unfinished);
            for moment in kept.iter().filter(|moment| moment.is_unfinished()) {
                self.outcomes.add_many(moment.outcome, moment.stands_for());
            }
        } else {
            for moment in &left_out {
                self.outcomes.take_away(moment.outcome, moment.stands_for());
                self.troubles
                    .take_away(moment.troubles(), moment.stands_for());
            }
        }
        self.folded = before.without(&self.outcomes);
        // What was folded before is told with it, and changes nothing else any more.
        let is_folded_now = self.folded.total() > 0;
        self.folded.add_all(&self.folded_before);
        if is_folded_now {
            self.clients = kept.iter().map(|moment| moment.client).collect();
            self.clients_are_of_sample = kept.iter().any(|moment| moment.stands_for() > 1);
            let failures = || kept.iter().filter(|moment| moment.outcome.is_failure());
            self.first_failure = failures().map(|moment| moment.started).min();
            self.last_failure = failures().map(|moment| moment.started).max();
        }
    }
}

/// Collects the attempts to every server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Endpoints {
    by_server: Table<Endpoint, EndpointSummary>,
    /// How many clients are told apart, of all servers, and of one at most.
    clients: usize,
    clients_of_one: usize,
    /// Failures before then are examples only while there is none after it.
    example_since: Option<Timestamp>,
    /// In how many steps it is told when attempts began.
    steps: u16,
    /// How many servers are told apart no longer.
    left_out: u64,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            by_server: Table::default(),
            clients: 0,
            clients_of_one: CLIENTS_TOLD_APART,
            example_since: None,
            steps: STEPS,
            left_out: 0,
        }
    }
}

impl Endpoints {
    /// Looks up a server.
    pub(super) fn place_of(&self, server: Endpoint) -> Place {
        Place::of(self.by_server.get_index_of(&server))
    }

    /// Whether nothing has to be added to what is known of the server's clients when this is one.
    pub(super) fn has_client(&self, server: Place, client: IpAddr) -> bool {
        let endpoint = server.get(&self.by_server);
        endpoint.is_some_and(|endpoint| endpoint.clients.knows(client))
    }

    /// Brings into the cache what will be needed of the servers of attempts that are about to be
    /// added.
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

    /// What is older than `cutoff` gives way to what is younger; when room is scarce, servers that
    /// have not failed since then are no longer told apart.
    pub(super) fn let_go(&mut self, cutoff: Timestamp) {
        self.example_since = Some(cutoff);
        if self.by_server.len() > TOLD_APART / 2 || self.clients > CLIENTS_OF_ALL_TOLD_APART / 2 {
            self.by_server
                .retain(|_, endpoint| endpoint.last_failure >= Some(cutoff));
            self.count_clients();
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

    /// Takes an attempt into account, with what was looked up of its ends, and whether they know
    /// each other.
    pub(super) fn add(&mut self, facts: &impl AttemptFacts, ends: &KnownEnds, is_known_pair: bool) {
        let server = facts.server();
        let steps = self.steps;
        let new = || EndpointSummary::new(server, steps);
        let endpoint = ends.endpoint.get_or_add(&mut self.by_server, server, new);
        let Some(endpoint) = endpoint else {
            return;
        };
        endpoint.add(facts, self.example_since);
        if !is_known_pair {
            self.clients += endpoint.clients.insert(facts.client().address);
            endpoint.limit_clients(&mut self.clients, self.clients_of_one);
        }
        self.limit_steps();
    }

    /// Whether there is more than is told apart for long.
    pub(super) fn has_too_much(&self) -> bool {
        self.by_server.len() > AT_MOST || self.clients > CLIENTS_OF_ALL_TOLD_APART
    }

    /// Lets go what is worth least; whether servers stand elsewhere then, or no longer know clients
    /// that they knew.
    pub(super) fn make_room(&mut self) -> bool {
        let has_too_much = self.has_too_much();
        if self.by_server.len() > AT_MOST {
            self.left_out += keep_worthiest(&mut self.by_server, TOLD_APART, |server, endpoint| {
                (endpoint.worth(), fixed_hash::of_endpoint(*server))
            });
            self.count_clients();
        }
        while self.clients > CLIENTS_OF_ALL_TOLD_APART && self.clients_of_one > 1 {
            self.clients_of_one /= 2;
            for endpoint in self.by_server.values_mut() {
                endpoint.clients.limit_to(self.clients_of_one);
            }
            self.count_clients();
        }
        has_too_much
    }

    fn count_clients(&mut self) {
        let clients = self
            .by_server
            .values()
            .map(|endpoint| endpoint.clients.kept());
        self.clients = clients.sum();
    }

    /// The more servers there are, the fewer steps each has.
    fn limit_steps(&mut self) {
        let servers = self.by_server.len();
        let before = self.steps;
        while self.steps > FEWEST_STEPS && usize::from(self.steps) * servers > STEPS_OF_ALL {
            self.steps /= 2;
        }
        if self.steps == before {
            return;
        }
        for endpoint in self.by_server.values_mut() {
            endpoint.over_time.limit_to(self.steps);
        }
    }

    /// Failures of each server, among them those that are explained.
    pub(super) fn examples(&self) -> impl Iterator<Item = &DecidedAttempt> {
        let endpoints = self.by_server.values();
        endpoints.flat_map(|endpoint| endpoint.examples.iter())
    }

    /// The bounds that were reached.
    pub(super) fn limits(&self) -> impl Iterator<Item = Limit> {
        let samples = self
            .by_server
            .values()
            .filter(|endpoint| endpoint.clients.is_sample());
        let estimated: usize = samples
            .map(|endpoint| endpoint.clients.count() - endpoint.clients.kept())
            .sum();
        let servers = Limit::reached(LimitKind::ServersListed, TOLD_APART, self.left_out);
        let clients = Limit::reached(
            LimitKind::ClientsOfServers,
            self.clients_of_one,
            estimated as u64,
        );
        servers.into_iter().chain(clients)
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
                    std::cmp::Reverse(endpoint.troubles.attempts()),
                    endpoint.first_failure.or(endpoint.first_trouble),
                    endpoint.server,
                )
            };
            rank(left).cmp(&rank(right))
        });
        endpoints
    }
}
