//! The packets that prove what is said of several places, as a capture with an interface for each.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use super::PathReport;
use super::words;
use crate::anonymize::{AddressMap, anonymous_packet};
use crate::capture::{
    CaptureSet, Interface, LinkType, Packet, PacketNumber, PacketPlace, PcapngWriter, SourceFacts,
    SourceId,
};
use crate::decode::TunnelPorts;
use crate::path::{JudgedConnect, VerdictKind};

/// How many packets are written at most.
const MOST_PACKETS: usize = 100_000;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenEvidence {
    /// Packets.
    pub packets: u64,
    /// Connects that they prove.
    pub connects: u64,
    /// Connects for which there was no room.
    pub connects_left_out: u64,
    /// Packets that are left out because addresses in them cannot be replaced safely.
    pub not_anonymous: u64,
}

/// A packet that is written: with the time by which all are put in order.
struct Kept {
    order: i64,
    place: usize,
    at: PacketPlace,
    link_type: LinkType,
    bytes: Vec<u8>,
    wire_length: u32,
    comments: Vec<String>,
}

/// Writes the packets of the listed connects with which something is wrong. `sources` are the files
/// of each place as they can be opened, by the names of the places; `map` that of an anonymous
/// report.
///
/// # Errors
///
/// When `out` cannot be written, or a source cannot be read again.
pub fn write(
    report: &PathReport,
    sources: &[(String, Vec<SourceFacts>)],
    tunnels: &TunnelPorts,
    mut map: Option<&mut AddressMap>,
    out: &mut dyn Write,
) -> io::Result<WrittenEvidence> {
    let mut written = WrittenEvidence::default();
    let wanted = wanted(report, &mut written);
    let mut kept = Vec::new();
    for (index, place) in report.comparison.places.iter().enumerate() {
        let own = sources.iter().find(|(name, _)| *name == place.name);
        let (Some((_, own)), Some(wanted)) = (own, wanted.get(index)) else {
            continue;
        };
        if wanted.is_empty() {
            continue;
        }
        let mut captures = CaptureSet::open_again(own).map_err(io::Error::other)?;
        while let Some(packet) = captures.next_packet() {
            let Some(comments) = wanted.get(&(packet.place.source, packet.place.number)) else {
                continue;
            };
            let bytes = match &mut map {
                Some(map) => anonymous_packet(&packet, tunnels, map),
                None => packet.bytes.to_vec(),
            };
            let (Some(link_type), false) = (packet.link_type, bytes.is_empty()) else {
                written.not_anonymous += 1;
                continue;
            };
            let clock = report.comparison.clocks.get(index);
            let order = clock.and_then(|clock| clock.to_first_place(packet.place.at));
            kept.push(Kept {
                order: order.unwrap_or(packet.place.at.nanoseconds()),
                place: index,
                at: packet.place,
                link_type,
                bytes,
                wire_length: packet.wire_length,
                comments: comments.clone(),
            });
        }
    }
    kept.sort_by_key(|packet| {
        (
            packet.order,
            packet.place,
            packet.at.source,
            packet.at.number,
        )
    });
    written.packets = kept.len() as u64;
    write_file(report, &kept, out)?;
    Ok(written)
}

type Wanted = HashMap<(SourceId, PacketNumber), Vec<String>>;

/// For each place which packets are wanted, and what is said of them.
fn wanted(report: &PathReport, written: &mut WrittenEvidence) -> Vec<Wanted> {
    let mut wanted: Vec<Wanted> = vec![HashMap::new(); report.comparison.places.len()];
    let mut packets = 0;
    for (number, judged) in report.listed() {
        if judged.is_sound() {
            continue;
        }
        let own: usize = judged
            .journeys
            .iter()
            .map(|journey| journey.places().count())
            .sum();
        if packets + own > MOST_PACKETS {
            written.connects_left_out += 1;
            continue;
        }
        packets += own;
        written.connects += 1;
        for journey in &judged.journeys {
            let said = said_of(
                report,
                number,
                judged,
                journey.kind.name(),
                Some(journey.kind),
            );
            for (wanted, packet) in wanted.iter_mut().zip(&journey.seen) {
                if let Some(packet) = packet {
                    let place = (packet.place.source, packet.place.number);
                    let comments = wanted.entry(place).or_default();
                    comments.push(said.clone());
                }
            }
        }
    }
    wanted
}

/// `connect 3, syn: 4 SYNs seen at fw-in, not at fw-out: lost between them (certain)`.
fn said_of(
    report: &PathReport,
    number: u64,
    judged: &JudgedConnect,
    what: &str,
    kind: Option<crate::path::PacketKind>,
) -> String {
    let said = judged.verdicts.iter();
    let said = said.filter(|said| said.packet == kind || said.kind == VerdictKind::Same);
    let said: Vec<String> = said.map(|said| words::verdict(report, said)).collect();
    let outcome = judged.outcome.name();
    if said.is_empty() {
        format!("connect {number} ({outcome}), {what}")
    } else {
        format!("connect {number} ({outcome}), {what}: {}", said.join("; "))
    }
}

fn write_file(report: &PathReport, kept: &[Kept], out: &mut dyn Write) -> io::Result<()> {
    let application = format!("tcpwhy {}", report.tool.version);
    let facts: Vec<String> = super::overview::facts(report);
    let comment = format!(
        "Evidence of tcpwhy compare: an interface for each place, in the order of the path; times \
         are each place's own, and packets are in order of time as {} has it. {}",
        words::name(report, 0),
        facts.join("; ")
    );
    let mut writer = PcapngWriter::new(out, &application, &comment)?;
    let mut interfaces: BTreeMap<(usize, LinkType), u32> = BTreeMap::new();
    let declared = kept.iter().map(|packet| (packet.place, packet.link_type));
    let mut declared: Vec<(usize, LinkType)> = declared.collect();
    declared.sort_unstable();
    declared.dedup();
    for (place, link_type) in declared {
        let interface = Interface::of_place(report.name(place), link_type);
        let id = writer.interface(&interface)?;
        interfaces.insert((place, link_type), id);
    }
    for packet in kept {
        let Some(id) = interfaces.get(&(packet.place, packet.link_type)) else {
            continue;
        };
        let record = Packet {
            place: packet.at,
            link_type: Some(packet.link_type),
            bytes: &packet.bytes,
            wire_length: packet.wire_length,
            captured_on: crate::capture::CapturedOn::default(),
            options: None,
        };
        writer.packet(*id, &record, &packet.comments)?;
    }
    writer.finish()
}
