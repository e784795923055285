//! Which attempts a report for people shows singly, and which of them together.

use std::collections::HashMap;

use super::model::Report;
use crate::diagnosis::{Cause, Confidence, DiagnosedAttempt, EndpointSummary};
use crate::handshake::{AttemptId, DecidedAttempt, Outcome, Troubles};

/// How many of those that are alike are named.
const NAMED_ALIKE: usize = 8;

/// The attempts shown, and how many are not.
pub(super) struct ShownAttempts<'a> {
    /// In order of time.
    pub(super) attempts: Vec<Alike<'a>>,
    /// How many are told in findings about scans, floods and backscatter only.
    pub(super) folded: u64,
    /// How many more of the shown kind there are.
    pub(super) left_out: u64,
}

/// An attempt, and those that one finding tells of with it and that were explained the same way.
pub(super) struct Alike<'a> {
    pub(super) first: &'a DiagnosedAttempt,
    others: Vec<AttemptId>,
}

/// What attempts share that are told together: the finding, and how each ended and why.
type Verdict = (usize, Outcome, Troubles, Option<(Cause, Confidence)>);

impl<'a> ShownAttempts<'a> {
    /// Those that failed or may have failed and are no noise, the alike of one finding together;
    /// or, unless `only_failures`, all that are listed, each by itself.
    pub(super) fn of(report: &'a Report, only_failures: bool) -> Self {
        let diagnosis = &report.diagnosis;
        let is_shown = |diagnosed: &&DiagnosedAttempt| {
            let is_asked_for = is_shown_as_failed(&diagnosed.decided);
            !only_failures || (is_asked_for && diagnosed.noise.is_none())
        };
        let shown = diagnosis.attempts.iter().filter(is_shown);
        let mut attempts = if only_failures {
            together(report, shown)
        } else {
            shown.map(Alike::alone).collect()
        };
        attempts.truncate(report.settings.shown_attempts.unwrap_or(usize::MAX));
        let told: u64 = attempts
            .iter()
            .map(|alike| 1 + alike.others.len() as u64)
            .sum();
        let folded = if only_failures { folded(report) } else { 0 };
        let outcomes = &diagnosis.outcomes;
        let not_told = if only_failures {
            let troubled = diagnosis.troubles.attempts();
            (outcomes.failed() + outcomes.of(Outcome::Partial) + troubled).saturating_sub(told)
        } else {
            (diagnosis.attempts_omitted + diagnosis.attempts.len() as u64).saturating_sub(told)
        };
        Self {
            attempts,
            folded,
            left_out: not_told.saturating_sub(folded),
        }
    }
}

impl<'a> Alike<'a> {
    fn alone(first: &'a DiagnosedAttempt) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    /// `19 like it: attempts 3, 5, 7 ... 51`.
    pub(super) fn others_in_words(&self) -> Option<String> {
        let last = self.others.last()?;
        let named: Vec<String> = self
            .others
            .iter()
            .take(NAMED_ALIKE)
            .map(ToString::to_string)
            .collect();
        let up_to = if self.others.len() > NAMED_ALIKE {
            format!(" ... {last}")
        } else {
            String::new()
        };
        let attempts = match self.others.len() {
            1 => "attempt",
            _ => "attempts",
        };
        Some(format!(
            "{} like it: {attempts} {}{up_to}",
            self.others.len(),
            named.join(", ")
        ))
    }
}

/// The attempts, those of one finding together that were explained the same way.
fn together<'a>(
    report: &Report,
    attempts: impl Iterator<Item = &'a DiagnosedAttempt>,
) -> Vec<Alike<'a>> {
    let mut all: Vec<Alike<'a>> = Vec::new();
    let mut known: HashMap<Verdict, usize> = HashMap::new();
    for diagnosed in attempts {
        let place = verdict(report, diagnosed).map(|key| *known.entry(key).or_insert(all.len()));
        match place.and_then(|place| all.get_mut(place)) {
            Some(alike) => alike.others.push(diagnosed.decided.attempt.id),
            None => all.push(Alike::alone(diagnosed)),
        }
    }
    all
}

fn verdict(report: &Report, diagnosed: &DiagnosedAttempt) -> Option<Verdict> {
    let id = diagnosed.decided.attempt.id;
    let mut findings = report.diagnosis.findings.iter();
    let finding =
        findings.position(|finding| finding.attempts_told().binary_search(&id).is_ok())?;
    let judgement = diagnosed.decided.judgement;
    let why = diagnosed
        .cause()
        .map(|judged| (judged.cause, judged.confidence));
    Some((finding, judgement.outcome, judgement.troubles, why))
}

/// Failed, perhaps failed, or established and in trouble.
fn is_shown_as_failed(decided: &DecidedAttempt) -> bool {
    let judgement = decided.judgement;
    judgement.outcome.is_failure()
        || judgement.outcome == Outcome::Partial
        || !judgement.troubles.is_empty()
}

fn folded(report: &Report) -> u64 {
    let of_endpoint = |endpoint: &EndpointSummary| {
        endpoint.folded.failed() + endpoint.folded.of(Outcome::Partial)
    };
    report.diagnosis.endpoints.iter().map(of_endpoint).sum()
}
