//! Why the client never acknowledged the SYN-ACK.

use super::case::Case;
use crate::diagnosis::cause::Confidence;

/// A SYN after the server's SYN-ACK: the answer does not reach the client, or the client cannot use
/// it.
pub(super) fn syn_ack_lost(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    (attempt.last_syn_at > attempt.answered_at).then_some(Confidence::Certain)
}

/// Nothing more from the client: its address is forged, it is gone, or its ACK is lost before this
/// point.
#[expect(clippy::unnecessary_wraps, reason = "a rule like the others")]
pub(super) fn client_silent(_: &Case<'_>) -> Option<Confidence> {
    Some(Confidence::Likely)
}
