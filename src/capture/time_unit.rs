//! The unit in which an interface of a pcapng file counts time.

use super::Timestamp;

/// `if_tsresol` and `if_tsoffset` of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeUnit {
    resolution: Resolution,
    offset_seconds: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resolution {
    /// A unit is so many nanoseconds.
    Nanoseconds(u64),
    /// A nanosecond is so many units: finer than a [`Timestamp`] can hold, the rest is cut off.
    UnitsPerNanosecond(u128),
    /// A unit is 2 to the power of minus this seconds.
    BinaryFraction(u32),
}

impl TimeUnit {
    /// What an interface counts in that says nothing.
    pub(super) const MICROSECONDS: Self = Self {
        resolution: Resolution::Nanoseconds(1_000),
        offset_seconds: 0,
    };

    /// From the option's byte: the top bit tells powers of two from powers of ten, the others the
    /// negative exponent.
    pub(super) fn from_option(resolution: u8) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let resolution = if resolution & 0x80 != 0 {
            Resolution::BinaryFraction(exponent)
        } else if exponent <= 9 {
            Resolution::Nanoseconds(10_u64.pow(9 - exponent))
        } else {
            Resolution::UnitsPerNanosecond(10_u128.checked_pow(exponent - 9).unwrap_or(u128::MAX))
        };
        Self {
            resolution,
            offset_seconds: 0,
        }
    }

    /// Nanoseconds, or else microseconds: as classic files count.
    pub(super) fn of_nanoseconds(is_so: bool) -> Self {
        if is_so {
            Self::from_option(9)
        } else {
            Self::MICROSECONDS
        }
    }

    /// `if_tsresol` and `if_tsoffset`, to declare an interface that counts so.
    pub(super) fn options(self) -> (u8, i64) {
        let exponent = |digits: u32| u8::try_from(digits).unwrap_or(0x7f);
        let resolution = match self.resolution {
            Resolution::Nanoseconds(each) => exponent(9_u32.saturating_sub(each.max(1).ilog10())),
            Resolution::UnitsPerNanosecond(count) => exponent(9 + count.max(1).ilog10()),
            Resolution::BinaryFraction(digits) => exponent(digits) | 0x80,
        };
        (resolution, self.offset_seconds)
    }

    /// How many units say `at`: for a time that [`Self::time`] gave, the same again, but for what
    /// is finer than a nanosecond.
    pub(super) fn units(self, at: Timestamp) -> u64 {
        let offset = i128::from(self.offset_seconds) * 1_000_000_000;
        let nanoseconds =
            u128::try_from(i128::from(at.nanoseconds()).saturating_sub(offset)).unwrap_or(0);
        let units = match self.resolution {
            Resolution::Nanoseconds(each) => nanoseconds / u128::from(each.max(1)),
            Resolution::UnitsPerNanosecond(count) => nanoseconds.saturating_mul(count),
            // Rounded up: what was rounded down to nanoseconds comes out the same.
            Resolution::BinaryFraction(exponent) => 2_u128
                .checked_pow(exponent)
                .and_then(|fraction| nanoseconds.checked_mul(fraction))
                .map_or(u128::MAX, |scaled| scaled.div_ceil(1_000_000_000)),
        };
        u64::try_from(units).unwrap_or(u64::MAX)
    }

    /// The same unit, counted from another second than the epoch.
    pub(super) fn with_offset(self, offset_seconds: i64) -> Self {
        Self {
            offset_seconds,
            ..self
        }
    }

    /// The time that `units` say.
    #[inline]
    pub(super) fn time(self, units: u64) -> Timestamp {
        // As nearly all files count: without numbers of 128 bits.
        if let Resolution::Nanoseconds(each) = self.resolution
            && self.offset_seconds == 0
            && let Some(nanoseconds) = units.checked_mul(each)
            && let Ok(nanoseconds) = i64::try_from(nanoseconds)
        {
            return Timestamp::from_nanoseconds(nanoseconds);
        }
        self.wide_time(units)
    }

    fn wide_time(self, units: u64) -> Timestamp {
        let nanoseconds = match self.resolution {
            Resolution::Nanoseconds(each) => u128::from(units) * u128::from(each),
            Resolution::UnitsPerNanosecond(count) => u128::from(units) / count,
            // The product needs 94 bits; a shift by more than it has leaves nothing.
            Resolution::BinaryFraction(exponent) => (u128::from(units) * 1_000_000_000)
                .checked_shr(exponent)
                .unwrap_or(0),
        };
        let offset = i128::from(self.offset_seconds) * 1_000_000_000;
        Timestamp::from_wide_nanoseconds(
            i128::try_from(nanoseconds)
                .unwrap_or(i128::MAX)
                .saturating_add(offset),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resolution_byte_gives_a_time_without_overflow() {
        for resolution in 0..=u8::MAX {
            let unit = TimeUnit::from_option(resolution).with_offset(i64::MAX);
            let _ = unit.time(u64::MAX);
            let _ = unit.with_offset(i64::MIN).time(0);
        }
    }

    #[test]
    fn units_of_a_time_give_the_time_again() {
        for resolution in (0..=12).chain(0x80..=0xa8) {
            for offset in [0, -3, 1_000_000] {
                let unit = TimeUnit::from_option(resolution).with_offset(offset);
                let (option, same_offset) = unit.options();
                assert_eq!((option, same_offset), (resolution, offset));
                for units in [0, 1, 7, 12_345_678, 1_763_700_000_123_456] {
                    let at = unit.time(units);
                    if at.nanoseconds() == i64::MAX {
                        continue;
                    }
                    assert_eq!(
                        unit.time(unit.units(at)),
                        at,
                        "{resolution:#x} {offset} {units}"
                    );
                }
            }
        }
    }

    #[test]
    fn seconds_milliseconds_and_powers_of_two_are_told_apart() {
        assert_eq!(
            TimeUnit::from_option(0).time(2).nanoseconds(),
            2_000_000_000
        );
        assert_eq!(TimeUnit::from_option(3).time(2).nanoseconds(), 2_000_000);
        assert_eq!(TimeUnit::from_option(12).time(2_500).nanoseconds(), 2);
        assert_eq!(
            TimeUnit::from_option(0x80 | 1).time(3).nanoseconds(),
            1_500_000_000
        );
        assert_eq!(TimeUnit::from_option(0xff).time(u64::MAX).nanoseconds(), 0);
        assert_eq!(
            TimeUnit::MICROSECONDS.with_offset(1).time(1).nanoseconds(),
            1_000_001_000
        );
    }
}
