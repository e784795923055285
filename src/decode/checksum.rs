//! The Internet checksum (RFC 1071) of a handshake packet: TCP's, the IPv4 header's, and that of
//! the UDP datagram around a tunnel.
//!
//! A host that leaves it to its network card hands out packets whose checksum is not filled in: the
//! sum over the pseudo-header alone, or nothing. Those say nothing about what is on the wire.

use std::net::IpAddr;

use etherparse::ip_number;

use super::capture_facts::Checksums;
use super::ip::IpPacket;

/// Where the checksum stands in a TCP header, and in a UDP header.
const IN_TCP: usize = 16;
const IN_UDP: usize = 6;

/// The IPv4 header without options.
const PLAIN_HEADER: usize = 20;

/// More fragments follow: the checksum is over all of them.
const MORE_FRAGMENTS: u8 = 0x20;

/// Those of a segment and of the datagram that it was tunnelled in.
pub(super) fn of_layers(packet: &IpPacket<'_>, outer: Option<&IpPacket<'_>>) -> Checksums {
    let own = of_ip_packet(packet);
    match outer.map_or(Checksums::Right, of_datagram) {
        Checksums::Wrong => Checksums::WrongOutside,
        Checksums::Right => own,
        _ if own.are_wrong() => own,
        _ => Checksums::NotKnown,
    }
}

fn of_ip_packet(packet: &IpPacket<'_>) -> Checksums {
    if packet.has_extensions {
        return Checksums::NotKnown;
    }
    let ends = (packet.source, packet.destination);
    of_segment(packet.header, ends, whole(packet))
}

/// What the packet carries, where all of it was captured.
fn whole<'a>(packet: &IpPacket<'a>) -> Option<&'a [u8]> {
    let length = packet.payload_length? as usize;
    (packet.payload.len() == length).then_some(packet.payload)
}

/// Those of a segment, where all of it was captured, behind this IPv4 header (none of IPv6).
pub(super) fn of_segment(
    header: &[u8],
    (source, destination): (IpAddr, IpAddr),
    segment: Option<&[u8]>,
) -> Checksums {
    // Behind a source route the destination is another one.
    if header.len() > PLAIN_HEADER
        || header
            .get(6)
            .is_some_and(|flags| flags & MORE_FRAGMENTS > 0)
    {
        return Checksums::NotKnown;
    }
    if is_header_wrong(header) {
        return Checksums::Wrong;
    }
    let Some(segment) = segment else {
        return Checksums::NotKnown;
    };
    let pseudo_header = pseudo_header(source, destination, ip_number::TCP.0);
    judge(pseudo_header, segment, IN_TCP)
}

/// That of a UDP datagram; one that has none is right.
fn of_datagram(outer: &IpPacket<'_>) -> Checksums {
    let is_fragment = outer
        .header
        .get(6)
        .is_some_and(|flags| flags & MORE_FRAGMENTS > 0);
    if outer.has_extensions || outer.header.len() > PLAIN_HEADER || is_fragment {
        return Checksums::NotKnown;
    }
    let Some(datagram) = whole(outer) else {
        return Checksums::NotKnown;
    };
    if stored(datagram, IN_UDP) == Some(0) {
        return Checksums::Right;
    }
    let pseudo_header = pseudo_header(outer.source, outer.destination, ip_number::UDP.0);
    judge(pseudo_header, datagram, IN_UDP)
}

/// A header that a network card is to fill in has 0.
fn is_header_wrong(header: &[u8]) -> bool {
    let is_filled_in = stored(header, 10).is_some_and(|checksum| checksum != 0);
    is_filled_in && fold(sum(header)) != 0xffff
}

fn judge(pseudo_header: u32, bytes: &[u8], at: usize) -> Checksums {
    let Some(stored) = stored(bytes, at) else {
        return Checksums::NotKnown;
    };
    let Ok(length) = u32::try_from(bytes.len()) else {
        return Checksums::NotKnown;
    };
    if fold(pseudo_header + length + sum(bytes)) == 0xffff {
        return Checksums::Right;
    }
    // Linux and most others leave the sum over the pseudo-header; for a packet that the card is to
    // cut, that without the length.
    let unfilled = [0, fold(pseudo_header + length), fold(pseudo_header)];
    if unfilled.contains(&stored) {
        Checksums::NotKnown
    } else {
        Checksums::Wrong
    }
}

fn stored(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*field))
}

/// The sum over addresses and protocol; the length is still to be added.
fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: u8) -> u32 {
    let of_address = |address: IpAddr| match address {
        IpAddr::V4(address) => sum(&address.octets()),
        IpAddr::V6(address) => sum(&address.octets()),
    };
    of_address(source) + of_address(destination) + u32::from(protocol)
}

/// What the words of 16 bits sum up to, folded into 16 bits. They are taken two at a time, which
/// gives the same sum (RFC 1071 §2): this is done for every SYN.
fn sum(bytes: &[u8]) -> u32 {
    let (pairs, rest) = bytes.as_chunks::<4>();
    let (words, last) = rest.as_chunks::<2>();
    let mut sum = last.first().map_or(0, |byte| u64::from(*byte) << 8);
    for pair in pairs {
        sum += u64::from(u32::from_be_bytes(*pair));
    }
    for word in words {
        sum += u64::from(u16::from_be_bytes(*word));
    }
    fold(sum).into()
}

fn fold(sum: impl Into<u64>) -> u16 {
    let mut sum = sum.into();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// From 10.1.0.7:40001 to 10.2.0.20:81, without options; the checksum is right.
    const SYN: [u8; 20] = [
        0x9c, 0x41, 0, 81, 0, 0, 3, 0xe8, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0,
    ];

    fn with_checksum(checksum: u16) -> Checksums {
        let mut segment = SYN;
        segment[IN_TCP..IN_TCP + 2].copy_from_slice(&checksum.to_be_bytes());
        of_segment(&[], ends(), Some(&segment))
    }

    fn ends() -> (IpAddr, IpAddr) {
        let (client, server) = (Ipv4Addr::new(10, 1, 0, 7), Ipv4Addr::new(10, 2, 0, 20));
        (client.into(), server.into())
    }

    #[test]
    fn one_that_is_not_filled_in_is_neither_right_nor_wrong() {
        let (source, destination) = ends();
        let unfilled = fold(pseudo_header(source, destination, 6) + 20);
        let right = !fold(u32::from(unfilled) + sum(&SYN));
        assert_eq!(with_checksum(right), Checksums::Right);
        assert_eq!(with_checksum(unfilled), Checksums::NotKnown);
        assert_eq!(with_checksum(0), Checksums::NotKnown);
        assert_eq!(with_checksum(right ^ 0x1234), Checksums::Wrong);
    }

    #[test]
    fn of_what_was_cut_nothing_is_known() {
        assert_eq!(of_segment(&[], ends(), None), Checksums::NotKnown);
        assert_eq!(
            of_segment(&[], ends(), Some(&SYN[..12])),
            Checksums::NotKnown
        );
    }
}
