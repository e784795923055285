//! What a packet says about a connect, in 64 bytes: one line of memory, the same while it waits, in
//! the table of open attempts, and in whatever comes after.
//!
//! A segment in full takes 148 bytes, of which 48 say what it was wrapped in. Here that is a number
//! ([`ContextId`]), IPv6 addresses stand beside the rows ([`Addresses`]), and the few packets that
//! say what hardly any does have no row: they are handed on in full.

mod bits;
mod bytes;
mod headers;
mod kept;
mod usual;
mod usual_options;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::context::{ContextId, Contexts};
use super::{
    CaptureFacts, Endpoint, IcmpError, IcmpKind, IpFacts, QuotedSegment, Segment, SequenceNumber,
    TcpFlags, TcpOptions,
};
use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use bits::{HeaderBits, Shape};
pub use bytes::ROW_BYTES;
pub(crate) use kept::Direction;
pub(super) use usual::{UsualIpv4, UsualIpv6};
pub(super) use usual_options::Options;

/// A TCP segment, or an ICMP error about one, and where it was captured.
///
/// Whoever makes one knows that nothing of the packet is lost: what would not fit has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    at: Timestamp,
    /// IPv4 addresses as numbers; of IPv6, where both stand in [`Addresses`], and 0.
    source_address: u32,
    destination_address: u32,
    /// Of an ICMP error, the quoted one.
    sequence: u32,
    /// Of an ICMP error, who sent it: as an IPv4 address, or where that stands in [`Addresses`].
    acknowledgment: u32,
    /// Of an ICMP error, type, code and the quoted time to live.
    timestamp: u32,
    echo: u32,
    context: ContextId,
    interface: u16,
    source_port: u16,
    destination_port: u16,
    source: u16,
    /// Of IPv6, the lower bits of the flow label.
    identification: u16,
    window: u16,
    maximum_segment_size: u16,
    payload_length: u16,
    flags: TcpFlags,
    header: HeaderBits,
    number: Low40,
    ttl: u8,
    traffic_class: u8,
    shape: Shape,
    /// The highest bits of the flow label below, and above what [`CaptureFacts::upper_bits`] holds.
    flow_label_high: u8,
}

/// A number of which 40 bits are kept: a million million packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Low40([u8; 5]);

impl Low40 {
    fn of(number: u64) -> Option<Self> {
        let [low @ .., _, _, _] = number.to_le_bytes();
        (number >> 40 == 0).then_some(Self(low))
    }

    fn number(self) -> u64 {
        let [first, second, third, fourth, fifth] = self.0;
        u64::from_le_bytes([first, second, third, fourth, fifth, 0, 0, 0])
    }
}

/// IPv6 addresses that rows speak of: each row's pair, at the place that it names.
pub trait Addresses {
    /// The pair at this place.
    fn pair(&self, place: u32) -> [Ipv6Addr; 2];
}

/// IPv6 addresses beside rows that wait together.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AddressPairs(Vec<[Ipv6Addr; 2]>);

impl AddressPairs {
    /// Adds a pair; its place.
    pub(crate) fn add(&mut self, pair: [Ipv6Addr; 2]) -> Option<u32> {
        let place = u32::try_from(self.0.len()).ok()?;
        self.0.push(pair);
        Some(place)
    }

    /// Forgets all, and keeps the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Addresses for AddressPairs {
    fn pair(&self, place: u32) -> [Ipv6Addr; 2] {
        let found = self.0.get(place as usize);
        found.copied().unwrap_or([Ipv6Addr::UNSPECIFIED; 2])
    }
}

impl Row {
    /// What a row is before it is written.
    const BLANK: Self = Self {
        at: Timestamp::EARLIEST,
        source_address: 0,
        destination_address: 0,
        sequence: 0,
        acknowledgment: 0,
        timestamp: 0,
        echo: 0,
        context: ContextId::NONE,
        interface: 0,
        source_port: 0,
        destination_port: 0,
        source: 0,
        identification: 0,
        window: 0,
        maximum_segment_size: 0,
        payload_length: 0,
        flags: TcpFlags(0),
        header: HeaderBits(0),
        number: Low40([0; 5]),
        ttl: 0,
        traffic_class: 0,
        shape: Shape(0),
        flow_label_high: 0,
    };

    /// The row of a segment; `None` when it says what a row has no room for.
    pub fn of_segment(
        segment: &Segment,
        place: PacketPlace,
        contexts: &Contexts,
        addresses: &mut AddressPairs,
    ) -> Option<Self> {
        let (ip, options) = (&segment.ip, &segment.options);
        let (timestamp, echo) = options.timestamps.unwrap_or_default();
        let ends = (segment.source, segment.destination);
        let row = Self::of_ip(ip, ends, place, addresses)?;
        Some(Self {
            sequence: segment.sequence.0,
            acknowledgment: segment.acknowledgment.0,
            timestamp,
            echo,
            context: contexts.intern(&segment.encapsulation)?,
            window: segment.window.unwrap_or_default(),
            maximum_segment_size: options.maximum_segment_size.unwrap_or_default(),
            payload_length: u16::try_from(segment.payload_length).ok()?,
            flags: segment.flags,
            header: row.header.with_options(options)?,
            shape: row
                .shape
                .with(Shape::WINDOW, segment.window.is_some())
                .with(Shape::WHOLE, segment.is_whole),
            ..row
        })
    }

