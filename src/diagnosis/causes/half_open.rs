//! Why the client never acknowledged the SYN-ACK.

use super::{Case, Cause, Confidence, Rule};

pub(super) const RULES: &[(Cause, Rule)] = &[
    (Cause::SynAckLost, syn_ack_lost),
    (Cause::ClientSilent, client_silent),
];

/// A SYN after the server's SYN-ACK: the answer does not reach the client, or the client cannot use it.
fn syn_ack_lost(case: Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    (attempt.last_syn_at > attempt.answered_at).then_some(Confidence::Certain)
}

/// Nothing more from the client: its address is forged, it is gone, or its ACK is lost before this point.
fn client_silent(case: Case<'_>) -> Option<Confidence> {
    syn_ack_lost(case).is_none().then_some(Confidence::Likely)
}
