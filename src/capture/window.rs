//! The records that stand whole in what was read, given one after the other: without asking for
//! each of them which source comes next, of which format it is and whether there is more to be
//! read.

#[cfg(test)]
mod tests;

use super::packet::Packet;
use super::{CapturedOn, LinkType, PacketNumber, PacketPlace, RecordOptions, SourceId, Timestamp};

/// Up to where records are given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowLimit {
    /// How many records at most.
    pub(crate) records: usize,
    /// The first record of this time or later ends it: another source may come first.
    pub(crate) before: Option<Timestamp>,
}

impl WindowLimit {
    /// Whether a record of this time is still to be given.
    #[inline]
    fn reaches(self, at: Timestamp) -> bool {
        self.before.is_none_or(|before| at < before)
    }
}

/// A record, whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct WholeRecord<'a> {
    /// Capture time.
    pub(super) at: Timestamp,
    /// What its bytes start with.
    pub(super) link_type: Option<LinkType>,
    /// The interface that it was captured on, by its id.
    pub(super) interface: u32,
    /// The captured bytes.
    pub(super) bytes: &'a [u8],
    /// How many bytes the packet had on the wire.
    pub(super) wire_length: u32,
    pub(super) captured_on: CapturedOn,
    pub(super) options: Option<&'a RecordOptions>,
}

/// What became of a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    /// How many records were read in it.
    pub(super) records: u64,
    /// How many bytes they took.
    pub(super) bytes: usize,
    /// The earliest and the latest time; the other way round when there are none.
    pub(super) times: (Timestamp, Timestamp),
}

/// Gives `current`, the record before the window, if there is one, and then those at the front of
/// `window` that `read` finds there, with what is behind each of them. The first that it does not
/// find ends the window, and is left to whoever reads one record after the other. `read_before` is
/// how many records of the source were read before the window, the current one included.
#[inline]
pub(super) fn give_records<'a>(
    mut window: &'a [u8],
    mut current: Option<WholeRecord<'a>>,
    limit: WindowLimit,
    (source, read_before, frames_beside): (SourceId, u64, u64),
    mut read: impl FnMut(&'a [u8]) -> Option<(WholeRecord<'a>, &'a [u8])>,
    mut give: impl FnMut(&Packet<'_>, u32),
) -> Given {
    let length = window.len();
    let (mut earliest, mut latest) = (Timestamp::LATEST, Timestamp::EARLIEST);
    let mut number = read_before;
    let end = read_before
        .saturating_add(limit.records as u64)
        .saturating_sub(u64::from(current.is_some()));
    loop {
        // One place from which records are given: all that is done with a packet is woven into this
        // loop.
        let record = match current.take() {
            Some(current) => current,
            None if number == end => break,
            None => match read(window) {
                Some((record, rest)) if limit.reaches(record.at) => {
                    number += 1;
                    earliest = earliest.min(record.at);
                    latest = latest.max(record.at);
                    window = rest;
                    record
                }
                _ => break,
            },
        };
        let packet = Packet {
            place: PacketPlace {
                at: record.at,
                source,
                number: PacketNumber(number + frames_beside),
            },
            link_type: record.link_type,
            bytes: record.bytes,
            wire_length: record.wire_length,
            captured_on: record.captured_on,
            options: record.options,
        };
        give(&packet, record.interface);
    }
    Given {
        records: number - read_before,
        bytes: length - window.len(),
        times: (earliest, latest),
    }
}
