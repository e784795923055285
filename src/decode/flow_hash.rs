//! Numbers by which a flow is found: the same for both directions.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use super::Endpoint;

/// A hash of the two ends of a flow, for a table: another one in every process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowHash(pub u64);

/// Hashes flows. Strangers choose their ends: it is seeded, so that they cannot make them collide.
#[derive(Clone, Debug, Default)]
pub struct FlowHasher(foldhash::fast::RandomState);

impl FlowHasher {
    /// The hash of the flow between these.
    pub fn hash(&self, one: Endpoint, other: Endpoint) -> FlowHash {
        match ipv4_numbers(one, other) {
            Some((one, other)) => self.hash_ipv4(one, other),
            None => self.hash_ordered(one.min(other), one.max(other)),
        }
    }

    /// As [`Self::hash`], of ends that stand as numbers: the address above the port.
    #[inline]
    pub(super) fn hash_ipv4(&self, one: u64, other: u64) -> FlowHash {
        self.hash_ordered(one.min(other), one.max(other))
    }

    #[inline]
    fn hash_ordered(&self, lower: impl Hash, higher: impl Hash) -> FlowHash {
        let mut hasher = self.0.build_hasher();
        lower.hash(&mut hasher);
        higher.hash(&mut hasher);
        FlowHash(hasher.finish())
    }
}

/// Which part of the work a flow belongs to: the same in every process, wherever the flow was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowShard(u32);

/// Odd numbers whose bits follow no rule: the fractions of the golden ratio and of the square root
/// of 2.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const ROOT: u64 = 0x6a09_e667_f3bc_c909;

impl FlowShard {
    /// Of the flow between these.
    pub fn between(one: Endpoint, other: Endpoint) -> Self {
        match ipv4_numbers(one, other) {
            Some((one, other)) => Self::between_ipv4(one, other),
            None => Self::between_ipv4(folded(one), folded(other)),
        }
    }

    /// As [`Self::between`], of ends that stand as numbers: the address above the port.
    #[inline]
    pub(super) fn between_ipv4(one: u64, other: u64) -> Self {
        let (lower, higher) = (one.min(other), one.max(other));
        let mixed = lower.wrapping_mul(GOLDEN) ^ higher.wrapping_mul(ROOT).rotate_left(32);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(GOLDEN);
        // The upper bits depend on all of the bits below.
        Self(upper_half(mixed))
    }

    /// A number that all packets of the flow have in common, and few others have.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Which of so many parts it is, from 0 on.
    #[inline]
    pub fn of(self, parts: NonZeroU32) -> u32 {
        upper_half(u64::from(self.0) * u64::from(parts.get()))
    }
}

fn upper_half(number: u64) -> u32 {
    u32::try_from(number >> 32).unwrap_or_default()
}

/// Of an IPv6 address.
fn halves(address: Ipv6Addr) -> [u64; 2] {
    let octets = address.octets();
    let (halves, _) = octets.as_chunks::<8>();
    let half = |index: usize| halves.get(index).copied().unwrap_or_default();
    [half(0), half(1)].map(u64::from_be_bytes)
}

/// Both ends as numbers, the address above the port; `None` unless both are of IPv4.
fn ipv4_numbers(one: Endpoint, other: Endpoint) -> Option<(u64, u64)> {
    let number = |end: Endpoint| match end.address {
        IpAddr::V4(address) => Some(u64::from(address.to_bits()) << 16 | u64::from(end.port)),
        IpAddr::V6(_) => None,
    };
    Some((number(one)?, number(other)?))
}

/// An end as a number of 64 bits: of IPv6, several ends have the same.
fn folded(end: Endpoint) -> u64 {
    match end.address {
        IpAddr::V4(address) => u64::from(address.to_bits()) << 16 | u64::from(end.port),
        IpAddr::V6(address) => {
            let [network, host] = halves(address);
            let mixed = network.wrapping_mul(ROOT) ^ host.rotate_left(16).wrapping_mul(GOLDEN);
            (mixed ^ mixed >> 32) ^ u64::from(end.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn end() -> impl Strategy<Value = Endpoint> {
        let address = prop_oneof![
            any::<[u8; 4]>().prop_map(IpAddr::from),
            any::<[u8; 16]>().prop_map(IpAddr::from),
        ];
        (address, any::<u16>()).prop_map(|(address, port)| Endpoint { address, port })
    }

    proptest! {
        #[test]
        fn both_directions_are_one_flow(one in end(), other in end(), parts in 1_u32..100) {
            let hasher = FlowHasher::default();
            prop_assert_eq!(hasher.hash(one, other), hasher.hash(other, one));
            let shard = FlowShard::between(one, other);
            prop_assert_eq!(shard, FlowShard::between(other, one));
            prop_assert!(shard.of(parts.try_into().unwrap()) < parts);
        }
    }

    #[test]
    fn shards_get_about_as_much_each() {
        let server = |low: u8| Endpoint {
            address: [10, 1, 0, low].into(),
            port: 443,
        };
        let servers_of_ipv6 = |low: u8| Endpoint {
            address: [0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(low)].into(),
            port: 443,
        };
        for server in [server, servers_of_ipv6] {
            let mut counts = [0_u32; 7];
            for number in 0..7_000_u32 {
                // As clients come: a few addresses and ports one after the other.
                let client = Endpoint {
                    port: 32_768 + u16::try_from(number % 1_000).unwrap(),
                    ..server(100 + u8::try_from(number / 1_000).unwrap())
                };
                let shard = FlowShard::between(client, server(u8::try_from(number % 3).unwrap()));
                counts[shard.of(const { NonZeroU32::new(7).unwrap() }) as usize] += 1;
            }
            assert!(
                counts.iter().all(|count| (800..1_200).contains(count)),
                "{counts:?}"
            );
        }
    }

    /// Files and workers of other processes hold parts: the numbers must stay what they are.
    #[test]
    fn a_shard_is_the_same_in_every_process() {
        let end = |address: [u8; 4], port| Endpoint {
            address: address.into(),
            port,
        };
        let shard = FlowShard::between(end([10, 0, 0, 7], 40_000), end([10, 0, 1, 20], 443));
        assert_eq!(shard.0, 549_762_340);
    }
}
