//! How the blocks of a pcapng file are framed, whatever they hold.

use super::byte_order::ByteOrder;
use super::problem::RecordError;
use super::record_buffer::RecordBuffer;

/// The byte order that a section header's magic shows.
pub(super) fn section_byte_order(block: &[u8]) -> Option<ByteOrder> {
    match *block.get(8..)?.first_chunk()? {
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(ByteOrder::Big),
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(ByteOrder::Little),
        _ => None,
    }
}

/// Brings the whole block to the front of the buffer and holds its two lengths against each other.
pub(super) fn whole_block(
    buffer: &mut RecordBuffer,
    length: usize,
    order: ByteOrder,
) -> Result<(), RecordError> {
    if !buffer.ensure(length)? {
        return Err(RecordError::Truncated {
            present: buffer.available().len(),
            wanted: length,
        });
    }
    let trailing = order
        .u32(buffer.available(), length - 4)
        .and_then(|trailing| usize::try_from(trailing).ok());
    match trailing {
        Some(trailing) if trailing == length => Ok(()),
        _ => {
            let trailing = trailing.unwrap_or_default();
            Err(RecordError::Damaged(format!(
                "is in a block that claims {length} bytes first and {trailing} at its end"
            )))
        }
    }
}

/// Leaves a block behind without holding more than a piece of it.
pub(super) fn pass_over(buffer: &mut RecordBuffer, length: usize) -> Result<(), RecordError> {
    let mut left = length;
    while left > 0 {
        if !buffer.ensure(1)? {
            return Err(RecordError::Truncated {
                present: length - left,
                wanted: length,
            });
        }
        let step = left.min(buffer.available().len());
        buffer.consume(step);
        left -= step;
    }
    Ok(())
}
