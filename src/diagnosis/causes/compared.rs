//! Why a connect met silence that others did not: by comparing those that failed with those that
//! succeeded.

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{BeyondLimit, Reason, ServiceHistory, Share};

/// Only this 4-tuple fails, which was in use before, while new ports of the same client succeed.
pub(super) fn stale_state(case: &Case<'_>) -> Option<Confidence> {
    verdict(case, Reason::StaleState)
}

/// Nothing gets through between these two addresses, while each succeeds with others, and so it is
/// with several such pairs, or with several such 4-tuples; or the capture shows to which of several
/// hosts it went on, and nobody succeeds there.
pub(super) fn dead_path(case: &Case<'_>) -> Option<Confidence> {
    let (client, server) = (case.attempt().client, case.attempt().server);
    let is_dead_pair = case
        .comparison()
        .is_dead_pair(client.address, server.address);
    let is_dead_backend = case.comparison().went_on_to_dead_backend(case.decided())
        && case
            .comparison()
            .service(server)
            .is_some_and(ServiceHistory::has_accepted);
    if is_dead_pair || is_dead_backend {
        return Some(Confidence::Likely);
    }
    verdict(case, Reason::DeadTuple)
}

/// Others were accepted in the same seconds, and nothing else is what the failures share; or nobody
/// is accepted any more after connects that the server never served. A rule that counts connections
/// looks like a queue whose places are those of the connections that are open.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    let service = case.comparison().service(case.attempt().server);
    let limit = service.and_then(|service| service.connection_limit(BeyondLimit::Silent));
    let at_most = limit.map_or(Confidence::Likely, |_| Confidence::Possible);
    verdict(case, Reason::FullQueue).map(|confidence| confidence.min(at_most))
}

/// Whether the failures have something in common that no success has: no queue and no loss does
/// that.
pub(super) fn is_of_shared_kind(case: &Case<'_>) -> bool {
    verdict(case, Reason::Shared).is_some()
}

/// Whether everybody failed then, one after the other, though not before or not after: that is a
/// pattern.
pub(super) fn is_of_outage(case: &Case<'_>) -> bool {
    let attempt = case.attempt();
    let story = case.comparison().drop_story(attempt.server);
    story.is_some_and(|story| story.is_in_a_window(attempt.started_at()))
}

/// Whether what they have in common is the subnet of their clients.
pub(super) fn is_of_shared_subnet(case: &Case<'_>) -> bool {
    let story = case.comparison().drop_story(case.attempt().server);
    let first = story.and_then(|story| story.shares().first());
    matches!(first, Some(Share::Subnet(..))) && is_of_shared_kind(case)
}

fn verdict(case: &Case<'_>, reason: Reason) -> Option<Confidence> {
    let attempt = case.attempt();
    let history = case.comparison().service(attempt.server)?;
    let dropped = case.comparison().dropped_attempt(case.decided())?;
    let story = case.comparison().drop_story(attempt.server)?;
    let verdict = story.verdict(history, &dropped)?;
    (verdict.reason == reason).then_some(verdict.confidence)
}
