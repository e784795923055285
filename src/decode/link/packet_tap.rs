//! Apple's packet tap: what macOS puts before packets of any interface.

use super::{Encapsulation, Found, Network, named_inside};
use crate::capture::LinkType;
use crate::decode::fields::{after, array_at};

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
