//! What Linux delivers from `-i any`, and from interfaces whose own header is of no use.

use super::{Encapsulation, Found, Network, by_ether_type, ieee80211, radio, wide_area};
use crate::decode::fields::{after, u16_at};
use crate::decode::tunnel::gre;

/// The interface's hardware type (`ARPHRD_…`), where it says what the protocol field means.
mod hardware {
    pub(super) const FRAME_RELAY: u16 = 770;
    pub(super) const GRE: u16 = 778;
    pub(super) const IEEE80211: u16 = 801;
    pub(super) const IEEE80211_PRISM: u16 = 802;
    pub(super) const IEEE80211_RADIOTAP: u16 = 803;
    pub(super) const GRE_IPV6: u16 = 823;
    pub(super) const NETLINK: u16 = 824;
}

/// Packet type, hardware type, address length, address, protocol.
pub(super) fn version_1<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let protocol = u16_at(bytes, 14)?;
    carried(u16_at(bytes, 2)?, protocol, after(bytes, 16)?, wrapped)
}

/// Protocol, reserved, interface index, hardware type, packet type, address length, address.
pub(super) fn version_2<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let protocol = u16_at(bytes, 0)?;
    carried(u16_at(bytes, 8)?, protocol, after(bytes, 20)?, wrapped)
}

fn carried<'a>(
    hardware_type: u16,
    protocol: u16,
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    match hardware_type {
        hardware::FRAME_RELAY => wide_area::frame_relay(bytes, wrapped),
        hardware::GRE | hardware::GRE_IPV6 => gre::by_protocol(protocol, bytes, wrapped),
        hardware::IEEE80211 => ieee80211::frame(bytes, wrapped),
        hardware::IEEE80211_PRISM => radio::prism(bytes, wrapped),
        hardware::IEEE80211_RADIOTAP => radio::radiotap(bytes, wrapped),
        // The protocol is a netlink family.
        hardware::NETLINK => Ok(Network::Other),
        // Tunnels without a link layer may leave the protocol open.
        _ if protocol == 0 => Ok(super::ip_by_version(bytes)),
        _ => by_ether_type(protocol, bytes, wrapped),
    }
}
