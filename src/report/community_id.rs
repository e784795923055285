//! Community ID 1.0 of a flow (<https://github.com/corelight/community-id-spec>): the name by which
//! Zeek, Suricata, Wireshark and others know it, so that their records can be joined.
//!
//! The crate that there is for it has another licence than this one.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::decode::Endpoint;

/// Of TCP, by its number at IANA.
const TCP: u8 = 6;

/// The one that all take unless told otherwise.
const SEED: u16 = 0;

/// The Community ID of the flow between two ends, whoever began it; with seed 0.
pub(super) fn community_id(one: Endpoint, other: Endpoint) -> String {
    let (lower, upper) = if key(one) <= key(other) {
        (one, other)
    } else {
        (other, one)
    };
    let mut hash = Sha1::new();
    hash.update(SEED.to_be_bytes());
    for end in [lower, upper] {
        match end.address {
            IpAddr::V4(address) => hash.update(address.octets()),
            IpAddr::V6(address) => hash.update(address.octets()),
        }
    }
    hash.update([TCP, 0]);
    for end in [lower, upper] {
        hash.update(end.port.to_be_bytes());
    }
    format!("1:{}", STANDARD.encode(hash.finalize()))
}

/// The ends are in the order of their bytes: of the addresses, then of the ports.
fn key(end: Endpoint) -> (IpAddr, u16) {
    (end.address, end.port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(one: (&str, u16), other: (&str, u16)) -> String {
        let end = |(address, port): (&str, u16)| Endpoint {
            address: address.parse().unwrap(),
            port,
        };
        let id = community_id(end(one), end(other));
        assert_eq!(id, community_id(end(other), end(one)));
        id
    }

    /// As the specification and the programs that keep to it publish them.
    #[test]
    fn published_flows_have_their_published_ids() {
        assert_eq!(
            of(("128.232.110.120", 34_855), ("66.35.250.204", 80)),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
        );
        assert_eq!(
            of(
                ("2001:470:e5bf:dead:4957:2174:e82c:4887", 63_943),
                ("2607:f8b0:400c:c03::1a", 25)
            ),
            "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="
        );
    }

    #[test]
    fn ports_order_the_ends_of_one_address() {
        assert_eq!(
            of(("127.0.0.1", 80), ("127.0.0.1", 40_000)),
            of(("127.0.0.1", 40_000), ("127.0.0.1", 80))
        );
    }
}
