//! ICMP and `ICMPv6` errors and the segments that they quote.

use etherparse::{IpNumber, ip_number};

use super::encapsulation::Encapsulation;
use super::endpoint::Endpoint;
use super::icmp_kind::IcmpKind;
use super::ip::{self, IpPacket};
use super::neighbour;
use super::observation::{IcmpError, Observation, QuotedSegment, SetAside};
use super::sequence_number::SequenceNumber;
use super::tcp_flags::TcpFlags;

/// Type, code, checksum and four bytes that depend on the type stand before the quote.
const HEADER_LENGTH: usize = 8;

/// Reads an ICMP message of the version that `packet` has.
pub(super) fn error(packet: &IpPacket<'_>, encapsulation: Encapsulation) -> Observation {
    let Some(&[message_type, code]) = packet.payload.first_chunk() else {
        return Observation::SetAside(SetAside::TruncatedHeader);
    };
    let kind = match packet.protocol {
        ip_number::ICMP => IcmpKind::V4(message_type, code),
        _ => IcmpKind::V6(message_type, code),
    };
    if !kind.is_error() {
        return neighbour::discovery(packet.payload, packet.source)
            .filter(|_| packet.protocol == ip_number::IPV6_ICMP)
            .unwrap_or(Observation::Alive(packet.source));
    }
    match quote(packet.payload.get(HEADER_LENGTH..).unwrap_or_default()) {
        Ok(Some(quote)) => Observation::IcmpError(IcmpError {
            sender: packet.source,
            ip: packet.facts,
            kind,
            mtu: mtu(kind, packet.payload),
            encapsulation,
            quote,
        }),
        Ok(None) => Observation::Alive(packet.source),
        Err(reason) => Observation::SetAside(reason),
    }
}

/// How large packets may be, where the error is about that (RFC 1191, RFC 8201).
fn mtu(kind: IcmpKind, message: &[u8]) -> Option<u32> {
    let &[a, b, c, d] = message.get(4..)?.first_chunk()?;
    let mtu = match kind {
        IcmpKind::V4(..) => u32::from_be_bytes([0, 0, c, d]),
        IcmpKind::V6(..) => u32::from_be_bytes([a, b, c, d]),
    };
    (kind.asks_for_smaller() && mtu > 0).then_some(mtu)
}

/// The quoted segment; `None` when something else than TCP is quoted, or a fragment without ports.
fn quote(bytes: &[u8]) -> Result<Option<QuotedSegment>, SetAside> {
    let packet = ip::parse(bytes)?;
    if packet.protocol != IpNumber::TCP || packet.is_later_fragment {
        return Ok(None);
    }
    let Some(&[a, b, c, d]) = packet.payload.first_chunk() else {
        return Err(SetAside::TruncatedHeader);
    };
    let sequence = packet.payload.get(4..).and_then(|rest| rest.first_chunk());
    // A quote of eight bytes may be padded: a header whose length is 0 was not quoted.
    let flags = packet.payload.get(12..).and_then(|rest| rest.first_chunk());
    let flags = flags.filter(|[length, _]: &&[u8; 2]| length >> 4 > 0);
    Ok(Some(QuotedSegment {
        source: Endpoint {
            address: packet.source,
            port: u16::from_be_bytes([a, b]),
        },
        destination: Endpoint {
            address: packet.destination,
            port: u16::from_be_bytes([c, d]),
        },
        ttl: packet.facts.ttl,
        sequence: sequence.map(|number| SequenceNumber(u32::from_be_bytes(*number))),
        flags: flags.map(|flags| TcpFlags::from_header(*flags)),
    }))
}
