//! One end of a TCP connection.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Address and port.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// The IP address.
    pub address: IpAddr,
    /// The TCP port.
    pub port: u16,
}

// Each packet's ends are compared, hashed and put in order several times: as numbers, which takes a
// tenth of the instructions of what would be derived. The order is the same: IPv4 before IPv6, then
// by address, then by port.

impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        match (self.address, other.address) {
            (IpAddr::V4(own), IpAddr::V4(others)) => {
                own.to_bits() == others.to_bits() && self.port == other.port
            }
            (IpAddr::V6(own), IpAddr::V6(others)) => {
                own.to_bits() == others.to_bits() && self.port == other.port
            }
            _ => false,
        }
    }
}

impl Eq for Endpoint {}

impl Ord for Endpoint {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.address, other.address) {
            (IpAddr::V4(own), IpAddr::V4(others)) => {
                let number = |address: u32, port: u16| u64::from(address) << 16 | u64::from(port);
                number(own.to_bits(), self.port).cmp(&number(others.to_bits(), other.port))
            }
            (IpAddr::V6(own), IpAddr::V6(others)) => {
                (own.to_bits(), self.port).cmp(&(others.to_bits(), other.port))
            }
            (IpAddr::V4(_), IpAddr::V6(_)) => Ordering::Less,
            (IpAddr::V6(_), IpAddr::V4(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Endpoint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Endpoint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.address {
            IpAddr::V4(address) => {
                state.write_u64(u64::from(address.to_bits()) << 16 | u64::from(self.port));
            }
            IpAddr::V6(address) => {
                state.write_u128(address.to_bits());
                state.write_u16(self.port);
            }
        }
    }
}

impl fmt::Display for Endpoint {
    /// `10.0.0.7:51234`, `[2001:db8::1]:443`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            IpAddr::V4(address) => write!(formatter, "{address}:{}", self.port),
            IpAddr::V6(address) => write!(formatter, "[{address}]:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn endpoint() -> impl Strategy<Value = Endpoint> {
        // Few different ones, so that equal ones meet, and IPv6 addresses that say the same as IPv4
        // addresses.
        let v4 = any::<u8>().prop_map(|low| IpAddr::from([10, 0, low & 1, low >> 6]));
        let v6 = any::<u8>()
            .prop_map(|low| IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x0a00, u16::from(low & 3)]));
        (prop_oneof![v4, v6], 0_u16..3).prop_map(|(address, port)| Endpoint { address, port })
    }

    proptest! {
        #[test]
        fn they_are_compared_as_address_and_port(one in endpoint(), other in endpoint()) {
            let parts = |endpoint: Endpoint| (endpoint.address, endpoint.port);
            prop_assert_eq!(one == other, parts(one) == parts(other));
            prop_assert_eq!(one.cmp(&other), parts(one).cmp(&parts(other)));
            let hash = |endpoint: Endpoint| {
                let mut hasher = std::hash::DefaultHasher::new();
                endpoint.hash(&mut hasher);
                hasher.finish()
            };
            prop_assert_eq!(one == other, hash(one) == hash(other));
        }
    }
}
