//! A packet with other addresses and without payload.
//!
//! What is known is rewritten, header by header from the outside; at the first byte that is not
//! known the packet is cut off, rather than letting through what may hold an address or a name.

use std::net::IpAddr;

use super::AddressMap;
use super::checksum::{Difference, PseudoHeader};
use crate::capture::Packet;
use crate::decode::{TunnelPorts, UdpTunnel, tells_inspection_point};

/// How many headers may stand in one another: no packet nests without end.
const DEEPEST: u32 = 24;

/// The anonymous bytes of a packet, from its start; empty where its link type is not known here.
/// `tunnels` says where tunnels are besides their own ports.
pub fn anonymous_packet(
    packet: &Packet<'_>,
    tunnels: &TunnelPorts,
    map: &mut AddressMap,
) -> Vec<u8> {
    let mut new = packet.bytes.to_vec();
    let bytes = Bytes {
        old: packet.bytes,
        new: &mut new,
    };
    let mut rewriter = Rewriter {
        map,
        tunnels,
        depth: 0,
    };
    let kept = packet
        .link_type
        .and_then(|link_type| rewriter.link(link_type, bytes))
        .unwrap_or(0);
    new.truncate(kept);
    new
}

/// The same bytes before and after.
pub(super) struct Bytes<'a> {
    pub(super) old: &'a [u8],
    new: &'a mut [u8],
}

impl Bytes<'_> {
    pub(super) fn from(&mut self, at: usize) -> Option<Bytes<'_>> {
        self.between(at, self.old.len())
    }

    /// The first so many of them.
    pub(super) fn up_to(self, end: usize) -> Option<Self>
    where
        Self: Sized,
    {
        Some(Self {
            old: self.old.get(..end)?,
            new: self.new.get_mut(..end)?,
        })
    }

    fn between(&mut self, at: usize, end: usize) -> Option<Bytes<'_>> {
        let end = end.min(self.old.len());
        Some(Bytes {
            old: self.old.get(at..end)?,
            new: self.new.get_mut(at..end)?,
        })
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.old.get(at).copied()
    }

    pub(super) fn word(&self, at: usize) -> Option<u16> {
        let field = self.old.get(at..)?.first_chunk()?;
        Some(u16::from_be_bytes(*field))
    }

    pub(super) fn set(&mut self, at: usize, value: &[u8]) -> Option<()> {
        self.new
            .get_mut(at..at + value.len())?
            .copy_from_slice(value);
        Some(())
    }

    pub(super) fn fill(&mut self, at: usize, end: usize, value: u8) -> Option<()> {
        self.new.get_mut(at..end)?.fill(value);
        Some(())
    }

    /// Whether an Ethernet header tells where in a gateway the packet was seen.
    fn tells_inspection_point(&self) -> bool {
        tells_inspection_point(self.old)
    }

    pub(super) fn mac(&mut self, at: usize, map: &AddressMap) -> Option<()> {
        let mac = *self.old.get(at..)?.first_chunk::<6>()?;
        self.set(at, &map.mac(mac))
    }

    fn v4(&mut self, at: usize, map: &mut AddressMap) -> Option<()> {
        let octets = *self.old.get(at..)?.first_chunk::<4>()?;
        match map.address(IpAddr::from(octets)) {
            IpAddr::V4(address) => self.set(at, &address.octets()),
            IpAddr::V6(_) => None,
        }
    }

    fn v6(&mut self, at: usize, map: &mut AddressMap) -> Option<()> {
        let octets = *self.old.get(at..)?.first_chunk::<16>()?;
        match map.address(IpAddr::from(octets)) {
            IpAddr::V6(address) => self.set(at, &address.octets()),
            IpAddr::V4(_) => None,
        }
    }

    /// What rewriting changed so far, up to `end`.
    fn difference(&self, start: usize, end: usize) -> Difference {
        let old = self.old.get(start..end).unwrap_or_default();
        Difference::between(old, self.new.get(start..end).unwrap_or_default())
    }

    fn pseudo_header(&self, start: usize, end: usize) -> PseudoHeader {
        let old = self.old.get(start..end).unwrap_or_default();
        PseudoHeader::between(old, self.new.get(start..end).unwrap_or_default())
    }

    /// Adjusts the checksum at `at` over what was kept and over the addresses around it.
    fn adjust_covering(&mut self, at: usize, kept: usize, around: (u8, PseudoHeader)) {
        let (protocol, pseudo) = around;
        let Some(checksum) = self.word(at) else {
            return;
        };
        match pseudo.unfilled(checksum, protocol, self.old.len()) {
            // It is there: it was just read.
            Some(unfilled) => self.set(at, &unfilled.to_be_bytes()).unwrap_or_default(),
            None => self.adjust(at, self.difference(0, kept).and(pseudo.change)),
        }
    }

    /// Adjusts the checksum at `at`, if it was captured.
    fn adjust(&mut self, at: usize, difference: Difference) {
        if let Some(checksum) = self.word(at) {
            // It is there: it was just read.
            let _ = self.set(at, &difference.applied_to(checksum).to_be_bytes());
        }
    }
}

