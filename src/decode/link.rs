//! From the first captured byte to the IP packet: link layers, tags and labels.

use etherparse::{EtherType, Ethernet2Slice, LinuxSllSlice, SingleVlanSlice};

use super::encapsulation::{Encapsulation, EncapsulationLayer};
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

type Found<'a> = Result<Network<'a>, SetAside>;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const PPPOE_SESSION: u16 = 0x8864;

/// Finds the IP packet and notes on the way what it is wrapped in.
pub(super) fn network<'a>(
    link_type: LinkType,
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    match link_type {
        LinkType::ETHERNET => ethernet(bytes, wrapped),
        LinkType::LINUX_SLL => linux_cooked(bytes, wrapped),
        LinkType::LINUX_SLL2 => {
            let protocol = u16_at(bytes, 0)?;
            by_ether_type(protocol, after(bytes, 20)?, wrapped)
        }
        LinkType::NULL | LinkType::LOOP => bsd_loopback(bytes),
        LinkType::RAW | LinkType::RAW_12 | LinkType::RAW_14 | LinkType::IPV4 | LinkType::IPV6 => {
            Ok(Network::Ip(bytes))
        }
        LinkType::PPP | LinkType::PPP_HDLC => ppp(bytes, wrapped),
        LinkType::CISCO_HDLC => by_ether_type(u16_at(bytes, 2)?, after(bytes, 4)?, wrapped),
        _ => Err(SetAside::UnsupportedLinkType),
    }
}

pub(super) fn ethernet<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let frame =
        Ethernet2Slice::from_slice_without_fcs(bytes).map_err(|_| SetAside::TruncatedHeader)?;
    by_ether_type(frame.ether_type().0, frame.payload_slice(), wrapped)
}

/// etherparse refuses hardware types that it does not know; what follows the header is the same for all of them.
fn linux_cooked<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let (protocol, inside) = match LinuxSllSlice::from_slice(bytes) {
        Ok(cooked) => (u16::from(cooked.protocol_type()), cooked.payload_slice()),
        Err(_) => (u16_at(bytes, 14)?, after(bytes, 16)?),
    };
    by_ether_type(protocol, inside, wrapped)
}

/// Follows tags and labels until something is no longer one.
fn by_ether_type<'a>(
    mut ether_type: u16,
    mut bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    loop {
        match EtherType(ether_type) {
            EtherType::IPV4 | EtherType::IPV6 => return Ok(Network::Ip(bytes)),
            EtherType::ARP => return Ok(Network::Arp(bytes)),
            // The last is the number from before 802.1ad, still sent by switches.
            EtherType::VLAN_TAGGED_FRAME
            | EtherType::PROVIDER_BRIDGING
            | EtherType::VLAN_DOUBLE_TAGGED_FRAME
            | EtherType(0x9200 | 0x9300) => {
                let tag =
                    SingleVlanSlice::from_slice(bytes).map_err(|_| SetAside::TruncatedHeader)?;
                wrap(
                    wrapped,
                    EncapsulationLayer::Vlan(tag.vlan_identifier().value()),
                )?;
                ether_type = tag.ether_type().0;
                bytes = tag.payload_slice();
            }
            EtherType(0x8847 | 0x8848) => return mpls(bytes, wrapped),
            EtherType(PPPOE_SESSION) => {
                wrap(wrapped, EncapsulationLayer::Pppoe(u16_at(bytes, 2)?))?;
                return ppp(after(bytes, 6)?, wrapped);
            }
            // A length, not a type: IEEE 802.2 follows, of interest only when it carries an Ethernet type (SNAP).
            EtherType(length) if length < 0x0600 => {
                let Some(&[0xaa, 0xaa, 0x03, 0, 0, 0, high, low]) = bytes.first_chunk::<8>() else {
                    return Ok(Network::Other);
                };
                ether_type = u16::from_be_bytes([high, low]);
                bytes = after(bytes, 8)?;
                if ether_type < 0x0600 {
                    return Ok(Network::Other);
                }
            }
            _ => return Ok(Network::Other),
        }
    }
}

/// A stack of labels, down to the one marked as the last; IP is known by its version.
fn mpls<'a>(mut bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    loop {
        let entry = u32::from(u16_at(bytes, 0)?) << 16 | u32::from(u16_at(bytes, 2)?);
        wrap(wrapped, EncapsulationLayer::Mpls(entry >> 12))?;
        bytes = after(bytes, 4)?;
        if entry & 0x100 != 0 {
            break;
        }
    }
    match bytes.first().map(|first| first >> 4) {
        Some(4 | 6) => Ok(Network::Ip(bytes)),
        // A pseudowire's control word: Ethernet follows.
        Some(0) => ethernet(after(bytes, 4)?, wrapped),
        Some(_) => Ok(Network::Other),
        None => Err(SetAside::TruncatedHeader),
    }
}

/// With or without address and control bytes; the protocol in one or two bytes (RFC 1661 §6.5, §6.6).
fn ppp<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let bytes = bytes.strip_prefix(&[0xff, 0x03]).unwrap_or(bytes);
    let (protocol, inside) = match bytes.first() {
        Some(&short) if short & 1 == 1 => (u16::from(short), after(bytes, 1)?),
        _ => (u16_at(bytes, 0)?, after(bytes, 2)?),
    };
    match protocol {
        0x0281 | 0x0283 => mpls(inside, wrapped),
        // The last two are Ethernet's: Cisco HDLC under a PPP link type.
        0x0021 | 0x0057 | IPV4 | IPV6 => Ok(Network::Ip(inside)),
        _ => Ok(Network::Other),
    }
}

/// The address family in the byte order of the capturing host, whatever the link type promises.
fn bsd_loopback(bytes: &[u8]) -> Found<'_> {
    let family = u32::from(u16_at(bytes, 0)?) << 16 | u32::from(u16_at(bytes, 2)?);
    // AF_INET is 2 everywhere; AF_INET6 is 10 (Linux), 24 (NetBSD, OpenBSD), 28 (FreeBSD), 30 (macOS).
    let is_ip = |family: u32| matches!(family, 2 | 10 | 24 | 28 | 30);
    if is_ip(family) || is_ip(family.swap_bytes()) {
        Ok(Network::Ip(after(bytes, 4)?))
    } else {
        Ok(Network::Other)
    }
}

pub(super) fn wrap(wrapped: &mut Encapsulation, layer: EncapsulationLayer) -> Result<(), SetAside> {
    if wrapped.push(layer) {
        Ok(())
    } else {
        Err(SetAside::TooDeeplyWrapped)
    }
}

fn u16_at(bytes: &[u8], offset: usize) -> Result<u16, SetAside> {
    let field = bytes.get(offset..).and_then(|field| field.first_chunk());
    field
        .map(|field| u16::from_be_bytes(*field))
        .ok_or(SetAside::TruncatedHeader)
}

pub(super) fn after(bytes: &[u8], count: usize) -> Result<&[u8], SetAside> {
    bytes.get(count..).ok_or(SetAside::TruncatedHeader)
}
