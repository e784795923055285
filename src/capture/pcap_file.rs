//! Records of a classic pcap file: both byte orders, microseconds and nanoseconds, the variants
//! with longer record headers, those of AIX and Ixia, and the files older than version 2.3 whose
//! two lengths stand in the other order.

use super::byte_order::ByteOrder;
use super::interface::Interface;
use super::pcap_variant::{self, RecordHeader};
use super::problem::RecordError;
use super::record::{Record, record_limit};
use super::record_buffer::RecordBuffer;
use super::time_unit::TimeUnit;
use super::window::WholeRecord;
use super::{CapturedOn, LinkType, Timestamp};

/// Bytes of the file header.
const FILE_HEADER_LENGTH: usize = 24;

/// What every variant of a record's header starts with: time and lengths.
const USUAL_RECORD_HEADER: usize = 16;

/// What Ixia's two variants have behind it: the length of all records.
const IXIA_EXTRA: usize = 4;

/// How the records of one pcap file are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct PcapFile {
    order: ByteOrder,
    nanoseconds_per_unit: i64,
    record_header_length: usize,
    lengths: Lengths,
    link_type: LinkType,
    snap_length: u32,
    /// How many bytes a record may claim to hold.
    record_limit: u32,
    /// Whether its records are written as nearly all are.
    is_usual: bool,
    /// A fraction of a second that cannot be one.
    impossible_fraction: u32,
    /// What is odd about the times from the record read last on.
    oddity: Option<&'static str>,
}

/// Two seconds in microseconds: some writers forget to carry one, none two. Beyond that,
/// nanoseconds are meant.
const IMPOSSIBLE_MICROSECONDS: u32 = 2_000_000;

/// How many records are looked at for such a fraction before the first is read: some nanoseconds
/// would pass for microseconds.
const RECORDS_LOOKED_AT: usize = 64;

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
    nanoseconds_per_unit: i64,
    record_header: RecordHeader,
    /// Bytes of the file header.
    file_header_length: usize,
}

impl Magic {
    fn recognise(first: &[u8]) -> Option<Self> {
        use RecordHeader::{Usual, WithInterface};
        let ixia = FILE_HEADER_LENGTH + IXIA_EXTRA;
        let magic = |order, nanoseconds_per_unit, record_header, file_header_length| {
            Some(Self {
                order,
                nanoseconds_per_unit,
                record_header,
                file_header_length,
            })
        };
        let usual =
            |order, unit, record_header| magic(order, unit, record_header, FILE_HEADER_LENGTH);
        match *first.first_chunk()? {
            [0xa1, 0xb2, 0xc3, 0xd4] => usual(ByteOrder::Big, 1_000, Usual),
            [0xd4, 0xc3, 0xb2, 0xa1] => usual(ByteOrder::Little, 1_000, Usual),
            [0xa1, 0xb2, 0x3c, 0x4d] => usual(ByteOrder::Big, 1, Usual),
            [0x4d, 0x3c, 0xb2, 0xa1] => usual(ByteOrder::Little, 1, Usual),
            [0xa1, 0xb2, 0xcd, 0x34] => usual(ByteOrder::Big, 1_000, WithInterface),
            [0x34, 0xcd, 0xb2, 0xa1] => usual(ByteOrder::Little, 1_000, WithInterface),
            [0x1c, 0x00, 0x01, 0xac] => magic(ByteOrder::Big, 1, Usual, ixia),
            [0xac, 0x01, 0x00, 0x1c] => magic(ByteOrder::Little, 1, Usual, ixia),
            [0x1c, 0x00, 0x01, 0xab] => magic(ByteOrder::Big, 1_000, Usual, ixia),
            [0xab, 0x01, 0x00, 0x1c] => magic(ByteOrder::Little, 1_000, Usual, ixia),
            _ => None,
        }
    }
}

/// The version that DG/UX writes.
const DG_UX: (u16, u16) = (543, 0);

/// AIX writes version 2.2, times in nanoseconds, and the interface's type by RFC 1573 where others
/// have a link type; the numbers meant little else when version 2.2 was current.
fn aix_link_type(interface_type: u32) -> Option<LinkType> {
    const TOKEN_RING: LinkType = LinkType(6);
    const FDDI: LinkType = LinkType(10);
    match interface_type {
        6 => Some(LinkType::ETHERNET),
        9 => Some(TOKEN_RING),
        15 => Some(FDDI),
        24 => Some(LinkType::NULL),
        _ => None,
    }
}

impl PcapFile {
    /// Whether a file that starts so is a pcap file.
    pub(super) fn is_recognised(first: &[u8]) -> bool {
        Magic::recognise(first).is_some()
    }