pub(super) struct Rewriter<'a> {
    pub(super) map: &'a mut AddressMap,
    tunnels: &'a TunnelPorts,
    depth: u32,
}

/// How many bytes from the start of a header are kept, with all that is known inside of it.
pub(super) type Kept = Option<usize>;

impl Rewriter<'_> {
    pub(super) fn ethernet(&mut self, mut bytes: Bytes<'_>) -> Kept {
        if bytes.tells_inspection_point() {
            // The point stays, the name of the interface goes.
            bytes.fill(2, 12, 0)?;
            bytes.fill(2, 4, b'x')?;
        } else {
            bytes.mac(0, self.map)?;
            bytes.mac(6, self.map)?;
        }
        let ether_type = bytes.word(12)?;
        Some(14 + self.by_ether_type(ether_type, bytes.from(14)?))
    }

    pub(super) fn by_ether_type(&mut self, ether_type: u16, bytes: Bytes<'_>) -> usize {
        self.depth += 1;
        if self.depth > DEEPEST {
            return 0;
        }
        self.of_ether_type(ether_type, bytes).unwrap_or(0)
    }

    fn of_ether_type(&mut self, ether_type: u16, mut bytes: Bytes<'_>) -> Kept {
        match ether_type {
            0x0800 | 0x86dd => Some(self.ip(bytes)),
            0x0806 => self.arp(&mut bytes),
            0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
                let inner = bytes.word(2)?;
                Some(4 + self.by_ether_type(inner, bytes.from(4)?))
            }
            0x8847 | 0x8848 => {
                let is_bottom = bytes.byte(2)? & 1 == 1;
                let inside = bytes.from(4)?;
                let kept = if is_bottom {
                    self.ip(inside)
                } else {
                    self.by_ether_type(ether_type, inside)
                };
                Some(4 + kept)
            }
            0x8864 => match bytes.word(6)? {
                0x0021 | 0x0057 => Some(8 + self.ip(bytes.from(8)?)),
                _ => Some(8),
            },
            _ => None,
        }
    }

    fn arp(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        if bytes.word(2)? != 0x0800 || bytes.word(4)? != 0x0604 {
            return Some(8);
        }
        bytes.mac(8, self.map)?;
        bytes.v4(14, self.map)?;
        bytes.mac(18, self.map)?;
        bytes.v4(24, self.map)?;
        Some(28)
    }

    pub(super) fn ip(&mut self, mut bytes: Bytes<'_>) -> usize {
        self.depth += 1;
        let kept = match bytes.byte(0).map(|first| first >> 4) {
            _ if self.depth > DEEPEST => None,
            Some(4) => self.ip_v4(&mut bytes),
            Some(6) => self.ip_v6(&mut bytes),
            _ => None,
        };
        kept.unwrap_or(0)
    }

    fn ip_v4(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        let header = usize::from(bytes.byte(0)? & 0x0f) * 4;
        if header < 20 || header > bytes.old.len() {
            return None;
        }
        bytes.v4(12, self.map)?;
        bytes.v4(16, self.map)?;
        // Options may hold addresses.
        bytes.fill(20, header, 1)?;
        let change = bytes.difference(0, header);
        bytes.adjust(10, change);
        let pseudo = bytes.pseudo_header(12, 20);
        if bytes.word(6)? & 0x1fff != 0 {
            return Some(header);
        }
        let total = usize::from(bytes.word(2)?);
        let end = if total < header {
            bytes.old.len()
        } else {
            total
        };
        let protocol = bytes.byte(9)?;
        let inside = bytes.between(header, end)?;
        Some(header + self.carried(protocol, inside, pseudo).unwrap_or(0))
    }

    fn ip_v6(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        bytes.v6(8, self.map)?;
        bytes.v6(24, self.map)?;
        let pseudo = bytes.pseudo_header(8, 40);
        let announced = usize::from(bytes.word(4)?);
        let end = if announced == 0 {
            bytes.old.len()
        } else {
            40 + announced
        };
        let mut protocol = bytes.byte(6)?;
        let mut at = 40;
        loop {
            let next = bytes.byte(at);
            let length = bytes.byte(at + 1).map(|units| 8 + usize::from(units) * 8);
            match (protocol, next, length) {
                (0 | 60, Some(next), Some(length @ ..=256)) if at + length <= end => {
                    // Options may hold addresses: padding takes their place.
                    let Some(()) = bytes.fill(at + 2, at + length, 0) else {
                        return Some(at);
                    };
                    let padding = u8::try_from(length - 4).unwrap_or(u8::MAX);
                    bytes.set(at + 2, &[1, padding])?;
                    protocol = next;
                    at += length;
                }
                (44, Some(next), _) => {
                    let Some(fragment) = bytes.word(at + 2) else {
                        return Some(at);
                    };
                    protocol = next;
                    at += 8;
                    if fragment & 0xfff8 != 0 {
                        return Some(at.min(bytes.old.len()));
                    }
                }
                _ => break,
            }
        }
        let Some(inside) = bytes.between(at, end) else {
            return Some(at.min(bytes.old.len()));
        };
        Some(at + self.carried(protocol, inside, pseudo).unwrap_or(0))
    }

    fn carried(&mut self, protocol: u8, mut bytes: Bytes<'_>, pseudo: PseudoHeader) -> Kept {
        match protocol {
            1 => self.icmp(&mut bytes),
            4 | 41 => Some(self.ip(bytes)),
            6 => Some(tcp(&mut bytes, pseudo)),
            17 => self.udp(&mut bytes, pseudo),
            47 => self.gre(&mut bytes),
            58 => self.icmp_v6(&mut bytes, pseudo.change),
            _ => None,
        }
    }

    fn udp(&mut self, bytes: &mut Bytes<'_>, pseudo: PseudoHeader) -> Kept {
        const HEADER: usize = 8;
        let port = bytes.word(2)?;
        if bytes.old.len() < HEADER {
            return None;
        }
        let inside = match self.tunnel_to(port) {
            Some(UdpTunnel::Vxlan) => bytes
                .from(16)
                .and_then(|frame| self.nested(frame))
                .map(|kept| 8 + kept),
            Some(UdpTunnel::Geneve) if bytes.byte(8)?.trailing_zeros() >= 6 => {
                let protocol = bytes.word(10)?;
                let kept = match protocol {
                    0x6558 => bytes.from(16).and_then(|frame| self.nested(frame)),
                    _ => bytes
                        .from(16)
                        .map(|inside| self.by_ether_type(protocol, inside)),
                };
                kept.map(|kept| 8 + kept)
            }
            _ => None,
        };
        let kept = HEADER + inside.unwrap_or(0);
        if bytes.word(6)? != 0 {
            bytes.adjust_covering(6, kept, (17, pseudo));
        }
        Some(kept)
    }

    /// The tunnel on a port, of those that are rewritten.
    fn tunnel_to(&self, port: u16) -> Option<UdpTunnel> {
        let mut told = self.tunnels.to(port);
        told.next().or(match port {
            4789 | 8472 => Some(UdpTunnel::Vxlan),
            6081 => Some(UdpTunnel::Geneve),
            _ => None,
        })
    }

    /// A frame in a tunnel.
    fn nested(&mut self, bytes: Bytes<'_>) -> Kept {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        self.ethernet(bytes)
    }

    fn gre(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        let flags = bytes.word(0)?;
        let protocol = bytes.word(2)?;
        // Version 0, without source routes.
        if flags & 0x4007 != 0 {
            return Some(4);
        }
        let has = |bit: u16| usize::from(flags & bit != 0);
        let mut header = 4 + 4 * (has(0x8000) + has(0x2000) + has(0x1000));
        // ERSPAN type II is known by the sequence number.
        if protocol == 0x88be && flags & 0x1000 != 0 {
            header += 8;
        }
        let inside = bytes.from(header)?;
        let kept = match protocol {
            0x6558 | 0x88be => self.nested(inside).unwrap_or(0),
            _ => self.by_ether_type(protocol, inside),
        };
        if flags & 0x8000 != 0 {
            let change = bytes.difference(0, header + kept);
            bytes.adjust(4, change);
        }
        Some(header + kept)
    }

    fn icmp(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        if bytes.old.len() < 8 {
            return None;
        }
        let kind = bytes.byte(0)?;
        if kind == 5 {
            bytes.v4(4, self.map)?;
        }
        let kept = match kind {
            3 | 4 | 5 | 11 | 12 => 8 + self.ip(bytes.from(8)?),
            0 | 8 => 8,
            _ => 4,
        };
        let change = bytes.difference(0, kept);
        bytes.adjust(2, change);
        Some(kept)
    }

    fn icmp_v6(&mut self, bytes: &mut Bytes<'_>, pseudo: Difference) -> Kept {
        let kept = match bytes.byte(0)? {
            1..=4 => 8 + self.ip(bytes.from(8)?),
            128 | 129 => 8,
            133 => self.options(bytes, 8),
            134 => 16,
            135 | 136 => {
                bytes.v6(8, self.map)?;
                self.options(bytes, 24)
            }
            137 => {
                bytes.v6(8, self.map)?;
                bytes.v6(24, self.map)?;
                40
            }
            _ => 4,
        }
        .min(bytes.old.len());
        let change = bytes.difference(0, kept).and(pseudo);
        bytes.adjust(2, change);
        Some(kept)
    }

    /// Link-layer addresses of neighbour discovery; up to the first other option.
    fn options(&mut self, bytes: &mut Bytes<'_>, mut at: usize) -> usize {
        while let (Some(1 | 2), Some(1)) = (bytes.byte(at), bytes.byte(at + 1)) {
            if bytes.mac(at + 2, self.map).is_none() {
                break;
            }
            at += 8;
        }
        at
    }
}

