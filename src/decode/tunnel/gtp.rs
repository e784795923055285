//! GTP's user plane (3GPP TS 29.281).

use super::udp::Datagram;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::{after, u8_at, u32_at};
use crate::decode::link::{self, Found, Network};
use crate::decode::observation::SetAside;

/// How many extension headers are followed.
const MOST_EXTENSION_HEADERS: usize = 8;

/// Version and flags, type, length, tunnel endpoint, and what the flags announce. What it carries
/// is not said, but for IP by its version.
pub(super) fn inside<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    const VERSION_AND_PROTOCOL: u8 = 0xf0;
    const VERSION_1: u8 = 0x30;
    const USER_PACKET: u8 = 0xff;
    match *datagram.payload.first_chunk()? {
        [flags, USER_PACKET] if flags & VERSION_AND_PROTOCOL == VERSION_1 => {
            Some(user_packet(datagram.payload, flags, encapsulation))
        }
        _ => None,
    }
}

fn user_packet<'a>(bytes: &'a [u8], flags: u8, encapsulation: &mut Encapsulation) -> Found<'a> {
    const HEADER_LENGTH: usize = 8;
    const OPTIONAL_FIELDS: u8 = 0x07;
    const HAS_EXTENSIONS: u8 = 0x04;
    let endpoint = u32_at(bytes, 4)?;
    let mut rest = after(bytes, HEADER_LENGTH)?;
    if flags & OPTIONAL_FIELDS != 0 {
        let next = u8_at(rest, 3)?;
        rest = after(rest, 4)?;
        if flags & HAS_EXTENSIONS != 0 {
            rest = behind_extensions(next, rest)?;
        }
    }
    link::wrap(encapsulation, EncapsulationLayer::Gtp(endpoint))?;
    match u8_at(rest, 0)? >> 4 {
        4 | 6 => Ok(Network::Ip(rest)),
        _ => Ok(Network::Other),
    }
}

/// Each has its length in words in front and the type of the next at its end; zero ends them.
fn behind_extensions(mut next: u8, mut bytes: &[u8]) -> Result<&[u8], SetAside> {
    for _ in 0..MOST_EXTENSION_HEADERS {
        if next == 0 {
            return Ok(bytes);
        }
        let length = usize::from(u8_at(bytes, 0)?) * 4;
        let last = length.checked_sub(1).ok_or(SetAside::MalformedHeader)?;
        next = u8_at(bytes, last)?;
        bytes = after(bytes, length)?;
    }
    Err(SetAside::TooDeeplyWrapped)
}
