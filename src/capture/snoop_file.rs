//! Records of a snoop file (RFC 1761): what Solaris, Check Point's `fw monitor` and Shomiti's
//! analysers write. All numbers are big-endian.

use super::byte_order::ByteOrder;
use super::interface::Interface;
use super::problem::RecordError;
use super::record::{Record, record_limit};
use super::record_buffer::RecordBuffer;
use super::time_unit::TimeUnit;
use super::{CapturedOn, LinkType, Timestamp};

const MAGIC: &[u8; 8] = b"snoop\0\0\0";

/// Magic, version, data link type.
const FILE_HEADER: usize = 16;

/// Length on the wire, captured length, length of the record, packets dropped so far, seconds,
/// microseconds.
const RECORD_HEADER: usize = 24;

/// What Shomiti's analysers put behind each packet; others pad by a few bytes.
const SHOMITI_TRAILER: u32 = 16;

/// How the records of one snoop file are written.
#[derive(Debug)]
pub(super) struct SnoopFile {
    link_type: LinkType,
    /// Packets dropped until the latest record, as that says.
    dropped: u32,
}

impl SnoopFile {
    /// Whether a file that starts so is a snoop file.
    pub(super) fn is_recognised(first: &[u8]) -> bool {
        first.starts_with(MAGIC)
    }

    /// Reads the file header; the first record tells whose numbers its data link type has.
    pub(super) fn open(buffer: &mut RecordBuffer) -> Result<Self, RecordError> {
        if !buffer.ensure(FILE_HEADER)? {
            return Err(RecordError::Truncated {
                present: buffer.available().len(),
                wanted: FILE_HEADER,
            });
        }
        let field = |header: &[u8], offset| ByteOrder::Big.u32(header, offset).unwrap_or_default();
        let version = field(buffer.available(), 8);
        let data_link = field(buffer.available(), 12);
        buffer.consume(FILE_HEADER);
        if !(2..=5).contains(&version) {
            return Err(RecordError::Damaged(format!(
                "a snoop capture of version {version}; versions 2 to 5 are read"
            )));
        }
        let is_shomiti = buffer.ensure(RECORD_HEADER)? && {
            let header = buffer.available();
            let padding = field(header, 8)
                .saturating_sub(field(header, 4))
                .saturating_sub(24);
            padding >= SHOMITI_TRAILER
        };
        let link_type = link_type(data_link, is_shomiti).ok_or_else(|| {
            RecordError::Damaged(format!(
                "a snoop capture of data link type {data_link}, which is not read"
            ))
        })?;
        Ok(Self {
            link_type,
            dropped: 0,
        })
    }

    /// The one interface of such a file.
    pub(super) fn interface(&self) -> Interface {
        Interface {
            time_unit: TimeUnit::MICROSECONDS,
            ..Interface::undescribed(0, self.link_type)
        }
    }

    /// Packets dropped by the host, where the records count any.
    pub(super) fn dropped(&self) -> Option<u64> {
        (self.dropped > 0).then_some(u64::from(self.dropped))
    }

    /// The record at the front of `buffer`; `None` at the end of the file.
    pub(super) fn next(
        &mut self,
        buffer: &mut RecordBuffer,
    ) -> Result<Option<Record>, RecordError> {
        if !buffer.ensure(RECORD_HEADER)? {
            return match buffer.available().len() {
                0 => Ok(None),
                present => Err(RecordError::Truncated {
                    present,
                    wanted: RECORD_HEADER,
                }),
            };
        }
        let field = |offset| {
            let field = ByteOrder::Big.u32(buffer.available(), offset);
            field.unwrap_or_default()
        };
        let (wire_length, captured, whole) = (field(0), field(4), field(8));
        let (dropped, seconds, microseconds) = (field(12), field(16), field(20));
        let (captured_length, whole_length) = (captured as usize, whole as usize);
        if whole > record_limit(0) {
            return Err(RecordError::Damaged(format!("claims {whole} bytes")));
        }
        if whole_length < RECORD_HEADER + captured_length {
            return Err(RecordError::Damaged(format!(
                "claims {captured} bytes in a record of {whole}"
            )));
        }
        if !buffer.ensure(whole_length)? {
            // The last record may lack its padding.
            let present = buffer.available().len();
            if present < RECORD_HEADER + captured_length {
                return Err(RecordError::Truncated {
                    present,
                    wanted: whole_length,
                });
            }
        }
        self.dropped = self.dropped.max(dropped);
        let nanoseconds = i64::from(seconds) * 1_000_000_000 + i64::from(microseconds) * 1_000;
        Ok(Some(Record {
            at: Timestamp::from_nanoseconds(nanoseconds),
            link_type: Some(self.link_type),
            interface: 0,
            header_length: RECORD_HEADER,
            captured_length,
            whole_length: whole_length.min(buffer.available().len()),
            wire_length,
            captured_on: CapturedOn::default(),
        }))
    }
}

/// Data link types as Solaris numbers them, or as Shomiti does where RFC 1761 leaves them open;
/// those of private use have the highest bit.
fn link_type(data_link: u32, is_shomiti: bool) -> Option<LinkType> {
    match (data_link, is_shomiti) {
        (0 | 4, _) | (10 | 12 | 19, true) => Some(LinkType::ETHERNET),
        (2, _) | (11 | 13 | 14, true) => Some(LinkType::IEEE802_5),
        (8, _) => Some(LinkType::FDDI),
        (9 | 14, false) => Some(LinkType::NULL),
        (0x8000_0001 | 0x8000_0002, false) => Some(LinkType::RAW),
        (0x8000_0005, false) => Some(LinkType::IPNET),
        _ => None,
    }
}
