//! IP packets that carry another packet.

mod ayiya;
mod capwap;
mod erspan;
mod geneve;
pub(super) mod gre;
mod gtp;
mod l2tp;
mod opaque;
mod ports;
mod teredo;
mod udp;
mod vxlan;

use etherparse::{IpNumber, ip_number};

pub use ports::{TunnelPort, TunnelPorts, UdpTunnel};
pub(super) use udp::may_be_in_datagram;

use super::encapsulation::{Encapsulation, EncapsulationLayer};
use super::fields::after;
use super::ip::IpPacket;
use super::link::{self, Found, Network};
use super::observation::SetAside;

const ETHERIP: IpNumber = IpNumber(97);
const L2TP: IpNumber = IpNumber(115);
const MPLS_IN_IP: IpNumber = IpNumber(137);

/// What is inside, when `outer` is a tunnel's packet; `None` when it is not, or does not hold
/// together as one.
pub(super) fn inside<'a>(
    outer: &IpPacket<'a>,
    tunnels: &TunnelPorts,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    match outer.protocol {
        ip_number::IPV4 | ip_number::IPV6 => {
            let layer = ip_in_ip(outer.protocol);
            Some(link::wrap(encapsulation, layer).map(|()| Network::Ip(outer.payload)))
        }
        ip_number::UDP => udp::inside(outer, tunnels, encapsulation),
        ip_number::GRE => gre::inside(outer.payload, encapsulation),
        ip_number::ENCAP_SEC => Some(Err(SetAside::Encrypted)),
        ETHERIP => Some(ether_ip(outer.payload, encapsulation)),
        L2TP => l2tp::over_ip(outer.payload, encapsulation),
        MPLS_IN_IP => Some(link::mpls(outer.payload, encapsulation)),
        _ => None,
    }
}

/// RFC 2003, 2473, 4213.
fn ip_in_ip(inner: IpNumber) -> EncapsulationLayer {
    if inner == ip_number::IPV4 {
        EncapsulationLayer::Ipv4InIp
    } else {
        EncapsulationLayer::Ipv6InIp
    }
}

/// Two bytes with the version, then a frame (RFC 3378).
fn ether_ip<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Found<'a> {
    link::wrap(encapsulation, EncapsulationLayer::EtherIp)?;
    link::ethernet(after(bytes, 2)?, encapsulation)
}
