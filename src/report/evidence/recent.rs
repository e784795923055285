//! The latest packets that evidence may need, kept in memory: of what passes by nothing else is
//! left.

use std::collections::VecDeque;
use std::io;

use super::needed::NeededPackets;
use super::notes::EvidenceNotes;
use crate::capture::{CapturedOn, LinkType, Packet, PacketPlace};
use crate::decode::{Observation, TunnelPorts, decode_with};

/// How much is kept, in bytes: some 200,000 packets.
const KEPT_BYTES: usize = 32 << 20;

/// How many connections, hosts and names are remembered to choose what is kept.
const REMEMBERED: usize = 1 << 19;

/// The packets, the latest last.
pub struct RecentPackets {
    kept: VecDeque<KeptPacket>,
    bytes: usize,
    /// What of it came since the choice began anew.
    bytes_of_choice: usize,
    needed: NeededPackets,
}

struct KeptPacket {
    place: PacketPlace,
    link_type: Option<LinkType>,
    wire_length: u32,
    bytes: Box<[u8]>,
}

impl KeptPacket {
    fn size(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }
}

impl Default for RecentPackets {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            bytes: 0,
            bytes_of_choice: 0,
            needed: NeededPackets::remembering(REMEMBERED),
        }
    }
}

impl RecentPackets {
    /// Keeps a packet that evidence may need, and lets go of the earliest ones for it.
    pub fn note(&mut self, packet: &Packet<'_>, observation: &Observation) {
        if !self.needed.takes(observation) {
            return;
        }
        let kept = KeptPacket {
            place: packet.place,
            link_type: packet.link_type,
            wire_length: packet.wire_length,
            bytes: packet.bytes.into(),
        };
        self.bytes += kept.size();
        self.bytes_of_choice += kept.size();
        self.kept.push_back(kept);
        // What is kept once of each host goes with the earliest packets: it has to come again
        // before.
        if self.bytes_of_choice > KEPT_BYTES / 2 {
            self.bytes_of_choice = 0;
            self.needed.begin_file();
        }
        while self.bytes > KEPT_BYTES
            && let Some(earliest) = self.kept.pop_front()
        {
            self.bytes -= earliest.size();
        }
    }

    /// Puts all of them aside, as those of a stream are, for an evidence capture; they are kept as
    /// well.
    ///
    /// # Errors
    ///
    /// When no temporary file can be made.
    pub fn put_aside(&self, tunnels: &TunnelPorts) -> io::Result<EvidenceNotes> {
        /// An interface that is captured on is the only one of its source.
        const INTERFACE: u32 = 0;
        let mut notes = EvidenceNotes::with_spool()?;
        for kept in &self.kept {
            let packet = Packet {
                place: kept.place,
                link_type: kept.link_type,
                bytes: &kept.bytes,
                wire_length: kept.wire_length,
                captured_on: CapturedOn::default(),
                options: None,
            };
            notes.note(&packet, INTERFACE, &decode_with(&packet, tunnels));
        }
        Ok(notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::CaptureSet;
    use crate::decode::decode;

    #[test]
    fn the_latest_are_kept_and_no_more_than_there_is_room_for() {
        let path = format!("{}/samples/closed-port.pcap", env!("CARGO_MANIFEST_DIR"));
        let mut captures = CaptureSet::open(&[path.into()]).captures;
        let (syn, observation) = loop {
            let (packet, _) = captures.next_with_interface().unwrap();
            let observation = decode(&packet);
            if matches!(&observation, Observation::Segment(segment) if segment.flags.is_syn()) {
                break (packet, observation);
            }
        };
        let mut recent = RecentPackets::default();
        for _ in 0..600_000 {
            recent.note(&syn, &observation);
        }
        assert!(recent.bytes <= KEPT_BYTES);
        assert!((100_000..600_000).contains(&recent.kept.len()));
        let mut spooled = recent
            .put_aside(&TunnelPorts::NONE)
            .unwrap()
            .take_spooled()
            .unwrap()
            .unwrap();
        let (first, _) = spooled.next_packet().unwrap().unwrap();
        assert_eq!(first.bytes, &*recent.kept[0].bytes);
    }
}
