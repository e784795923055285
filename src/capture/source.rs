//! One source of packets: a file or a stream, in whichever of the formats its content shows.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::foreign_format;
use super::interface::Interface;
use super::packet::{Packet, PacketNumber, PacketPlace, SourceId};
use super::pcap_file::PcapFile;
use super::pcapng_file::PcapngFile;
use super::problem::{OpenError, ProblemKind, RecordError, SourceProblem};
use super::record::Record;
use super::record_buffer::RecordBuffer;
use super::timestamp::Timestamp;

/// The name that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// What is known of a source, at the end of reading all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFacts {
    /// As named by the user.
    pub path: PathBuf,
    /// `pcap` or `pcapng`.
    pub format: &'static str,
    /// Size of the file; of a stream, the bytes read.
    pub bytes: u64,
    /// Records read.
    pub packets: u64,
    /// The earliest capture time.
    pub first: Option<Timestamp>,
    /// The latest capture time.
    pub last: Option<Timestamp>,
    /// Until when the capture ran, where the file says so and it can be true.
    pub watched_until: Option<Timestamp>,
    /// Packets dropped by the interface, where the file says so.
    pub dropped_by_interface: Option<u64>,
    /// Packets dropped by the operating system, where the file says so.
    pub dropped_by_kernel: Option<u64>,
    /// The interfaces declared: the first 1024 of them.
    pub interfaces: Vec<Interface>,
    /// Why reading ended before the end.
    pub problem: Option<SourceProblem>,
}

/// A source being read: the current record, and what was seen so far.
pub(crate) struct Source {
    path: PathBuf,
    buffer: RecordBuffer,
    format: Format,
    /// Size of the file, where it is one.
    file_length: Option<u64>,
    current: Option<Record>,
    packets: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    problem: Option<SourceProblem>,
}

enum Format {
    Pcap(PcapFile),
    Pcapng(PcapngFile),
}

impl Source {
    /// Opens a file, or standard input for `-`, and recognises its format.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let unreadable = |source| OpenError::Unreadable {
            path: path.to_owned(),
            source,
        };
        if path == Path::new(STANDARD_INPUT) {
            return Self::from_stream(path, Box::new(io::stdin()), None);
        }
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let length = metadata.is_file().then_some(metadata.len());
        Self::from_stream(path, Box::new(file), length)
    }

    /// As [`Self::open`], from bytes that come from anywhere.
    pub(crate) fn from_stream(
        path: &Path,
        input: Box<dyn Read + Send>,
        file_length: Option<u64>,
    ) -> Result<Self, OpenError> {
        let mut buffer = RecordBuffer::new(input);
        let format = recognise(path, &mut buffer)?;
        Ok(Self {
            path: path.to_owned(),
            buffer,
            format,
            file_length,
            current: None,
            packets: 0,
            first: None,
            last: None,
            problem: None,
        })
    }

    /// Whether it can be opened again to give the same packets.
    pub(crate) fn is_reopenable(&self) -> bool {
        self.file_length.is_some()
    }

    /// Goes on to the next record; its time, or `None` at the end or at a problem that ends the source.
    pub(crate) fn advance(&mut self) -> Option<Timestamp> {
        if let Some(record) = self.current.take() {
            self.buffer.consume(record.whole_length);
        }
        if self.problem.is_some() {
            return None;
        }
        let next = match &mut self.format {
            Format::Pcap(file) => file.next(&mut self.buffer),
            Format::Pcapng(file) => file.next(&mut self.buffer),
        };
        match next {
            Ok(Some(record)) => {
                self.packets += 1;
                self.first = Some(self.first.map_or(record.at, |first| first.min(record.at)));
                self.last = self.last.max(Some(record.at));
                self.current = Some(record);
                Some(record.at)
            }
            Ok(None) => None,
            Err(error) => {
                self.problem = Some(self.describe(error));
                None
            }
        }
    }

    /// The packet of the current record.
    pub(crate) fn packet(&self, source: SourceId) -> Option<Packet<'_>> {
        self.current.map(|record| Packet {
            place: PacketPlace {
                at: record.at,
                source,
                number: PacketNumber(self.packets),
            },
            link_type: record.link_type,
            bytes: record.bytes(&self.buffer),
            wire_length: record.wire_length,
        })
    }

    /// What is known so far.
    pub(crate) fn facts(&self) -> SourceFacts {
        let statistics = match &self.format {
            Format::Pcap(_) => None,
            Format::Pcapng(file) => Some(file.statistics()),
        };
        SourceFacts {
            path: self.path.clone(),
            format: match self.format {
                Format::Pcap(_) => "pcap",
                Format::Pcapng(_) => "pcapng",
            },
            bytes: self.file_length.unwrap_or(self.buffer.offset()),
            packets: self.packets,
            first: self.first,
            last: self.last,
            watched_until: statistics.and_then(|statistics| statistics.watched_until),
            dropped_by_interface: statistics.and_then(|statistics| statistics.dropped_by_interface),
            dropped_by_kernel: statistics.and_then(|statistics| statistics.dropped_by_kernel),
            interfaces: match &self.format {
                Format::Pcap(file) => vec![file.interface()],
                Format::Pcapng(file) => file.interfaces().to_vec(),
            },
            problem: self.problem.clone(),
        }
    }

    fn describe(&self, error: RecordError) -> SourceProblem {
        let (kind, message) = match error {
            RecordError::Truncated { present, wanted } => (
                ProblemKind::Truncated,
                format!("is cut short: the file ends after {present} of its {wanted} bytes"),
            ),
            RecordError::Damaged(message) => (ProblemKind::Damaged, message),
            RecordError::Io(error) => (ProblemKind::Damaged, format!("cannot be read: {error}")),
        };
        SourceProblem {
            at_byte: self.buffer.offset(),
            at_packet: self.packets + 1,
            kind,
            message,
        }
    }
}

/// Tells the format by the first bytes, and reads a pcap's file header.
fn recognise(path: &Path, buffer: &mut RecordBuffer) -> Result<Format, OpenError> {
    let unreadable = |source| OpenError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // As much as the longest signature needs; a file may well be shorter.
    buffer
        .ensure(foreign_format::SIGNATURE_LENGTH)
        .map_err(unreadable)?;
    let first = buffer.available();
    if first.is_empty() {
        return Err(OpenError::Empty {
            path: path.to_owned(),
        });
    }
    if PcapngFile::is_recognised(first) {
        return Ok(Format::Pcapng(PcapngFile::new()));
    }
    if !PcapFile::is_recognised(first) {
        let (what, hint) = foreign_format::describe(first, path);
        return Err(OpenError::NoCapture {
            path: path.to_owned(),
            what,
            hint,
        });
    }
    PcapFile::open(buffer)
        .map(Format::Pcap)
        .map_err(|error| match error {
            RecordError::Io(source) => unreadable(source),
            RecordError::Damaged(what) => OpenError::NoCapture {
                path: path.to_owned(),
                what,
                hint: None,
            },
            RecordError::Truncated { present, wanted } => OpenError::NoCapture {
                path: path.to_owned(),
                what: format!("the file ends after {present} of the {wanted} bytes of its header"),
                hint: None,
            },
        })
}
