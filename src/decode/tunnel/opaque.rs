//! Tunnels that encrypt what they carry: all that can be told is that they are there.

use super::udp::Datagram;
use crate::decode::encapsulation::Encapsulation;
use crate::decode::link::Found;
use crate::decode::observation::SetAside;

/// `IPsec` behind address translation (RFC 3948). A key exchange has four zero bytes in front, a
/// keep-alive is one byte.
pub(super) fn ipsec<'a>(datagram: Datagram<'a>, _: &mut Encapsulation) -> Option<Found<'a>> {
    /// Security parameters index, sequence number, the smallest trailer and check value.
    const SHORTEST: usize = 20;
    let index: [u8; 4] = *datagram.payload.first_chunk()?;
    let is_data = index != [0; 4] && datagram.length >= SHORTEST;
    is_data.then_some(Err(SetAside::Encrypted))
}

/// `WireGuard`'s transport data: type 4 and three zero bytes; padded to 16 bytes, and longer than a
/// keep-alive.
pub(super) fn wireguard<'a>(datagram: Datagram<'a>, _: &mut Encapsulation) -> Option<Found<'a>> {
    const KEEP_ALIVE: usize = 32;
    let is_data = datagram.payload.starts_with(&[4, 0, 0, 0])
        && datagram.length > KEEP_ALIVE
        && datagram.length.is_multiple_of(16);
    is_data.then_some(Err(SetAside::Encrypted))
}
