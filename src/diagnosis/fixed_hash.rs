//! Hashes that are the same in every run: a sample that is drawn by them is the same for the same
//! input, in whatever order it came and on however many threads.

use std::net::IpAddr;

use crate::capture::Timestamp;
use crate::decode::Endpoint;

/// Odd, and without a pattern: the golden ratio as a fraction of 2^64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Spreads a number over all 64 bits: each bit of it changes half of them.
pub(super) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(STEP);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Of two numbers, in this order.
pub(super) fn mix_two(first: u64, second: u64) -> u64 {
    mix(mix(first) ^ second)
}

/// Of an address.
pub(super) fn of_address(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => mix(u64::from(address.to_bits())),
        IpAddr::V6(address) => {
            let [high, low] = halves(address.to_bits());
            mix_two(high, low)
        }
    }
}

/// Of an address and port.
pub(super) fn of_endpoint(endpoint: Endpoint) -> u64 {
    mix_two(of_address(endpoint.address), u64::from(endpoint.port))
}

/// Of when an attempt began, and whose it was.
pub(super) fn of_beginning(started: Timestamp, client: IpAddr) -> u64 {
    let [_, nanoseconds] = halves(i128::from(started.nanoseconds()).cast_unsigned());
    mix_two(of_address(client), nanoseconds)
}

fn halves(number: u128) -> [u64; 2] {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(u64::MAX);
    [half(number >> 64), half(number)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_spread() {
        let buckets: std::collections::BTreeSet<u64> = (0..64_u8)
            .map(|last| of_address(IpAddr::from([10, 0, 0, last])) >> 58)
            .collect();
        assert!(buckets.len() > 32, "{buckets:?}");
    }

    #[test]
    fn it_never_changes() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        let address: IpAddr = "10.0.0.1".parse().unwrap();
        assert_eq!(of_address(address), of_address(address));
        assert_ne!(of_address(address), of_address("::a00:1".parse().unwrap()));
    }
}