    /// Reads the file header.
    pub(super) fn open(buffer: &mut RecordBuffer) -> Result<Self, RecordError> {
        let missing = || RecordError::Damaged("no pcap file header".to_owned());
        let Magic {
            order,
            nanoseconds_per_unit,
            record_header,
            file_header_length,
        } = Magic::recognise(buffer.available()).ok_or_else(missing)?;
        if !buffer.ensure(file_header_length)? {
            return Err(RecordError::Truncated {
                present: buffer.available().len(),
                wanted: file_header_length,
            });
        }
        let header = buffer.available();
        let version = (
            order.u16(header, 4).ok_or_else(missing)?,
            order.u16(header, 6).ok_or_else(missing)?,
        );
        let snap_length = order.u32(header, 16).ok_or_else(missing)?;
        // The upper bits tell the length of a frame check sequence.
        let network = order.u32(header, 20).ok_or_else(missing)? & 0x03ff_ffff;
        buffer.consume(file_header_length);
        let lengths = match version {
            (2, 0..=2) | DG_UX => Lengths::WireFirst,
            (2, 3) => Lengths::Unknown,
            _ => Lengths::CapturedFirst,
        };
        let record_header = if lengths == Lengths::CapturedFirst && nanoseconds_per_unit > 1 {
            pcap_variant::choose(record_header, order, snap_length, buffer)
        } else {
            record_header
        };
        let aix = aix_link_type(network).filter(|_| version == (2, 2));
        let nanoseconds_per_unit = aix.map_or(nanoseconds_per_unit, |_| 1);
        let mut file = Self {
            order,
            nanoseconds_per_unit,
            record_header_length: record_header.length(),
            lengths,
            link_type: aix.unwrap_or(LinkType(network)),
            snap_length,
            record_limit: record_limit(snap_length),
            is_usual: record_header.length() == USUAL_RECORD_HEADER
                && lengths == Lengths::CapturedFirst,
            impossible_fraction: if nanoseconds_per_unit == 1 {
                u32::MAX
            } else {
                IMPOSSIBLE_MICROSECONDS
            },
            oddity: None,
        };
        file.look_at_fractions(buffer.available());
        Ok(file)
    }

    /// Whether one of the first records has nanoseconds where the file says microseconds.
    fn look_at_fractions(&mut self, mut records: &[u8]) {
        for _ in 0..RECORDS_LOOKED_AT {
            let Some(record) = self.record_header(records) else {
                return;
            };
            self.note_fraction(records);
            let length = self.record_header_length + record.captured_length;
            records = records.get(length..).unwrap_or_default();
        }
    }

    /// Reads nanoseconds from now on, if the record at the front cannot mean microseconds.
    fn note_fraction(&mut self, record: &[u8]) {
        let fraction = self.order.u32(record, 4).unwrap_or_default();
        if fraction >= self.impossible_fraction {
            self.nanoseconds_per_unit = 1;
            self.impossible_fraction = u32::MAX;
            self.oddity = Some(
                "is in a file whose times cannot be in microseconds, as it says: nanoseconds are meant, and are read",
            );
        }
    }

    /// What is odd about the record read last, though it is read; it is not told again.
    pub(super) fn take_oddity(&mut self) -> Option<&'static str> {
        self.oddity.take()
    }

    /// The one interface of such a file.
    pub(super) fn interface(&self) -> Interface {
        Interface {
            id: 0,
            name: None,
            description: None,
            filter: None,
            others: Vec::new(),
            is_of_windows: false,
            link_type: self.link_type,
            snap_length: self.snap_length,
            time_unit: TimeUnit::of_nanoseconds(self.nanoseconds_per_unit == 1),
        }
    }

    /// The record at the front of `buffer`; `None` at the end of the file.
    pub(super) fn next(
        &mut self,
        buffer: &mut RecordBuffer,
    ) -> Result<Option<Record>, RecordError> {
        if !buffer.ensure(self.record_header_length)? {
            return match buffer.available().len() {
                0 => Ok(None),
                present => Err(RecordError::Truncated {
                    present,
                    wanted: self.record_header_length,
                }),
            };
        }
        self.note_fraction(buffer.available());
        let mut record = self
            .record_header(buffer.available())
            .ok_or(RecordError::Truncated {
                present: buffer.available().len(),
                wanted: self.record_header_length,
            })?;
        if record.captured_length > self.record_limit as usize {
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

    /// The record at the front of `window`, and what is behind it. `None` in a file of one of the
    /// rarer variants, and when it is not whole or cannot be true: [`Self::next`] tells.
    #[inline]
    pub(super) fn whole_record<'a>(&self, window: &'a [u8]) -> Option<(WholeRecord<'a>, &'a [u8])> {
        let (header, rest) = window.split_first_chunk::<USUAL_RECORD_HEADER>()?;
        let [seconds, fraction, captured_length, wire_length] = self.order.four_u32(header);
        let is_odd = fraction >= self.impossible_fraction;
        if !self.is_usual || is_odd || captured_length > self.record_limit {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked(captured_length as usize)?;
        let record = WholeRecord {
            at: self.time(seconds, fraction),
            link_type: Some(self.link_type),
            interface: 0,
            bytes,
            wire_length,
            captured_on: CapturedOn::default(),
            options: None,
        };
        Some((record, rest))
    }

    /// At most 2³² times 10⁹ and 2³² times 1,000: less than 2⁶³.
    #[inline]
    fn time(&self, seconds: u32, fraction: u32) -> Timestamp {
        Timestamp::from_nanoseconds(
            i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * self.nanoseconds_per_unit,
        )
    }

    fn record_header(&self, header: &[u8]) -> Option<Record> {
        let header: &[u8; USUAL_RECORD_HEADER] = header.first_chunk()?;
        let [seconds, fraction, first, second] = self.order.four_u32(header);
        let (captured_length, wire_length) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::Unknown => (first.min(second), first.max(second)),
        };
        Some(Record {
            at: self.time(seconds, fraction),
            link_type: Some(self.link_type),
            interface: 0,
            header_length: self.record_header_length,
            captured_length: usize::try_from(captured_length).ok()?,
            whole_length: 0,
            wire_length,
            captured_on: CapturedOn::default(),
        })
    }
}
