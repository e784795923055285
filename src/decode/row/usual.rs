//! The rows of the usual packets, straight from their headers: TCP over IPv4 without options or
//! over IPv6 without extension headers, of which the whole header was captured.
//!
//! The layers give the same rows for these, at several times the cost: field by field into
//! structures that say what any packet could say, and from there into the row.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::usual_options::Options;
use super::{AddressPairs, HeaderBits, Low40, Row, Shape};
use crate::capture::PacketPlace;
use crate::decode::context::ContextId;
use crate::decode::{CaptureFacts, Checksums, Endpoint, TcpFlags, checksum};

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const TCP_HEADER: usize = 20;
const TCP: u8 = 6;

const RST: u8 = 0x04;

/// What pads a frame with a bare RST to the shortest length.
const SHORT_PADDING: usize = 10;

/// More fragments follow, or this is one that is not the first.
const FRAGMENT: u16 = 0x3fff;
const DONT_FRAGMENT: u16 = 0x4000;

/// A whole TCP header.
#[derive(Clone, Copy, Debug)]
struct TcpHeader<'a> {
    fixed: &'a [u8; TCP_HEADER],
    options: &'a [u8],
    payload_length: u16,
}

impl<'a> TcpHeader<'a> {
    /// The header at the front of `bytes`, of which `carried` are the segment's by the IP header.
    /// `None` when it is not whole, or contradicts itself.
    #[inline]
    fn at_front(bytes: &'a [u8], carried: u16) -> Option<Self> {
        let (fixed, behind) = bytes.split_first_chunk::<TCP_HEADER>()?;
        let length = u16::from(fixed[12] >> 4) * 4;
        let options_length = usize::from(length).checked_sub(TCP_HEADER)?;
        // A RST that carries something, or has something behind it, may say why it was sent.
        if fixed[13] & RST != 0 && bytes.len() > usize::from(length) + SHORT_PADDING {
            return None;
        }
        Some(Self {
            fixed,
            options: behind.get(..options_length)?,
            payload_length: carried.checked_sub(length)?,
        })
    }

    /// The same with checksums, where it is of a handshake: `check` is given its whole length.
    #[inline]
    fn checked(
        &self,
        capture: CaptureFacts,
        check: impl FnOnce(usize) -> Checksums,
    ) -> CaptureFacts {
        if !TcpFlags::from_header([self.fixed[12], self.fixed[13]]).has_syn() {
            return capture;
        }
        let header = TCP_HEADER + self.options.len();
        capture.with_checksums(check(header + usize::from(self.payload_length)))
    }

    fn ports(&self) -> (u16, u16) {
        let fixed = self.fixed;
        (number16(fixed[0], fixed[1]), number16(fixed[2], fixed[3]))
    }
}

/// A usual packet of IPv4.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct UsualIpv4<'a> {
    ip: &'a [u8; IPV4_HEADER],
    tcp: TcpHeader<'a>,
    /// What was captured behind the IP header.
    carried: &'a [u8],
}

impl<'a> UsualIpv4<'a> {
    /// The packet, if it is a usual one.
    #[inline]
    pub(in crate::decode) fn recognise(packet: &'a [u8]) -> Option<Self> {
        let (ip, carried) = packet.split_first_chunk::<IPV4_HEADER>()?;
        let fragment = number16(ip[6], ip[7]);
        if ip[0] != 0x45 || ip[9] != TCP || fragment & FRAGMENT != 0 {
            return None;
        }
        let length = number16(ip[2], ip[3]).checked_sub(20)?;
        let tcp = TcpHeader::at_front(carried, length)?;
        Some(Self { ip, tcp, carried })
    }

    /// Its options.
    #[inline]
    pub(in crate::decode) fn options(&self) -> &'a [u8] {
        self.tcp.options
    }

    /// Who sent it to whom: each address above its port, as one number.
    #[inline]
    pub(in crate::decode) fn ends(&self) -> (u64, u64) {
        let (source, destination) = self.addresses();
        let (source_port, destination_port) = self.tcp.ports();
        let end = |address: u32, port: u16| u64::from(address) << 16 | u64::from(port);
        (end(source, source_port), end(destination, destination_port))
    }

    #[inline]
    fn addresses(&self) -> (u32, u32) {
        let ip = self.ip;
        (
            u32::from_be_bytes([ip[12], ip[13], ip[14], ip[15]]),
            u32::from_be_bytes([ip[16], ip[17], ip[18], ip[19]]),
        )
    }

    /// Adds its row with what its options say; false when it says what a row has no room for.
    #[inline]
    pub(in crate::decode) fn add_row(
        &self,
        options: Options,
        place: PacketPlace,
        (context, capture): (ContextId, CaptureFacts),
        rows: &mut Vec<Row>,
    ) -> bool {
        const KNOWN: u16 = HeaderBits::IDENTIFICATION | HeaderBits::DONT_FRAGMENT_KNOWN;
        let ip = self.ip;
        let dont_fragment = number16(ip[6], ip[7]) & DONT_FRAGMENT != 0;
        let (source_address, destination_address) = self.addresses();
        let ip = IpFields {
            source_address,
            destination_address,
            identification: number16(ip[4], ip[5]),
            bits: HeaderBits(KNOWN).with(HeaderBits::DONT_FRAGMENT, dont_fragment),
            ttl: ip[8],
            traffic_class: ip[1],
            shape: Shape(Shape::WINDOW | Shape::WHOLE),
            flow_label_high: 0,
        };
        let capture = self.tcp.checked(capture, |length| {
            let ends = (
                Ipv4Addr::from_bits(source_address).into(),
                Ipv4Addr::from_bits(destination_address).into(),
            );
            checksum::of_segment(self.ip, ends, self.carried.get(..length))
        });
        self.tcp
            .add_row(options, ip, place, (context, capture), rows)
    }
}

