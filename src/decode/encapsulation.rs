//! What a packet was wrapped in.

use std::fmt;

/// How many layers around the judged IP packet are followed; a packet with more is set aside.
pub const DEEPEST_ENCAPSULATION: usize = 6;

/// One layer around the IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncapsulationLayer {
    /// A VLAN tag with its identifier.
    Vlan(u16),
    /// An MPLS label.
    Mpls(u32),
    /// A PPP over Ethernet session.
    Pppoe(u16),
    /// IPv4 in IP.
    Ipv4InIp,
    /// IPv6 in IP.
    Ipv6InIp,
    /// VXLAN with its network identifier.
    Vxlan(u32),
}

impl fmt::Display for EncapsulationLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vlan(identifier) => write!(formatter, "vlan {identifier}"),
            Self::Mpls(label) => write!(formatter, "mpls {label}"),
            Self::Pppoe(session) => write!(formatter, "pppoe {session}"),
            Self::Ipv4InIp => formatter.write_str("ipip"),
            Self::Ipv6InIp => formatter.write_str("ip6ip"),
            Self::Vxlan(identifier) => write!(formatter, "vxlan {identifier}"),
        }
    }
}

/// The layers around an IP packet, outside in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Encapsulation {
    layers: [Option<EncapsulationLayer>; DEEPEST_ENCAPSULATION],
}

impl Encapsulation {
    /// Adds a layer inside the others; false when there is no room for it.
    pub fn push(&mut self, layer: EncapsulationLayer) -> bool {
        match self.layers.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => {
                *slot = Some(layer);
                true
            }
            None => false,
        }
    }

    /// The layers, outside in.
    pub fn layers(&self) -> impl Iterator<Item = EncapsulationLayer> + '_ {
        self.layers.iter().flatten().copied()
    }
}
