//! The first bytes of packets of the usual link types: where their IP packet starts.

use super::inspection::point;
use super::link::{is_openbsd_loopback, leads_to_ip};
use crate::capture::{LinkType, Packet};

/// What a packet starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start<'a> {
    /// What may be an IPv4 packet, and the VLAN tag in front of it.
    Ipv4(&'a [u8], Option<u16>),
    /// What may be an IPv6 packet, and the VLAN tag in front of it.
    Ipv6(&'a [u8], Option<u16>),
    /// No IP and nobody known who sent it.
    Unrelated,
    /// Something else: the layers tell.
    Other,
}

/// What may be an IPv4 packet in an untagged Ethernet frame: for most packets, the only question.
#[inline]
pub(super) fn untagged_ipv4<'a>(packet: &Packet<'a>) -> Option<&'a [u8]> {
    let (header, behind) = packet.bytes.split_first_chunk::<14>()?;
    let is_ipv4 =
        packet.link_type == Some(LinkType::ETHERNET) && header.last_chunk() == Some(&IPV4);
    // To a group: no host is sent TCP so, and a gateway's own capture starts so.
    let is_to_group = header[0] & 1 != 0;
    (is_ipv4 && !is_to_group).then_some(behind)
}

/// Whether this is an Ethernet frame of a type that has nothing to do with IP.
#[inline]
pub(super) fn is_unrelated(packet: &Packet<'_>) -> bool {
    let is_other = |header: &[u8; 14]| !leads_to_ip(u16::from_be_bytes([header[12], header[13]]));
    packet.link_type == Some(LinkType::ETHERNET) && packet.bytes.first_chunk().is_some_and(is_other)
}

/// What a packet starts with.
pub(super) fn start<'a>(packet: &Packet<'a>) -> Start<'a> {
    match packet.link_type {
        Some(LinkType::ETHERNET) => ethernet(packet.bytes),
        Some(link_type) => not_ethernet(link_type, packet.bytes),
        None => Start::Other,
    }
}

fn ethernet(frame: &[u8]) -> Start<'_> {
    let Some((header, behind)) = frame.split_first_chunk::<14>() else {
        return Start::Other;
    };
    if header[0] & 1 != 0 && point(frame).is_some() {
        return Start::Other;
    }
    match [header[12], header[13]] {
        IPV4 => Start::Ipv4(behind, None),
        IPV6 => Start::Ipv6(behind, None),
        VLAN => tagged(behind),
        other if leads_to_ip(u16::from_be_bytes(other)) => Start::Other,
        _ => Start::Unrelated,
    }
}

const IPV4: [u8; 2] = [0x08, 0x00];
const IPV6: [u8; 2] = [0x86, 0xdd];
const VLAN: [u8; 2] = [0x81, 0x00];

/// Behind a VLAN tag's type.
fn tagged(bytes: &[u8]) -> Start<'_> {
    let Some((&[high, low, kind_high, kind_low], behind)) = bytes.split_first_chunk() else {
        return Start::Other;
    };
    let tag = Some(u16::from_be_bytes([high & 0x0f, low]));
    match [kind_high, kind_low] {
        IPV4 => Start::Ipv4(behind, tag),
        IPV6 => Start::Ipv6(behind, tag),
        _ => Start::Other,
    }
}

fn not_ethernet(link_type: LinkType, bytes: &[u8]) -> Start<'_> {
    match link_type {
        LinkType::LINUX_SLL => linux_cooked(bytes.split_first_chunk::<16>(), 2, 14),
        LinkType::LINUX_SLL2 => linux_cooked(bytes.split_first_chunk::<20>(), 8, 0),
        LinkType::NULL | LinkType::LOOP => match bytes.split_first_chunk() {
            // The families of IPv4, and of IPv6 on Linux and the BSDs, in either byte order.
            Some(([0, 0, 0, 2] | [2, 0, 0, 0], packet)) => Start::Ipv4(packet, None),
            Some(([0, 0, 0, 10 | 24 | 28 | 30] | [10 | 24 | 28 | 30, 0, 0, 0], packet)) => {
                Start::Ipv6(packet, None)
            }
            _ => Start::Other,
        },
        LinkType::RAW_12 if is_openbsd_loopback(bytes) => Start::Other,
        LinkType::RAW | LinkType::RAW_12 | LinkType::RAW_14 | LinkType::IPV4 | LinkType::IPV6 => {
            match bytes.first().map(|first| first >> 4) {
                Some(4) => Start::Ipv4(bytes, None),
                _ => Start::Ipv6(bytes, None),
            }
        }
        _ => Start::Other,
    }
}

/// Hardware types (`ARPHRD_…`) whose packets are what the protocol field says: Ethernet, loopback,
/// none.
const PLAIN_HARDWARE: [[u8; 2]; 3] = [1_u16.to_be_bytes(), 772_u16.to_be_bytes(), [0xff, 0xfe]];

/// Linux's header, in which hardware type and protocol stand at these offsets.
fn linux_cooked<'a, const LENGTH: usize>(
    split: Option<(&[u8; LENGTH], &'a [u8])>,
    hardware_at: usize,
    protocol_at: usize,
) -> Start<'a> {
    let field = |header: &[u8; LENGTH], at: usize| header.get(at..)?.first_chunk::<2>().copied();
    let Some((header, packet)) = split else {
        return Start::Other;
    };
    let is_plain = |hardware| PLAIN_HARDWARE.contains(&hardware);
    if !field(header, hardware_at).is_some_and(is_plain) {
        return Start::Other;
    }
    match field(header, protocol_at) {
        Some(IPV4) => Start::Ipv4(packet, None),
        Some(IPV6) => Start::Ipv6(packet, None),
        _ => Start::Other,
    }
}
