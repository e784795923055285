//! Packets whose checksum is wrong: whoever receives them throws them away and says nothing.

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::checked_packet::{of_attempt, show_wrong_checksums};
use crate::handshake::Outcome;

/// All SYNs that met silence have wrong checksums, or all SYN-ACKs that the client does not
/// acknowledge, and of the answered ones of their kind none has.
pub(super) fn wrong_checksum(case: &Case<'_>) -> Option<Confidence> {
    let is_of_syn_acks = case.outcome() == Outcome::HalfOpen;
    let unanswered = || {
        of_attempt(case.attempt())
            .filter(move |packet| packet.kind.is_syn_ack == is_of_syn_acks && !packet.was_answered)
    };
    if !show_wrong_checksums(unanswered()) {
        return None;
    }
    let counts = case.comparison().checksums();
    let judged = unanswered().map(|packet| counts.judge(packet.kind));
    judged.min().flatten()
}
