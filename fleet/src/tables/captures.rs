//! `captures(...)`: what was read, and what could not be.

use datafusion::error::Result;
use tcpwhy::capture::SourceFacts;

use super::answers::Told;
use super::columns::{Cell, Column, Kind, Rows, column};

pub(super) const COLUMNS: &[Column] = &[
    column("file", Kind::Text, "The capture, as it was named or found"),
    column("format", Kind::Text, "pcap, pcapng, snoop and others"),
    column("compression", Kind::Text, "What it is compressed with"),
    column("bytes", Kind::Number, "Its size, as it is stored"),
    column("packets", Kind::Number, "Records read"),
    column("first", Kind::Time, "The earliest capture time"),
    column("last", Kind::Time, "The latest capture time"),
    column(
        "dropped_by_kernel",
        Kind::Number,
        "Packets that the capturing system lost, where the file says so",
    ),
    column(
        "error",
        Kind::Text,
        "Why it could not be read, or not to its end",
    ),
];

/// Adds all captures, and what was named and is none.
pub(super) fn push_all(rows: &mut Rows, told: &Told) -> Result<()> {
    for source in &told.report.capture.sources {
        push(rows, source)?;
    }
    for problem in &told.problems {
        rows.push([
            Cell::Text(None),
            Cell::Text(None),
            Cell::Text(None),
            Cell::Number(None),
            Cell::number(0_u64),
            Cell::Time(None),
            Cell::Time(None),
            Cell::Number(None),
            Cell::text(problem.clone()),
        ])?;
    }
    Ok(())
}

fn push(rows: &mut Rows, source: &SourceFacts) -> Result<()> {
    let problem = source.problem.as_ref();
    rows.push([
        Cell::text(source.path.to_string_lossy()),
        Cell::text(source.format),
        Cell::Text(source.compression.map(|by| by.name().to_owned())),
        Cell::number(source.bytes),
        Cell::number(source.packets),
        Cell::Time(source.first),
        Cell::Time(source.last),
        Cell::maybe(source.dropped_by_kernel),
        Cell::Text(problem.map(|problem| {
            format!(
                "packet {} at byte {} {}",
                problem.at_packet, problem.at_byte, problem.message
            )
        })),
    ])
}
