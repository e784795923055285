//! Single fields of a packet's headers, of those that rules ask for one by one.

use super::bits::{HeaderBits, Shape};
use super::{IcmpKind, Row, SequenceNumber, TcpFlags};

impl Row {
    /// Its control bits; of an ICMP error, the quoted ones.
    pub fn flags(&self) -> TcpFlags {
        self.flags
    }

    /// Its sequence number; of an ICMP error, the quoted one.
    pub fn sequence(&self) -> SequenceNumber {
        SequenceNumber(self.sequence)
    }

    /// Its acknowledgement number; means nothing without the ACK flag.
    pub fn acknowledgment(&self) -> SequenceNumber {
        SequenceNumber(self.acknowledgment)
    }

    /// Bytes of payload by the IP header.
    pub fn payload_length(&self) -> u32 {
        u32::from(self.payload_length)
    }

    /// Its time to live, or hop limit.
    pub fn ttl(&self) -> u8 {
        self.ttl
    }

    /// Its IP identification (IPv4).
    pub fn identification(&self) -> Option<u16> {
        let header = self.header;
        header.given(HeaderBits::IDENTIFICATION, self.identification)
    }

    /// Its window, not scaled; `None` when it was not captured.
    pub fn window(&self) -> Option<u16> {
        self.shape.is(Shape::WINDOW).then_some(self.window)
    }

    /// The value of its timestamps option.
    pub fn timestamp(&self) -> Option<u32> {
        self.header.given(HeaderBits::TIMESTAMPS, self.timestamp)
    }

    /// What the quoted IP packet and its header are, of an ICMP error of IPv4: type and code, where
    /// its sequence number was quoted that number, and where its flags were these.
    pub fn icmp_v4_quote(&self) -> Option<(IcmpKind, Option<SequenceNumber>, Option<TcpFlags>)> {
        let [kind, code, ..] = self.timestamp.to_le_bytes();
        let sequence = self.shape.is(Shape::QUOTED_SEQUENCE);
        let flags = self.shape.is(Shape::QUOTED_FLAGS);
        (self.shape.is(Shape::ICMP) && !self.shape.is(Shape::IPV6)).then_some((
            IcmpKind::V4(kind, code),
            sequence.then_some(SequenceNumber(self.sequence)),
            flags.then_some(self.flags),
        ))
    }

    /// Type and code of an ICMP error, and how large packets may be where it asks for smaller ones.
    pub fn icmp_kind_and_mtu(&self) -> (IcmpKind, Option<u32>) {
        let [kind, code, ..] = self.timestamp.to_le_bytes();
        let kind = if self.is_ipv6() {
            IcmpKind::V6(kind, code)
        } else {
            IcmpKind::V4(kind, code)
        };
        (kind, (self.echo > 0).then_some(self.echo))
    }

    /// Whether it carries the option of Multipath TCP.
    pub fn is_multipath(&self) -> bool {
        self.header.is(HeaderBits::MULTIPATH)
    }
}
