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
    /// The data channel of access points.
    Capwap,
    /// AYIYA.
    Ayiya,
}

/// Layers that tell tenants apart by a number, each kind by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LayerKind {
    Vlan,
    ProviderBackbone,
    Vxlan,
    Geneve,
    Gre,
    Gtp,
    /// Whatever says nothing about tenants: one link or one way among several.
    Other,
}

impl LayerKind {
    /// Whether packets of both directions have the same number.
    const fn is_of_both_directions(self) -> bool {
        !matches!(self, Self::Gre | Self::Gtp)
    }
}

impl EncapsulationLayer {
    const fn kind(self) -> LayerKind {
        match self {
            Self::Vlan(_) => LayerKind::Vlan,
            Self::ProviderBackbone(_) => LayerKind::ProviderBackbone,
            Self::Vxlan(_) => LayerKind::Vxlan,
            Self::Geneve(_) => LayerKind::Geneve,
            Self::Gre(Some(_)) => LayerKind::Gre,
            Self::Gtp(_) => LayerKind::Gtp,
            _ => LayerKind::Other,
        }
    }
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
            Self::Capwap => formatter.write_str("capwap"),
            Self::Ayiya => formatter.write_str("ayiya"),
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

    /// Whether a packet in these surroundings may be of a flow that was seen in `others`: inside
    /// and outside of one tunnel, on the tagged and on the untagged side of one switch or router.
    /// It is not in another VLAN, or another tunnel of the same kind: there, another tenant may
    /// have the same addresses.
    ///
    /// Some tunnels have a number for each direction: those tell only packets apart that go the
    /// same way.
    pub fn is_compatible_with(&self, others: &Self, go_the_same_way: bool) -> bool {
        if self == others || self.is_empty() || others.is_empty() {
            return true;
        }
        let mut kinds = self.layers().map(EncapsulationLayer::kind);
        kinds.all(|kind| {
            let is_told = kind.is_of_both_directions() || go_the_same_way;
            kind == LayerKind::Other || !is_told || self.is_alike_in(others, kind)
        })
    }

    /// Whether both have the same layers of this kind, or one of them only the inner ones, or none.
    fn is_alike_in(&self, others: &Self, kind: LayerKind) -> bool {
        let of_kind = |layers: &Self| -> Vec<EncapsulationLayer> {
            let layers = layers.layers();
            layers.filter(|layer| layer.kind() == kind).collect()
        };
        let (own, others) = (of_kind(self), of_kind(others));
        own.ends_with(&others) || others.ends_with(&own)
    }

    /// How many VLAN tags there are, where nothing else is around the packet; `None` where
    /// something is.
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

    fn wrapped(layers: &[EncapsulationLayer]) -> Encapsulation {
        let mut encapsulation = Encapsulation::default();
        for layer in layers {
            encapsulation.push(*layer);
        }
        encapsulation
    }

    #[test]
    fn another_vlan_or_tunnel_is_another_tenant() {
        use EncapsulationLayer::{Gtp, Mpls, Vlan, Vxlan};
        let alike = |one: &[EncapsulationLayer], other: &[EncapsulationLayer], same_way| {
            let (one, other) = (wrapped(one), wrapped(other));
            let alike = one.is_compatible_with(&other, same_way);
            assert_eq!(alike, other.is_compatible_with(&one, same_way));
            alike
        };
        assert!(alike(&[], &[Vlan(7)], true), "tagged and untagged side");
        assert!(!alike(&[Vlan(7)], &[Vlan(8)], true));
        assert!(!alike(&[Vlan(7)], &[Vlan(8)], false));
        assert!(
            alike(&[Vlan(100), Vlan(7)], &[Vlan(7)], true),
            "the outer tag is taken off"
        );
        assert!(!alike(&[Vlan(100), Vlan(7)], &[Vlan(100), Vlan(8)], true));
        assert!(!alike(&[Vxlan(1)], &[Vxlan(2)], true));
        assert!(
            alike(&[Vlan(7)], &[Vxlan(2)], true),
            "before and behind a tunnel's end"
        );
        assert!(!alike(&[Gtp(1)], &[Gtp(2)], true));
        assert!(
            alike(&[Gtp(1)], &[Gtp(2)], false),
            "each direction has its own"
        );
        assert!(
            alike(&[Mpls(16)], &[Mpls(17)], true),
            "labels are swapped at every hop"
        );
    }

    /// Every segment carries it: a layer with a wider field would make all of them larger.
    #[test]
    fn a_layer_takes_eight_bytes() {
        assert_eq!(size_of::<Encapsulation>(), 8 * DEEPEST_ENCAPSULATION);
    }
}
