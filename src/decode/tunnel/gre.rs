//! Generic routing encapsulation: version 0 (RFC 2784, 2890), and version 1, which is PPTP's (RFC
//! 2637).

use super::erspan;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::{after, array_at, u8_at, u16_at, u32_at};
use crate::decode::link::{self, Found, Network};

const HAS_CHECKSUM: u16 = 0x8000;
const HAS_ROUTING: u16 = 0x4000;
const HAS_KEY: u16 = 0x2000;
const HAS_SEQUENCE: u16 = 0x1000;
const HAS_ACKNOWLEDGMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

const TRANSPARENT_ETHERNET: u16 = 0x6558;
const ETHERNET_OVER_IP: u16 = 0x6400;
const ERSPAN: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;
const PPP: u16 = 0x880b;
const WEB_CACHE: u16 = 0x883e;

/// What the packet carries; `None` for versions and source routes that nobody sends.
pub(super) fn inside<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Option<Found<'a>> {
    let header = u16_at(bytes, 0).and_then(|flags| Ok((flags, u16_at(bytes, 2)?)));
    let (flags, protocol) = match header {
        Ok(header) => header,
        Err(reason) => return Some(Err(reason)),
    };
    match (flags & VERSION, protocol) {
        (0, _) if flags & HAS_ROUTING == 0 => {
            Some(version_0(flags, protocol, bytes, encapsulation))
        }
        (1, ETHERNET_OVER_IP) => Some(ethernet_over_ip(bytes, encapsulation)),
        (1, PPP) if flags & HAS_SEQUENCE != 0 => Some(pptp(flags, bytes, encapsulation)),
        _ => None,
    }
}

/// What follows a header that names it by GRE's protocol types: Ethernet types, and some of their
/// own.
pub(in crate::decode) fn by_protocol<'a>(
    protocol: u16,
    bytes: &'a [u8],
    encapsulation: &mut Encapsulation,
) -> Found<'a> {
    match protocol {
        TRANSPARENT_ETHERNET => link::ethernet(bytes, encapsulation),
        PPP => link::ppp(bytes, encapsulation),
        // Version 2 puts four bytes before the packet, version 1 none.
        WEB_CACHE => match u8_at(bytes, 0)? >> 4 {
            4 => Ok(Network::Ip(bytes)),
            _ => Ok(Network::Ip(after(bytes, 4)?)),
        },
        _ => link::by_ether_type(protocol, bytes, encapsulation),
    }
}

fn version_0<'a>(
    flags: u16,
    protocol: u16,
    bytes: &'a [u8],
    encapsulation: &mut Encapsulation,
) -> Found<'a> {
    let mut length = 4;
    if flags & HAS_CHECKSUM != 0 {
        length += 4;
    }
    let mut key = None;
    if flags & HAS_KEY != 0 {
        key = Some(u32_at(bytes, length)?);
        length += 4;
    }
    let has_sequence = flags & HAS_SEQUENCE != 0;
    if has_sequence {
        length += 4;
    }
    let inside = after(bytes, length)?;
    match (protocol, has_sequence) {
        (ERSPAN, false) => erspan::version_1(inside, encapsulation),
        (ERSPAN | ERSPAN_3, _) => erspan::with_header(inside, encapsulation),
        _ => {
            link::wrap(encapsulation, EncapsulationLayer::Gre(key))?;
            by_protocol(protocol, inside, encapsulation)
        }
    }
}

/// `MikroTik`'s tunnel: length and tunnel, the latter little-endian, in the place of the key; a
/// frame.
fn ethernet_over_ip<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Found<'a> {
    let tunnel = u16::from_le_bytes(array_at(bytes, 6)?);
    link::wrap(encapsulation, EncapsulationLayer::EthernetOverIp(tunnel))?;
    link::ethernet(after(bytes, 8)?, encapsulation)
}

/// Length and call in the place of the key, sequence number, perhaps an acknowledgement; PPP.
fn pptp<'a>(flags: u16, bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Found<'a> {
    let length = match flags & HAS_ACKNOWLEDGMENT {
        0 => 12,
        _ => 16,
    };
    let call = u16_at(bytes, 6)?;
    link::wrap(encapsulation, EncapsulationLayer::Pptp(call))?;
    link::ppp(after(bytes, length)?, encapsulation)
}
