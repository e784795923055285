//! Tunnels in UDP on ports that are not their own.

use std::fmt;
use std::str::FromStr;

use super::udp::Datagram;
use super::{ayiya, capwap, geneve, gtp, l2tp, opaque, teredo, udp, vxlan};
use crate::decode::encapsulation::Encapsulation;
use crate::decode::link::Found;

/// A kind of tunnel in UDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UdpTunnel {
    /// VXLAN.
    Vxlan,
    /// VXLAN with a protocol of its own.
    VxlanGpe,
    /// Geneve.
    Geneve,
    /// GTP's user plane.
    Gtp,
    /// GRE in UDP.
    Gre,
    /// MPLS in UDP.
    Mpls,
    /// Teredo.
    Teredo,
    /// L2TP.
    L2tp,
    /// The data channel of access points.
    Capwap,
    /// AYIYA.
    Ayiya,
    /// `IPsec` behind address translation.
    Ipsec,
    /// `WireGuard`.
    Wireguard,
}

impl UdpTunnel {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Vxlan,
        Self::VxlanGpe,
        Self::Geneve,
        Self::Gtp,
        Self::Gre,
        Self::Mpls,
        Self::Teredo,
        Self::L2tp,
        Self::Capwap,
        Self::Ayiya,
        Self::Ipsec,
        Self::Wireguard,
    ];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::VxlanGpe => "vxlan-gpe",
            Self::Geneve => "geneve",
            Self::Gtp => "gtp",
            Self::Gre => "gre-in-udp",
            Self::Mpls => "mpls-in-udp",
            Self::Teredo => "teredo",
            Self::L2tp => "l2tp",
            Self::Capwap => "capwap",
            Self::Ayiya => "ayiya",
            Self::Ipsec => "ipsec",
            Self::Wireguard => "wireguard",
        }
    }

    /// Whether only the port that a datagram goes to tells it: the other one spreads load.
    const fn is_known_by_destination(self) -> bool {
        matches!(
            self,
            Self::Vxlan | Self::VxlanGpe | Self::Geneve | Self::Gre | Self::Mpls
        )
    }

    /// What is inside a datagram on a port that is not its own, where its shape has to tell more.
    pub(super) fn inside<'a>(
        self,
        datagram: Datagram<'a>,
        encapsulation: &mut Encapsulation,
    ) -> Option<Found<'a>> {
        match self {
            Self::Vxlan => vxlan::inside_by_shape(datagram, encapsulation),
            Self::VxlanGpe => vxlan::generic_protocol(datagram, encapsulation),
            Self::Geneve => geneve::inside(datagram, encapsulation),
            Self::Gtp => gtp::inside(datagram, encapsulation),
            Self::Gre => udp::generic_routing(datagram, encapsulation),
            Self::Mpls => udp::mpls(datagram, encapsulation),
            Self::Teredo => teredo::inside(datagram, encapsulation),
            Self::L2tp => l2tp::over_udp(datagram, encapsulation),
            Self::Capwap => capwap::inside(datagram, encapsulation),
            Self::Ayiya => ayiya::inside(datagram, encapsulation),
            Self::Ipsec => opaque::ipsec(datagram, encapsulation),
            Self::Wireguard => opaque::wireguard(datagram, encapsulation),
        }
    }
}

/// A tunnel in UDP, and the port on which it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelPort {
    /// The port.
    pub port: u16,
    /// What is there.
    pub tunnel: UdpTunnel,
}

impl fmt::Display for TunnelPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.port, self.tunnel.name())
    }
}

impl FromStr for TunnelPort {
    type Err = String;

    /// `8473=vxlan`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (port, name) = text
            .split_once('=')
            .ok_or_else(|| format!("'{text}' is not PORT=TUNNEL, as in 8473=vxlan"))?;
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let number = port.parse().ok().filter(|port| *port > 0 && is_number);
        let port = number.ok_or_else(|| format!("'{port}' is no port of UDP (1 to 65535)"))?;
        let name = name.to_ascii_lowercase();
        let called = |tunnel: UdpTunnel| {
            let own = tunnel.name();
            own == name || own.strip_suffix("-in-udp") == Some(&name)
        };
        let tunnel = UdpTunnel::ALL.into_iter().find(|tunnel| called(*tunnel));
        let tunnel = tunnel.ok_or_else(|| {
            let names = UdpTunnel::ALL.map(UdpTunnel::name).join(", ");
            format!("'{name}' is no tunnel in UDP that is read; they are {names}")
        })?;
        Ok(Self { port, tunnel })
    }
}

/// Where tunnels are besides their own ports.
///
/// The ports prove nothing here either: what does not hold together as the tunnel's packet is read
/// as without this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TunnelPorts(Vec<TunnelPort>);

impl TunnelPorts {
    /// None besides their own.
    pub const NONE: Self = Self(Vec::new());

    /// What may be in a datagram between these ports, in the order in which it was named.
    pub(super) fn between(
        &self,
        [source, destination]: [u16; 2],
    ) -> impl Iterator<Item = UdpTunnel> {
        let meant = move |one: &&TunnelPort| {
            one.port == destination || (one.port == source && !one.tunnel.is_known_by_destination())
        };
        self.0.iter().filter(meant).map(|one| one.tunnel)
    }

    /// The tunnels that were said to be on the port that a datagram goes to.
    #[cfg(feature = "evidence")]
    pub(crate) fn to(&self, port: u16) -> impl Iterator<Item = UdpTunnel> {
        let meant = self.0.iter().filter(move |one| one.port == port);
        meant.map(|one| one.tunnel)
    }
}

impl FromIterator<TunnelPort> for TunnelPorts {
    fn from_iter<I: IntoIterator<Item = TunnelPort>>(ports: I) -> Self {
        let mut each = Vec::new();
        for port in ports {
            if !each.contains(&port) {
                each.push(port);
            }
        }
        Self(each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tunnels_are_named_as_they_are_shown() {
        for tunnel in UdpTunnel::ALL {
            let port = TunnelPort { port: 8473, tunnel };
            assert_eq!(port.to_string().parse(), Ok(port));
        }
        let gre = "4755=GRE".parse::<TunnelPort>().map(|one| one.tunnel);
        assert_eq!(gre, Ok(UdpTunnel::Gre));
    }

    #[test]
    fn what_is_no_port_and_tunnel_is_told_apart() {
        for (text, told) in [
            ("vxlan", "'vxlan' is not PORT=TUNNEL"),
            ("=vxlan", "'' is no port"),
            ("0=vxlan", "'0' is no port"),
            ("+5=vxlan", "'+5' is no port"),
            ("65536=vxlan", "'65536' is no port"),
            ("8473=vlan", "'vlan' is no tunnel"),
            ("8473=", "'' is no tunnel"),
        ] {
            let refusal = text.parse::<TunnelPort>().unwrap_err();
            assert!(refusal.starts_with(told), "{refusal}");
        }
    }
}
