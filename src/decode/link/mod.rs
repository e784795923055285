//! From the first captured byte to the IP packet: link layers, tags and labels.

mod arcnet;
mod ether_type;
mod ethernet;
mod ieee80211;
mod juniper;
mod linux_cooked;
mod llc;
mod loopback;
mod macsec;
mod mpls;
mod netlink;
mod nflog;
mod packet_tap;
mod ppp;
mod radio;
mod ring;
mod switch_tag;
mod wide_area;

pub(super) use ether_type::{by_ether_type, leads_to_ip};
pub(super) use ethernet::{ethernet, is_plausible as is_plausible_ethernet};
pub(super) use ieee80211::perhaps_swapped as ieee80211_perhaps_swapped;
pub(super) use loopback::is_openbsd as is_openbsd_loopback;
pub(super) use mpls::mpls;
pub(super) use netlink::record_in as netlink_record_in;
pub(super) use nflog::NflogAttributes;
#[cfg(feature = "evidence")]
pub(crate) use nflog::nflog_attributes;
pub(super) use ppp::ppp;

use super::encapsulation::{Encapsulation, EncapsulationLayer};
use super::fields::{after, u16_at};
use super::observation::SetAside;
use crate::capture::LinkType;

/// What stands inside the link layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network<'a> {
    /// An IP packet of either version.
    Ip(&'a [u8]),
    /// An ARP packet.
    Arp(&'a [u8]),
    /// Another protocol.
    Other,
}

pub(super) type Found<'a> = Result<Network<'a>, SetAside>;

/// Finds the IP packet and notes on the way what it is wrapped in.
pub(super) fn network<'a>(
    link_type: LinkType,
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    match link_type {
        LinkType::ETHERNET => ethernet(bytes, wrapped),
        LinkType::LINUX_SLL => linux_cooked::version_1(bytes, wrapped),
        LinkType::LINUX_SLL2 => linux_cooked::version_2(bytes, wrapped),
        LinkType::NULL | LinkType::LOOP => loopback::bsd(bytes),
        LinkType::RAW_12 if loopback::is_openbsd(bytes) => loopback::bsd(bytes),
        LinkType::RAW | LinkType::RAW_12 | LinkType::RAW_14 | LinkType::IPV4 | LinkType::IPV6 => {
            Ok(Network::Ip(bytes))
        }
        LinkType::PPI => radio::per_packet_information(bytes, wrapped),
        LinkType::PKTAP => packet_tap::pktap(bytes, wrapped),
        LinkType::USER_2 => packet_tap::before_it_had_a_number(bytes, wrapped),
        _ => less_common(link_type, bytes, wrapped),
    }
}

