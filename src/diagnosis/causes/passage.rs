//! What the host that captures did not pass on.

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::testimony::dropped_by_reverse_path_filter;
use crate::handshake::Outcome;

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
    let by_packets = was_dropped.then_some(if is_repeated {
        Confidence::Likely
    } else {
        Confidence::Possible
    });
    by_packets.max(by_counter(case))
}

/// What arrived at the host that captures, and met silence, is about as many packets as its kernel
/// says that its reverse path filter dropped meanwhile; the latest may not be counted yet. Whose
/// packets those were, the count does not say: one alone may be another's.
fn by_counter(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let (receiver, arrived) = match case.outcome() {
        Outcome::HalfOpen => (attempt.client, attempt.syn_ack_count),
        _ => (attempt.server, attempt.syn_count),
    };
    let dropped = dropped_by_reverse_path_filter(case.testimony());
    let are_all = dropped > 0 && dropped.saturating_add(1) >= arrived.into();
    (are_all && case.comparison().is_here(receiver.address)).then_some(if dropped > 1 {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}
