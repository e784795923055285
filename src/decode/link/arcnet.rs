//! ARCNET with IP by RFC 1201 (with a fragmentation header) and RFC 1051 (without).

use super::{Found, Network};
use crate::decode::fields::{after, u8_at};
use crate::decode::observation::SetAside;

/// Source, destination.
pub(super) fn bsd(bytes: &[u8]) -> Found<'_> {
    packet(after(bytes, 2)?)
}

/// Source, destination, and where the packet stood in the controller's memory.
pub(super) fn linux(bytes: &[u8]) -> Found<'_> {
    packet(after(bytes, 4)?)
}

fn packet(bytes: &[u8]) -> Found<'_> {
    match u8_at(bytes, 0)? {
        0xf0 => Ok(Network::Ip(after(bytes, 1)?)),
        0xf1 => Ok(Network::Arp(after(bytes, 1)?)),
        // 0xc4 is IPv6's (RFC 2497).
        0xd4 | 0xc4 => unfragmented(after(bytes, 1)?).map(Network::Ip),
        0xd5 => unfragmented(after(bytes, 1)?).map(Network::Arp),
        _ => Ok(Network::Other),
    }
}

/// Split flag and sequence number; an exception frame has four bytes of padding before them (RFC
/// 1201).
fn unfragmented(bytes: &[u8]) -> Result<&[u8], SetAside> {
    const HEADER_LENGTH: usize = 3;
    const EXCEPTION: u8 = 0xff;
    let bytes = match u8_at(bytes, 0)? {
        EXCEPTION => after(bytes, 4)?,
        _ => bytes,
    };
    // Odd in the first fragment; the others have their number, which is even.
    match u8_at(bytes, 0)? {
        0 => after(bytes, HEADER_LENGTH),
        split if split & 1 == 1 => after(bytes, HEADER_LENGTH),
        _ => Err(SetAside::LaterFragment),
    }
}
