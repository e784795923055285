//! What switch chips put into frames for the host that they are part of: on routers with such
//! switches, the interface of the whole switch shows it.

use super::{Encapsulation, Found, by_ether_type, ethernet, wrap};
use crate::decode::encapsulation::EncapsulationLayer;
use crate::decode::fields::{after, u8_at, u16_at};

/// Both addresses of an Ethernet header.
const ADDRESSES: usize = 12;

/// Broadcom's and Marvell's tags; Marvell's longer one has an Ethernet type of its own in front.
const TAG: usize = 4;
const ETHER_TYPE_DSA: usize = 4;

/// Broadcom: behind the addresses.
pub(super) fn broadcom<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let type_at = ADDRESSES + TAG;
    by_ether_type(u16_at(bytes, type_at)?, after(bytes, type_at + 2)?, wrapped)
}

/// Broadcom: before the frame.
pub(super) fn broadcom_prepended<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    ethernet(after(bytes, TAG)?, wrapped)
}

/// Marvell: a tag that takes the place of the VLAN tag, where there was one.
pub(super) fn marvell<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    marvell_at(ADDRESSES, bytes, wrapped)
}

/// Marvell: the same behind an Ethernet type.
pub(super) fn marvell_with_type<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    marvell_at(ADDRESSES + ETHER_TYPE_DSA, bytes, wrapped)
}

fn marvell_at<'a>(at: usize, bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const WAS_TAGGED: u8 = 0x20;
    if u8_at(bytes, at)? & WAS_TAGGED != 0 {
        let vlan = u16_at(bytes, at + 2)? & 0x0fff;
        wrap(wrapped, EncapsulationLayer::Vlan(vlan))?;
    }
    let type_at = at + TAG;
    by_ether_type(u16_at(bytes, type_at)?, after(bytes, type_at + 2)?, wrapped)
}
