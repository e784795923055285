//! IEEE 802.2 logical link control, of interest only when it names a network protocol.

use super::ether_type::{self, by_ether_type};
use super::{Encapsulation, Found, Network};

/// The Ethernet type in a sub-network access header (RFC 1042), or in the one of bridges (IEEE
/// 802.1H), and what follows. A header of the IP service access point alone (RFC 948) stands for
/// IPv4.
pub(super) fn sub_network(bytes: &[u8]) -> Option<(u16, &[u8])> {
    match bytes {
        [0xaa, 0xaa, 0x03, 0, 0, 0 | 0xf8, high, low, rest @ ..] => {
            let ether_type = u16::from_be_bytes([*high, *low]);
            (ether_type >= ether_type::SMALLEST).then_some((ether_type, rest))
        }
        [0x06, 0x06, 0x03, rest @ ..] => Some((ether_type::IPV4, rest)),
        _ => None,
    }
}

/// What a frame with 802.2 behind its addresses carries.
pub(super) fn carried<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    match sub_network(bytes) {
        Some((ether_type, rest)) => by_ether_type(ether_type, rest, wrapped),
        None => Ok(Network::Other),
    }
}
