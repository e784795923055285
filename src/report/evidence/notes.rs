//! What is noted of the packets while they are judged.

use std::io;

use super::needed::NeededPackets;
use crate::capture::{Packet, PacketPlace, PacketSpool, RecordedPackets};
use crate::decode::{Endpoint, Observation, Segment, TcpFlags};

/// How many connections, hosts and names are remembered to choose what is put aside.
const REMEMBERED: usize = 1 << 19;

/// Notes which packets show how the capture was filtered; of a stream, puts aside what evidence may
/// need of it.
#[derive(Default)]
pub struct EvidenceNotes {
    first_fin: Option<PacketPlace>,
    first_other: Option<PacketPlace>,
    spool: Option<Spool>,
}

struct Spool {
    packets: io::Result<PacketSpool>,
    needed: NeededPackets,
}

impl EvidenceNotes {
    /// For sources that can be read only once.
    ///
    /// # Errors
    ///
    /// When no temporary file can be made.
    pub fn with_spool() -> io::Result<Self> {
        let spool = Spool {
            packets: Ok(PacketSpool::new()?),
            needed: NeededPackets::remembering(REMEMBERED),
        };
        Ok(Self {
            spool: Some(spool),
            ..Self::default()
        })
    }

    /// Takes note of a packet.
    pub fn note(&mut self, packet: &Packet<'_>, interface: u32, observation: &Observation) {
        let mut is_sign = false;
        if let Observation::Segment(segment) = observation {
            let flags = segment.flags;
            let is_control = flags.is_rst() || flags.has_fin() || flags.contains(TcpFlags::SYN);
            if !is_control {
                is_sign = self.first_other.is_none();
                self.first_other.get_or_insert(packet.place);
            } else if flags.has_fin() && flags.has_ack() {
                self.first_fin.get_or_insert(packet.place);
            }
        }
        if let Some(spool) = &mut self.spool {
            spool.note(packet, interface, observation, is_sign);
        }
    }

    /// The packets that were put aside; `None` where the sources can be read again.
    ///
    /// # Errors
    ///
    /// When there was no room for them.
    pub fn take_spooled(&mut self) -> io::Result<Option<RecordedPackets>> {
        match self.spool.take() {
            Some(spool) => Ok(Some(spool.packets?.into_packets()?)),
            None => Ok(None),
        }
    }

    /// The first segment with FIN and ACK.
    pub(super) fn first_fin(&self) -> Option<PacketPlace> {
        self.first_fin
    }

    /// The first segment without SYN, FIN and RST.
    pub(super) fn first_other(&self) -> Option<PacketPlace> {
        self.first_other
    }
}

impl Spool {
    fn note(
        &mut self,
        packet: &Packet<'_>,
        interface: u32,
        observation: &Observation,
        is_sign: bool,
    ) {
        let is_needed = self.needed.takes(observation);
        if (is_needed || is_sign)
            && let Ok(packets) = &mut self.packets
            && let Err(error) = packets.push(packet, interface)
        {
            self.packets = Err(error);
        }
    }
}

/// Both ends of a connection, whoever sent the segment.
pub(super) fn ends(segment: &Segment) -> (Endpoint, Endpoint) {
    ends_of(segment.source, segment.destination)
}

/// Both ends, in their order.
pub(super) fn ends_of(one: Endpoint, other: Endpoint) -> (Endpoint, Endpoint) {
    (one.min(other), one.max(other))
}
