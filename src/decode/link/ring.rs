//! Rings: FDDI and Token Ring. 802.2 follows the addresses of both.

use super::{Encapsulation, Found, Network, llc};
use crate::decode::fields::{after, u8_at};

/// Frame control and two addresses.
pub(super) fn fddi<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const HEADER_LENGTH: usize = 13;
    const LLC: u8 = 0x50;
    if u8_at(bytes, 0)? & 0x70 != LLC {
        return Ok(Network::Other);
    }
    llc::carried(after(bytes, HEADER_LENGTH)?, wrapped)
}

/// Access control, frame control, two addresses, and the route where the source address says that
/// there is one.
pub(super) fn token_ring<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const HEADER_LENGTH: usize = 14;
    const SOURCE_OFFSET: usize = 8;
    const HAS_ROUTE: u8 = 0x80;
    const LLC: u8 = 0x40;
    if u8_at(bytes, 1)? & 0xc0 != LLC {
        return Ok(Network::Other);
    }
    let mut length = HEADER_LENGTH;
    if u8_at(bytes, SOURCE_OFFSET)? & HAS_ROUTE != 0 {
        length += usize::from(u8_at(bytes, HEADER_LENGTH)? & 0x1f);
    }
    llc::carried(after(bytes, length)?, wrapped)
}
