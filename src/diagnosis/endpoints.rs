//! What the attempts say about each server.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::DiagnosedAttempt;
use super::answer_times::AnswerTimes;
use super::comparison::Comparison;
use super::outcome_counts::OutcomeCounts;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{AttemptId, DecidedAttempt};

/// How many servers are told apart; the attempts to others are in the totals only.
const TOLD_APART: usize = 100_000;

/// How many clients of one server are told apart.
const CLIENTS_TOLD_APART: usize = 65_536;

/// All attempts to one address and port.
#[derive(Clone, Debug)]
pub struct EndpointSummary {
    /// Address and port.
    pub server: Endpoint,
    /// How the attempts ended.
    pub outcomes: OutcomeCounts,
    /// When the first failed attempt began.
    pub first_failure: Option<Timestamp>,
    /// When the last failed attempt began.
    pub last_failure: Option<Timestamp>,
    /// The first failed attempt, explained.
    pub example: Option<DiagnosedAttempt>,
    /// From SYN to first answer.
    pub answer_times: AnswerTimes,
    first_failed: Option<DecidedAttempt>,
    clients: HashSet<IpAddr, foldhash::fast::RandomState>,
}

impl EndpointSummary {
    fn new(server: Endpoint) -> Self {
        Self {
            server,
            outcomes: OutcomeCounts::default(),
            first_failure: None,
            last_failure: None,
            example: None,
            first_failed: None,
            answer_times: AnswerTimes::default(),
            clients: HashSet::default(),
        }
    }

    /// How many client addresses there were: at least, when it is 65536.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    fn add(&mut self, decided: &DecidedAttempt) {
        let attempt = &decided.attempt;
        self.outcomes.add(decided.judgement.outcome);
        if self.clients.len() < CLIENTS_TOLD_APART {
            self.clients.insert(attempt.client.address);
        }
        if let (Some(syn), Some(answer)) = (attempt.first_syn_at, attempt.first_answer_at) {
            self.answer_times.add(answer.since(syn));
        }
        if decided.judgement.outcome.is_failure() {
            self.add_failure(decided);
        }
    }

    fn add_failure(&mut self, decided: &DecidedAttempt) {
        let started = decided.attempt.started_at();
        self.last_failure = self.last_failure.max(Some(started));
        let order = |decided: &DecidedAttempt| -> (Timestamp, AttemptId) {
            (decided.attempt.started_at(), decided.attempt.id)
        };
        if self
            .first_failed
            .as_ref()
            .is_none_or(|example| order(decided) < order(example))
        {
            self.first_failure = Some(started);
            self.first_failed = Some(decided.clone());
        }
    }
}

/// Collects the attempts to every server.
#[derive(Clone, Debug, Default)]
pub(super) struct Endpoints {
    by_server: HashMap<Endpoint, EndpointSummary, foldhash::fast::RandomState>,
}

impl Endpoints {
    pub(super) fn add(&mut self, decided: &DecidedAttempt) {
        let server = decided.attempt.server;
        if self.by_server.len() >= TOLD_APART && !self.by_server.contains_key(&server) {
            return;
        }
        self.by_server
            .entry(server)
            .or_insert_with(|| EndpointSummary::new(server))
            .add(decided);
    }

    /// The servers with the most failures first; among equals the one that failed first.
    pub(super) fn worst_first(self, comparison: &Comparison) -> Vec<EndpointSummary> {
        let mut endpoints: Vec<EndpointSummary> = self.by_server.into_values().collect();
        for endpoint in &mut endpoints {
            let first = endpoint.first_failed.take();
            endpoint.example = first.map(|decided| DiagnosedAttempt::new(decided, comparison));
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
