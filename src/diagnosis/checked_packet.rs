//! The checksums of handshake packets, and whether somebody answered these.

use serde::{Deserialize, Serialize};

use crate::capture::{PacketPlace, Passage, SourceId, Timestamp};
use crate::decode::{CaptureFacts, Checksums, Encapsulation, Row};
use crate::handshake::{Attempt, Role, SeenPacket};

/// Packets that are compared with each other: captured at the same place, and going the same way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PacketKind {
    source: SourceId,
    interface: u16,
    passage: Option<Passage>,
    is_in_tunnel: bool,
    /// Whether they are SYN-ACKs.
    pub(crate) is_syn_ack: bool,
}

/// A SYN or a SYN-ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckedPacket {
    /// Where it was captured.
    pub(crate) kind: PacketKind,
    /// Whether its checksums are right.
    pub(crate) checksums: Checksums,
    /// Whether the other side answered it.
    pub(crate) was_answered: bool,
}

/// What is answered of packets sent again and again: the last before the answer, as far as is
/// known. Those after it are not judged.
fn was_answered(at: Timestamp, next: Option<Timestamp>, answer: Option<Timestamp>) -> Option<bool> {
    match answer {
        None => Some(false),
        Some(answer) if at > answer => None,
        Some(answer) => Some(next.is_none_or(|next| next > answer)),
    }
}

/// The SYNs, or the SYN-ACKs, of an attempt: `packets` in their order, and when they were answered.
fn checked<'a>(
    packets: impl Iterator<Item = (PacketPlace, CaptureFacts)> + 'a,
    answer: Option<Timestamp>,
    (encapsulation, is_syn_ack): (Encapsulation, bool),
) -> impl Iterator<Item = CheckedPacket> + 'a {
    let is_in_tunnel = encapsulation.vlan_tags_alone().is_none();
    let mut packets = packets.peekable();
    std::iter::from_fn(move || {
        let (place, capture) = packets.next()?;
        let next = packets.peek().map(|(place, _)| place.at);
        Some(
            was_answered(place.at, next, answer).map(|was_answered| CheckedPacket {
                kind: PacketKind {
                    source: place.source,
                    interface: capture.interface,
                    passage: capture.passage,
                    is_in_tunnel,
                    is_syn_ack,
                },
                checksums: capture.checksums,
                was_answered,
            }),
        )
    })
    .flatten()
}

fn of_seen(packet: &SeenPacket) -> (PacketPlace, CaptureFacts) {
    (packet.place, packet.ip.capture)
}

fn of_row(row: &Row) -> (PacketPlace, CaptureFacts) {
    (row.place(), row.capture())
}

/// Those of an attempt that is known in full.
pub(crate) fn of_attempt(attempt: &Attempt) -> impl Iterator<Item = CheckedPacket> + '_ {
    const SYNS: &[Role] = &[Role::Syn, Role::SynRepeated];
    const SYN_ACKS: &[Role] = &[Role::SynAck, Role::SynAckRepeated];
    let encapsulation = attempt.encapsulation;
    let syns = attempt.packets_as(SYNS).map(of_seen);
    let syn_acks = attempt.packets_as(SYN_ACKS).map(of_seen);
    let answered_at = attempt.first_answer_at.or(attempt.established_at);
    let of_syns = checked(syns, answered_at, (encapsulation, false));
    let of_syn_acks = checked(syn_acks, attempt.established_at, (encapsulation, true));
    of_syns.chain(of_syn_acks)
}

/// Those of one that is known by rows: its SYNs and when they were answered, its SYN-ACKs and when
/// these were.
pub(crate) fn of_rows<'a>(
    encapsulation: Encapsulation,
    (syns, answered_at): (impl Iterator<Item = &'a Row> + 'a, Option<Timestamp>),
    (syn_acks, established_at): (impl Iterator<Item = &'a Row> + 'a, Option<Timestamp>),
) -> impl Iterator<Item = CheckedPacket> + 'a {
    let of_syns = checked(syns.map(of_row), answered_at, (encapsulation, false));
    let of_syn_acks = checked(syn_acks.map(of_row), established_at, (encapsulation, true));
    of_syns.chain(of_syn_acks)
}

/// Whether these show that wrong checksums may be why: of those of one direction that nobody
/// answered, all have them.
pub(crate) fn show_wrong_checksums(mut packets: impl Iterator<Item = CheckedPacket>) -> bool {
    let mut of_directions = [None; 2];
    for packet in packets.by_ref().filter(|packet| !packet.was_answered) {
        let [syns, syn_acks] = &mut of_directions;
        let all_wrong = if packet.kind.is_syn_ack {
            syn_acks
        } else {
            syns
        };
        let are_wrong = packet.checksums.are_wrong();
        *all_wrong = Some(all_wrong.unwrap_or(true) && are_wrong);
    }
    of_directions.contains(&Some(true))
}
