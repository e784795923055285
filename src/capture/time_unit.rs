//! The unit in which an interface of a pcapng file counts time.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// `if_tsresol` and `if_tsoffset` of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TimeUnit {
    resolution: Resolution,
    offset_seconds: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The time that `units` say: where that is beyond what can be told, the latest or the earliest
    /// that can.
    pub(super) fn time(self, units: u64) -> Timestamp {
        self.usual_time(units)
            .unwrap_or_else(|| Timestamp::from_wide_nanoseconds(self.wide_time(units)))
    }

    /// The time that `units` say; `None` beyond what can be told.
    #[inline]
    pub(super) fn exact_time(self, units: u64) -> Option<Timestamp> {
        self.usual_time(units).or_else(|| {
            let nanoseconds = i64::try_from(self.wide_time(units)).ok()?;
            Some(Timestamp::from_nanoseconds(nanoseconds))
        })
    }

    /// As nearly all files count: without numbers of 128 bits.
    #[inline]
    fn usual_time(self, units: u64) -> Option<Timestamp> {
        if let Resolution::Nanoseconds(each) = self.resolution
            && self.offset_seconds == 0
            && let Some(nanoseconds) = units.checked_mul(each)
            && let Ok(nanoseconds) = i64::try_from(nanoseconds)
        {
            return Some(Timestamp::from_nanoseconds(nanoseconds));
        }
        None
    }

    /// The unit in which such times keep their distances, where `units` say one beyond what can be
    /// told, and what is done about it: of microseconds that would be a time of the year 57868,
    /// nanoseconds are meant. A time below 1970 that was written wraps.
    pub(super) fn reinterpreted(self, units: u64) -> (Self, &'static str) {
        /// 1980-01-01: no capture is older.
        const EARLIEST_NANOSECONDS: u64 = 315_532_800_000_000_000;
        let is_nanoseconds = (EARLIEST_NANOSECONDS..=i64::MAX.unsigned_abs()).contains(&units);
        if is_nanoseconds && matches!(self.resolution, Resolution::Nanoseconds(2..)) {
            let unit = Self {
                resolution: Resolution::Nanoseconds(1),
                ..self
            };
            return (
                unit,
                "has a time that cannot be, after the year 2262: nanoseconds are meant where the file says microseconds, and are read so",
            );
        }
        let seconds = i64::try_from(self.wide_time(units) / 1_000_000_000).unwrap_or(i64::MAX);
        let unit = self.with_offset(self.offset_seconds.saturating_sub(seconds));
        (
            unit,
            "has a time that cannot be, before the year 1678 or after 2262: times are read by their distances, the first one as 1970",
        )
    }

    fn wide_time(self, units: u64) -> i128 {
        let nanoseconds = match self.resolution {
            // One that was shifted below 1970 was written as a huge one.
            Resolution::Nanoseconds(each) if units.cast_signed() < 0 && each > 1 => {
                let shifted = i128::from(units.cast_signed()) * i128::from(each);
                let offset = i128::from(self.offset_seconds) * 1_000_000_000;
                return shifted.saturating_add(offset);
            }
            Resolution::Nanoseconds(each) => u128::from(units) * u128::from(each),
            Resolution::UnitsPerNanosecond(count) => u128::from(units) / count,
            // The product needs 94 bits; a shift by more than it has leaves nothing.
            Resolution::BinaryFraction(exponent) => (u128::from(units) * 1_000_000_000)
                .checked_shr(exponent)
                .unwrap_or(0),
        };
        let offset = i128::from(self.offset_seconds) * 1_000_000_000;
        i128::try_from(nanoseconds)
            .unwrap_or(i128::MAX)
            .saturating_add(offset)
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
    fn nanoseconds_said_to_be_microseconds_keep_their_distances() {
        let unit = TimeUnit::MICROSECONDS;
        let first = 1_763_700_000_000_000_000;
        assert_eq!(unit.exact_time(first), None);
        let (read, _) = unit.reinterpreted(first);
        assert_eq!(read, TimeUnit::from_option(9));
        let between = read.time(first + 1_000).since(read.time(first));
        assert_eq!(between.as_nanos(), 1_000);
    }

    #[test]
    fn times_beyond_all_years_are_counted_from_the_first() {
        let unit = TimeUnit::from_option(0);
        let first = 1 << 50;
        let (read, _) = unit.reinterpreted(first);
        assert_eq!(read.exact_time(first).unwrap().nanoseconds(), 0);
        let later = read.exact_time(first + 3).unwrap();
        assert_eq!(later.nanoseconds(), 3_000_000_000);
        assert!(read.units(later) == first + 3);
    }

    #[test]
    fn a_time_that_was_shifted_below_1970_is_one() {
        let units = (-100_000_000_i64).cast_unsigned();
        let at = TimeUnit::MICROSECONDS.exact_time(units).unwrap();
        assert_eq!(at.nanoseconds(), -100_000_000_000);
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
