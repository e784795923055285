//! The time of a packet, as the capture tells it.

use std::time::Duration;

/// Nanoseconds since 1970-01-01T00:00:00Z on the clock of the capturing host.
///
/// 64 bits reach from the year 1677 to 2262; what a file claims beyond is held at these ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The time `nanoseconds` after the epoch.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// As [`Self::from_nanoseconds`], held at the ends of the range.
    pub fn from_wide_nanoseconds(nanoseconds: i128) -> Self {
        let held = nanoseconds.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
        Self(i64::try_from(held).unwrap_or(i64::MAX))
    }

    /// Nanoseconds since the epoch.
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        let nanoseconds = i128::from(self.0) - i128::from(earlier.0);
        Duration::from_nanos(u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX))
    }

    /// How far apart the two are, whichever comes first.
    pub fn distance(self, other: Self) -> Duration {
        Duration::from_nanos(self.0.abs_diff(other.0))
    }

    /// This time plus `duration`, held at the end of the range.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }

    /// This time minus `duration`, held at the end of the range.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_do_not_overflow_at_the_ends_of_the_range() {
        let first = Timestamp::from_nanoseconds(i64::MIN);
        let last = Timestamp::from_nanoseconds(i64::MAX);
        assert_eq!(last.since(first), Duration::from_nanos(u64::MAX));
        assert_eq!(first.since(last), Duration::ZERO);
        assert_eq!(last.after(Duration::from_secs(1)), last);
        assert_eq!(first.before(Duration::MAX), first);
    }
}
