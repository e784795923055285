//! Capture files, as far as they are needed here: little-endian, one Ethernet interface.

use std::io::{self, Write};

use super::payload::FULL_SEGMENT;

/// 2026-01-01T00:00:00Z in microseconds since 1970.
const START: u64 = 1_767_225_600_000_000;

/// How many bytes are collected before they are written.
const BUFFERED: usize = 1 << 20;

/// More than any record takes: headers of record, Ethernet, IP and TCP, and a full segment.
const LARGEST_RECORD: u64 = FULL_SEGMENT as u64 + 128;

/// Captured bytes are never cut.
const SNAP_LENGTH: u32 = 262_144;

/// The format of a capture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Classic pcap with microseconds
    Pcap,
    /// One section, one interface with nanoseconds, enhanced packet blocks
    Pcapng,
}

/// What was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// How many packets.
    pub(super) packets: u64,
    /// How many bytes the file has.
    pub(super) bytes: u64,
    /// The last packet's time, in microseconds since the first.
    pub(super) last: u64,
}

/// A capture file in the making.
#[derive(Debug)]
pub(super) struct CaptureFile<W> {
    output: W,
    format: Format,
    /// Whole records that are not yet written.
    buffer: Vec<u8>,
    /// The frame of the current record.
    frame: Vec<u8>,
    limit: u64,
    written: Written,
}

impl<W: Write> CaptureFile<W> {
    /// Starts a file of about `limit` bytes.
    pub(super) fn begin(output: W, format: Format, limit: u64) -> io::Result<Self> {
        let mut file = Self {
            output,
            format,
            buffer: Vec::with_capacity(BUFFERED + 4096),
            frame: Vec::with_capacity(2048),
            limit,
            written: Written {
                packets: 0,
                bytes: 0,
                last: 0,
            },
        };
        match format {
            Format::Pcap => file.begin_pcap(),
            Format::Pcapng => file.begin_pcapng(),
        }
        file.flush()?;
        Ok(file)
    }

    /// Whether the largest record still fits, and `reserve` bytes besides.
    pub(super) fn has_room(&self, reserve: u64) -> bool {
        self.written.bytes + LARGEST_RECORD + reserve <= self.limit
    }

    /// Adds the frame that `fill` appends to an empty buffer, captured `at` microseconds after the
    /// start.
    pub(super) fn add(&mut self, at: u64, fill: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.frame.clear();
        fill(&mut self.frame);
        let before = self.buffer.len();
        let length = u32::try_from(self.frame.len()).unwrap_or(u32::MAX);
        match self.format {
            Format::Pcap => self.add_record(START + at, length),
            Format::Pcapng => self.add_block(START + at, length),
        }
        self.written.packets += 1;
        self.written.bytes += (self.buffer.len() - before) as u64;
        self.written.last = at;
        if self.buffer.len() >= BUFFERED {
            self.output.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(&mut self) -> io::Result<Written> {
        self.output.write_all(&self.buffer)?;
        self.buffer.clear();
        self.output.flush()?;
        Ok(self.written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.written.bytes += self.buffer.len() as u64;
        self.output.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn begin_pcap(&mut self) {
        self.put(0xa1b2_c3d4);
        self.put(2 | 4 << 16);
        self.put(0);
        self.put(0);
        self.put(SNAP_LENGTH);
        self.put(1);
    }

    fn add_record(&mut self, microseconds: u64, length: u32) {
        self.put(low(microseconds / 1_000_000));
        self.put(low(microseconds % 1_000_000));
        self.put(length);
        self.put(length);
        self.buffer.extend_from_slice(&self.frame);
    }

    /// A section header block of unknown length, and an interface description block with
    /// `if_tsresol` 9.
    fn begin_pcapng(&mut self) {
        for word in [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28] {
            self.put(word);
        }
        for word in [1, 32, 1, SNAP_LENGTH, 9 | 1 << 16, 9, 0, 32] {
            self.put(word);
        }
    }

    fn add_block(&mut self, microseconds: u64, length: u32) {
        let nanoseconds = microseconds * 1000;
        let padded = length.next_multiple_of(4);
        let block_length = padded + 32;
        let high = low(nanoseconds >> 32);
        for word in [6, block_length, 0, high, low(nanoseconds), length, length] {
            self.put(word);
        }
        self.buffer.extend_from_slice(&self.frame);
        for _ in length..padded {
            self.buffer.push(0);
        }
        self.put(block_length);
    }

    fn put(&mut self, word: u32) {
        self.buffer.extend_from_slice(&word.to_le_bytes());
    }
}

/// The lower 32 bits.
fn low(number: u64) -> u32 {
    u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0)
}
