//! Teredo (RFC 4380): IPv6 in UDP.

use super::udp::Datagram;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::{after, u8_at, u16_at};
use crate::decode::link::{self, Found, Network};
use crate::decode::observation::SetAside;

/// An authentication header may come first (§5.1.1), then one with the origin.
pub(super) fn inside<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    let packet = match ipv6(datagram.payload) {
        Ok(packet) => packet,
        Err(reason) => return Some(Err(reason)),
    };
    let before = datagram.payload.len().checked_sub(packet.len())?;
    if !fits(packet, datagram.length.checked_sub(before)?) {
        return None;
    }
    let wrapped = link::wrap(encapsulation, EncapsulationLayer::Teredo);
    Some(wrapped.map(|()| Network::Ip(packet)))
}

fn ipv6(bytes: &[u8]) -> Result<&[u8], SetAside> {
    const AUTHENTICATION: u16 = 1;
    const ORIGIN: u16 = 0;
    const ORIGIN_LENGTH: usize = 8;
    let mut rest = bytes;
    if u16_at(rest, 0)? == AUTHENTICATION {
        let identifier_length = usize::from(u8_at(rest, 2)?);
        let authentication_length = usize::from(u8_at(rest, 3)?);
        // Behind the two come a nonce and a confirmation byte.
        rest = after(rest, 4 + identifier_length + authentication_length + 9)?;
    }
    if u16_at(rest, 0)? == ORIGIN {
        rest = after(rest, ORIGIN_LENGTH)?;
    }
    Ok(rest)
}

/// Whether this is IPv6, and no longer than what there is room for.
fn fits(packet: &[u8], room: usize) -> bool {
    const HEADER_LENGTH: usize = 40;
    let is_ipv6 = packet.first().is_some_and(|first| first >> 4 == 6);
    let length = u16_at(packet, 4).map_or(0, usize::from) + HEADER_LENGTH;
    is_ipv6 && length <= room
}
