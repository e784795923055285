//! The clock of this host: packets are stamped with it, and it can be set.

use std::time::{Duration, Instant, SystemTime};

use crate::capture::Timestamp;

/// Reads the clock, and tells when it was set, or when the host slept.
#[derive(Debug)]
pub struct HostClock {
    started: Instant,
    steps: Steps,
}

/// What the clock says, and whether it went on evenly since the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The time.
    pub now: Timestamp,
    /// By how many nanoseconds it is off what has passed since the last look: it was set, or the
    /// host slept meanwhile.
    pub step: Option<i64>,
}

impl HostClock {
    /// A clock that was looked at just now.
    pub fn new() -> Self {
        let mut clock = Self {
            started: monotonic(),
            steps: Steps::default(),
        };
        clock.read();
        clock
    }

    /// What it says now.
    pub fn read(&mut self) -> ClockReading {
        let now = wall();
        let step = self.steps.take(now, monotonic() - self.started);
        ClockReading { now, step }
    }

    /// How long ago it was made, whatever happened to the time of day meanwhile; without the time
    /// that the host slept.
    pub fn running(&self) -> Duration {
        monotonic() - self.started
    }
}

impl Default for HostClock {
    fn default() -> Self {
        Self::new()
    }
}

/// Time servers correct a clock little by little; more than this at once is a step.
const SMALLEST_STEP: Duration = Duration::from_secs(1);

/// The time of day against the time that has passed.
#[derive(Debug, Default)]
struct Steps {
    latest: Option<(Timestamp, Duration)>,
}

impl Steps {
    fn take(&mut self, now: Timestamp, passed: Duration) -> Option<i64> {
        let (before, passed_before) = self.latest.replace((now, passed))?;
        let expected = before.after(passed.saturating_sub(passed_before));
        (now.distance(expected) > SMALLEST_STEP)
            .then(|| now.nanoseconds().saturating_sub(expected.nanoseconds()))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "packets are stamped with this clock"
)]
fn wall() -> Timestamp {
    let nanoseconds = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).unwrap_or(i128::MAX),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX),
    };
    Timestamp::from_wide_nanoseconds(nanoseconds)
}

#[expect(
    clippy::disallowed_methods,
    reason = "it tells whether the other clock was set"
)]
fn monotonic() -> Instant {
    Instant::now()
}

/// The clock by which the kernel stamps what it traces.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceClock {
    /// Whole seconds off the clock that stamps packets, and set and corrected with it.
    Tai,
    /// The time since the start of the host.
    Monotonic,
}

#[cfg(target_os = "linux")]
impl TraceClock {
    /// What tracefs calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tai => "tai",
            Self::Monotonic => "mono",
        }
    }

    /// What is to be added to it now for the clock that stamps packets, in nanoseconds.
    pub fn behind_wall(self) -> i64 {
        let clock = match self {
            Self::Tai => rustix::time::DynamicClockId::Tai,
            Self::Monotonic => {
                rustix::time::DynamicClockId::Known(rustix::time::ClockId::Monotonic)
            }
        };
        let Ok(now) = rustix::time::clock_gettime_dynamic(clock) else {
            return 0;
        };
        let own = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
        let behind = i128::from(wall().nanoseconds()) - own;
        let behind = match self {
            Self::Tai => (behind + 500_000_000).div_euclid(1_000_000_000) * 1_000_000_000,
            Self::Monotonic => behind,
        };
        i64::try_from(behind).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn only_a_jump_is_a_step() {
        let mut steps = Steps::default();
        let mut at = |seconds: i64, passed: u64| {
            steps.take(
                Timestamp::from_nanoseconds(seconds * SECOND),
                Duration::from_secs(passed),
            )
        };
        assert_eq!(at(1000, 0), None);
        assert_eq!(at(1001, 1), None);
        assert_eq!(at(1003, 2), None, "a second more is a correction");
        assert_eq!(at(403, 2), Some(-600 * SECOND), "set back by ten minutes");
        assert_eq!(at(404, 3), None, "and goes on from there");
        assert_eq!(
            at(4005, 4),
            Some(3600 * SECOND),
            "the host slept for an hour"
        );
    }
}
