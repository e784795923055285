//! IP packets that carry another packet.

use etherparse::{IpNumber, ip_number};

use super::encapsulation::{Encapsulation, EncapsulationLayer};
use super::ip::IpPacket;
use super::link::{self, Network};
use super::observation::SetAside;

/// The UDP port of VXLAN (RFC 7348).
const VXLAN_PORT: u16 = 4789;

const UDP_HEADER_LENGTH: usize = 8;
const VXLAN_HEADER_LENGTH: usize = 8;

/// The packet inside, when `outer` is a tunnel's: IP in IP (RFC 2003, 2473, 4213) or VXLAN.
pub(super) fn inside<'a>(
    outer: &IpPacket<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Result<Network<'a>, SetAside>> {
    match outer.protocol {
        ip_number::IPV4 | ip_number::IPV6 => {
            let layer = ip_in_ip(outer.protocol);
            Some(link::wrap(encapsulation, layer).map(|()| Network::Ip(outer.payload)))
        }
        ip_number::UDP if port_of(outer) == Some(VXLAN_PORT) => {
            Some(vxlan(outer.payload, encapsulation))
        }
        _ => None,
    }
}

fn ip_in_ip(inner: IpNumber) -> EncapsulationLayer {
    if inner == ip_number::IPV4 {
        EncapsulationLayer::Ipv4InIp
    } else {
        EncapsulationLayer::Ipv6InIp
    }
}

/// The destination port of a UDP datagram.
fn port_of(outer: &IpPacket<'_>) -> Option<u16> {
    outer
        .payload
        .get(2..)
        .and_then(|rest| rest.first_chunk())
        .map(|port| u16::from_be_bytes(*port))
}

fn vxlan<'a>(
    datagram: &'a [u8],
    encapsulation: &mut Encapsulation,
) -> Result<Network<'a>, SetAside> {
    let vxlan = link::after(datagram, UDP_HEADER_LENGTH)?;
    let Some(&[flags, _, _, _, high, middle, low, _]) = vxlan.first_chunk::<VXLAN_HEADER_LENGTH>()
    else {
        return Err(SetAside::TruncatedHeader);
    };
    // Without the flag there is no network identifier: something else uses the port.
    if flags & 0x08 == 0 {
        return Ok(Network::Other);
    }
    let identifier = u32::from_be_bytes([0, high, middle, low]);
    link::wrap(encapsulation, EncapsulationLayer::Vxlan(identifier))?;
    link::ethernet(link::after(vxlan, VXLAN_HEADER_LENGTH)?, encapsulation)
}
