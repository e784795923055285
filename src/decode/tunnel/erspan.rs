//! Mirrored frames in GRE (draft-foschiano-erspan).

use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::{after, u16_at};
use crate::decode::link::{self, Found, Network};

/// Type I: no header, and known by that there is no sequence number.
pub(super) fn version_1<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Found<'a> {
    link::wrap(encapsulation, EncapsulationLayer::Erspan(None))?;
    link::ethernet(bytes, encapsulation)
}

/// Types II and III tell which they are by the version in front.
pub(super) fn with_header<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Found<'a> {
    const SESSION: u16 = 0x03ff;
    const IS_IP: u16 = 2;
    const HAS_PLATFORM_HEADER: u16 = 1;
    const PLATFORM_HEADER_LENGTH: usize = 8;
    let version = u16_at(bytes, 0)? >> 12;
    let session = u16_at(bytes, 2)? & SESSION;
    let (length, is_ip) = match version {
        1 => (8, false),
        2 => {
            let last = u16_at(bytes, 10)?;
            let platform = match last & HAS_PLATFORM_HEADER {
                0 => 0,
                _ => PLATFORM_HEADER_LENGTH,
            };
            (12 + platform, last >> 10 & 0x1f == IS_IP)
        }
        _ => return Ok(Network::Other),
    };
    link::wrap(encapsulation, EncapsulationLayer::Erspan(Some(session)))?;
    let inside = after(bytes, length)?;
    if is_ip {
        Ok(Network::Ip(inside))
    } else {
        link::ethernet(inside, encapsulation)
    }
}
