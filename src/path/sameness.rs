//! When a packet at one place is a packet at another: what a path may change, and what tells a
//! packet from all others.

use super::seen::{PacketKind, PathPacket, PlaceAttempt, Way};
use crate::decode::TcpOptions;

/// How well a connect at one place fits one at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Likeness(pub(super) u32);

/// What each common feature counts.
mod counts_for {
    pub(super) const TIMESTAMP: u32 = 4;
    pub(super) const IDENTIFICATION: u32 = 3;
    pub(super) const OPTIONS: u32 = 1;
    pub(super) const SERVER: u32 = 2;
    pub(super) const CLIENT_ADDRESS: u32 = 1;
    pub(super) const CLIENT_PORT: u32 = 1;
}

/// So much must be common where the initial sequence number tells nothing: it is another, or many
/// have it.
pub(super) const ENOUGH: Likeness = Likeness(counts_for::TIMESTAMP + counts_for::IDENTIFICATION);

/// So much must be common beside a number that each place has once: what tells one SYN from all
/// others, or nearly so.
pub(super) const ENOUGH_BESIDE_NUMBER: Likeness = Likeness(counts_for::TIMESTAMP);

/// What two connects have in common beside their initial sequence number.
pub(super) fn likeness(one: &PlaceAttempt, other: &PlaceAttempt) -> Likeness {
    let has_pair = |is_pair: &dyn Fn(&PathPacket, &PathPacket) -> bool| {
        syns(one).any(|syn| syns(other).any(|other| is_pair(syn, other)))
    };
    let mut sum = 0;
    let mut add = |count: u32, is_common: bool| sum += if is_common { count } else { 0 };
    let same_timestamp = |syn: &PathPacket, other: &PathPacket| {
        syn.timestamp().is_some() && syn.timestamp() == other.timestamp()
    };
    let same_identification = |syn: &PathPacket, other: &PathPacket| {
        syn.telling_identification().is_some()
            && syn.telling_identification() == other.telling_identification()
    };
    let same_options = |syn: &PathPacket, other: &PathPacket| {
        bare(syn.options) == bare(other.options) && syn.window == other.window
    };
    add(counts_for::TIMESTAMP, has_pair(&same_timestamp));
    add(counts_for::IDENTIFICATION, has_pair(&same_identification));
    add(counts_for::OPTIONS, has_pair(&same_options));
    add(counts_for::SERVER, one.server == other.server);
    let is_same_client = one.client.address == other.client.address;
    add(counts_for::CLIENT_ADDRESS, is_same_client);
    add(
        counts_for::CLIENT_PORT,
        one.client.port == other.client.port,
    );
    Likeness(sum)
}

fn syns(attempt: &PlaceAttempt) -> impl Iterator<Item = &PathPacket> {
    let syns = attempt.packets_of(PacketKind::Syn);
    syns.filter(|packet| packet.way == Way::Forth)
}

/// Options without what routers change and what every packet has of its own.
fn bare(options: TcpOptions) -> TcpOptions {
    TcpOptions {
        timestamps: None,
        ..options.without_segment_size()
    }
}

/// The numbers by which packets of one connect are compared: its initial sequence numbers, where
/// each place saw them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers<'a> {
    pub(super) attempt: &'a PlaceAttempt,
}

impl Numbers<'_> {
    /// Sequence and acknowledgement number counted from the initial ones: boxes that give a
    /// connection numbers of their own change those only.
    fn relative(self, packet: &PathPacket) -> (Option<u32>, Option<u32>) {
        let own = Some(self.attempt.isn);
        let (sent, acknowledged) = match packet.way {
            Way::Forth => (own, self.attempt.server_isn),
            Way::Back => (self.attempt.server_isn, own),
        };
        let has_ack = packet.flags.has_ack();
        (
            sent.map(|isn| packet.sequence.distance_from(isn)),
            acknowledged
                .filter(|_| has_ack)
                .map(|isn| packet.acknowledgment.distance_from(isn)),
        )
    }

    /// Whether `packet` may be `other` of the other place, by what no path changes.
    pub(super) fn may_be(
        self,
        packet: &PathPacket,
        others: Numbers<'_>,
        other: &PathPacket,
    ) -> bool {
        if packet.way != other.way || packet.kind != other.kind {
            return false;
        }
        if packet.kind == PacketKind::IcmpError {
            return is_same_error(packet, other);
        }
        let agrees =
            |one: Option<u32>, other: Option<u32>| one.zip(other).is_none_or(|(a, b)| a == b);
        let (sent, acknowledged) = self.relative(packet);
        let (others_sent, others_acknowledged) = others.relative(other);
        // ECN bits of a SYN may be cleared on the way; the flags that make it what it is may not.
        let is_same_flags = packet.flags.is_rst() == other.flags.is_rst()
            && packet.flags.is_syn() == other.flags.is_syn()
            && packet.flags.has_ack() == other.flags.has_ack()
            && packet.flags.has_fin() == other.flags.has_fin();
        let is_same_length = packet.payload_length == other.payload_length
            || packet.kind == PacketKind::Data
            || packet.kind == PacketKind::Syn;
        // The number of a RST without an answer before it is 0 at all places, or that of the SYN.
        let is_same_number = agrees(sent, others_sent)
            || (packet.kind == PacketKind::Reset && packet.sequence == other.sequence);
        is_same_flags
            && is_same_length
            && is_same_number
            && (agrees(acknowledged, others_acknowledged)
                || packet.acknowledgment == other.acknowledgment)
    }
}

/// ICMP errors of one kind: IPv4 and IPv6 name them otherwise.
fn is_same_error(one: &PathPacket, other: &PathPacket) -> bool {
    use crate::decode::IcmpKind;
    match (one.icmp, other.icmp) {
        (Some(IcmpKind::V4(..)), Some(IcmpKind::V6(..)))
        | (Some(IcmpKind::V6(..)), Some(IcmpKind::V4(..))) => true,
        (one, other) => one == other,
    }
}

/// What tells a transmission from another of the same segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// It is this transmission.
    Same,
    /// Nothing tells.
    Open,
    /// It is another, unless a box rewrites what tells them apart.
    Other,
}

/// Whether both are one transmission, by timestamp and identification.
pub(super) fn identity(one: &PathPacket, other: &PathPacket) -> Identity {
    let told = |one: Option<u32>, other: Option<u32>| one.zip(other).map(|(a, b)| a == b);
    let timestamp = told(one.timestamp(), other.timestamp());
    let identification = told(
        one.telling_identification().map(u32::from),
        other.telling_identification().map(u32::from),
    );
    match (timestamp, identification) {
        (Some(true), None | Some(true)) | (None, Some(true)) => Identity::Same,
        (None, None) | (Some(true), Some(false)) => Identity::Open,
        _ => Identity::Other,
    }
}
