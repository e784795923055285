//! Which attempts a report for people shows singly.

use super::model::Report;
use crate::diagnosis::{DiagnosedAttempt, EndpointSummary};
use crate::handshake::{DecidedAttempt, Outcome};

/// The attempts shown, and how many are not.
pub(super) struct ShownAttempts<'a> {
    /// In order of time.
    pub(super) attempts: Vec<&'a DiagnosedAttempt>,
    /// How many are told in findings about scans, floods and backscatter only.
    pub(super) folded: u64,
    /// How many more of the shown kind there are.
    pub(super) left_out: u64,
}

impl<'a> ShownAttempts<'a> {
    /// Those that failed or may have failed and are no noise; or, unless `only_failures`, all that
    /// are listed.
    pub(super) fn of(report: &'a Report, only_failures: bool) -> Self {
        let diagnosis = &report.diagnosis;
        let is_shown = |diagnosed: &&DiagnosedAttempt| {
            let is_asked_for = is_shown_as_failed(&diagnosed.decided);
            !only_failures || (is_asked_for && diagnosed.noise.is_none())
        };
        let attempts: Vec<&DiagnosedAttempt> = diagnosis.attempts.iter().filter(is_shown).collect();
        let folded = if only_failures { folded(report) } else { 0 };
        let outcomes = &diagnosis.outcomes;
        let not_shown = if only_failures {
            let troubled = diagnosis.troubles.attempts();
            (outcomes.failed() + outcomes.of(Outcome::Partial) + troubled)
                .saturating_sub(attempts.len() as u64)
        } else {
            diagnosis.attempts_omitted
        };
        Self {
            attempts,
            folded,
            left_out: not_shown.saturating_sub(folded),
        }
    }
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
