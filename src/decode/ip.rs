//! The IP packet: addresses, the facts that tell senders apart, and what it carries.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv6ExtensionSlice, LaxIpv4Slice, LaxIpv6Slice, err};

use super::observation::{IpFacts, SetAside};

/// An IP packet of either version, as far as it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct IpPacket<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) facts: IpFacts,
    pub(super) protocol: IpNumber,
    /// The captured bytes of what it carries, without padding behind it.
    pub(super) payload: &'a [u8],
    /// How many bytes it carries by its header; `None` when the header leaves that open (segmentation offload).
    pub(super) payload_length: Option<u32>,
    /// A fragment that is not the first has no header of the protocol it carries.
    pub(super) is_later_fragment: bool,
}

/// Reads headers and extension headers. What stands in an ICMP error's quote is read just so: it may end anywhere.
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
        },
        protocol: carried.ip_number,
        payload: carried.payload,
        payload_length: total_length
            .checked_sub(headers_length)
            .and_then(|length| u32::try_from(length).ok()),
        is_later_fragment: header.fragments_offset().value() > 0,
    })
}

fn parse_v6(bytes: &[u8]) -> Result<IpPacket<'_>, SetAside> {
    let (packet, stop) = LaxIpv6Slice::from_slice(bytes).map_err(|error| match error {
        err::ipv6::HeaderSliceError::Len(_) => SetAside::TruncatedHeader,
        err::ipv6::HeaderSliceError::Content(_) => SetAside::MalformedHeader,
    })?;
    let header = packet.header();
    let carried = packet.payload();
    let fragment_offset = packet
        .extensions()
        .clone()
        .into_iter()
        .find_map(|extension| match extension {
            Ipv6ExtensionSlice::Fragment(fragment) => Some(fragment.fragment_offset().value()),
            _ => None,
        });
    let is_later_fragment = fragment_offset.is_some_and(|offset| offset > 0);
    if let (Some((error, _)), false) = (stop, is_later_fragment) {
        return Err(match error {
            err::ipv6_exts::HeaderSliceError::Len(_) => SetAside::TruncatedHeader,
            err::ipv6_exts::HeaderSliceError::Content(_) => SetAside::MalformedHeader,
        });
    }
    let extensions_length = packet.extensions().slice().len();
    let announced_length = usize::from(header.payload_length());
    Ok(IpPacket {
        source: header.source_addr().into(),
        destination: header.destination_addr().into(),
        facts: IpFacts {
            ttl: header.hop_limit(),
            identification: None,
            dont_fragment: None,
            traffic_class: header.traffic_class(),
            flow_label: Some(header.flow_label().value()),
        },
        protocol: carried.ip_number,
        payload: carried.payload,
        // Zero stands for a jumbogram, or for a packet that offload has yet to cut.
        payload_length: match announced_length {
            0 => None,
            length => length
                .checked_sub(extensions_length)
                .and_then(|length| u32::try_from(length).ok()),
        },
        is_later_fragment,
    })
}
