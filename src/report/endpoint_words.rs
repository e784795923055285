//! The words for a server that connects fail to: the same in every format for people.

use super::attempt_words::headline_with_cause;
use super::counts::grouped;
use super::outcome_words::shown_name;
use super::trouble_words::{counted, troubles};
use crate::diagnosis::EndpointSummary;
use crate::handshake::Outcome;

/// Whether it stands among those that connects fail to.
pub(super) fn is_failing(endpoint: &EndpointSummary) -> bool {
    endpoint.outcomes.failed() > 0 || endpoint.troubles.attempts() > 0
}

/// Attempts of which the capture does not show how they ended.
pub(super) fn other(endpoint: &EndpointSummary) -> u64 {
    endpoint.outcomes.of(Outcome::Pending) + endpoint.outcomes.of(Outcome::Partial)
}

/// The kind of failure that most of its failed attempts had.
pub(super) fn commonest_failure(endpoint: &EndpointSummary) -> Option<Outcome> {
    let failures = endpoint
        .outcomes
        .iter()
        .filter(|(outcome, count)| outcome.is_failure() && *count > 0);
    // Among equals the first in the order of reports: max_by_key would take the last.
    failures
        .fold(None, |most: Option<(Outcome, u64)>, next| match most {
            Some(most) if most.1 >= next.1 => Some(most),
            _ => Some(next),
        })
        .map(|(outcome, _)| outcome)
}

/// The commonest kind of failure, by its first example; and which others there were. Troubles of
/// established connects are told where nothing failed.
pub(super) fn why(endpoint: &EndpointSummary) -> String {
    if endpoint.outcomes.failed() == 0 {
        return troubled(endpoint);
    }
    let others: Vec<String> = endpoint
        .outcomes
        .iter()
        .filter(|(outcome, count)| outcome.is_failure() && *count > 0)
        .map(|(outcome, count)| format!("{} {}", shown_name(outcome), grouped(count)))
        .collect();
    match (&endpoint.example, others.len()) {
        (Some(example), 1) => headline_with_cause(example),
        _ => others.join(", "),
    }
}

fn troubled(endpoint: &EndpointSummary) -> String {
    let is_one_kind = endpoint.troubles.iter().count() == 1;
    match &endpoint.troubled_example {
        Some(example) if is_one_kind => {
            let cause = example.cause().is_some();
            if cause {
                headline_with_cause(example)
            } else {
                troubles(&example.decided).join("; ")
            }
        }
        _ => counted(&endpoint.troubles),
    }
}
