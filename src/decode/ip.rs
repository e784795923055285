//! The IP packet: addresses, the facts that tell senders apart, and what it carries.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv6Header, Ipv6HeaderSlice, LaxIpv4Slice, err, ip_number};

use super::capture_facts::CaptureFacts;
use super::fields::{after, u8_at, u16_at};
use super::observation::{IpFacts, SetAside};

/// An IP packet of either version, as far as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IpPacket<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) facts: IpFacts,
    /// The header of IPv4.
    pub(super) header: &'a [u8],
    /// Whether there are extension headers (IPv6).
    pub(super) has_extensions: bool,
    pub(super) protocol: IpNumber,
    /// The captured bytes of what it carries, without padding behind it.
    pub(super) payload: &'a [u8],
    /// How many bytes it carries by its header; `None` when the header leaves that open
    /// (segmentation offload).
    pub(super) payload_length: Option<u32>,
    /// A fragment that is not the first has no header of the protocol it carries.
    pub(super) is_later_fragment: bool,
}

/// Reads headers and extension headers. What stands in an ICMP error's quote is read just so: it
/// may end anywhere.
pub(super) fn parse(bytes: &[u8]) -> Result<IpPacket<'_>, SetAside> {
    match bytes.first().map(|first| first >> 4) {
        Some(4) => parse_v4(bytes),
        Some(6) => parse_v6(bytes),
        Some(_) => Err(SetAside::MalformedHeader),
        None => Err(SetAside::TruncatedHeader),
    }
}

fn parse_v4(bytes: &[u8]) -> Result<IpPacket<'_>, SetAside> {
    let (packet, stop) = LaxIpv4Slice::from_slice(bytes).map_err(|error| match error {
        err::ipv4::HeaderSliceError::Len(_) => SetAside::TruncatedHeader,
        err::ipv4::HeaderSliceError::Content(_) => SetAside::MalformedHeader,
    })?;
    if stop.is_some() {
        return Err(SetAside::TruncatedHeader);
    }
    let header = packet.header();
    let carried = packet.payload();
    let headers_length = header.slice().len()
        + packet
            .extensions()
            .auth
            .map_or(0, |auth| auth.slice().len());
    let total_length = usize::from(header.total_len());
    Ok(IpPacket {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        facts: IpFacts {
            ttl: header.ttl(),
            identification: Some(header.identification()),
            dont_fragment: Some(header.dont_fragment()),
            traffic_class: header.dcp().value() << 2 | header.ecn().value(),
            flow_label: None,
            capture: CaptureFacts::default(),
        },
        header: bytes.get(..header.slice().len()).unwrap_or_default(),
        has_extensions: false,
        protocol: carried.ip_number,
        payload: carried.payload,
        payload_length: total_length
            .checked_sub(headers_length)
            .and_then(|length| u32::try_from(length).ok()),
        is_later_fragment: header.fragments_offset().value() > 0,
    })
}

fn parse_v6(bytes: &[u8]) -> Result<IpPacket<'_>, SetAside> {
    let header = Ipv6HeaderSlice::from_slice(bytes).map_err(|error| match error {
        err::ipv6::HeaderSliceError::Len(_) => SetAside::TruncatedHeader,
        err::ipv6::HeaderSliceError::Content(_) => SetAside::MalformedHeader,
    })?;
    let announced = header.payload_length();
    let behind = after(bytes, Ipv6Header::LEN)?;
    let behind = match announced {
        0 => behind,
        length => behind.get(..usize::from(length)).unwrap_or(behind),
    };
    let inner = Extensions::skip(header.next_header(), behind)?;
    // Zero without the jumbo option stands for a packet that offload has yet to cut.
    let length = match announced {
        0 => inner.jumbo_length,
        length => Some(u32::from(length)),
    };
    let skipped = u32::try_from(behind.len() - inner.payload.len()).unwrap_or(u32::MAX);
    Ok(IpPacket {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        facts: IpFacts {
            ttl: header.hop_limit(),
            identification: None,
            dont_fragment: None,
            traffic_class: header.traffic_class(),
            flow_label: Some(header.flow_label().value()),
            capture: CaptureFacts::default(),
        },
        header: &[],
        has_extensions: skipped > 0,
        protocol: inner.protocol,
        payload: inner.payload,
        payload_length: length.and_then(|length| length.checked_sub(skipped)),
        is_later_fragment: inner.is_later_fragment,
    })
}

/// How many IPv6 extension headers are followed.
const MOST_EXTENSION_HEADERS: usize = 16;

