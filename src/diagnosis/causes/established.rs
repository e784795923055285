//! What was wrong with a handshake that was completed all the same.

use super::case::Case;
use crate::decode::SequenceNumber;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Vantage;
use crate::diagnosis::offered_features::was_feature_dropped;
use crate::handshake::{Content, Role, SeenPacket, Sender};

/// The SYN-ACK is repeated although the client's ACK was seen: the server had no room for the
/// connection. Likely only where the ACK was seen to arrive: elsewhere it may be lost further on.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    let established = case.attempt().established_at?;
    let first = case.first(Role::SynAck)?;
    let is_repetition =
        |packet: &SeenPacket| number(packet) == number(first) && packet.sender == Sender::Server;
    let is_repeated_after = case
        .attempt()
        .packets_as(&[Role::SynAckRepeated])
        .any(|packet| packet.place.at > established && is_repetition(packet));
    let is_at_server = case.vantage() == Some(Vantage::Server);
    is_repeated_after.then_some(if is_at_server {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}

/// The first SYN offered a feature and met silence; the repetition without it was answered.
pub(super) fn feature_dropped(case: &Case<'_>) -> Option<Confidence> {
    was_feature_dropped(case.attempt()).then_some(Confidence::Likely)
}

/// The sequence number: a SYN proxy's SYN-ACK and that of the server behind it have different ones.
fn number(packet: &SeenPacket) -> Option<SequenceNumber> {
    match packet.content {
        Content::Segment { sequence, .. } => Some(sequence),
        Content::Icmp { .. } => None,
    }
}
