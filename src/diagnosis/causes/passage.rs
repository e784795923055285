//! What the host that captures did not pass on.

use super::case::Case;
use crate::diagnosis::cause::Confidence;

/// The SYN, or the SYN-ACK that nobody acknowledged, came in and never left, and others that go the
/// same way did in the same seconds. One that was never repeated may have been lost by the capture.
pub(super) fn dropped_here(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let was_dropped = case.comparison().was_dropped_here(
        (attempt.client.address, attempt.server.address),
        (attempt.id, case.outcome()),
        attempt.started_at(),
    );
    let is_repeated = attempt.syn_count > 1 || attempt.syn_ack_count > 1;
    was_dropped.then_some(if is_repeated {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}
