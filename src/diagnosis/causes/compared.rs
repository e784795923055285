//! Why a connect met silence that others did not: by comparing those that failed with those that
//! succeeded.

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{Dropped, Reason};

/// Only this 4-tuple fails, which was in use before, while new ports of the same client succeed.
pub(super) fn stale_state(case: &Case<'_>) -> Option<Confidence> {
    verdict(case, Reason::StaleState)
}

/// Nothing gets through between these two addresses, while each succeeds with others, and so it is
/// with several such pairs.
pub(super) fn dead_path(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    case.comparison()
        .is_dead_pair(attempt.client.address, attempt.server.address)
        .then_some(Confidence::Likely)
}

/// Others were accepted in the same seconds, and nothing else is what the failures share; or nobody
/// is accepted any more after connects that the server never served.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    verdict(case, Reason::FullQueue)
}

/// Whether the failures share their range of client ports: no queue and no loss does that.
pub(super) fn is_of_shared_ports(case: &Case<'_>) -> bool {
    verdict(case, Reason::SharedPorts).is_some()
}

fn verdict(case: &Case<'_>, reason: Reason) -> Option<Confidence> {
    let attempt = case.attempt();
    let history = case.comparison().service(attempt.server)?;
    let dropped = Dropped {
        client: attempt.client,
        started: attempt.first_syn_at?,
        syn_count: attempt.syn_count,
    };
    let story = case.comparison().drop_story(attempt.server)?;
    let verdict = story.verdict(history, &dropped)?;
    (verdict.reason == reason).then_some(verdict.confidence)
}
