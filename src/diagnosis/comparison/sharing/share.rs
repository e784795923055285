//! What failures may have in common, and successes have not.

use std::net::IpAddr;

use serde::Serialize;

use super::period::Period;
use super::{Dropped, PortRange};
use crate::decode::{EncapsulationLayer, HardwareAddress, SynLink};
use crate::diagnosis::syn_traits::SynOption;

/// What failures may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Share {
    /// Client ports of one range.
    ClientPorts(PortRange),
    /// Their SYNs carry this.
    With(SynOption),
    /// Their SYNs do not carry this.
    Without(SynOption),
    /// A VLAN, a tunnel or another layer that tells tenants apart.
    #[serde(serialize_with = "as_text")]
    Layer(EncapsulationLayer),
    /// The interface that they were captured on, by the number that the capture gives it.
    Interface(u16),
    /// The subnet of their clients: its address, and its bits.
    Subnet(IpAddr, u8),
    /// The time to live of their SYNs.
    TimeToLive(u8),
    /// The host to which their frames went: the next hop, or the server.
    #[serde(serialize_with = "as_text")]
    SentTo(HardwareAddress),
    /// The host from which their frames came: the last hop, or the client.
    #[serde(serialize_with = "as_text")]
    SentBy(HardwareAddress),
    /// How their SYNs are marked to be treated on their way (DSCP).
    ServiceClass(u8),
    /// A time that comes again and again.
    Period(Period),
}

fn as_text<S: serde::Serializer>(
    value: &impl std::fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Share {
    /// Whether a connect has it.
    pub(crate) fn is_of(self, connect: &Dropped) -> bool {
        let traits = connect.syn_traits;
        let hosts = connect.link.and_then(|link: SynLink| link.hosts);
        match self {
            Self::ClientPorts(range) => range.holds(connect.client.port),
            Self::With(option) => traits.carries(option),
            Self::Without(option) => !traits.carries(option),
            Self::Layer(layer) => traits.layer() == Some(layer),
            Self::Interface(number) => traits.interface() == number,
            Self::Subnet(address, bits) => subnet(connect.client.address, bits) == address,
            Self::TimeToLive(ttl) => connect.syn_ttl == Some(ttl),
            Self::SentTo(host) => hosts.is_some_and(|(_, receiver)| receiver == host),
            Self::SentBy(host) => hosts.is_some_and(|(sender, _)| sender == host),
            Self::ServiceClass(class) => {
                connect.link.is_some_and(|link| link.service_class == class)
            }
            Self::Period(period) => period.holds(connect.started),
        }
    }
}

/// How many bits of a client's address are its subnet's.
pub(super) const fn subnet_bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 24,
        IpAddr::V6(_) => 64,
    }
}

/// An address with the bits of its host taken away.
pub(crate) fn subnet(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits.into()));
            IpAddr::V4((address.to_bits() & mask.unwrap_or(0)).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits.into()));
            IpAddr::V6((address.to_bits() & mask.unwrap_or(0)).into())
        }
    }
}