/// A usual packet of IPv6.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct UsualIpv6<'a> {
    ip: &'a [u8; IPV6_HEADER],
    tcp: TcpHeader<'a>,
    /// What was captured behind the IP header.
    carried: &'a [u8],
}

impl<'a> UsualIpv6<'a> {
    /// The packet, if it is a usual one.
    #[inline]
    pub(in crate::decode) fn recognise(packet: &'a [u8]) -> Option<Self> {
        let (ip, carried) = packet.split_first_chunk::<IPV6_HEADER>()?;
        if ip[0] >> 4 != 6 || ip[6] != TCP {
            return None;
        }
        let tcp = TcpHeader::at_front(carried, number16(ip[4], ip[5]))?;
        Some(Self { ip, tcp, carried })
    }

    /// Its options.
    pub(in crate::decode) fn options(&self) -> &'a [u8] {
        self.tcp.options
    }

    /// Who sent it to whom.
    #[inline]
    pub(in crate::decode) fn ends(&self) -> (Endpoint, Endpoint) {
        let [source, destination] = self.addresses();
        let (source_port, destination_port) = self.tcp.ports();
        let end = |address: Ipv6Addr, port| Endpoint {
            address: address.into(),
            port,
        };
        (end(source, source_port), end(destination, destination_port))
    }

    #[inline]
    fn addresses(&self) -> [Ipv6Addr; 2] {
        let (_, pair) = self.ip.split_last_chunk::<32>().unwrap_or((&[], &[0; 32]));
        let (addresses, _) = pair.as_chunks::<16>();
        let address = |index: usize| addresses.get(index).copied().unwrap_or_default().into();
        [address(0), address(1)]
    }

    /// Adds its row with what its options say; false when it says what a row has no room for.
    #[inline]
    pub(in crate::decode) fn add_row(
        &self,
        options: Options,
        place: PacketPlace,
        (context, capture): (ContextId, CaptureFacts),
        (rows, addresses): (&mut Vec<Row>, &mut AddressPairs),
    ) -> bool {
        let ip = self.ip;
        let Some(pair) = addresses.add(self.addresses()) else {
            return false;
        };
        let ip = IpFields {
            source_address: pair,
            destination_address: 0,
            identification: number16(ip[2], ip[3]),
            bits: HeaderBits(HeaderBits::FLOW_LABEL),
            ttl: ip[7],
            traffic_class: ip[0] << 4 | ip[1] >> 4,
            shape: Shape(Shape::WINDOW | Shape::WHOLE | Shape::IPV6),
            flow_label_high: ip[1] & 0x0f,
        };
        let capture = self.tcp.checked(capture, |length| {
            let [source, destination] = self.addresses();
            let ends = (source.into(), destination.into());
            checksum::of_segment(&[], ends, self.carried.get(..length))
        });
        self.tcp
            .add_row(options, ip, place, (context, capture), rows)
    }
}

/// What a row has of its IP header.
#[derive(Clone, Copy, Debug)]
struct IpFields {
    source_address: u32,
    destination_address: u32,
    identification: u16,
    bits: HeaderBits,
    ttl: u8,
    traffic_class: u8,
    shape: Shape,
    flow_label_high: u8,
}

impl TcpHeader<'_> {
    #[inline]
    fn add_row(
        &self,
        options: Options,
        ip: IpFields,
        place: PacketPlace,
        (context, capture): (ContextId, CaptureFacts),
        rows: &mut Vec<Row>,
    ) -> bool {
        let (Some(number), Ok(source)) = (Low40::of(place.number.0), u16::try_from(place.source.0))
        else {
            return false;
        };
        let tcp = self.fixed;
        let (source_port, destination_port) = self.ports();
        // Its place first: each field then goes there at once, and few wait in registers.
        rows.push(Row::BLANK);
        let Some(row) = rows.last_mut() else {
            return false;
        };
        *row = Row {
            at: place.at,
            source_address: ip.source_address,
            destination_address: ip.destination_address,
            sequence: u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]),
            acknowledgment: u32::from_be_bytes([tcp[8], tcp[9], tcp[10], tcp[11]]),
            timestamp: options.timestamp,
            echo: options.echo,
            context,
            source_port,
            destination_port,
            source,
            identification: ip.identification,
            window: number16(tcp[14], tcp[15]),
            maximum_segment_size: options.maximum_segment_size,
            payload_length: self.payload_length,
            flags: TcpFlags::from_header([tcp[12], tcp[13]]),
            header: HeaderBits(ip.bits.0 | options.bits.0),
            number,
            ttl: ip.ttl,
            traffic_class: ip.traffic_class,
            shape: ip.shape,
            interface: capture.interface,
            flow_label_high: ip.flow_label_high | capture.upper_bits(),
        };
        true
    }
}

fn number16(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low])
}