/// What stands behind IPv6 extension headers, and what they say that matters here.
#[derive(Clone, Copy, Debug)]
struct Extensions<'a> {
    protocol: IpNumber,
    payload: &'a [u8],
    is_later_fragment: bool,
    /// The length in place of the header's (RFC 2675).
    jumbo_length: Option<u32>,
}

impl<'a> Extensions<'a> {
    /// Follows the chain to what the packet carries. In a later fragment it ends with the fragment
    /// header.
    fn skip(first: IpNumber, bytes: &'a [u8]) -> Result<Self, SetAside> {
        let mut found = Self {
            protocol: first,
            payload: bytes,
            is_later_fragment: false,
            jumbo_length: None,
        };
        for index in 0..=MOST_EXTENSION_HEADERS {
            let Some(length) = extension_length(found.protocol, found.payload)? else {
                return Ok(found);
            };
            if index == MOST_EXTENSION_HEADERS {
                break;
            }
            let rest = after(found.payload, length)?;
            match found.protocol {
                // RFC 8200 §4.1: nowhere but in front.
                ip_number::IPV6_HOP_BY_HOP if index > 0 => return Err(SetAside::MalformedHeader),
                ip_number::IPV6_HOP_BY_HOP => {
                    let options = found.payload.get(2..length).unwrap_or_default();
                    found.jumbo_length = jumbo_length(options);
                }
                ip_number::IPV6_FRAG => {
                    found.is_later_fragment = u16_at(found.payload, 2)? >> 3 > 0;
                }
                _ => {}
            }
            found.protocol = IpNumber(u8_at(found.payload, 0)?);
            found.payload = rest;
            if found.is_later_fragment {
                return Ok(found);
            }
        }
        Err(SetAside::TooDeeplyWrapped)
    }
}

/// The length of the extension header of this protocol; `None` when the protocol is none.
fn extension_length(protocol: IpNumber, bytes: &[u8]) -> Result<Option<usize>, SetAside> {
    let announced = || u8_at(bytes, 1).map(usize::from);
    Ok(match protocol {
        ip_number::IPV6_HOP_BY_HOP
        | ip_number::IPV6_ROUTE
        | ip_number::IPV6_DEST_OPTIONS
        | ip_number::MOBILITY
        | ip_number::HIP
        | ip_number::SHIM6 => Some((announced()? + 1) * 8),
        ip_number::IPV6_FRAG => Some(8),
        ip_number::AUTH => Some((announced()? + 2) * 4),
        _ => None,
    })
}

/// The jumbo payload option among hop-by-hop options: kind, length, value; padding may be a single
/// byte.
fn jumbo_length(mut options: &[u8]) -> Option<u32> {
    const PADDING: u8 = 0;
    const JUMBO: u8 = 0xc2;
    loop {
        match *options {
            [PADDING, ref rest @ ..] => options = rest,
            [JUMBO, 4, a, b, c, d, ..] => return Some(u32::from_be_bytes([a, b, c, d])),
            [_, length, ref rest @ ..] => options = rest.get(usize::from(length)..)?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv6 header whose payload starts with `next`, and what was captured of that.
    fn ipv6(next: u8, announced: u8, captured: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0, 0, announced, next, 64];
        bytes.resize(Ipv6Header::LEN, 1);
        bytes.extend(captured);
        bytes
    }

    #[test]
    fn an_extension_header_may_be_cut_anywhere() {
        let whole = [6, 1, 5, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        for next in [0, 43, 44, 51, 60, 135, 139, 140] {
            for length in 0..whole.len() {
                let bytes = ipv6(next, 60, whole.get(..length).unwrap_or_default());
                let found = parse(&bytes);
                let was_enough = next == 44 && length >= 8 || next == 51 && length >= 12;
                assert_eq!(found.is_ok(), was_enough, "{next} with {length} bytes");
            }
            assert!(parse(&ipv6(next, 60, &whole)).is_ok(), "{next}");
        }
    }

    #[test]
    fn hop_by_hop_options_stand_nowhere_but_in_front() {
        let headers = [0, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0];
        let found = parse(&ipv6(60, 16, &headers)).map(|packet| packet.protocol);
        assert_eq!(found, Err(SetAside::MalformedHeader));
    }

    #[test]
    fn a_later_fragment_ends_the_chain() {
        // It carries the middle of something: what looks like a header is none.
        let bytes = ipv6(
            44,
            16,
            &[60, 0, 0, 8, 0, 0, 0, 1, 60, 200, 0, 0, 0, 0, 0, 0],
        );
        let found = parse(&bytes);
        assert!(found.is_ok_and(|packet| packet.is_later_fragment));
    }
}
