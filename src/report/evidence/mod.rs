//! The evidence capture: the packets that prove the failures, and the few with which they were
//! compared.
//!
//! The report knows by their numbers which packets these are. A second pass over the same packets
//! copies them, bit for bit, with what is found beside them: their copies, who asks for a failing
//! host, a packet that shows that it lives. The file says for how long silence was watched, so that
//! reading it gives the same verdicts.

mod annotate;
mod beside;
mod comments;
mod needed;
mod notes;
mod plan;
#[cfg(feature = "live")]
mod recent;
mod section;

pub use annotate::annotate;
#[cfg(feature = "live")]
pub(crate) use needed::NeededPackets;
pub use notes::EvidenceNotes;
#[cfg(feature = "live")]
pub use recent::RecentPackets;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::anonymize::{AddressMap, anonymous, anonymous_packet};
use crate::capture::{
    LinkType, Packet, PcapngWriter, RecordOptions, RecordedPackets, SourceId, Timestamp,
    WrittenStatistics,
};
use crate::decode::{TunnelPorts, decode_with};
use crate::report::Report;
use beside::Beside;
use plan::Plan;

/// How many failed attempts an evidence capture proves at most: the ones that a report would list
/// first.
pub const MOST_ATTEMPTS: usize = 10_000;

/// How many packets of failed attempts it holds at most.
pub const MOST_PACKETS: usize = 100_000;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Packets.
    pub packets: u64,
    /// Failed attempts that these prove.
    pub attempts: u64,
    /// Failed attempts for which there was no room.
    pub attempts_left_out: u64,
    /// Packets of a stream that were not put aside for it.
    pub missing: u64,
    /// Packets that an anonymous file leaves out, because addresses in them cannot be replaced: how
    /// many of each link type.
    pub not_anonymous: BTreeMap<LinkType, u64>,
}

/// Writes the evidence for `report` from the packets that it was made from; `passes` is the filter
/// that was used, `tunnels` where tunnels are besides their own ports, `anonymize` the map of an
/// anonymous report.
///
/// # Errors
///
/// When `out` cannot be written, or the packets are not those of the report any more.
pub fn write(
    report: &Report,
    notes: &EvidenceNotes,
    packets: &mut RecordedPackets,
    mut passes: impl FnMut(&Packet<'_>) -> bool,
    tunnels: &TunnelPorts,
    mut anonymize: Option<&mut AddressMap>,
    out: &mut dyn Write,
) -> io::Result<Written> {
    let mut plan = Plan::of(report, notes);
    let mut written = plan.written();
    let application = section::application(report);
    let comment = section::comment(report, &written, anonymize.is_some());
    let writer = PcapngWriter::new(out, &application, &comment)?;
    let mut file = EvidenceFile {
        report,
        writer,
        interfaces: BTreeMap::new(),
    };
    let mut beside = Beside::new(report);
    while let Some((packet, interface)) = packets.next_packet()? {
        if !passes(&packet) {
            continue;
        }
        let own = plan.comments_on(packet.place);
        let mut observation = decode_with(&packet, tunnels);
        if let Some(map) = &mut anonymize {
            observation = anonymous(observation, map);
        }
        let comments = beside.comments(&packet, &observation, own, &mut plan);
        if comments.is_empty() {
            continue;
        }
        let Some(map) = &mut anonymize else {
            written.packets += 1;
            file.copy(&packet, interface, &comments)?;
            continue;
        };
        let bytes = anonymous_packet(&packet, tunnels, map);
        match packet.link_type {
            Some(link_type) if bytes.is_empty() => {
                *written.not_anonymous.entry(link_type).or_default() += 1;
            }
            _ => {
                written.packets += 1;
                let bytes = bytes.as_slice();
                let options = packet.options.map(RecordOptions::anonymous);
                let packet = Packet {
                    bytes,
                    options: options.as_ref(),
                    ..packet
                };
                file.copy(&packet, interface, &comments)?;
            }
        }
    }
    written.missing = plan.missing();
    if written.missing > 0 && !packets.is_spooled() {
        return Err(io::Error::other(
            "the capture has changed since it was judged",
        ));
    }
    file.finish()?;
    Ok(written)
}

/// The file, and which interfaces it declares so far: by source, and by id there.
struct EvidenceFile<'a, W> {
    report: &'a Report,
    writer: PcapngWriter<W>,
    interfaces: BTreeMap<(SourceId, u32), u32>,
}

impl<W: Write> EvidenceFile<'_, W> {
    fn copy(&mut self, packet: &Packet<'_>, interface: u32, comments: &[String]) -> io::Result<()> {
        let Some(interface) = self.declared(packet.place.source, interface)? else {
            return Ok(());
        };
        self.writer.packet(interface, packet, comments)
    }

    /// The id in this file; `None` for an interface of which nothing is known.
    fn declared(&mut self, source: SourceId, interface: u32) -> io::Result<Option<u32>> {
        if let Some(id) = self.interfaces.get(&(source, interface)) {
            return Ok(Some(*id));
        }
        let sources = &self.report.capture.sources;
        let declared = usize::try_from(source.0)
            .ok()
            .and_then(|index| sources.get(index))
            .and_then(|facts| facts.interfaces.iter().find(|known| known.id == interface));
        let Some(declared) = declared else {
            return Ok(None);
        };
        let id = self.writer.interface(declared)?;
        self.interfaces.insert((source, interface), id);
        Ok(Some(id))
    }

    /// Ends with what was lost, and until when silence was watched.
    fn finish(mut self) -> io::Result<()> {
        let capture = &self.report.capture;
        let watched = |end: Option<Timestamp>, until| end.max(until);
        let end = capture.sources.iter().fold(capture.last, |end, source| {
            watched(end, source.watched_until)
        });
        for (index, source) in (0_u32..).zip(&capture.sources) {
            let source_id = SourceId(index);
            let is_last = watched(source.last, source.watched_until) == end;
            let lost = source.dropped_by_interface.max(source.dropped_by_kernel);
            if (is_last && end.is_some()) || lost > Some(0) {
                let first = source.interfaces.first().map(|interface| interface.id);
                self.declared(source_id, first.unwrap_or(0))?;
            }
        }
        let mut counted = None;
        for ((source, _), id) in &self.interfaces {
            let facts = usize::try_from(source.0)
                .ok()
                .and_then(|index| capture.sources.get(index));
            // The counts are of the whole source: they stand with its first interface.
            let counts = facts.filter(|_| counted != Some(*source));
            counted = Some(*source);
            let statistics = WrittenStatistics {
                end: end.unwrap_or_default(),
                dropped_by_interface: counts.and_then(|facts| facts.dropped_by_interface),
                dropped_by_kernel: counts.and_then(|facts| facts.dropped_by_kernel),
            };
            self.writer.statistics(*id, &statistics)?;
        }
        self.writer.finish()
    }
}
