//! Sets of addresses and of ports of addresses in little room: a client of a hundred servers and a server of thousands of clients
//! are looked up with every attempt, and what does not fit the caches is waited for. IPv4 addresses are kept as numbers, which
//! takes a quarter of the room.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::decode::Endpoint;

/// An address as a key: hashed and compared as a number, which takes a fraction of the instructions of what would be derived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host(pub(super) IpAddr);

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (IpAddr::V4(own), IpAddr::V4(others)) => own.to_bits() == others.to_bits(),
            (IpAddr::V6(own), IpAddr::V6(others)) => own.to_bits() == others.to_bits(),
            _ => false,
        }
    }
}

impl Eq for Host {}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.0 {
            IpAddr::V4(address) => state.write_u32(address.to_bits()),
            IpAddr::V6(address) => state.write_u128(address.to_bits()),
        }
    }
}

/// Addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressSet {
    v4: HashSet<u32, foldhash::fast::RandomState>,
    v6: HashSet<Ipv6Addr, foldhash::fast::RandomState>,
}

impl AddressSet {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Whether this is one of them.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(&address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(&address),
        }
    }

    /// Adds one; whether it is new.
    pub(super) fn insert(&mut self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.insert(address.to_bits()),
            IpAddr::V6(address) => self.v6.insert(address),
        }
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = IpAddr> {
        let v4 = self.v4.iter().map(|bits| Ipv4Addr::from_bits(*bits).into());
        v4.chain(self.v6.iter().map(|address| IpAddr::V6(*address)))
    }
}

impl FromIterator<IpAddr> for AddressSet {
    fn from_iter<I: IntoIterator<Item = IpAddr>>(addresses: I) -> Self {
        let mut set = Self::default();
        for address in addresses {
            set.insert(address);
        }
        set
    }
}

/// Addresses with ports.
#[derive(Clone, Debug, Default)]
pub(super) struct EndpointSet {
    v4: HashSet<u64, foldhash::fast::RandomState>,
    v6: HashSet<Endpoint, foldhash::fast::RandomState>,
}

impl EndpointSet {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Whether this is one of them.
    pub(super) fn contains(&self, endpoint: Endpoint) -> bool {
        match endpoint.address {
            IpAddr::V4(address) => self.v4.contains(&number(address, endpoint.port)),
            IpAddr::V6(_) => self.v6.contains(&endpoint),
        }
    }

    /// How many are of this address: looks at all.
    pub(super) fn ports_of(&self, address: IpAddr) -> usize {
        match address {
            IpAddr::V4(address) => {
                let is_of = |number: &&u64| **number >> 16 == u64::from(address.to_bits());
                self.v4.iter().filter(is_of).count()
            }
            IpAddr::V6(_) => {
                let is_of = |endpoint: &&Endpoint| endpoint.address == address;
                self.v6.iter().filter(is_of).count()
            }
        }
    }

    /// Adds one; whether it is new.
    pub(super) fn insert(&mut self, endpoint: Endpoint) -> bool {
        match endpoint.address {
            IpAddr::V4(address) => self.v4.insert(number(address, endpoint.port)),
            IpAddr::V6(_) => self.v6.insert(endpoint),
        }
    }
}

fn number(address: Ipv4Addr, port: u16) -> u64 {
    u64::from(address.to_bits()) << 16 | u64::from(port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address() -> impl Strategy<Value = IpAddr> {
        let v4 = (0_u8..8).prop_map(|low| IpAddr::from([10, 0, 0, low]));
        let v6 = (0_u16..8).prop_map(|low| IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x0a00, low]));
        prop_oneof![v4, v6]
    }

    proptest! {
        #[test]
        fn they_are_sets(addresses in proptest::collection::vec((address(), 0_u16..3), 0..80)) {
            let mut known = HashSet::new();
            let mut set = AddressSet::default();
            let (mut hosts, mut known_hosts) = (HashSet::new(), HashSet::new());
            let mut known_endpoints = HashSet::new();
            let mut endpoints = EndpointSet::default();
            for (address, port) in addresses {
                let endpoint = Endpoint { address, port };
                prop_assert_eq!(set.contains(address), known.contains(&address));
                prop_assert_eq!(set.insert(address), known.insert(address));
                prop_assert_eq!(hosts.insert(Host(address)), !known_hosts.contains(&address));
                known_hosts.insert(address);
                prop_assert_eq!(endpoints.contains(endpoint), known_endpoints.contains(&endpoint));
                prop_assert_eq!(endpoints.insert(endpoint), known_endpoints.insert(endpoint));
                let ports = known_endpoints.iter().filter(|known| known.address == address);
                prop_assert_eq!(endpoints.ports_of(address), ports.count());
            }
            prop_assert_eq!(set.len(), known.len());
            prop_assert_eq!(endpoints.len(), known_endpoints.len());
            prop_assert_eq!(set.iter().collect::<HashSet<_>>(), known);
        }
    }
}
