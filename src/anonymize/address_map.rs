//! Which address stands for which: prefix-preserving and keyed, the scheme of Crypto-PAn (Fan, Xu,
//! Ammar, Moon 2004) with AES-128, for both versions of IP and for MAC addresses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use crate::decode::PrefixNumbers;

/// The secret: 16 bytes for the cipher, 16 for the padding. Whoever has it can test guesses of
/// addresses.
#[derive(Clone)]
pub struct Key(pub [u8; 32]);

/// How many addresses are remembered before all are forgotten and worked out anew.
const REMEMBERED: usize = 100_000;

/// Replaces addresses; the same key gives the same result.
pub struct AddressMap {
    cipher: Aes128,
    pad: [u8; 16],
    known: HashMap<IpAddr, IpAddr, foldhash::fast::RandomState>,
    names: NameCipher,
}

/// Gives names numbers.
#[derive(Clone)]
struct NameCipher {
    cipher: Aes128,
    start: u128,
}

impl NameCipher {
    /// As a checksum by the cipher (CBC-MAC), of which two bytes are shown: whoever has not the key
    /// can test no guess.
    fn number_of(&self, name: &str) -> u16 {
        let length = u128::try_from(name.len()).unwrap_or(u128::MAX);
        let mut state = self.encrypted(self.start ^ length);
        for chunk in name.as_bytes().chunks(16) {
            let mut block = [0; 16];
            for (to, from) in block.iter_mut().zip(chunk) {
                *to = *from;
            }
            state = self.encrypted(state ^ u128::from_be_bytes(block));
        }
        let [first, second, ..] = state.to_be_bytes();
        u16::from_be_bytes([first, second])
    }

    fn encrypted(&self, block: u128) -> u128 {
        let mut block = block.to_be_bytes().into();
        self.cipher.encrypt_block(&mut block);
        u128::from_be_bytes(block.into())
    }
}

/// A range that maps onto itself: its prefix and the prefix's length in bits.
type Range = (u128, u32);

/// What stays as it is: "this network", loopback, multicast and reserved, broadcast with it.
const KEPT_V4: &[Range] = &[
    (v4(0, 0, 0, 0), 8),
    (v4(127, 0, 0, 0), 8),
    (v4(224, 0, 0, 0), 3),
];

/// What stays within its range, so that a reader can still tell it: private (RFC 1918), shared (RFC
/// 6598), link-local.
const WITHIN_V4: &[Range] = &[
    (v4(10, 0, 0, 0), 8),
    (v4(100, 64, 0, 0), 10),
    (v4(169, 254, 0, 0), 16),
    (v4(172, 16, 0, 0), 12),
    (v4(192, 168, 0, 0), 16),
];

/// Unspecified and loopback; multicast groups that are well known (not solicited-node ones, which
/// hold part of an address).
const KEPT_V6: &[Range] = &[(0, 127), (v6(0xff00, 0), 12)];

/// Solicited-node groups hold the end of an address.
const SOLICITED_NODE: Range = (0xff02_0000_0000_0000_0000_0001_ff00_0000, 104);

/// Unique local (RFC 4193), link-local, the rest of multicast.
const WITHIN_V6: &[Range] = &[
    (v6(0xfc00, 0), 7),
    (v6(0xfe80, 0), 64),
    (v6(0xff00, 0), 8),
    SOLICITED_NODE,
];

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u128 {
    (u32::from_be_bytes([a, b, c, d]) as u128) << 96
}

const fn v6(first: u16, second: u16) -> u128 {
    (first as u128) << 112 | (second as u128) << 96
}

/// Whether both begin with the same `length` bits.
fn share_prefix(one: u128, other: u128, length: u32) -> bool {
    (one ^ other).checked_shr(128 - length).unwrap_or(0) == 0
}