    /// The row of an ICMP error; `None` when it says what a row has no room for.
    pub fn of_icmp_error(
        error: &IcmpError,
        place: PacketPlace,
        contexts: &Contexts,
        addresses: &mut AddressPairs,
    ) -> Option<Self> {
        let quote = &error.quote;
        let ends = (quote.source, quote.destination);
        let (kind, code, sender) = match (error.kind, error.sender, quote.source.address) {
            (IcmpKind::V4(kind, code), IpAddr::V4(sender), IpAddr::V4(_)) => {
                (kind, code, sender.to_bits())
            }
            (IcmpKind::V6(kind, code), IpAddr::V6(sender), IpAddr::V6(_)) => {
                (kind, code, addresses.add([sender; 2])?)
            }
            _ => return None,
        };
        let row = Self::of_ip(&error.ip, ends, place, addresses)?;
        Some(Self {
            sequence: quote.sequence.unwrap_or_default().0,
            acknowledgment: sender,
            timestamp: u32::from_le_bytes([kind, code, quote.ttl, 0]),
            echo: error.mtu.unwrap_or_default(),
            context: contexts.intern(&error.encapsulation)?,
            flags: quote.flags.unwrap_or_default(),
            shape: row
                .shape
                .with(Shape::ICMP, true)
                .with(Shape::QUOTED_SEQUENCE, quote.sequence.is_some())
                .with(Shape::QUOTED_FLAGS, quote.flags.is_some()),
            ..row
        })
    }

    /// What all rows have.
    fn of_ip(
        ip: &IpFacts,
        (source, destination): (Endpoint, Endpoint),
        place: PacketPlace,
        addresses: &mut AddressPairs,
    ) -> Option<Self> {
        ip.capture.verdict.is_none().then_some(())?; // Rare, and told in full.
        let is_ipv6 = source.address.is_ipv6();
        let (source_address, destination_address) = match (source.address, destination.address) {
            (IpAddr::V4(source), IpAddr::V4(destination)) if ip.flow_label.is_none() => {
                (source.to_bits(), destination.to_bits())
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) if ip.identification.is_none() => {
                (addresses.add([source, destination])?, 0)
            }
            _ => return None,
        };
        let [0, high, low_high, low] = ip.flow_label.unwrap_or_default().to_be_bytes() else {
            return None;
        };
        let identification = if is_ipv6 {
            u16::from_be_bytes([low_high, low])
        } else {
            ip.identification.unwrap_or_default()
        };
        Some(Self {
            at: place.at,
            source_address,
            destination_address,
            source_port: source.port,
            destination_port: destination.port,
            source: u16::try_from(place.source.0).ok()?,
            identification,
            header: HeaderBits::of_ip(ip),
            number: Low40::of(place.number.0)?,
            ttl: ip.ttl,
            traffic_class: ip.traffic_class,
            shape: Shape::default()
                .with(Shape::IPV6, is_ipv6)
                .with(Shape::TRANSLATED, ip.capture.is_translated),
            interface: ip.capture.interface,
            flow_label_high: high & 0x0f | ip.capture.upper_bits(),
            ..Self::BLANK
        })
    }

    /// The segment that it is.
    pub fn segment(&self, contexts: &Contexts, addresses: &impl Addresses) -> Segment {
        let (source, destination) = self.ends(addresses);
        Segment {
            source,
            destination,
            ip: self.ip(),
            encapsulation: contexts.get(self.context),
            sequence: SequenceNumber(self.sequence),
            acknowledgment: SequenceNumber(self.acknowledgment),
            flags: self.flags,
            window: self.shape.is(Shape::WINDOW).then_some(self.window),
            payload_length: u32::from(self.payload_length),
            options: self.options(),
            is_whole: self.shape.is(Shape::WHOLE),
        }
    }

    /// Its TCP options.
    pub fn options(&self) -> TcpOptions {
        let header = self.header;
        TcpOptions {
            maximum_segment_size: header.given(HeaderBits::SEGMENT_SIZE, self.maximum_segment_size),
            window_scale: header.scale(),
            timestamps: header.given(HeaderBits::TIMESTAMPS, (self.timestamp, self.echo)),
            sack_permitted: header.is(HeaderBits::SACK_PERMITTED),
            fast_open: header.is(HeaderBits::FAST_OPEN),
            multipath: header.is(HeaderBits::MULTIPATH),
            authentication: header.is(HeaderBits::AUTHENTICATION),
        }
    }

