//! The common packet: TCP over IPv4 without options or over IPv6 without extension headers, in an
//! untagged Ethernet frame. A few bytes tell; everything else goes through the layers, which give
//! the same answer for these.

use std::net::{Ipv4Addr, Ipv6Addr};

use etherparse::ip_number;

use super::capture_facts::CaptureFacts;
use super::ip::IpPacket;
use super::observation::IpFacts;

const ETHERNET_HEADER: usize = 14;
const SMALLEST_TCP_HEADER: usize = 20;

/// The IP packet of such a frame; `None` for any other.
pub(super) fn tcp_in_ethernet(frame: &[u8]) -> Option<IpPacket<'_>> {
    let (link, network) = frame.split_at_checked(ETHERNET_HEADER)?;
    match link.get(12..)? {
        [0x08, 0x00] => ipv4(network),
        [0x86, 0xdd] => ipv6(network),
        _ => None,
    }
}

/// Version 4 with five words of header, neither fragment nor later to be one, as long as it says or
/// longer.
fn ipv4(bytes: &[u8]) -> Option<IpPacket<'_>> {
    let (header, carried) = bytes.split_first_chunk::<20>()?;
    let (start, rest) = header.split_first_chunk::<4>()?;
    let (identification, rest) = rest.split_first_chunk()?;
    let (fragment, rest) = rest.split_first_chunk()?;
    let ([ttl, protocol, ..], rest) = rest.split_first_chunk::<4>()?;
    let (source, destination) = rest.split_first_chunk::<4>()?;
    let [version_and_words, traffic_class, length @ ..] = *start;
    if version_and_words != 0x45 || *protocol != ip_number::TCP.0 {
        return None;
    }
    let carried_length = usize::from(u16::from_be_bytes(length)).checked_sub(header.len())?;
    let fragment = u16::from_be_bytes(*fragment);
    let is_fragment = fragment & 0x3fff != 0;
    if is_fragment || carried_length < SMALLEST_TCP_HEADER {
        return None;
    }
    Some(IpPacket {
        source: Ipv4Addr::from(*source).into(),
        destination: Ipv4Addr::from(*destination.first_chunk::<4>()?).into(),
        facts: IpFacts {
            ttl: *ttl,
            identification: Some(u16::from_be_bytes(*identification)),
            dont_fragment: Some(fragment & 0x4000 != 0),
            traffic_class,
            flow_label: None,
            capture: CaptureFacts::default(),
        },
        header,
        has_extensions: false,
        protocol: ip_number::TCP,
        payload: carried.get(..carried_length).unwrap_or(carried),
        payload_length: u32::try_from(carried_length).ok(),
        is_later_fragment: false,
    })
}

/// Version 6 with TCP as the next header, as long as it says or longer.
fn ipv6(bytes: &[u8]) -> Option<IpPacket<'_>> {
    let (header, rest) = bytes.split_first_chunk::<8>()?;
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (destination, carried) = rest.split_first_chunk::<16>()?;
    let [
        first,
        second,
        third,
        fourth,
        length_high,
        length_low,
        6,
        hop_limit,
    ] = *header
    else {
        return None;
    };
    let carried_length = usize::from(u16::from_be_bytes([length_high, length_low]));
    if first >> 4 != 6 || carried_length < SMALLEST_TCP_HEADER {
        return None;
    }
    Some(IpPacket {
        source: Ipv6Addr::from(*source).into(),
        destination: Ipv6Addr::from(*destination).into(),
        facts: IpFacts {
            ttl: hop_limit,
            identification: None,
            dont_fragment: None,
            traffic_class: first << 4 | second >> 4,
            flow_label: Some(u32::from_be_bytes([0, second & 0x0f, third, fourth])),
            capture: CaptureFacts::default(),
        },
        header: &[],
        has_extensions: false,
        protocol: ip_number::TCP,
        payload: carried.get(..carried_length).unwrap_or(carried),
        payload_length: u32::try_from(carried_length).ok(),
        is_later_fragment: false,
    })
}