impl AddressMap {
    /// By this key.
    pub fn new(Key(key): &Key) -> Self {
        let (cipher_key, pad) = key.split_at(16);
        let array = |half: &[u8]| half.first_chunk::<16>().copied().unwrap_or_default();
        let cipher = Aes128::new(&array(cipher_key).into());
        let mut pad = array(pad).into();
        cipher.encrypt_block(&mut pad);
        let pad: [u8; 16] = pad.into();
        Self {
            names: NameCipher {
                cipher: cipher.clone(),
                start: !u128::from_be_bytes(pad).rotate_left(1),
            },
            cipher,
            pad,
            known: HashMap::default(),
        }
    }

    /// By what prefixes of filters' logs are told apart.
    pub fn prefix_numbers(&self) -> PrefixNumbers {
        let names = self.names.clone();
        PrefixNumbers::new(move |prefix| names.number_of(prefix))
    }

    /// The number of a name: the same for the same name.
    pub(super) fn number_of(&self, name: &str) -> u16 {
        self.names.number_of(name)
    }

    /// What stands for an IP address.
    pub fn address(&mut self, address: IpAddr) -> IpAddr {
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let mapped = match address {
            IpAddr::V4(address) => IpAddr::V4(self.v4(address)),
            IpAddr::V6(address) => IpAddr::V6(self.v6(address)),
        };
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(address, mapped);
        mapped
    }

    fn v4(&self, address: Ipv4Addr) -> Ipv4Addr {
        let bits = u128::from(address.to_bits()) << 96;
        if is_in(KEPT_V4, bits) {
            return address;
        }
        let mapped = self.flipped(bits, 32, &[KEPT_V4, WITHIN_V4]);
        Ipv4Addr::from_bits(u32::try_from(mapped >> 96).unwrap_or_default())
    }

    fn v6(&self, address: Ipv6Addr) -> Ipv6Addr {
        let bits = address.to_bits();
        let (solicited, length) = SOLICITED_NODE;
        if is_in(KEPT_V6, bits) && !share_prefix(bits, solicited, length) {
            return address;
        }
        Ipv6Addr::from_bits(self.flipped(bits, 128, &[KEPT_V6, WITHIN_V6]))
    }

    /// What stands for a MAC address: another one; the bits for group and locally administered
    /// stay. Broadcast, zero and the groups of well-known protocols stay; IPv6 groups lose the
    /// address that is in them.
    pub fn mac(&self, mac: [u8; 6]) -> [u8; 6] {
        let is_kept = match mac {
            [0x33, 0x33, 0xff, ..] => false,
            [first, ..] => first & 1 == 1 || mac == [0; 6],
        };
        if is_kept {
            return mac;
        }
        let mut wide = [0; 16];
        for (byte, of_mac) in wide.iter_mut().skip(10).zip(mac) {
            *byte = of_mac;
        }
        let bits = u128::from_be_bytes(wide) << 80;
        // A prefix of its own, so that MAC and IPv6 addresses share no blocks: the padding is
        // turned around.
        let kept = if mac.starts_with(&[0x33, 0x33, 0xff]) {
            24
        } else {
            0
        };
        let mapped = self.flipped_from(bits, 48, kept, !u128::from_be_bytes(self.pad), |_, at| {
            // Bits 6 and 7 of the first byte.
            at == 6 || at == 7
        });
        let bytes = (mapped >> 80).to_be_bytes();
        bytes.last_chunk::<6>().copied().unwrap_or_default()
    }

    /// Each bit flipped or not by what stands before it; not where that would lead out of, or into,
    /// one of the ranges.
    fn flipped(&self, bits: u128, length: u32, ranges: &[&[Range]]) -> u128 {
        let pad = u128::from_be_bytes(self.pad);
        self.flipped_from(bits, length, 0, pad, |bits, at| {
            ranges
                .iter()
                .copied()
                .flatten()
                .any(|(range, range_length)| at < *range_length && share_prefix(bits, *range, at))
        })
    }

