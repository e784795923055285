//! Captures of Juniper routers: a header that tells its length, then the interface's own link
//! layer.

use super::{Encapsulation, Found, by_ether_type, ethernet, ip_by_version, ppp, wide_area};
use crate::capture::LinkType;
use crate::decode::fields::{after, array_at, u8_at, u16_at};
use crate::decode::observation::SetAside;

const MAGIC: [u8; 3] = [0x4d, 0x47, 0x43];

/// Magic, flags, and extensions with a length of their own.
pub(super) fn packet<'a>(
    link_type: LinkType,
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    const HEADER_LENGTH: usize = 4;
    const HAS_EXTENSIONS: u8 = 0x80;
    const LINK_LAYER_REMOVED: u8 = 0x02;
    if array_at(bytes, 0)? != MAGIC {
        return Err(SetAside::MalformedHeader);
    }
    let flags = u8_at(bytes, 3)?;
    let mut length = HEADER_LENGTH;
    if flags & HAS_EXTENSIONS != 0 {
        length += 2 + usize::from(u16_at(bytes, HEADER_LENGTH)?);
    }
    let rest = after(bytes, length)?;
    if flags & LINK_LAYER_REMOVED != 0 {
        return Ok(ip_by_version(after(rest, 4)?));
    }
    match link_type {
        LinkType::JUNIPER_ETHER | LinkType::JUNIPER_PPPOE => ethernet(rest, wrapped),
        LinkType::JUNIPER_PPP => ppp(rest, wrapped),
        LinkType::JUNIPER_FRELAY => wide_area::frame_relay(rest, wrapped),
        LinkType::JUNIPER_CHDLC => wide_area::cisco_hdlc(rest, wrapped),
        LinkType::JUNIPER_PPPOE_ATM => by_ether_type(u16_at(rest, 0)?, after(rest, 2)?, wrapped),
        // What the interface card notes with each packet stands in between.
        LinkType::JUNIPER_ATM1 => wide_area::atm(after(rest, 4)?, wrapped),
        LinkType::JUNIPER_ATM2 => wide_area::atm(after(rest, 8)?, wrapped),
        _ => Err(SetAside::UnsupportedLinkType),
    }
}
