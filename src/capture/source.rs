//! One source of packets: a file or a stream, in whichever of the formats its content shows.

mod recognised;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::compression::{Compression, DecoderMemory, DecompressionError};
use super::interface::Interface;
use super::packet::{Packet, PacketNumber, PacketPlace, SourceId};
use super::packet_comment;
use super::pcap_file::PcapFile;
use super::pcapng_file::PcapngFile;
use super::problem::{OpenError, ProblemKind, RecordError, SourceProblem};
use super::record::Record;
use super::record_buffer::RecordBuffer;
use super::record_options::RecordOptions;
use super::reopened_file::ReopenedFile;
use super::resolved_name::ResolvedName;
use super::snoop_file::SnoopFile;
use super::source_hash::{HashedInput, SourceHash};
use super::timestamp::Timestamp;
use super::window::{Given, WholeRecord, WindowLimit, give_records};
use recognised::{Recognised, recognise};

/// The name that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// What reports call a format. Named, so that deriving does not take it for text that is borrowed
/// from what is read.
type FormatName = &'static str;

/// What is known of a source, at the end of reading all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceFacts {
    /// As named by the user.
    #[serde(with = "super::as_written::path")]
    pub path: PathBuf,
    /// `pcap`, `pcapng` or `snoop`; `live` for an interface, `packets` for what a program handed over.
    #[serde(with = "super::as_written::format")]
    pub format: FormatName,
    /// What it was compressed with.
    pub compression: Option<Compression>,
    /// Size of the file; of a stream, the bytes read.
    pub bytes: u64,
    /// SHA-256 of its bytes as they are stored, in hexadecimal, where that was asked for and its
    /// end was reached.
    pub sha256: Option<String>,
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
    /// Packets dropped by the operating system, where the file says so; where only its packets do,
    /// by whomever.
    pub dropped_by_kernel: Option<u64>,
    /// The interfaces declared: the first 1024 of them.
    pub interfaces: Vec<Interface>,
    /// Why reading ended before the end, or the first packet that had to be left out.
    pub problem: Option<SourceProblem>,
}

impl SourceFacts {
    /// Of a source of which nothing was read yet.
    pub(crate) fn before_reading(path: PathBuf, format: &'static str) -> Self {
        Self {
            path,
            format,
            compression: None,
            bytes: 0,
            sha256: None,
            packets: 0,
            first: None,
            last: None,
            watched_until: None,
            dropped_by_interface: None,
            dropped_by_kernel: None,
            interfaces: Vec::new(),
            problem: None,
        }
    }

    /// Leaves out what may name a place, a host or the file: folders, what interfaces are called,
    /// their filters, the hash. A filter that hides ICMP errors becomes the shortest one that does.
    pub(crate) fn make_anonymous(&mut self) {
        if let Some(name) = self.path.file_name() {
            self.path = PathBuf::from(name);
        }
        self.sha256 = None;
        for interface in &mut self.interfaces {
            interface.filter = interface.hides_icmp_errors().then(|| "tcp".to_owned());
            interface.name = None;
            interface.description = None;
            interface.others.clear();
        }
    }
}

/// A source being read: the current record, and what was seen so far.
pub(crate) struct Source {
    path: PathBuf,
    buffer: RecordBuffer,
    compression: Option<Compression>,
    format: Format,
    /// Size of the file, where it is one.
    file_length: Option<u64>,
    current: Option<Record>,
    /// Of the current record.
    options: RecordOptions,
    packets: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    problem: Option<SourceProblem>,
    is_at_end: bool,
    comments: Vec<(PacketNumber, String)>,
    /// At the end, where it was asked for.
    hash: Option<SourceHash>,
}

enum Format {
    Pcap(PcapFile),
    Pcapng(PcapngFile),
    Snoop(SnoopFile),
}