    /// The ICMP error that it is.
    pub fn icmp_error(&self, contexts: &Contexts, addresses: &impl Addresses) -> IcmpError {
        let (source, destination) = self.ends(addresses);
        let [kind, code, ttl, _] = self.timestamp.to_le_bytes();
        let (sender, kind) = if self.shape.is(Shape::IPV6) {
            let [sender, _] = addresses.pair(self.acknowledgment);
            (sender.into(), IcmpKind::V6(kind, code))
        } else {
            let sender = Ipv4Addr::from_bits(self.acknowledgment);
            (sender.into(), IcmpKind::V4(kind, code))
        };
        IcmpError {
            sender,
            ip: self.ip(),
            kind,
            mtu: (self.echo > 0).then_some(self.echo),
            encapsulation: contexts.get(self.context),
            quote: QuotedSegment {
                source,
                destination,
                ttl,
                sequence: self
                    .shape
                    .is(Shape::QUOTED_SEQUENCE)
                    .then_some(SequenceNumber(self.sequence)),
                flags: self.shape.is(Shape::QUOTED_FLAGS).then_some(self.flags),
            },
        }
    }

    /// Who sent it to whom; of an ICMP error, who had sent what it quotes.
    pub fn ends(&self, addresses: &impl Addresses) -> (Endpoint, Endpoint) {
        let (source, destination): (IpAddr, IpAddr) = if self.shape.is(Shape::IPV6) {
            let [one, other] = addresses.pair(self.source_address);
            if self.shape.is(Shape::REVERSED) {
                (other.into(), one.into())
            } else {
                (one.into(), other.into())
            }
        } else {
            (
                Ipv4Addr::from_bits(self.source_address).into(),
                Ipv4Addr::from_bits(self.destination_address).into(),
            )
        };
        let end = |address, port| Endpoint { address, port };
        (
            end(source, self.source_port),
            end(destination, self.destination_port),
        )
    }

    pub(super) fn ip(&self) -> IpFacts {
        let header = self.header;
        let [high, low] = self.identification.to_be_bytes();
        let flow_label = u32::from_be_bytes([0, self.flow_label_high & 0x0f, high, low]);
        IpFacts {
            ttl: self.ttl,
            identification: header.given(HeaderBits::IDENTIFICATION, self.identification),
            dont_fragment: header.given(
                HeaderBits::DONT_FRAGMENT_KNOWN,
                header.is(HeaderBits::DONT_FRAGMENT),
            ),
            traffic_class: self.traffic_class,
            flow_label: header.given(HeaderBits::FLOW_LABEL, flow_label),
            capture: self.capture(),
        }
    }

    /// Its traffic class, or type of service.
    pub(super) fn traffic_class(&self) -> u8 {
        self.traffic_class
    }

    /// What the capture says of it beside its headers.
    #[inline]
    pub fn capture(&self) -> CaptureFacts {
        CaptureFacts {
            is_translated: self.shape.is(Shape::TRANSLATED),
            ..CaptureFacts::from_upper_bits(self.flow_label_high, self.interface)
        }
    }

    /// Whether a receiver throws it away for its checksums.
    #[inline]
    pub(crate) fn has_wrong_checksums(&self) -> bool {
        CaptureFacts::have_wrong_checksums(self.flow_label_high)
    }

    /// Whether it is known which way it went through the host that captured it.
    #[inline]
    pub(crate) fn has_passage(&self) -> bool {
        CaptureFacts::have_passage(self.flow_label_high)
    }

    /// It is a later leg of a connect.
    pub(super) fn mark_translated(&mut self) {
        self.shape = self.shape.with(Shape::TRANSLATED, true);
    }

    /// Who sent the packet; of an ICMP error, the sender of the error.
    pub fn sender(&self, addresses: &impl Addresses) -> IpAddr {
        match (self.is_icmp_error(), self.is_ipv6()) {
            (false, _) => self.ends(addresses).0.address,
            (true, false) => Ipv4Addr::from_bits(self.acknowledgment).into(),
            (true, true) => addresses.pair(self.acknowledgment)[0].into(),
        }
    }

    /// As [`Self::sender`], of IPv4 and as a number; `None` of IPv6.
    #[inline]
    pub fn ipv4_sender(&self) -> Option<u32> {
        match self.shape.0 & (Shape::IPV6 | Shape::ICMP) {
            0 => Some(self.source_address),
            Shape::ICMP => Some(self.acknowledgment),
            _ => None,
        }
    }

    /// Where and when it was captured.
    pub fn place(&self) -> PacketPlace {
        PacketPlace {
            at: self.at,
            source: SourceId(self.source.into()),
            number: PacketNumber(self.number.number()),
        }
    }

    /// When it was captured.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// What it was wrapped in.
    pub fn context(&self) -> ContextId {
        self.context
    }

    /// The index of its source.
    pub(crate) fn source(&self) -> u16 {
        self.source
    }

    /// Whether it is an ICMP error.
    pub fn is_icmp_error(&self) -> bool {
        self.shape.is(Shape::ICMP)
    }

    /// Whether it is of IPv6.
    pub fn is_ipv6(&self) -> bool {
        self.shape.is(Shape::IPV6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_one_line_of_memory() {
        assert_eq!(size_of::<Row>(), 64);
        assert_eq!(size_of::<Option<Row>>(), 64);
    }
}
