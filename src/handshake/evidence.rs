//! The packets that show what became of an attempt.

use super::seen_packet::SeenPacket;

/// How many packets are kept with one attempt; of more, the first ones and the latest.
const KEPT_PACKETS: usize = 24;

/// How many of the kept packets are the latest ones, once there are more than are kept.
const KEPT_LATEST: usize = 4;

/// Packets of one attempt in the order of their capture, bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    packets: Vec<SeenPacket>,
    omitted: u64,
}

impl Evidence {
    /// Adds a packet.
    pub(super) fn push(&mut self, packet: SeenPacket) {
        if self.packets.len() >= KEPT_PACKETS {
            self.packets.remove(KEPT_PACKETS - KEPT_LATEST);
            self.omitted += 1;
        }
        if self.packets.len() < 2 {
            // Most attempts of a flood never see a second packet, most of a scan never a third.
            self.packets.reserve_exact(1);
        }
        self.packets.push(packet);
    }

    /// Whether `packet` is one of these captured again.
    pub(super) fn is_copied_by(&self, packet: &SeenPacket) -> bool {
        self.packets
            .iter()
            .rev()
            .any(|seen| seen.is_copied_by(packet))
    }

    /// The kept packets, in the order they were seen.
    pub fn packets(&self) -> &[SeenPacket] {
        &self.packets
    }

    /// How many packets were left out between the first and the latest.
    pub fn omitted(&self) -> u64 {
        self.omitted
    }
}
