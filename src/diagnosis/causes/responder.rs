//! Who sent a RST: what its shape and its distance tell.

use std::time::Duration;

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Distance;
use crate::diagnosis::stack::{Stack, Stacks};
use crate::handshake::{Attempt, Content, Role, SeenPacket};

/// The marks by which a RST to a SYN tells who made it (measured on Linux).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::diagnosis) enum Mark {
    /// The SYN's traffic class is echoed, or there is an IPv6 flow label: only a TCP stack does so.
    OwnStack,
    /// The SYN's traffic class is not echoed, or the IPv6 flow label is 0: a packet filter made it.
    PacketFilter,
    /// The SYN had no traffic class, and IPv4 has no flow label: neither leaves a mark.
    None,
}

/// The low two bits of a traffic class are ECN, which an answer does not echo.
const DSCP_MASK: u8 = 0xfc;

/// The mark on the first RST that answers the SYN.
pub(in crate::diagnosis) fn mark_of(attempt: &Attempt) -> Mark {
    let first = |role| attempt.packets_as(&[role]).next().copied();
    let (Some(syn), Some(reset)) = (first(Role::Syn), first(Role::Reset)) else {
        return Mark::None;
    };
    let asked = syn.ip.traffic_class & DSCP_MASK;
    let echoed = reset.ip.traffic_class & DSCP_MASK;
    match (asked, reset.ip.flow_label) {
        (1.., _) if echoed == asked => Mark::OwnStack,
        (_, Some(1..)) => Mark::OwnStack,
        (1.., _) if echoed == 0 => Mark::PacketFilter,
        (0, Some(0)) => Mark::PacketFilter,
        _ => Mark::None,
    }
}

/// Whether the RST has the shape with which a stack answers a SYN: sequence number 0, window 0 (RFC
/// 9293 §3.10.7.1).
pub(in crate::diagnosis) fn is_plain(reset: &SeenPacket) -> bool {
    match reset.content {
        Content::Segment {
            sequence, window, ..
        } => sequence.0 == 0 && window.unwrap_or(0) == 0,
        Content::Icmp { .. } => false,
    }
}

/// From here on a round trip is so long that a host cannot answer in a third of it.
const LONG_ROUND_TRIP: Duration = Duration::from_millis(5);
const MUCH_FASTER: u32 = 3;

/// Whether an answer came sooner than the way to the server and back allows, which its fastest
/// SYN-ACK shows: from a port other than `port`, or from any.
pub(super) fn is_too_soon(case: &Case<'_>, answered_after: Duration, but_for: Option<u16>) -> bool {
    let answers = case
        .comparison()
        .host(case.attempt().server.address)
        .map(|host| host.fastest_answers);
    let fastest = answers.and_then(|answers| match but_for {
        Some(port) => answers.of_others_than(port),
        None => answers.of_any(),
    });
    fastest.is_some_and(|fastest| is_sooner(answered_after, fastest))
}

/// Whether an answer after this time cannot be that of a host whose fastest answer takes so long.
pub(in crate::diagnosis) fn is_sooner(answered_after: Duration, fastest: Duration) -> bool {
    fastest >= LONG_ROUND_TRIP && answered_after.saturating_mul(MUCH_FASTER) < fastest
}

/// How surely an answer came sooner than the host can answer: likely where several handshakes show
/// how long that takes, the first of which may have been slowed.
pub(super) fn sooner_than_the_host(
    case: &Case<'_>,
    answered_after: Duration,
) -> Option<Confidence> {
    let host = case.comparison().host(case.attempt().server.address);
    let are_several = host.is_some_and(|host| host.fastest_answers.are_several());
    is_too_soon(case, answered_after, None).then_some(if are_several {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}

/// The stacks that the server's own SYN-ACKs show.
pub(super) fn stacks(case: &Case<'_>) -> Stacks {
    let host = case.comparison().host(case.attempt().server.address);
    host.map(|host| host.stacks).unwrap_or_default()
}

/// The mark on the first RST, as far as it tells: that something is missing which Linux puts there
/// says something of a host that shows itself to be one.
pub(super) fn telling_mark(case: &Case<'_>) -> Mark {
    match mark_of(case.attempt()) {
        Mark::PacketFilter if !stacks(case).is_only(Stack::Linux) => Mark::None,
        mark => mark,
    }
}

/// How far the packet came, against the server's own answers.
pub(super) fn distance(case: &Case<'_>, packet: &SeenPacket) -> Distance {
    let host = case.comparison().host(case.attempt().server.address);
    host.map_or(Distance::Unknown, |host| host.distance_of(packet))
}