impl Format {
    /// The record at the front of `window`, and what is behind it, where it is of the usual form.
    #[inline]
    fn whole_record<'a>(&mut self, window: &'a [u8]) -> Option<(WholeRecord<'a>, &'a [u8])> {
        match self {
            Self::Pcap(file) => file.whole_record(window),
            Self::Pcapng(file) => file.whole_record(window),
            // Such files are small: one record after the other will do.
            Self::Snoop(_) => None,
        }
    }
}

/// How much of the host a source may take while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Means {
    /// How many bytes are read at once.
    pub(super) chunk: usize,
    /// What a decoder may take.
    pub(super) decoder_memory: DecoderMemory,
    /// Whether the file stays open between two reads.
    pub(super) keeps_file_open: bool,
    /// Whether its bytes are hashed while they are read.
    pub(super) hashes: bool,
}

/// What is left of a stream when its packets have ended is read for its hash up to here, in bytes:
/// it may have no end.
const LONGEST_REST_OF_STREAM: u64 = 1 << 30;

/// What is read at once where little is open: it stays in a core's second cache until its packets
/// are looked at.
pub(super) const LARGE_CHUNK: usize = 1 << 18;

/// What is read at once for a first look, and where much is open.
pub(super) const SMALL_CHUNK: usize = 16 << 10;

impl Means {
    /// For one source.
    pub(super) const AMPLE: Self = Self {
        chunk: LARGE_CHUNK,
        decoder_memory: DecoderMemory::Ample,
        keeps_file_open: true,
        hashes: false,
    };

    /// For a look at the first packet.
    pub(super) const FIRST_LOOK: Self = Self {
        chunk: SMALL_CHUNK,
        ..Self::AMPLE
    };
}

