//! Handshake packets that were lost by their checksums.

use crate::decode::Checksums;
use crate::diagnosis::checked_packet::{of_attempt, show_wrong_checksums};
use crate::diagnosis::comparison::Comparison;
use crate::diagnosis::note::Note;
use crate::handshake::Attempt;

/// How many of the packets sent again and again have wrong ones, where that may be why.
pub(super) fn wrong(attempt: &Attempt, comparison: &Comparison) -> Option<Note> {
    [false, true].into_iter().find_map(|is_syn_ack| {
        let of_kind =
            || of_attempt(attempt).filter(move |packet| packet.kind.is_syn_ack == is_syn_ack);
        let unanswered = || of_kind().filter(|packet| !packet.was_answered);
        let judge = |packet: crate::diagnosis::checked_packet::CheckedPacket| {
            comparison.checksums().judge(packet.kind)
        };
        let are_to_blame = show_wrong_checksums(unanswered())
            && unanswered().all(|packet| judge(packet).is_some());
        let is_outside = |checksums| checksums == Checksums::WrongOutside;
        are_to_blame.then(|| Note::WrongChecksums {
            wrong: unanswered().count(),
            packets: of_kind().count(),
            are_syn_acks: is_syn_ack,
            are_of_tunnel: unanswered().any(|packet| is_outside(packet.checksums)),
        })
    })
}
