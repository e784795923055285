//! The packets that show what became of an attempt.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::seen_packet::{Role, SeenPacket};
use crate::capture::PacketPlace;
use crate::decode::TcpFlags;

/// How many packets are kept with one attempt; of more, the first ones and the latest.
const KEPT_PACKETS: usize = 24;

/// How many of the kept packets are the latest ones, once there are more than are kept.
const KEPT_LATEST: usize = 4;

/// So many stand in the attempt itself: most attempts of a flood never see a second packet, most of
/// a scan never a third.
const INLINE_PACKETS: usize = 2;

/// Packets of one attempt in the order of their capture, bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    packets: SmallVec<[SeenPacket; INLINE_PACKETS]>,
    omitted: u64,
}

impl Evidence {
    /// Adds a packet.
    pub(super) fn push(&mut self, packet: SeenPacket) {
        if self.packets.len() >= KEPT_PACKETS {
            self.packets.remove(KEPT_PACKETS - KEPT_LATEST);
            self.omitted += 1;
        }
        self.packets.push(packet);
    }

    /// Whether `packet` is one of these captured again; takes note of it then.
    pub(super) fn take_note_of_copy(&mut self, packet: &SeenPacket) -> bool {
        let Some(index) = self
            .packets
            .iter()
            .rposition(|seen| seen.is_copied_by(packet))
        else {
            return false;
        };
        if self.is_drawn_by_a_syn(index, packet) {
            return false;
        }
        if let Some(seen) = self.packets.get_mut(index) {
            seen.note_copy(packet);
        }
        true
    }

    /// A SYN-ACK like the one at `index`, with as many hops to live, after a SYN that was sent in
    /// between: the server's timer and the repeated SYN each draw one, and they may come within
    /// microseconds.
    fn is_drawn_by_a_syn(&self, index: usize, packet: &SeenPacket) -> bool {
        let is_same_way = |seen: &SeenPacket| {
            seen.ip.ttl == packet.ip.ttl && seen.place.source == packet.place.source
        };
        let is_syn_ack = packet.flags().is_some_and(TcpFlags::is_syn_ack);
        let has_syn_between =
            self.packets.iter().skip(index + 1).any(|seen| {
                seen.role == Role::SynRepeated && seen.place.source == packet.place.source
            });
        is_syn_ack && has_syn_between && self.packets.get(index).is_some_and(is_same_way)
    }

    /// Puts `packet` in the place of the latest one that `is_it`: its part stays. Where that one
    /// stands in the capture.
    pub(super) fn replace(
        &mut self,
        is_it: impl Fn(&SeenPacket) -> bool,
        packet: &SeenPacket,
    ) -> Option<PacketPlace> {
        let seen = self.packets.iter_mut().rev().find(|seen| is_it(seen))?;
        let (place, role) = (seen.place, seen.role);
        *seen = SeenPacket { role, ..*packet };
        Some(place)
    }

    /// The kept packets, in the order they were seen.
    pub fn packets(&self) -> &[SeenPacket] {
        &self.packets
    }

    /// How many packets were left out between the first and the latest.
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// The kept packet behind which others were left out; `None` when all were kept.
    pub fn before_omitted(&self) -> Option<&SeenPacket> {
        let last = self.packets.get(KEPT_PACKETS - KEPT_LATEST - 1);
        last.filter(|_| self.omitted > 0)
    }
}
