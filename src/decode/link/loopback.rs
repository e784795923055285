//! Pseudo-interfaces of the BSDs: loopback and the packet filter's log.

use super::{Found, Network, ip_by_version};
use crate::decode::fields::{after, u8_at, u32_at};
use crate::decode::observation::SetAside;

/// The address family in the byte order of the capturing host, whatever the link type promises.
pub(super) fn bsd(bytes: &[u8]) -> Found<'_> {
    let family = u32_at(bytes, 0)?;
    // AF_INET is 2 everywhere; AF_INET6 is 10 (Linux), 24 (NetBSD, OpenBSD), 28 (FreeBSD), 30
    // (macOS).
    let is_ip = |family: u32| matches!(family, 2 | 10 | 24 | 28 | 30);
    if is_ip(family) || is_ip(family.swap_bytes()) {
        Ok(Network::Ip(after(bytes, 4)?))
    } else {
        Ok(Network::Other)
    }
}

/// Whether this is what `OpenBSD` calls link type 12, which other systems give to raw IP: the
/// family of its loopback, in network byte order. No IP packet starts so.
pub(in crate::decode) fn is_openbsd(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0, 2 | 24, ..])
}

/// A header that tells its length; some systems do not count the padding behind it. Where no packet
/// of its family stands behind that, it may behind one of a length that is known.
pub(super) fn pflog(bytes: &[u8]) -> Found<'_> {
    const KNOWN_LENGTHS: [usize; 5] = [64, 72, 100, 61, 69];
    let told = usize::from(u8_at(bytes, 0)?).next_multiple_of(4);
    let version = if u8_at(bytes, 1)? == 2 { 4 } else { 6 };
    let is_packet_at = |length: &usize| {
        let first = bytes.get(*length);
        first.is_some_and(|first| first >> 4 == version)
    };
    let mut lengths = std::iter::once(told).chain(KNOWN_LENGTHS);
    let length = lengths.find(is_packet_at).unwrap_or(told);
    Ok(ip_by_version(after(bytes, length)?))
}

/// What `OpenBSD` calls link type 13, and others something else: address family, security
/// parameters index and flags before the IP packet.
pub(super) fn openbsd_enc(bytes: &[u8]) -> Found<'_> {
    let is_family = matches!(bytes, [0, 0, 0, 2 | 24, ..] | [2 | 24, 0, 0, 0, ..]);
    match ip_by_version(after(bytes, super::ENC_HEADER_LENGTH)?) {
        packet @ Network::Ip(_) if is_family => Ok(packet),
        _ => Err(SetAside::UnsupportedLinkType),
    }
}

/// Solaris: version, family, hook, length, two interfaces, the zones of source and destination.
pub(super) fn ipnet(bytes: &[u8]) -> Found<'_> {
    const HEADER: usize = 24;
    const IPV4: u8 = 2;
    const IPV6: u8 = 26;
    match u8_at(bytes, 1)? {
        IPV4 | IPV6 => Ok(ip_by_version(after(bytes, HEADER)?)),
        _ => Ok(Network::Other),
    }
}