/// The header; options that may hold an address are made to do nothing.
fn tcp(bytes: &mut Bytes<'_>, pseudo: PseudoHeader) -> usize {
    let captured = bytes.old.len();
    let header = bytes
        .byte(12)
        .map_or(captured, |offset| usize::from(offset >> 4) * 4)
        .clamp(20, 60)
        .min(captured);
    let mut at = 20;
    while at < header {
        let length = match (bytes.byte(at), bytes.byte(at + 1)) {
            (Some(0), _) => {
                // Nothing follows, whatever stands there.
                let _ = bytes.fill(at, header, 0);
                break;
            }
            (Some(1), _) => 1,
            (_, Some(length @ 2..)) => usize::from(length),
            _ => {
                let _ = bytes.fill(at, header, 1);
                break;
            }
        };
        let end = (at + length).min(header);
        if !is_harmless(bytes.old.get(at..end).unwrap_or_default()) {
            let _ = bytes.fill(at, end, 1);
        }
        at = end;
    }
    bytes.adjust_covering(16, header, (6, pseudo));
    header
}

/// Options of the standards that hold no address: others are known to carry the client's (TOA), or
/// may.
fn is_harmless(option: &[u8]) -> bool {
    match *option {
        // Multipath TCP, but for the announcement of another address.
        [30, _, subtype, ..] => subtype >> 4 != 3,
        // The last one is Fast Open, while it was an experiment.
        [1..=5 | 8 | 19 | 29 | 34, ..] | [254, _, 0xf9, 0x89, ..] => true,
        _ => false,
    }
}
