//! The time of a packet, as the capture tells it.

use std::fmt;
use std::num::NonZeroU64;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Nanoseconds since 1970-01-01T00:00:00Z on the clock of the capturing host.
///
/// 64 bits reach from the year 1677 to 2262; what a file claims beyond is held at these ends.
// The number is moved to be above zero, so that an `Option` of it needs no more room: an attempt
// has many of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(NonZeroU64);

/// What stands for the epoch.
const EPOCH: u64 = 1 << 63;

impl Timestamp {
    /// The earliest time there is.
    pub const EARLIEST: Self = Self(NonZeroU64::MIN);

    /// The latest time there is.
    pub const LATEST: Self = Self(NonZeroU64::MAX);

    /// The time `nanoseconds` after the epoch.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        match NonZeroU64::new(nanoseconds.cast_unsigned() ^ EPOCH) {
            Some(moved) => Self(moved),
            None => Self::EARLIEST,
        }
    }

    /// As [`Self::from_nanoseconds`], held at the ends of the range.
    pub fn from_wide_nanoseconds(nanoseconds: i128) -> Self {
        let held = nanoseconds.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Self::from_nanoseconds(i64::try_from(held).unwrap_or(i64::MAX))
    }

    /// Nanoseconds since the epoch.
    pub const fn nanoseconds(self) -> i64 {
        (self.0.get() ^ EPOCH).cast_signed()
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }

    /// How far apart the two are, whichever comes first.
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_nanos(self.0.get().abs_diff(other.0.get()))
    }

    /// This time plus `duration`, held at the end of the range.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)),
        )
    }

    /// This time minus `duration`, held at the start of the range.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let earlier = self
            .0
            .get()
            .saturating_sub(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        NonZeroU64::new(earlier).map_or(Self::EARLIEST, Self)
    }
}

impl Default for Timestamp {
    /// The epoch.
    fn default() -> Self {
        Self::from_nanoseconds(0)
    }
}

impl From<SystemTime> for Timestamp {
    /// Held at the ends of the range.
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::default().after(after),
            Err(error) => Self::default().before(error.duration()),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Timestamp({})", self.nanoseconds())
    }
}

impl Serialize for Timestamp {
    /// As nanoseconds since the epoch.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.nanoseconds().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_nanoseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_do_not_overflow_at_the_ends_of_the_range() {
        let first = Timestamp::from_nanoseconds(i64::MIN);
        let last = Timestamp::from_nanoseconds(i64::MAX);
        assert_eq!(last.since(first), Duration::from_nanos(u64::MAX - 1));
        assert_eq!(first.since(last), Duration::ZERO);
        assert_eq!(last.after(Duration::from_secs(1)), last);
        assert_eq!(first, Timestamp::EARLIEST);
    }

    #[test]
    fn the_clock_of_the_system_counts_from_the_same_epoch() {
        let second = Duration::from_secs(1);
        let later = Timestamp::from(SystemTime::UNIX_EPOCH + second);
        assert_eq!(later.nanoseconds(), 1_000_000_000);
        let earlier = Timestamp::from(SystemTime::UNIX_EPOCH - second);
        assert_eq!(earlier.nanoseconds(), -1_000_000_000);
    }

    #[test]
    fn order_and_value_survive_the_representation() {
        let times = [i64::MIN + 1, -1, 0, 1, i64::MAX];
        assert!(times.windows(2).all(
            |pair| Timestamp::from_nanoseconds(pair[0]) < Timestamp::from_nanoseconds(pair[1])
        ));
        assert!(
            times
                .iter()
                .all(|time| Timestamp::from_nanoseconds(*time).nanoseconds() == *time)
        );
        assert_eq!(size_of::<Option<Timestamp>>(), 8);
    }
}
