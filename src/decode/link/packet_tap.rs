//! Apple's packet tap: what macOS puts before packets of any interface.

use super::{Encapsulation, Found, Network, named_inside};
use crate::capture::LinkType;
use crate::decode::fields::{after, array_at};
use crate::decode::observation::SetAside;

/// Length of the header, kind of record, link type of what follows, and more that does not matter;
/// little-endian.
pub(super) fn pktap<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const PACKET: u32 = 1;
    let length = u32::from_le_bytes(array_at(bytes, 0)?);
    let kind = u32::from_le_bytes(array_at(bytes, 4)?);
    let link_type = LinkType(u32::from_le_bytes(array_at(bytes, 8)?));
    if kind != PACKET {
        return Ok(Network::Other);
    }
    let inside = after(bytes, usize::try_from(length).unwrap_or(usize::MAX))?;
    named_inside(link_type, inside, wrapped)
}

/// The same under a number for private use, as macOS wrote it first: nothing else that people put
/// there is taken for it.
pub(super) fn before_it_had_a_number<'a>(
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    const LENGTHS: std::ops::RangeInclusive<u32> = 108..=512;
    const LARGEST_KIND: u32 = 1;
    let length = u32::from_le_bytes(array_at(bytes, 0)?);
    let kind = u32::from_le_bytes(array_at(bytes, 4)?);
    if LENGTHS.contains(&length) && kind <= LARGEST_KIND {
        pktap(bytes, wrapped)
    } else {
        Err(SetAside::UnsupportedLinkType)
    }
}
