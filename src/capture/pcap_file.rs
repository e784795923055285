//! Records of a classic pcap file: both byte orders, microseconds and nanoseconds, the modified-header variant and
//! the files older than version 2.3 whose two lengths stand in the other order.

use super::byte_order::ByteOrder;
use super::interface::Interface;
use super::problem::RecordError;
use super::record::{Record, record_limit};
use super::record_buffer::RecordBuffer;
use super::{LinkType, Timestamp};

/// Bytes of the file header.
const FILE_HEADER_LENGTH: usize = 24;

/// How the records of one pcap file are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct PcapFile {
    order: ByteOrder,
    nanoseconds_per_unit: i128,
    record_header_length: usize,
    lengths: Lengths,
    link_type: LinkType,
    snap_length: u32,
}

/// In which order a record header has the captured length and the length on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    /// Version 2.3 was written either way: the smaller one is the captured length.
    Unknown,
}

/// What the first four bytes say, if they are a pcap file's.
struct Magic {
    order: ByteOrder,
    nanoseconds_per_unit: i128,
    record_header_length: usize,
}

impl Magic {
    fn recognise(first: &[u8]) -> Option<Self> {
        let magic = |order, nanoseconds_per_unit, record_header_length| {
            Some(Self {
                order,
                nanoseconds_per_unit,
                record_header_length,
            })
        };
        match *first.first_chunk()? {
            [0xa1, 0xb2, 0xc3, 0xd4] => magic(ByteOrder::Big, 1_000, 16),
            [0xd4, 0xc3, 0xb2, 0xa1] => magic(ByteOrder::Little, 1_000, 16),
            [0xa1, 0xb2, 0x3c, 0x4d] => magic(ByteOrder::Big, 1, 16),
            [0x4d, 0x3c, 0xb2, 0xa1] => magic(ByteOrder::Little, 1, 16),
            // Modified by Alexey Kuznetsov: interface index, protocol and packet type follow the lengths.
            [0xa1, 0xb2, 0xcd, 0x34] => magic(ByteOrder::Big, 1_000, 24),
            [0x34, 0xcd, 0xb2, 0xa1] => magic(ByteOrder::Little, 1_000, 24),
            _ => None,
        }
    }
}

impl PcapFile {
    /// Whether a file that starts so is a pcap file.
    pub(super) fn is_recognised(first: &[u8]) -> bool {
        Magic::recognise(first).is_some()
    }

    /// Reads the file header.
    pub(super) fn open(buffer: &mut RecordBuffer) -> Result<Self, RecordError> {
        if !buffer.ensure(FILE_HEADER_LENGTH)? {
            return Err(RecordError::Truncated {
                present: buffer.available().len(),
                wanted: FILE_HEADER_LENGTH,
            });
        }
        let header = buffer.available();
        let missing = || RecordError::Damaged("no pcap file header".to_owned());
        let Magic {
            order,
            nanoseconds_per_unit,
            record_header_length,
        } = Magic::recognise(header).ok_or_else(missing)?;
        let version = (
            order.u16(header, 4).ok_or_else(missing)?,
            order.u16(header, 6).ok_or_else(missing)?,
        );
        let snap_length = order.u32(header, 16).ok_or_else(missing)?;
        let network = order.u32(header, 20).ok_or_else(missing)?;
        let file = Self {
            order,
            nanoseconds_per_unit,
            record_header_length,
            lengths: match version {
                (2, 0..=2) => Lengths::WireFirst,
                (2, 3) => Lengths::Unknown,
                _ => Lengths::CapturedFirst,
            },
            // The upper bits tell the length of a frame check sequence.
            link_type: LinkType(network & 0x03ff_ffff),
            snap_length,
        };
        buffer.consume(FILE_HEADER_LENGTH);
        Ok(file)
    }

    /// The one interface of such a file.
    pub(super) fn interface(&self) -> Interface {
        Interface {
            id: 0,
            name: None,
            link_type: self.link_type,
            snap_length: self.snap_length,
        }
    }

    /// The record at the front of `buffer`; `None` at the end of the file.
    pub(super) fn next(&self, buffer: &mut RecordBuffer) -> Result<Option<Record>, RecordError> {
        if !buffer.ensure(self.record_header_length)? {
            return match buffer.available().len() {
                0 => Ok(None),
                present => Err(RecordError::Truncated {
                    present,
                    wanted: self.record_header_length,
                }),
            };
        }
        let mut record = self
            .record_header(buffer.available())
            .ok_or(RecordError::Truncated {
                present: buffer.available().len(),
                wanted: self.record_header_length,
            })?;
        let limit = record_limit(self.snap_length);
        if record.captured_length > limit as usize {
            return Err(RecordError::Damaged(format!(
                "claims {} bytes",
                record.captured_length
            )));
        }
        record.whole_length = self.record_header_length + record.captured_length;
        if !buffer.ensure(record.whole_length)? {
            return Err(RecordError::Truncated {
                present: buffer.available().len(),
                wanted: record.whole_length,
            });
        }
        Ok(Some(record))
    }

    fn record_header(&self, header: &[u8]) -> Option<Record> {
        let seconds = self.order.u32(header, 0)?;
        let fraction = self.order.u32(header, 4)?;
        let first = self.order.u32(header, 8)?;
        let second = self.order.u32(header, 12)?;
        let (captured_length, wire_length) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::Unknown => (first.min(second), first.max(second)),
        };
        let nanoseconds =
            i128::from(seconds) * 1_000_000_000 + i128::from(fraction) * self.nanoseconds_per_unit;
        Some(Record {
            at: Timestamp::from_wide_nanoseconds(nanoseconds),
            link_type: Some(self.link_type),
            header_length: self.record_header_length,
            captured_length: usize::try_from(captured_length).ok()?,
            whole_length: 0,
            wire_length,
        })
    }
}
