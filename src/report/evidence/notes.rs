//! What is noted of the packets while they are judged.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;

use crate::capture::{Packet, PacketPlace, PacketSpool, RecordedPackets};
use crate::decode::{Endpoint, Observation, Segment, SetAside, TcpFlags};

/// How many connections and hosts are remembered to choose what is put aside.
const REMEMBERED: usize = 500_000;

/// So many packets after each SYN and SYN-ACK of a connection are put aside.
const AFTER_EACH_SYN: u8 = 16;

/// Notes which packets show how the capture was filtered; of a stream, puts aside what evidence may need of it.
#[derive(Default)]
pub struct EvidenceNotes {
    first_fin: Option<PacketPlace>,
    first_other: Option<PacketPlace>,
    spool: Option<Spool>,
}

struct Spool {
    packets: io::Result<PacketSpool>,
    needs: Needs,
}

/// Which packets evidence may need, while it is not known yet what fails.
#[derive(Default)]
pub(super) struct Needs {
    /// Connections that began a short while ago, by their two ends: how many more of their packets are put aside.
    young: HashMap<(Endpoint, Endpoint), u8, foldhash::fast::RandomState>,
    /// Hosts of which a packet was put aside that shows that they live.
    alive: HashSet<IpAddr, foldhash::fast::RandomState>,
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
            needs: Needs::default(),
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
        let is_needed = self.needs.packet(observation);
        if (is_needed || is_sign)
            && let Ok(packets) = &mut self.packets
            && let Err(error) = packets.push(packet, interface)
        {
            self.packets = Err(error);
        }
    }
}

impl Needs {
    /// Whether this may be one.
    pub(super) fn packet(&mut self, observation: &Observation) -> bool {
        match observation {
            Observation::Segment(segment) => self.needs_segment(segment),
            Observation::IcmpError(_) | Observation::Neighbour(_) | Observation::Names(_) => true,
            Observation::Alive(address) => self.is_first_of(*address),
            Observation::SetAside(SetAside::TruncatedHeader) => {
                self.is_first_of(IpAddr::from([0, 0, 0, 0]))
            }
            Observation::SetAside(_) | Observation::Unrelated | Observation::Encrypted(_) => false,
        }
    }

    fn needs_segment(&mut self, segment: &Segment) -> bool {
        let flags = segment.flags;
        let key = ends(segment);
        let is_first = self.is_first_of(segment.source.address);
        if flags.contains(TcpFlags::SYN) {
            if self.young.len() >= REMEMBERED {
                self.young.clear();
            }
            self.young.insert(key, AFTER_EACH_SYN);
            return true;
        }
        let is_young = self.young.get_mut(&key).is_some_and(|left| {
            let is_left = *left > 0;
            *left = left.saturating_sub(1);
            is_left
        });
        is_young || is_first || flags.is_rst() || flags.has_fin()
    }

    fn is_first_of(&mut self, address: IpAddr) -> bool {
        self.alive.len() < REMEMBERED && self.alive.insert(address)
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
