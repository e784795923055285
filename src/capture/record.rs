//! The next record of a source, whatever its file format.

use super::record_buffer::RecordBuffer;
use super::record_options::RecordOptions;
use super::window::WholeRecord;
use super::{CapturedOn, LinkType, Timestamp};

/// The largest record believed, unless the file itself announces a larger snap length: libpcap's
/// `MAXIMUM_SNAPLEN`.
const USUAL_RECORD_LIMIT: u32 = 262_144;

/// The largest record believed at all: libpcap's limit for the link types with the largest records.
const RECORD_LIMIT: u32 = 128 << 20;

/// How many bytes a record may claim to hold, given what its file announces.
pub(super) fn record_limit(announced_snap_length: u32) -> u32 {
    announced_snap_length.clamp(USUAL_RECORD_LIMIT, RECORD_LIMIT)
}

/// A record at the front of the buffer: how it is framed and what its header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    /// Capture time.
    pub(crate) at: Timestamp,
    /// `None` when its interface was never declared.
    pub(crate) link_type: Option<LinkType>,
    /// The [`super::Interface`] it was captured on, by its id.
    pub(crate) interface: u32,
    /// Bytes of the record before the captured ones.
    pub(crate) header_length: usize,
    /// How many bytes were captured.
    pub(crate) captured_length: usize,
    /// Bytes of the whole record: header, packet, padding, trailer.
    pub(crate) whole_length: usize,
    /// How many bytes the packet had on the wire.
    pub(crate) wire_length: u32,
    /// Where on its host it was captured.
    pub(crate) captured_on: CapturedOn,
}

impl Record {
    /// With its bytes, while it stands at the front of `buffer`.
    pub(super) fn whole<'a>(
        self,
        buffer: &'a RecordBuffer,
        options: &'a RecordOptions,
    ) -> WholeRecord<'a> {
        WholeRecord {
            at: self.at,
            link_type: self.link_type,
            interface: self.interface,
            bytes: self.bytes(buffer),
            wire_length: self.wire_length,
            captured_on: self.captured_on,
            options: options.if_any(),
        }
    }

    /// The captured bytes, while the record stands at the front of `buffer`.
    pub(crate) fn bytes<'a>(&self, buffer: &'a RecordBuffer) -> &'a [u8] {
        buffer
            .available()
            .get(self.header_length..self.header_length + self.captured_length)
            .unwrap_or_default()
    }
}
