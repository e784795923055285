//! What a packet was wrapped in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How many layers around the judged IP packet are followed; a packet with more is set aside.
pub const DEEPEST_ENCAPSULATION: usize = 6;

/// One layer around the IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum EncapsulationLayer {
    /// A VLAN tag with its identifier.
    Vlan(u16),
    /// An MPLS label.
    Mpls(u32),
    /// The service tag of a provider backbone bridge, with its service instance.
    ProviderBackbone(u32),
    /// A PPP over Ethernet session.
    Pppoe(u16),
    /// `MACsec` that only authenticates.
    Macsec,
    /// IPv4 in IP.
    Ipv4InIp,
    /// IPv6 in IP.
    Ipv6InIp,
    /// Ethernet in IP (RFC 3378).
    EtherIp,
    /// GRE with its key.
    Gre(Option<u32>),
    /// PPTP with its call.
    Pptp(u16),
    /// `MikroTik`'s Ethernet over IP, with its tunnel.
    EthernetOverIp(u16),
    /// A mirrored frame, with the session that mirrors.
    Erspan(Option<u16>),
    /// VXLAN with its network identifier.
    Vxlan(u32),
    /// Geneve with its network identifier.
    Geneve(u32),
    /// GTP's user plane, with the tunnel endpoint.
    Gtp(u32),
    /// Teredo.
    Teredo,
    /// L2TP with its session.
    L2tp(u32),
}

impl fmt::Display for EncapsulationLayer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vlan(identifier) => write!(formatter, "vlan {identifier}"),
            Self::Mpls(label) => write!(formatter, "mpls {label}"),
            Self::ProviderBackbone(service) => write!(formatter, "pbb {service}"),
            Self::Pppoe(session) => write!(formatter, "pppoe {session}"),
            Self::Macsec => formatter.write_str("macsec"),
            Self::Ipv4InIp => formatter.write_str("ipip"),
            Self::Ipv6InIp => formatter.write_str("ip6ip"),
            Self::EtherIp => formatter.write_str("etherip"),
            Self::Gre(Some(key)) => write!(formatter, "gre key {key}"),
            Self::Gre(None) => formatter.write_str("gre"),
            Self::Pptp(call) => write!(formatter, "pptp {call}"),
            Self::EthernetOverIp(tunnel) => write!(formatter, "eoip {tunnel}"),
            Self::Erspan(Some(session)) => write!(formatter, "erspan {session}"),
            Self::Erspan(None) => formatter.write_str("erspan"),
            Self::Vxlan(identifier) => write!(formatter, "vxlan {identifier}"),
            Self::Geneve(identifier) => write!(formatter, "geneve {identifier}"),
            Self::Gtp(endpoint) => write!(formatter, "gtp {endpoint:#x}"),
            Self::Teredo => formatter.write_str("teredo"),
            Self::L2tp(session) => write!(formatter, "l2tp {session}"),
        }
    }
}

/// The layers around an IP packet, outside in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

    /// Whether there is no layer.
    pub fn is_empty(&self) -> bool {
        matches!(self.layers.first(), Some(None))
    }

    /// How many VLAN tags there are, where nothing else is around the packet; `None` where something is.
    pub fn vlan_tags_alone(&self) -> Option<u8> {
        self.layers().try_fold(0, |tags, layer| match layer {
            EncapsulationLayer::Vlan(_) => Some(tags + 1),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every segment carries it: a layer with a wider field would make all of them larger.
    #[test]
    fn a_layer_takes_eight_bytes() {
        assert_eq!(size_of::<Encapsulation>(), 8 * DEEPEST_ENCAPSULATION);
    }
}
