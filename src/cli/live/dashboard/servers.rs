//! The servers that connects fail to: counted as it happens, and set right by each look at
//! everything together.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::{DiagnosedAttempt, EndpointSummary, Names, OutcomeCounts};
use crate::handshake::Outcome;
use crate::report::words::{grouped, headline_with_cause, shown_name};

use super::shown_names::shown;

/// How many servers are told apart here; a report tells more.
const TOLD_APART: usize = 10_000;

/// A server that connects fail to.
#[derive(Clone, Debug)]
pub(super) struct ServerRow {
    /// Address and port.
    pub(super) server: Endpoint,
    /// Its name, safe for a terminal.
    pub(super) name: Option<String>,
    /// How the attempts ended; what is part of scans and floods is left out as soon as that is
    /// known.
    pub(super) outcomes: OutcomeCounts,
    /// When the first failed attempt began.
    pub(super) first_failure: Option<Timestamp>,
    /// When the last failed attempt began.
    pub(super) last_failure: Option<Timestamp>,
    example: String,
}

impl ServerRow {
    /// Name, if there is one, and address and port.
    pub(super) fn title(&self) -> String {
        named(self.name.as_deref(), self.server)
    }

    /// How many connects are decided.
    pub(super) fn decided(&self) -> u64 {
        self.outcomes
            .total()
            .saturating_sub(self.outcomes.of(Outcome::Pending))
    }

    /// The kind of failure that most attempts had.
    pub(super) fn commonest_failure(&self) -> Option<Outcome> {
        self.failures()
            .max_by_key(|(outcome, count)| (*count, Reverse(*outcome)))
            .map(|(outcome, _)| outcome)
    }

    /// What fails there, and why.
    pub(super) fn why(&self) -> String {
        if self.failures().count() == 1 {
            return self.example.clone();
        }
        let mut kinds: Vec<(Outcome, u64)> = self.failures().collect();
        kinds.sort_by_key(|(outcome, count)| (Reverse(*count), *outcome));
        let kinds = kinds
            .into_iter()
            .map(|(outcome, count)| format!("{} {}", shown_name(outcome), grouped(count)));
        kinds.collect::<Vec<_>>().join(", ")
    }

    fn failures(&self) -> impl Iterator<Item = (Outcome, u64)> + '_ {
        let counts = self.outcomes.iter();
        counts.filter(|(outcome, count)| outcome.is_failure() && *count > 0)
    }

    fn of_summary(summary: &EndpointSummary, names: Option<&Names>) -> Self {
        let name = names.and_then(|names| names.of(summary.server.address));
        Self {
            server: summary.server,
            name: name.map(shown),
            outcomes: summary.outcomes,
            first_failure: summary.first_failure,
            last_failure: summary.last_failure,
            example: summary
                .example
                .as_ref()
                .map(headline_with_cause)
                .unwrap_or_default(),
        }
    }
}

/// Name, if there is one, and address and port.
pub(super) fn named(name: Option<&str>, endpoint: Endpoint) -> String {
    match name {
        Some(name) => format!("{name} {endpoint}"),
        None => endpoint.to_string(),
    }
}

/// In which order servers stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ServerOrder {
    /// Those with the most failures first.
    #[default]
    Failed,
    /// Those where the largest part of the connects fails first.
    Share,
    /// Those that failed last first.
    Latest,
    /// By address and port.
    Address,
}

impl ServerOrder {
    /// The order after this one.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Failed => Self::Share,
            Self::Share => Self::Latest,
            Self::Latest => Self::Address,
            Self::Address => Self::Failed,
        }
    }

    /// In words.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Failed => "most failures first",
            Self::Share => "largest share first",
            Self::Latest => "latest first",
            Self::Address => "by address",
        }
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Servers {
    by_server: HashMap<Endpoint, ServerRow, foldhash::fast::RandomState>,
}

impl Servers {
    /// An attempt was decided, or decided anew.
    pub(super) fn note(
        &mut self,
        diagnosed: &DiagnosedAttempt,
        before: Option<Outcome>,
        name: Option<&str>,
    ) {
        let attempt = &diagnosed.decided.attempt;
        let outcome = diagnosed.decided.judgement.outcome;
        let is_new = !self.by_server.contains_key(&attempt.server);
        if is_new && (!outcome.is_failure() || self.by_server.len() >= TOLD_APART) {
            return;
        }
        let row = self
            .by_server
            .entry(attempt.server)
            .or_insert_with(|| ServerRow {
                server: attempt.server,
                name: name.map(shown),
                outcomes: OutcomeCounts::default(),
                first_failure: None,
                last_failure: None,
                example: String::new(),
            });
        if let Some(before) = before {
            row.outcomes.take_away(before, 1);
        }
        row.outcomes.add(outcome);
        if outcome.is_failure() {
            let started = attempt.started_at();
            row.first_failure.get_or_insert(started);
            row.last_failure = row.last_failure.max(Some(started));
            row.example = headline_with_cause(diagnosed);
        }
    }

    /// Takes what a look at everything says instead of what was counted; `names` where these are
    /// shown.
    pub(super) fn replace(&mut self, summaries: &[EndpointSummary], names: Option<&Names>) {
        let failing = summaries
            .iter()
            .filter(|summary| summary.outcomes.failed() > 0);
        self.by_server = failing
            .take(TOLD_APART)
            .map(|summary| (summary.server, ServerRow::of_summary(summary, names)))
            .collect();
    }

    /// Those that connects fail to, in this order.
    pub(super) fn in_order(&self, order: ServerOrder) -> Vec<&ServerRow> {
        let failing = |row: &&ServerRow| row.outcomes.failed() > 0;
        let mut rows: Vec<&ServerRow> = self.by_server.values().filter(failing).collect();
        rows.sort_unstable_by_key(|row| (rank(row, order), row.server));
        rows
    }

    /// One of them.
    pub(super) fn get(&self, server: Endpoint) -> Option<&ServerRow> {
        self.by_server.get(&server)
    }
}

type Rank = (Reverse<u64>, Reverse<Option<Timestamp>>);

fn rank(row: &ServerRow, order: ServerOrder) -> Rank {
    let (failed, latest) = (row.outcomes.failed(), row.last_failure);
    match order {
        ServerOrder::Failed => (Reverse(failed), Reverse(latest)),
        ServerOrder::Share => {
            let share = failed.saturating_mul(1_000_000) / row.decided().max(1);
            (Reverse(share), Reverse(latest))
        }
        ServerOrder::Latest => (Reverse(0), Reverse(latest)),
        ServerOrder::Address => (Reverse(0), Reverse(None)),
    }
}
