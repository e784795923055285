//! What a SYN offers that not everybody on the way lets pass: ECN, Fast Open, Multipath TCP.

use crate::decode::TcpFlags;
use crate::handshake::{Attempt, Content, Role, SeenPacket};

/// Whether the SYN was answered only when it no longer offered what it had offered first.
///
/// An ICMP message that only adjusts the connect, as "fragmentation needed", explains the
/// repetition.
pub(super) fn was_feature_dropped(attempt: &Attempt) -> bool {
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