    fn flipped_from(
        &self,
        bits: u128,
        length: u32,
        start: u32,
        pad: u128,
        stays: impl Fn(u128, u32) -> bool,
    ) -> u128 {
        let mut mapped = bits;
        for at in start..length {
            if stays(bits, at) {
                continue;
            }
            let mask = u128::MAX.checked_shl(128 - at).unwrap_or(0);
            let mut block = (bits & mask | pad & !mask).to_be_bytes().into();
            self.cipher.encrypt_block(&mut block);
            let encrypted: [u8; 16] = block.into();
            let flip = u128::from(encrypted.first().is_some_and(|first| first & 0x80 != 0));
            mapped ^= flip << (127 - at);
        }
        mapped
    }
}

fn is_in(ranges: &[Range], bits: u128) -> bool {
    ranges
        .iter()
        .any(|(range, length)| share_prefix(bits, *range, *length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> AddressMap {
        let mut key = [0; 32];
        for (index, byte) in (0..).zip(&mut key) {
            *byte = index;
        }
        AddressMap::new(&Key(key))
    }

    fn common_prefix(one: IpAddr, other: IpAddr) -> u32 {
        match (one, other) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                (one.to_bits() ^ other.to_bits()).leading_zeros()
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => {
                (one.to_bits() ^ other.to_bits()).leading_zeros()
            }
            _ => 0,
        }
    }

    #[test]
    fn addresses_share_as_much_as_before() {
        let mut map = map();
        let addresses: Vec<IpAddr> = [
            "10.0.0.7",
            "10.0.0.8",
            "10.200.3.4",
            "192.168.1.1",
            "192.168.1.200",
            "198.51.100.9",
            "8.8.8.8",
            "100.64.3.3",
            "2001:db8::1",
            "2001:db8::2",
            "2001:db8:ffff::1",
            "fd00::1",
            "fe80::1",
            "2a00::5",
        ]
        .iter()
        .map(|address| address.parse().unwrap())
        .collect();
        for one in &addresses {
            let of_one = map.address(*one);
            assert_ne!(of_one, *one, "{one}");
            for other in &addresses {
                let of_other = map.address(*other);
                assert_eq!(
                    common_prefix(of_one, of_other),
                    common_prefix(*one, *other),
                    "{one} {other}"
                );
            }
        }
    }

    #[test]
    fn special_ranges_stay_what_they_are() {
        let mut map = map();
        for kept in [
            "0.0.0.0",
            "127.0.0.1",
            "224.0.0.251",
            "255.255.255.255",
            "::",
            "::1",
            "ff02::1",
        ] {
            let kept: IpAddr = kept.parse().unwrap();
            assert_eq!(map.address(kept), kept);
        }
        for (address, start) in [
            ("10.9.8.7", "10."),
            ("192.168.3.4", "192.168."),
            ("169.254.7.7", "169.254."),
            ("fe80::1234:5678", "fe80:"),
            ("ff02::1:ff12:3456", "ff02::1:ff"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            let mapped = map.address(address);
            assert_ne!(mapped, address);
            assert!(mapped.to_string().starts_with(start), "{address} {mapped}");
        }
    }

    #[test]
    fn macs_keep_group_and_scope_and_nothing_else() {
        let map = map();
        let mac = [0x02, 0x42, 0xac, 0x11, 0x00, 0x02];
        let mapped = map.mac(mac);
        assert_ne!(mapped, mac);
        assert_eq!(mapped[0] & 3, 2);
        assert_eq!(map.mac([0xff; 6]), [0xff; 6]);
        let group = map.mac([0x33, 0x33, 0xff, 1, 2, 3]);
        assert!(group.starts_with(&[0x33, 0x33, 0xff]) && group[3..] != [1, 2, 3]);
        assert_ne!(map.mac([0x02, 0x42, 0xac, 0x11, 0x00, 0x03]), mapped);
    }
}
