//! Variants of pcap that have the magic of another one: told apart by whether the first records
//! make sense.

use super::byte_order::ByteOrder;
use super::record::record_limit;
use super::record_buffer::RecordBuffer;

/// How many records are looked at.
const RECORDS: usize = 3;

/// A fraction of a second is below this; all these variants count microseconds.
const MICROSECONDS: u32 = 1_000_000;

/// The longest packet believed to have been on a wire.
const LONGEST_PACKET: u32 = 128 << 20;

/// When interfaces had indices in record headers, no host had more.
const INTERFACES: u32 = 10_000;

/// How a record header goes on after its two lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordHeader {
    /// It does not.
    Usual,
    /// Interface index, protocol, packet type: the patches of 1999-04-17 and 1999-10-29 by Alexey
    /// Kuznetsov.
    WithInterface,
    /// As [`Self::WithInterface`], and processors: the patch of 1999-09-15.
    WithProcessors,
    /// Four bytes that nobody knows: Nokia.
    Nokia,
}

impl RecordHeader {
    /// Its length in bytes.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Usual => 16,
            Self::Nokia => 20,
            Self::WithInterface => 24,
            Self::WithProcessors => 28,
        }
    }

    /// The others that are written with the same magic.
    const fn others(self) -> &'static [Self] {
        match self {
            Self::Usual => &[Self::WithInterface, Self::Nokia],
            Self::WithInterface => &[Self::WithProcessors],
            Self::WithProcessors | Self::Nokia => &[],
        }
    }
}

/// What the first records say of a record header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// They make sense, and so many of them, or all there are, that it is no chance.
    Proven,
    /// They make sense as far as they are there: the file ends inside one of them.
    Open,
    Contradicted,
}

/// The record header with which the records from the front of `buffer` on make sense: the expected
/// one, unless it is contradicted and another one is proven. A file that is cut early leaves it
/// open, one that is damaged early makes sense with none: both are read with the expected one.
pub(super) fn choose(
    expected: RecordHeader,
    order: ByteOrder,
    snap_length: u32,
    buffer: &mut RecordBuffer,
) -> RecordHeader {
    let mut fit = |header| fit(header, order, snap_length, buffer).unwrap_or(Fit::Open);
    if fit(expected) != Fit::Contradicted {
        return expected;
    }
    expected
        .others()
        .iter()
        .copied()
        .find(|other| fit(*other) == Fit::Proven)
        .unwrap_or(expected)
}

/// `None` when bytes are missing that would tell.
fn fit(
    header: RecordHeader,
    order: ByteOrder,
    snap_length: u32,
    buffer: &mut RecordBuffer,
) -> Option<Fit> {
    let mut offset = 0;
    for _ in 0..RECORDS {
        if !buffer.ensure(offset + header.length()).ok()? {
            let is_end = buffer.available().len() == offset;
            return Some(if is_end { Fit::Proven } else { Fit::Open });
        }
        let record = buffer.available().get(offset..)?;
        let fraction = order.u32(record, 4)?;
        let captured = order.u32(record, 8)?;
        let on_wire = order.u32(record, 12)?;
        let is_believed = fraction < MICROSECONDS
            && captured <= record_limit(snap_length)
            && captured <= on_wire
            && on_wire <= LONGEST_PACKET;
        let has_interface = match header {
            RecordHeader::Usual | RecordHeader::Nokia => true,
            RecordHeader::WithInterface | RecordHeader::WithProcessors => {
                /// `PACKET_OUTGOING`.
                const LAST_PACKET_TYPE: u8 = 4;
                order.u32(record, 16)? <= INTERFACES && *record.get(22)? <= LAST_PACKET_TYPE
            }
        };
        if !is_believed || !has_interface {
            return Some(Fit::Contradicted);
        }
        offset += header.length() + usize::try_from(captured).ok()?;
    }
    // The last of them must be there as well.
    let is_there = buffer.ensure(offset).ok()?;
    Some(if is_there { Fit::Proven } else { Fit::Open })
}
