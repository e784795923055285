//! Tunnels in UDP, known by their port.

use super::ports::TunnelPorts;
use super::{ayiya, capwap, geneve, gre, gtp, l2tp, opaque, teredo, vxlan};
use crate::decode::encapsulation::Encapsulation;
use crate::decode::fields::u16_at;
use crate::decode::ip::{self, IpPacket};
use crate::decode::link::{self, Found, Network};
use crate::decode::observation::SetAside;

const HEADER_LENGTH: usize = 8;

const DNS: u16 = 53;
const L2TP: u16 = 1701;
const GTP_USER: u16 = 2152;
const TEREDO: u16 = 3544;
const IPSEC_NAT_TRAVERSAL: u16 = 4500;
const VXLAN: u16 = 4789;
const VXLAN_GPE: u16 = 4790;
const GRE: u16 = 4754;
const AYIYA: u16 = 5072;
const CAPWAP_DATA: u16 = 5247;
const GENEVE: u16 = 6081;
const MPLS: u16 = 6635;
/// The port of VXLAN before it was given one, and still the default of Linux.
const VXLAN_LINUX: u16 = 8472;
const WIREGUARD: u16 = 51820;

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    /// What was captured of its payload.
    pub(super) payload: &'a [u8],
    /// How much it carries by its header.
    pub(super) length: usize,
}

/// What is inside the datagram. The port alone proves nothing: any application may use it, so that
/// a datagram that does not hold together as a tunnel's is none, unless it was cut.
pub(super) fn inside<'a>(
    outer: &IpPacket<'a>,
    tunnels: &TunnelPorts,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    let ends = ports(outer.payload)?;
    let [source, destination] = ends;
    if source == DNS || destination == DNS {
        return None;
    }
    let to_port = tunnel_of(destination, Side::Destination);
    let by_port = to_port.or_else(|| tunnel_of(source, Side::Source));
    let datagram = Datagram {
        payload: outer.payload.get(HEADER_LENGTH..)?,
        length: usize::from(u16_at(outer.payload, 4).ok()?).checked_sub(HEADER_LENGTH)?,
    };
    let was_cut = outer
        .payload_length
        .is_some_and(|length| length as usize > outer.payload.len());
    let whole = |found: &Found<'a>| holds_together(found, was_cut);
    let around = *encapsulation;
    for tunnel in tunnels.between(ends) {
        if let Some(found) = tunnel.inside(datagram, encapsulation).filter(whole) {
            return Some(found);
        }
        *encapsulation = around;
    }
    by_port?(datagram, encapsulation).filter(whole)
}

/// Whether a UDP datagram's ports say that something may be read in it: a tunnel's packet, or
/// names. True also when they were not captured.
pub(in crate::decode) fn may_be_in_datagram(datagram: &[u8], tunnels: &TunnelPorts) -> bool {
    ports(datagram).is_none_or(|ends| {
        let [source, destination] = ends;
        source == DNS
            || tunnel_of(destination, Side::Destination).is_some()
            || tunnel_of(source, Side::Source).is_some()
            || tunnels.between(ends).next().is_some()
    })
}

type Read<'a> = fn(Datagram<'a>, &mut Encapsulation) -> Option<Found<'a>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Source,
    Destination,
}

/// The reader of a port's tunnel. Tunnels whose source port only spreads load are known by the
/// destination alone.
fn tunnel_of<'a>(port: u16, side: Side) -> Option<Read<'a>> {
    match (port, side) {
        (VXLAN, Side::Destination) => Some(vxlan::inside),
        (VXLAN_GPE, Side::Destination) => Some(vxlan::generic_protocol),
        (VXLAN_LINUX, Side::Destination) => Some(vxlan::inside_by_shape),
        (GENEVE, Side::Destination) => Some(geneve::inside),
        (MPLS, Side::Destination) => Some(mpls),
        (GRE, Side::Destination) => Some(generic_routing),
        (AYIYA, _) => Some(ayiya::inside),
        (CAPWAP_DATA, _) => Some(capwap::inside),
        (GTP_USER, _) => Some(gtp::inside),
        (TEREDO, _) => Some(teredo::inside),
        (L2TP, _) => Some(l2tp::over_udp),
        (IPSEC_NAT_TRAVERSAL, _) => Some(opaque::ipsec),
        (WIREGUARD, _) => Some(opaque::wireguard),
        _ => None,
    }
}

/// RFC 7510. A label without hops to live is never sent.
pub(super) fn mpls<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    let [_, _, _, hops] = *datagram.payload.first_chunk()?;
    (hops > 0).then(|| link::mpls(datagram.payload, encapsulation))
}

/// RFC 8086.
pub(super) fn generic_routing<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    gre::inside(datagram.payload, encapsulation)
}

fn ports(datagram: &[u8]) -> Option<[u16; 2]> {
    Some([u16_at(datagram, 0).ok()?, u16_at(datagram, 2).ok()?])
}

/// Whether what was found is what a tunnel carries; something too short is, only when it was cut.
fn holds_together(found: &Found<'_>, was_cut: bool) -> bool {
    let reason = match found {
        Ok(Network::Ip(bytes)) => match ip::parse(bytes) {
            Ok(_) => return true,
            Err(reason) => reason,
        },
        Ok(Network::Arp(_)) => return true,
        Ok(Network::Other) => return false,
        Err(reason) => *reason,
    };
    match reason {
        SetAside::TruncatedHeader => was_cut,
        SetAside::MalformedHeader => false,
        _ => true,
    }
}