impl Source {
    /// Opens a file, or standard input for `-`, and recognises its compression and format.
    pub(super) fn open(path: &Path, means: Means) -> Result<Self, OpenError> {
        let unreadable = |source| OpenError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let of_stream = Means {
            hashes: means.hashes,
            ..Means::AMPLE
        };
        if path == Path::new(STANDARD_INPUT) {
            return Self::from_stream(path, Box::new(io::stdin()), None, of_stream);
        }
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Self::from_stream(path, Box::new(file), None, of_stream);
        }
        let input: Box<dyn Read + Send> = if means.keeps_file_open {
            Box::new(file)
        } else {
            Box::new(ReopenedFile::new(path, &metadata))
        };
        Self::from_stream(path, input, Some(metadata.len()), means)
    }

    /// As [`Self::open`], from bytes that come from anywhere.
    pub(super) fn from_stream(
        path: &Path,
        input: Box<dyn Read + Send>,
        file_length: Option<u64>,
        means: Means,
    ) -> Result<Self, OpenError> {
        let Recognised {
            buffer,
            compression,
            format,
        } = recognise(path, on_input(input, means), means)?;
        Ok(Self {
            path: path.to_owned(),
            buffer,
            compression,
            format,
            file_length,
            current: None,
            options: RecordOptions::default(),
            packets: 0,
            first: None,
            last: None,
            problem: None,
            is_at_end: false,
            comments: Vec::new(),
            hash: None,
        })
    }

    /// Size of the file, where it is one.
    pub(super) fn file_length(&self) -> Option<u64> {
        self.file_length
    }

    /// How many bytes were read so far: of a compressed source, compressed bytes.
    pub(super) fn bytes_read(&self) -> u64 {
        self.buffer.bytes_read()
    }

    /// Whether it can be opened again to give the same packets.
    pub(crate) fn is_reopenable(&self) -> bool {
        self.file_length.is_some()
    }

    /// Goes on to the next record; its time, or `None` at the end or at a problem that ends the
    /// source.
    pub(crate) fn advance(&mut self) -> Option<Timestamp> {
        if let Some(record) = self.current.take() {
            self.buffer.consume(record.whole_length);
        }
        while !self.is_at_end {
            let next = match &mut self.format {
                Format::Pcap(file) => file.next(&mut self.buffer),
                Format::Pcapng(file) => file.next(&mut self.buffer),
                Format::Snoop(file) => file.next(&mut self.buffer),
            };
            match next {
                Ok(Some(record)) => {
                    self.take_options();
                    self.packets += 1;
                    self.first = Some(self.first.map_or(record.at, |first| first.min(record.at)));
                    self.last = self.last.max(Some(record.at));
                    self.current = Some(record);
                    self.keep_comment();
                    return Some(record.at);
                }
                Ok(None) => self.end(),
                Err(RecordError::DamagedWithin {
                    message,
                    whole_length,
                }) => {
                    let message = format!("{message}; it is left out");
                    self.note(RecordError::Damaged(message));
                    self.packets += 1;
                    self.buffer.consume(whole_length);
                }
                Err(error) => {
                    self.note(error);
                    self.end();
                }
            }
        }
        None
    }

    /// Gives the records that stand whole in what was read, as far as they are of the usual form;
    /// the current one first, when it was not given before; how many. None is current then. Where
    /// none is given, [`Self::advance`] goes on.
    #[inline]
    pub(crate) fn give_window(
        &mut self,
        source: SourceId,
        limit: WindowLimit,
        is_current_given: bool,
        give: impl FnMut(&Packet<'_>, u32),
    ) -> u64 {
        let current = self.current.take();
        let behind_current = current.map_or(0, |record| record.whole_length);
        let ungiven = current.filter(|_| !is_current_given);
        let window = self.buffer.available().get(behind_current..);
        let window = window.filter(|_| !self.is_at_end).unwrap_or_default();
        let frames_beside = self.frames_beside();
        let format = &mut self.format;
        let given = give_records(
            window,
            ungiven.map(|record| record.whole(&self.buffer, &self.options)),
            limit,
            (source, self.packets, frames_beside),
            |window| format.whole_record(window),
            give,
        );
        self.buffer.consume(behind_current + given.bytes);
        self.note_given(given);
        given.records + u64::from(ungiven.is_some())
    }

    /// How many frames before the current record are no packets.
    fn frames_beside(&self) -> u64 {
        match &self.format {
            Format::Pcap(_) | Format::Snoop(_) => 0,
            Format::Pcapng(file) => file.frames_beside(),
        }
    }

    fn note_given(&mut self, given: Given) {
        if given.records > 0 {
            let (earliest, latest) = given.times;
            self.packets += given.records;
            self.first = Some(self.first.map_or(earliest, |first| first.min(earliest)));
            self.last = self.last.max(Some(latest));
        }
    }

    /// No more is read of it, but for what its hash needs.
    fn end(&mut self) {
        self.is_at_end = true;
        let longest_rest = self.file_length.unwrap_or(LONGEST_REST_OF_STREAM);
        self.hash = self.buffer.take_hash(longest_rest);
    }

    /// Takes the options of the record that was read, and what is odd about it.
    fn take_options(&mut self) {
        self.options.clear();
        let oddity = match &mut self.format {
            Format::Pcapng(file) => {
                file.swap_options(&mut self.options);
                file.take_oddity()
            }
            Format::Pcap(file) => file.take_oddity(),
            Format::Snoop(_) => None,
        };
        if let Some(oddity) = oddity {
            self.note(RecordError::Odd(oddity));
        }
    }

    fn keep_comment(&mut self) {
        if let Format::Pcapng(file) = &mut self.format
            && let Some(text) = file.take_comment()
            && self.comments.len() < packet_comment::KEPT
        {
            let number = self.packets + file.frames_beside();
            self.comments.push((PacketNumber(number), text));
        }
    }

    /// The comments on packets that the source has told since the last call.
    pub(super) fn take_comments(&mut self) -> Vec<(PacketNumber, String)> {
        std::mem::take(&mut self.comments)
    }

    /// Keeps what is the first problem of the source: what follows may come from it. What is merely
    /// odd gives way to what cannot be read.
    fn note(&mut self, error: RecordError) {
        let problem = self.describe(error);
        let known = self.problem.as_ref().map(|problem| problem.kind);
        if known.is_none_or(|known| known == ProblemKind::Odd && problem.kind != known) {
            self.problem = Some(problem);
        }
    }

    /// The names of addresses that the source has told since the last call.
    pub(super) fn take_names(&mut self) -> Vec<ResolvedName> {
        match &mut self.format {
            Format::Pcap(_) | Format::Snoop(_) => Vec::new(),
            Format::Pcapng(file) => file.take_names(),
        }
    }

    /// The packet of the current record.
    pub(crate) fn packet(&self, source: SourceId) -> Option<Packet<'_>> {
        self.current.map(|record| Packet {
            place: PacketPlace {
                at: record.at,
                source,
                number: PacketNumber(self.packets + self.frames_beside()),
            },
            link_type: record.link_type,
            bytes: record.bytes(&self.buffer),
            wire_length: record.wire_length,
            captured_on: record.captured_on,
            options: self.options.if_any(),
        })
    }

    /// The interface of the current record, by its id.
    pub(crate) fn interface(&self) -> u32 {
        self.current.map_or(0, |record| record.interface)
    }

    /// What is known so far.
    pub(crate) fn facts(&self) -> SourceFacts {
        let (statistics, lost_between) = match &self.format {
            Format::Pcap(_) => (None, None),
            Format::Snoop(file) => (None, file.dropped()),
            Format::Pcapng(file) => (Some(file.statistics()), file.lost_between()),
        };
        SourceFacts {
            path: self.path.clone(),
            format: match self.format {
                Format::Pcap(_) => "pcap",
                Format::Pcapng(_) => "pcapng",
                Format::Snoop(_) => "snoop",
            },
            compression: self.compression,
            bytes: self.file_length.unwrap_or_else(|| {
                let hashed = self.hash.as_ref().map(|hash| hash.bytes);
                hashed.unwrap_or(self.buffer.bytes_read())
            }),
            sha256: self.hash.as_ref().map(|hash| hash.sha256.clone()),
            packets: self.packets,
            first: self.first,
            last: self.last,
            watched_until: statistics.and_then(|statistics| statistics.watched_until),
            dropped_by_interface: statistics.and_then(|statistics| statistics.dropped_by_interface),
            dropped_by_kernel: statistics
                .and_then(|statistics| statistics.dropped_by_kernel)
                .or(lost_between),
            interfaces: match &self.format {
                Format::Pcap(file) => vec![file.interface()],
                Format::Pcapng(file) => file.interfaces().to_vec(),
                Format::Snoop(file) => vec![file.interface()],
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
            RecordError::Damaged(message) | RecordError::DamagedWithin { message, .. } => {
                (ProblemKind::Damaged, message)
            }
            RecordError::Odd(message) => (ProblemKind::Odd, message.to_owned()),
            RecordError::Io(error) => describe_io(&error),
        };
        SourceProblem {
            at_byte: self.buffer.offset(),
            at_packet: self.packets + 1,
            kind,
            message,
        }
    }
}

fn on_input(input: Box<dyn Read + Send>, means: Means) -> RecordBuffer {
    if means.hashes {
        // Of files that are not kept open there may be thousands at once.
        let input = HashedInput::new(input, means.keeps_file_open);
        RecordBuffer::hashing(input, means.chunk)
    } else {
        RecordBuffer::new(input, means.chunk)
    }
}

fn describe_io(error: &io::Error) -> (ProblemKind, String) {
    match DecompressionError::inside(error) {
        Some(cut @ DecompressionError::CutShort(_)) => {
            (ProblemKind::Truncated, format!("is cut short: {cut}"))
        }
        _ => (ProblemKind::Damaged, format!("cannot be read: {error}")),
    }
}
