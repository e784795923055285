//! Times that come again and again, at which all fails and at no other.

use std::time::Duration;

use serde::Serialize;

use crate::capture::Timestamp;
use crate::diagnosis::comparison::services::Moment;

/// Every so often, from one moment of it to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// How often, in seconds.
    pub every_seconds: u32,
    /// From when on, in nanoseconds after each beginning of the period, counted from the epoch.
    pub from_nanoseconds: i64,
    /// For how long.
    pub lasts: Duration,
}

/// What happens by a clock happens as often as this, in seconds.
const PERIODS: [u32; 12] = [5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600];

/// Fewer times say nothing of a period.
const FEWEST_TIMES: usize = 4;

/// What takes more of the period than this is no time of it.
const LONGEST_PART: f64 = 0.3;

/// So seldom would failures fall into one part of some period by chance.
const HARDLY_CHANCE: f64 = 1e-3 / 12.0;

const NANOSECONDS_IN_SECOND: i64 = 1_000_000_000;

impl Period {
    fn length(self) -> i64 {
        i64::from(self.every_seconds) * NANOSECONDS_IN_SECOND
    }

    /// Whether it is such a time then.
    pub(crate) fn holds(self, at: Timestamp) -> bool {
        let since = (phase(at, self.length()) - self.from_nanoseconds).rem_euclid(self.length());
        u128::try_from(since).is_ok_and(|since| since <= self.lasts.as_nanos())
    }
}

fn phase(at: Timestamp, length: i64) -> i64 {
    at.nanoseconds().rem_euclid(length)
}

/// The period at whose times these fail, all of them, and none of the others is.
pub(super) fn shared_period(failures: &[&Moment], successes: &[&Moment]) -> Option<Period> {
    PERIODS
        .into_iter()
        .find_map(|seconds| of_length(seconds, failures, successes))
}

fn of_length(seconds: u32, failures: &[&Moment], successes: &[&Moment]) -> Option<Period> {
    let length = i64::from(seconds) * NANOSECONDS_IN_SECOND;
    let starts = || failures.iter().map(|moment| moment.started);
    let mut phases: Vec<i64> = starts().map(|at| phase(at, length)).collect();
    phases.sort_unstable();
    let mut times: Vec<i64> = starts()
        .map(|at| at.nanoseconds().div_euclid(length))
        .collect();
    times.sort_unstable();
    times.dedup();
    if times.len() < FEWEST_TIMES {
        return None;
    }
    // The longest part of the period without a failure: the rest holds them all.
    let first = *phases.first()?;
    let next = phases.iter().skip(1).copied().chain([first + length]);
    let (gap, behind) = phases
        .iter()
        .zip(next)
        .map(|(one, next)| (next - one, next))
        .max()?;
    let lasts = length - gap;
    let period = Period {
        every_seconds: seconds,
        from_nanoseconds: behind.rem_euclid(length),
        lasts: Duration::from_nanos(u64::try_from(lasts).ok()?),
    };
    let part = period.lasts.as_secs_f64() / f64::from(seconds);
    let is_telling = part <= LONGEST_PART
        && chance(times.len(), part) < HARDLY_CHANCE
        && !successes.iter().any(|moment| period.holds(moment.started));
    is_telling.then_some(period)
}

/// How probable it is that so many times fall into such a part of a circle.
fn chance(times: usize, part: f64) -> f64 {
    let count = u32::try_from(times).unwrap_or(u32::MAX);
    let others = i32::try_from(times).unwrap_or(i32::MAX) - 1;
    f64::from(count) * part.powi(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_may_lie_across_the_end_of_its_period() {
        let period = Period {
            every_seconds: 60,
            from_nanoseconds: 58 * NANOSECONDS_IN_SECOND,
            lasts: Duration::from_secs(4),
        };
        let at = |seconds: i64| Timestamp::from_nanoseconds(seconds * NANOSECONDS_IN_SECOND);
        let held: Vec<i64> = (0..120)
            .filter(|second| period.holds(at(*second)))
            .collect();
        assert_eq!(held, [0, 1, 2, 58, 59, 60, 61, 62, 118, 119]);
    }

    #[test]
    fn few_times_may_be_chance() {
        assert!(chance(4, 0.1) > HARDLY_CHANCE);
        assert!(chance(7, 0.07) < HARDLY_CHANCE);
    }
}
