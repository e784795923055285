//! Ethernet.

use etherparse::Ethernet2Slice;

use super::ether_type::{self, by_ether_type};
use super::{Encapsulation, Found};
use crate::decode::fields::{u8_at, u16_at};
use crate::decode::observation::SetAside;

pub(in crate::decode) fn ethernet<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let frame =
        Ethernet2Slice::from_slice_without_fcs(bytes).map_err(|_| SetAside::TruncatedHeader)?;
    by_ether_type(frame.ether_type().0, frame.payload_slice(), wrapped)
}

/// Whether these bytes look like a frame that can carry IP: asked where nothing announces an
/// Ethernet frame.
pub(in crate::decode) fn is_plausible(bytes: &[u8]) -> bool {
    const HARDWARE_ETHERNET: u16 = 1;
    let mut offset = 12;
    loop {
        let Ok(kind) = u16_at(bytes, offset) else {
            return false;
        };
        offset += 2;
        let version = u8_at(bytes, offset).map(|first| first >> 4);
        match kind {
            ether_type::IPV4 => return version == Ok(4),
            ether_type::IPV6 => return version == Ok(6),
            ether_type::ARP => return u16_at(bytes, offset) == Ok(HARDWARE_ETHERNET),
            ether_type::VLAN | ether_type::PROVIDER_BRIDGING => offset += 2,
            _ => return false,
        }
    }
}
