//! Positions in a stream of bytes that wraps around.

use serde::{Deserialize, Serialize};

/// A TCP sequence or acknowledgement number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SequenceNumber(pub u32);

impl SequenceNumber {
    /// How many bytes after `earlier` this is, around the wrap (RFC 9293 §3.4). Half of the range
    /// means "before".
    pub const fn distance_from(self, earlier: Self) -> u32 {
        self.0.wrapping_sub(earlier.0)
    }

    /// Whether this comes after `other`: less than half the range ahead.
    pub const fn is_after(self, other: Self) -> bool {
        let distance = self.distance_from(other);
        distance != 0 && distance < 1 << 31
    }

    /// Whether this is one of `first ..= first + span`, around the wrap.
    pub const fn is_within(self, first: Self, span: u32) -> bool {
        self.distance_from(first) <= span
    }

    /// The number `count` bytes on.
    #[must_use]
    pub const fn plus(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_survives_the_wrap() {
        let last = SequenceNumber(u32::MAX);
        assert_eq!(last.plus(1), SequenceNumber(0));
        assert!(SequenceNumber(5).is_after(last));
        assert!(!last.is_after(SequenceNumber(5)));
        assert!(SequenceNumber(3).is_within(last, 4));
        assert!(!SequenceNumber(4).is_within(last, 4));
    }
}
