//! What a file is that is no JSON report, as far as its start tells: so that one can say what to
//! do.

use std::io::{self, Cursor, Read};

/// So much of the start tells.
const LOOKED_AT: u64 = 512;

/// How captures and compressed files start: pcap in both byte orders and resolutions, pcapng, gzip,
/// zstd, xz, lz4.
const CAPTURES: [&[u8]; 9] = [
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\xc3\xd4",
    b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x0a\x0d\x0d\x0a",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\0",
    b"\x04\x22\x4d\x18",
];

/// What a file is instead of a JSON report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// There is nothing in it.
    Empty,
    /// A capture, or something compressed.
    Capture,
    /// The report in lines.
    Ndjson,
    /// The report as a page.
    Html,
    /// The report as a table.
    Csv,
    /// The report for a ticket, or as text.
    Prose,
}

impl Foreign {
    /// In words that follow `is no JSON report of tcpwhy`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Empty => "it is empty",
            Self::Capture => "it is a capture, or compressed",
            Self::Ndjson => "it is NDJSON",
            Self::Html => "it is HTML",
            Self::Csv => "it is CSV",
            Self::Prose => "it is text for people",
        }
    }
}

/// Looks at the start; gives it back in front of the rest.
pub(super) fn look(mut input: impl Read) -> io::Result<(Option<Foreign>, impl Read)> {
    let mut start = Vec::new();
    input.by_ref().take(LOOKED_AT).read_to_end(&mut start)?;
    Ok((foreign(&start), Cursor::new(start).chain(input)))
}

fn foreign(start: &[u8]) -> Option<Foreign> {
    if CAPTURES.iter().any(|magic| start.starts_with(magic)) {
        return Some(Foreign::Capture);
    }
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start();
    let lower = text.to_ascii_lowercase();
    if text.is_empty() {
        Some(Foreign::Empty)
    } else if text.starts_with("{\"type\":") {
        Some(Foreign::Ndjson)
    } else if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        Some(Foreign::Html)
    } else if ["id,file,", "id,client,"]
        .iter()
        .any(|head| text.starts_with(head))
    {
        Some(Foreign::Csv)
    } else {
        (!text.starts_with(['{', '['])).then_some(Foreign::Prose)
    }
}
