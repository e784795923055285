//! Why the client never acknowledged the SYN-ACK.

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Vantage;
use crate::handshake::Attempt;

/// A SYN after the server's SYN-ACK: the answer does not reach the client's TCP. Certain where it
/// was not captured at the client: there it arrives, and is not delivered.
pub(super) fn syn_ack_lost(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let is_away_from_client = matches!(case.vantage(), Some(Vantage::Server | Vantage::Between));
    (attempt.last_syn_at > attempt.answered_at).then_some(if is_away_from_client {
        Confidence::Certain
    } else {
        Confidence::Likely
    })
}

/// Nothing more from the client: its address is forged, it is gone, or its ACK is lost before this
/// point. A SYN-ACK that was never repeated speaks against all of these, wherever it was captured:
/// the server was satisfied, and the ACK is missing in the capture; or it answers with SYN cookies.
#[expect(clippy::unnecessary_wraps, reason = "a rule like the others")]
pub(super) fn client_silent(case: &Case<'_>) -> Option<Confidence> {
    Some(if was_answered_once(case.attempt()) {
        Confidence::Possible
    } else {
        Confidence::Likely
    })
}

/// Whether its SYN-ACK was never repeated.
pub(in crate::diagnosis) fn was_answered_once(attempt: &Attempt) -> bool {
    attempt.syn_ack_count == 1
}
