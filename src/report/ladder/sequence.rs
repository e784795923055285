//! Sequence numbers as people read them.

use std::fmt;

use crate::decode::SequenceNumber;

/// Further than this from where its side began, a number says nothing as a distance.
const FARTHEST: u32 = 1 << 24;

/// A sequence or acknowledgement number: as it stands in the header, and from where its side's
/// numbers began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// As it stands in the header.
    pub absolute: u32,
    /// From the initial sequence number; `None` where that was not captured, or is far away.
    pub relative: Option<i64>,
}

impl Position {
    /// Relative to the nearest of the initial sequence numbers that its side used.
    pub(super) fn of(
        number: SequenceNumber,
        initial: impl IntoIterator<Item = SequenceNumber>,
    ) -> Self {
        let distance = |isn: SequenceNumber| {
            let ahead = number.distance_from(isn);
            let behind = isn.distance_from(number);
            if ahead <= behind {
                i64::from(ahead)
            } else {
                -i64::from(behind)
            }
        };
        Self {
            absolute: number.0,
            relative: initial
                .into_iter()
                .map(distance)
                .min_by_key(|distance| distance.abs())
                .filter(|distance| distance.abs() <= i64::from(FARTHEST)),
        }
    }
}

impl fmt::Display for Position {
    /// `1 (348983480)`, or the number alone.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.relative {
            Some(relative) => write!(formatter, "{relative} ({})", self.absolute),
            None => write!(formatter, "{}", self.absolute),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_survive_the_wrap_and_take_the_nearest_start() {
        let words = |number, initial: &[u32]| {
            Position::of(
                SequenceNumber(number),
                initial.iter().map(|isn| SequenceNumber(*isn)),
            )
            .to_string()
        };
        assert_eq!(words(0, &[u32::MAX]), "1 (0)");
        assert_eq!(words(u32::MAX, &[0]), "-1 (4294967295)");
        assert_eq!(words(5001, &[100, 5000]), "1 (5001)");
        assert_eq!(words(3_000_000_000, &[100]), "3000000000");
        assert_eq!(words(7, &[]), "7");
    }
}
