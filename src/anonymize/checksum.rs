//! Checksums of what was rewritten: changed by what changed (RFC 1624), so that a right one stays
//! right and a wrong one wrong, whether or not all bytes that it covers were captured. One that is
//! left to the network card stays so.

/// The difference that rewriting made to the sum over some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference(u64);

impl Difference {
    /// Between `old` and `new`, which both start at an even offset of what is summed.
    pub(super) fn between(old: &[u8], new: &[u8]) -> Self {
        let words = old.chunks(2).zip(new.chunks(2));
        let sum = words
            .map(|(old, new)| u64::from(word(new)) + u64::from(!word(old)))
            .sum();
        Self(sum)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// The checksum that takes the place of `checksum`.
    pub(super) fn applied_to(self, checksum: u16) -> u16 {
        !folded(u64::from(!checksum) + self.0)
    }
}

/// The addresses of an IP header, which the checksums inside cover: before and after.
#[derive(Clone, Copy, Debug)]
pub(super) struct PseudoHeader {
    sum: u64,
    /// What rewriting changed.
    pub(super) change: Difference,
}

impl PseudoHeader {
    /// Of these addresses.
    pub(super) fn between(old: &[u8], new: &[u8]) -> Self {
        Self {
            sum: old.chunks(2).map(|bytes| u64::from(word(bytes))).sum(),
            change: Difference::between(old, new),
        }
    }

    /// What takes the place of a checksum that is left to the network card: the sum over addresses
    /// and protocol, with or without the length. `None` where it is filled in.
    pub(super) fn unfilled(self, checksum: u16, protocol: u8, length: usize) -> Option<u16> {
        let without_length = self.sum + u64::from(protocol);
        let sums = [without_length + length as u64, without_length].map(folded);
        sums.contains(&checksum)
            .then(|| folded(u64::from(checksum) + self.change.0))
    }
}

fn folded(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or_default()
}

fn word(bytes: &[u8]) -> u16 {
    match *bytes {
        [high, low, ..] => u16::from_be_bytes([high, low]),
        [high] => u16::from_be_bytes([high, 0]),
        [] => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(bytes: &[u8]) -> u16 {
        Difference::between(&vec![0; bytes.len()], bytes).applied_to(0xffff)
    }

    #[test]
    fn a_right_checksum_stays_right() {
        let old = [0x45, 0, 0, 0x3c, 0x1c, 0x46, 10, 0, 0, 7, 9];
        let new = [0x45, 0, 0, 0x3c, 0x1c, 0x46, 10, 99, 88, 77, 9];
        let updated = Difference::between(&old, &new).applied_to(checksum(&old));
        assert_eq!(updated, checksum(&new));
    }
}