/// Link types that are rarer, and can stand inside a header that names another link type.
fn less_common<'a>(link_type: LinkType, bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    match link_type {
        LinkType::PPP | LinkType::PPP_HDLC => ppp(bytes, wrapped),
        LinkType::PPP_PPPD | LinkType::PPP_WITH_DIR => ppp::with_direction(bytes, wrapped),
        LinkType::PPP_ETHER => ppp::over_ethernet(bytes, wrapped),
        LinkType::CISCO_HDLC => wide_area::cisco_hdlc(bytes, wrapped),
        LinkType::C_HDLC_WITH_DIR => wide_area::cisco_hdlc(after(bytes, 1)?, wrapped),
        LinkType::FRELAY => wide_area::frame_relay(bytes, wrapped),
        LinkType::FRELAY_WITH_DIR => wide_area::frame_relay(after(bytes, 1)?, wrapped),
        LinkType::ATM_RFC1483 => wide_area::atm(bytes, wrapped),
        LinkType::SLIP => Ok(ip_by_version(after(bytes, SLIP_HEADER_LENGTH)?)),
        LinkType::IEEE802_11 => ieee80211::frame(bytes, wrapped),
        LinkType::IEEE802_11_RADIOTAP => radio::radiotap(bytes, wrapped),
        LinkType::IEEE802_11_PRISM => radio::prism(bytes, wrapped),
        LinkType::IEEE802_11_AVS => radio::avs(bytes, wrapped),
        LinkType::FDDI => ring::fddi(bytes, wrapped),
        LinkType::IEEE802_5 => ring::token_ring(bytes, wrapped),
        LinkType::ARCNET_BSD => arcnet::bsd(bytes),
        LinkType::ARCNET_LINUX => arcnet::linux(bytes),
        LinkType::APPLE_IP_OVER_IEEE1394 => {
            by_ether_type(u16_at(bytes, 16)?, after(bytes, 18)?, wrapped)
        }
        // A global routing header of 40 bytes, then the four of RFC 4391 §6.
        LinkType::IPOIB => by_ether_type(u16_at(bytes, 40)?, after(bytes, 44)?, wrapped),
        LinkType::NFLOG => nflog::payload(bytes),
        LinkType::PFLOG => loopback::pflog(bytes),
        LinkType::NETLINK => netlink::logged_packet(bytes),
        LinkType::ETHERNET_BRCM => switch_tag::broadcom(bytes, wrapped),
        LinkType::ETHERNET_BRCM_PREPEND => switch_tag::broadcom_prepended(bytes, wrapped),
        LinkType::ETHERNET_DSA => switch_tag::marvell(bytes, wrapped),
        LinkType::ETHERNET_EDSA => switch_tag::marvell_with_type(bytes, wrapped),
        LinkType::IPNET => loopback::ipnet(bytes),
        LinkType::OPENBSD_ENC_13 => loopback::openbsd_enc(bytes),
        LinkType::OLD_PFLOG => Ok(ip_by_version(after(bytes, OLD_PFLOG_HEADER_LENGTH)?)),
        LinkType::ENC => Ok(ip_by_version(after(bytes, ENC_HEADER_LENGTH)?)),
        LinkType::JUNIPER_ATM1
        | LinkType::JUNIPER_ATM2
        | LinkType::JUNIPER_PPPOE
        | LinkType::JUNIPER_PPPOE_ATM
        | LinkType::JUNIPER_ETHER
        | LinkType::JUNIPER_PPP
        | LinkType::JUNIPER_FRELAY
        | LinkType::JUNIPER_CHDLC => juniper::packet(link_type, bytes, wrapped),
        _ => Err(SetAside::UnsupportedLinkType),
    }
}

/// Direction and what was compressed, of BSD's SLIP driver.
const SLIP_HEADER_LENGTH: usize = 16;

/// Address family, security parameters index and flags, of `OpenBSD`'s interface for decrypted
/// `IPsec`.
const ENC_HEADER_LENGTH: usize = 12;

/// Where the packet stands behind a header of pf's log.
#[cfg(feature = "evidence")]
pub(crate) fn packet_behind_pflog(bytes: &[u8]) -> Option<usize> {
    match loopback::pflog(bytes) {
        Ok(Network::Ip(packet)) => bytes.len().checked_sub(packet.len()),
        _ => None,
    }
}

/// Of pf's log, before its header told its length.
const OLD_PFLOG_HEADER_LENGTH: usize = 28;

/// The link type that a header inside the file names: those with headers of that kind themselves
/// are refused, so that nothing nests without end.
fn named_inside<'a>(
    link_type: LinkType,
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    match link_type {
        LinkType::PPI | LinkType::PKTAP | LinkType::USER_2 => Err(SetAside::UnsupportedLinkType),
        _ => network(link_type, bytes, wrapped),
    }
}

/// Where nothing but the version tells IP from other protocols.
fn ip_by_version(bytes: &[u8]) -> Network<'_> {
    match bytes.first().map(|first| first >> 4) {
        Some(4 | 6) | None => Network::Ip(bytes),
        Some(_) => Network::Other,
    }
}

pub(super) fn wrap(wrapped: &mut Encapsulation, layer: EncapsulationLayer) -> Result<(), SetAside> {
    if wrapped.push(layer) {
        Ok(())
    } else {
        Err(SetAside::TooDeeplyWrapped)
    }
}
