//! Blocks of a pcapng file, made in memory.

use std::mem;

use crate::capture::live::Losses;
use crate::capture::{
    Interface, Packet, PcapngWriter, SourceFacts, SourceId, Timestamp, WrittenStatistics,
};

/// So many interfaces are described: of each source its own, and those that it had with other link
/// types.
const MOST_INTERFACES: usize = 1024;

/// What stands around the bytes of a packet, and what interface statistics take, in bytes.
const AROUND_A_PACKET: usize = 40;
const STATISTICS: usize = 64;

/// Makes the blocks of one file after the other; each file can be read without the others.
pub(super) struct Blocks {
    described: Vec<(SourceId, Interface)>,
    writer: PcapngWriter<Vec<u8>>,
    /// What the current file starts with, until it is handed over.
    head: Option<Vec<u8>>,
    /// Packets in the current file, and those not handed over yet.
    packets_in_file: u64,
    packets: u64,
    /// Of each source: what was lost so far, and before this file.
    losses: Vec<Losses>,
    losses_before: Vec<Losses>,
}

/// Blocks to be written behind those of the call before.
#[derive(Debug)]
pub(super) struct Written {
    /// What a new file starts with: what follows goes there.
    pub(super) head: Option<Vec<u8>>,
    pub(super) blocks: Vec<u8>,
    /// How many packets are among them.
    pub(super) packets: u64,
}

impl Written {
    pub(super) fn length(&self) -> u64 {
        (self.head.as_ref().map_or(0, Vec::len) + self.blocks.len()) as u64
    }
}

impl Blocks {
    pub(super) fn new(sources: &[SourceFacts]) -> Self {
        let described: Vec<(SourceId, Interface)> = (0..)
            .map(SourceId)
            .zip(sources)
            .flat_map(|(id, source)| {
                let interfaces = source.interfaces.iter().cloned();
                interfaces.map(move |interface| (id, interface))
            })
            .take(MOST_INTERFACES)
            .collect();
        let (writer, head) = begin(&described);
        Self {
            described,
            writer,
            head: Some(head),
            packets_in_file: 0,
            packets: 0,
            losses: vec![Losses::default(); sources.len()],
            losses_before: vec![Losses::default(); sources.len()],
        }
    }

    /// What comes now goes to a new file.
    pub(super) fn begin_file(&mut self) {
        let (writer, head) = begin(&self.described);
        self.writer = writer;
        self.head = Some(head);
        self.packets_in_file = 0;
        self.packets = 0;
        self.losses_before.clone_from(&self.losses);
    }

    /// Describes the packet's interface, when it is another than its source had so far; whether
    /// that is so. A new file has to begin then.
    pub(super) fn learn_interface(&mut self, packet: &Packet<'_>) -> bool {
        let Some(link_type) = packet.link_type else {
            return false;
        };
        if self.interface_of(packet).is_some() || self.described.len() >= MOST_INTERFACES {
            return false;
        }
        let source = packet.place.source;
        let known = self.described.iter().find(|(id, _)| *id == source);
        let Some((_, known)) = known else {
            return false;
        };
        let mut interface = known.clone();
        interface.link_type = link_type;
        self.described.push((source, interface));
        true
    }

    fn interface_of(&self, packet: &Packet<'_>) -> Option<u32> {
        let index = self.described.iter().position(|(id, interface)| {
            *id == packet.place.source && Some(interface.link_type) == packet.link_type
        });
        index.and_then(|index| u32::try_from(index).ok())
    }

    /// Adds a packet, unless nothing is known of its interface.
    pub(super) fn packet(&mut self, packet: &Packet<'_>) {
        if let Some(interface) = self.interface_of(packet) {
            // Memory takes everything.
            let _ = self.writer.packet(interface, packet, &[]);
            self.packets += 1;
            self.packets_in_file += 1;
        }
    }

    /// Takes note of what was lost so far; whether it is more. What the ring itself could not keep
    /// is missing in its files as well: it counts with the first interface.
    pub(super) fn note_losses(&mut self, sources: &[SourceFacts], not_kept: u64) -> bool {
        let mut now: Vec<Losses> = sources
            .iter()
            .map(|source| Losses {
                kernel: source.dropped_by_kernel.unwrap_or(0),
                interface: source.dropped_by_interface.unwrap_or(0),
            })
            .collect();
        if let Some(first) = now.first_mut() {
            first.kernel = first.kernel.saturating_add(not_kept);
        }
        let is_more = now != self.losses && now.len() == self.losses.len();
        if is_more {
            self.losses = now;
        }
        is_more
    }

    /// Says of each source until when it was watched, and what it lost since the file began.
    pub(super) fn statistics(&mut self, until: Timestamp) {
        for source in 0..self.losses.len() {
            let (Some(lost), Some(before)) =
                (self.losses.get(source), self.losses_before.get(source))
            else {
                continue;
            };
            let is_of_source =
                |(id, _): &(SourceId, Interface)| usize::try_from(id.0) == Ok(source);
            let Some(interface) = self.described.iter().position(is_of_source) else {
                continue;
            };
            let statistics = WrittenStatistics {
                end: until,
                dropped_by_interface: Some(lost.interface.saturating_sub(before.interface)),
                dropped_by_kernel: Some(lost.kernel.saturating_sub(before.kernel)),
            };
            let interface = u32::try_from(interface).unwrap_or(u32::MAX);
            // Memory takes everything.
            let _ = self.writer.statistics(interface, &statistics);
        }
    }

    /// How many bytes are not handed over yet.
    pub(super) fn length(&self) -> usize {
        self.head.as_ref().map_or(0, Vec::len) + self.writer.out().len()
    }

    /// How many there would be with this packet, and what closes the file.
    pub(super) fn length_with(&self, packet: &Packet<'_>) -> usize {
        self.length() + AROUND_A_PACKET + packet.bytes.len() + STATISTICS * self.losses.len()
    }

    /// Whether there are packets in the current file.
    pub(super) fn has_packets(&self) -> bool {
        self.packets_in_file > 0
    }

    /// What was made since the last call; `None` when that is nothing.
    pub(super) fn take(&mut self) -> Option<Written> {
        let blocks = mem::take(self.writer.out_mut());
        let head = self.head.take();
        let packets = mem::take(&mut self.packets);
        let is_something = head.is_some() || !blocks.is_empty();
        is_something.then_some(Written {
            head,
            blocks,
            packets,
        })
    }
}

/// A writer behind the head of a new file, and that head.
fn begin(described: &[(SourceId, Interface)]) -> (PcapngWriter<Vec<u8>>, Vec<u8>) {
    let application = concat!("tcpwhy ", env!("CARGO_PKG_VERSION"));
    let mut writer = PcapngWriter::of_memory(application, COMMENT);
    for (_, interface) in described {
        // Memory takes everything.
        let _ = writer.interface(interface);
    }
    let head = mem::take(writer.out_mut());
    (writer, head)
}

const COMMENT: &str = "Of a ring of tcpwhy live: what verdicts need of the packets that were captured. Of each connection the \
    first packets, and what has SYN, FIN or RST; of each host what shows that it lives; ICMP errors, neighbours, names. \
    tcpwhy read judges all files of the ring together.";
