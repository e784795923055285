//! The whole capture with verdicts as comments on its packets.
//!
//! The comments begin otherwise than those on evidence, which is chosen: who reads the file again
//! has all that this report was made from.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::notes::EvidenceNotes;
use super::plan::Plan;
use super::{EvidenceFile, Written, comments, section};
use crate::capture::{PcapngWriter, RecordedPackets};
use crate::diagnosis::ANNOTATION;
use crate::report::Report;

/// Writes all packets that the report was made from, those that it speaks of with what it says.
///
/// # Errors
///
/// When `out` cannot be written, or the packets are not those of the report any more.
pub fn annotate(
    report: &Report,
    packets: &mut RecordedPackets,
    out: &mut dyn Write,
) -> io::Result<Written> {
    let mut plan = Plan::of(report, &EvidenceNotes::default());
    for diagnosed in &report.diagnosis.attempts {
        plan.want_first(diagnosed, comments::on_first(diagnosed));
    }
    let mut written = plan.written();
    let writer = PcapngWriter::new(
        out,
        &section::application(report),
        &section::annotated(report, &written),
    )?;
    let mut file = EvidenceFile {
        report,
        writer,
        interfaces: BTreeMap::new(),
    };
    while let Some((packet, interface)) = packets.next_packet()? {
        let comments = plan.comments_on(packet.place).into_iter();
        let comments: Vec<String> = comments
            .map(|comment| format!("{ANNOTATION}{comment}"))
            .collect();
        written.packets += 1;
        file.copy(&packet, interface, &comments)?;
    }
    if plan.missing() > 0 {
        return Err(io::Error::other(
            "the capture has changed since it was judged",
        ));
    }
    file.finish()?;
    Ok(written)
}
