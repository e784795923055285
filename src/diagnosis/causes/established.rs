//! What was wrong with a handshake that was completed all the same.

use super::{Case, Cause, Confidence, Rule};
use crate::decode::{SequenceNumber, TcpFlags};
use crate::diagnosis::comparison::Vantage;
use crate::handshake::{Attempt, Content, Role, SeenPacket, Sender};

pub(super) const RULES: &[(Cause, Rule)] = &[
    (Cause::AcceptQueueFull, accept_queue_full),
    (Cause::FeatureDropped, feature_dropped),
    (Cause::ProxyWithoutBackend, proxy_without_backend),
];

/// Somebody answered in the server's name, and closed without a byte.
fn proxy_without_backend(case: Case<'_>) -> Option<Confidence> {
    case.attempt()
        .server_closed_unheard
        .then(|| super::reset::proxy_without_backend(case))
        .flatten()
}

/// The SYN-ACK is repeated although the client's ACK was seen: the server had no room for the connection. Likely only where
/// the ACK was seen to arrive: elsewhere it may be lost further on.
fn accept_queue_full(case: Case<'_>) -> Option<Confidence> {
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
fn feature_dropped(case: Case<'_>) -> Option<Confidence> {
    was_feature_dropped(case.attempt()).then_some(Confidence::Likely)
}

/// Whether the SYN was answered only when it no longer offered what it had offered first.
///
/// An ICMP message that only adjusts the connect, as "fragmentation needed", explains the repetition.
pub(in crate::diagnosis) fn was_feature_dropped(attempt: &Attempt) -> bool {
    if attempt.packets_as(&[Role::IcmpAdjustment]).next().is_some() {
        return false;
    }
    let first = attempt.packets_as(&[Role::Syn]).next().map(features);
    let repeated = attempt.packets_as(&[Role::SynRepeated]);
    let last = repeated
        .filter(|packet| Some(packet.place.at) <= attempt.answered_at)
        .last()
        .map(features);
    let (Some(first), Some(last)) = (first, last) else {
        return false;
    };
    first != last && first.0 >= last.0 && first.1 >= last.1 && first.2 >= last.2
}

/// The sequence number: a SYN proxy's SYN-ACK and that of the server behind it have different ones.
fn number(packet: &SeenPacket) -> Option<SequenceNumber> {
    match packet.content {
        Content::Segment { sequence, .. } => Some(sequence),
        Content::Icmp { .. } => None,
    }
}

/// Whether the SYN offers ECN, Fast Open, Multipath TCP.
fn features(syn: &SeenPacket) -> (bool, bool, bool) {
    match syn.content {
        Content::Segment { flags, options, .. } => (
            flags.contains(TcpFlags(TcpFlags::ECE.0 | TcpFlags::CWR.0)),
            options.fast_open,
            options.multipath,
        ),
        Content::Icmp { .. } => (false, false, false),
    }
}
