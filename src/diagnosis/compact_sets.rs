//! Sets of addresses and of ports of addresses in little room: a client of a hundred servers and a
//! server of thousands of clients are looked up with every attempt, and what does not fit the
//! caches is waited for. IPv4 addresses are kept as numbers, which takes a quarter of the room.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::fixed_hash;
use crate::decode::Endpoint;

/// An address as a key: hashed and compared as a number, which takes a fraction of the instructions
/// of what would be derived.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

/// Addresses, of which a sample is kept when they are too many: those whose hash begins with so
/// many zeros. So it does not matter in which order they came.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SampledAddresses {
    kept: AddressSet,
    zeros: u8,
}

impl SampledAddresses {
    /// Adds one, if it is of the sample; how many more there are then.
    pub(super) fn insert(&mut self, address: IpAddr) -> usize {
        usize::from(self.is_of_sample(address) && self.kept.insert(address))
    }

    /// Whether adding this one would change nothing.
    pub(super) fn knows(&self, address: IpAddr) -> bool {
        self.kept.contains(address) || !self.is_of_sample(address)
    }

    /// Keeps so many at most.
    pub(super) fn limit_to(&mut self, at_most: usize) {
        while self.kept.len() > at_most && self.zeros < u8::MAX {
            self.zeros += 1;
            let kept = std::mem::take(&mut self.kept);
            self.kept = kept.iter().filter(|one| self.is_of_sample(*one)).collect();
        }
    }

    /// How many are kept.
    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// How many there are: about, when only a sample of them is kept.
    pub(super) fn count(&self) -> usize {
        let times = 1_usize.checked_shl(self.zeros.into()).unwrap_or(usize::MAX);
        self.kept.len().saturating_mul(times)
    }

    /// Whether only a sample of them is kept.
    pub(super) fn is_sample(&self) -> bool {
        self.zeros > 0
    }

    /// All that are kept, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = IpAddr> {
        self.kept.iter()
    }

    fn is_of_sample(&self, address: IpAddr) -> bool {
        self.zeros == 0 || fixed_hash::of_address(address).leading_zeros() >= u32::from(self.zeros)
    }
}

impl Facts for SampledAddresses {
    fn merge(&mut self, other: Self) {
        if other.zeros > self.zeros {
            self.zeros = other.zeros;
            let kept = std::mem::take(&mut self.kept);
            self.kept = kept.iter().filter(|one| self.is_of_sample(*one)).collect();
        }
        for address in other.kept.iter() {
            self.insert(address);
        }
    }
}

impl FromIterator<IpAddr> for SampledAddresses {
    /// Of all, however many.
    fn from_iter<I: IntoIterator<Item = IpAddr>>(addresses: I) -> Self {
        Self {
            kept: addresses.into_iter().collect(),
            zeros: 0,
        }
    }
}

/// Addresses with ports.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Endpoint> {
        let v4 = self.v4.iter().map(|number| Endpoint {
            address: Ipv4Addr::from_bits(u32::try_from(number >> 16).unwrap_or(0)).into(),
            port: u16::try_from(number & 0xffff).unwrap_or(0),
        });
        v4.chain(self.v6.iter().copied())
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

    #[test]
    fn of_too_many_a_sample_tells_about_how_many_there_are() {
        let addresses = || (0..40_000_u32).map(|low| IpAddr::V4(Ipv4Addr::from_bits(low)));
        let mut sampled = SampledAddresses::default();
        for address in addresses() {
            sampled.insert(address);
            sampled.limit_to(1000);
        }
        let mut reversed = SampledAddresses::default();
        for address in addresses().collect::<Vec<_>>().into_iter().rev() {
            reversed.insert(address);
        }
        reversed.limit_to(1000);
        assert!(sampled.is_sample() && (501..=1000).contains(&sampled.kept()));
        assert!(
            (36_000..44_000).contains(&sampled.count()),
            "{}",
            sampled.count()
        );
        let sorted = |set: &SampledAddresses| {
            let mut all: Vec<IpAddr> = set.iter().collect();
            all.sort_unstable();
            all
        };
        assert_eq!(sorted(&sampled), sorted(&reversed));
        assert!(addresses().all(|address| sampled.knows(address)));
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
