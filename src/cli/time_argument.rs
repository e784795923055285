//! A point in the capture's time as typed.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveTime, TimeZone};

use crate::capture::Timestamp;
use crate::report::TimeZoneChoice;

/// What `--since` and `--until` take; what it means depends on when the capture starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TimeArgument {
    /// RFC 3339.
    Absolute(DateTime<FixedOffset>),
    /// `HH:MM[:SS]` on the day on which the capture starts.
    TimeOfDay(NaiveTime),
    /// `+90s`, `+1.5`, `+2m`, `+1h` from the capture's start.
    FromStart(Duration),
}

impl FromStr for TimeArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(duration) = text.strip_prefix('+') {
            return parse_duration(duration).map(Self::FromStart);
        }
        if let Ok(absolute) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Absolute(absolute));
        }
        ["%H:%M:%S%.f", "%H:%M"]
            .into_iter()
            .find_map(|format| NaiveTime::parse_from_str(text, format).ok())
            .map(Self::TimeOfDay)
            .ok_or_else(|| {
                "neither RFC 3339 (2026-11-20T14:02:11Z), nor HH:MM[:SS], nor +SECONDS".to_owned()
            })
    }
}

impl TimeArgument {
    /// The time meant in a capture that starts at `start`, with times of day in `zone`.
    pub(super) fn resolve(self, start: Timestamp, zone: TimeZoneChoice) -> Timestamp {
        let of = |time: DateTime<FixedOffset>| {
            Timestamp::from_nanoseconds(time.timestamp_nanos_opt().unwrap_or(i64::MAX))
        };
        match self {
            Self::Absolute(time) => of(time),
            Self::FromStart(duration) => start.after(duration),
            Self::TimeOfDay(time) => {
                let day = zone.at(start);
                let local = day.date_naive().and_time(time);
                day.timezone()
                    .from_local_datetime(&local)
                    .earliest()
                    .map_or(start, of)
            }
        }
    }
}

/// Seconds, or a number with `s`, `m` or `h`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, text.chars().last().unwrap_or('s')),
        None => (text, 's'),
    };
    let factor = match unit {
        'm' => 60.0,
        'h' => 3600.0,
        _ => 1.0,
    };
    let seconds = number
        .parse::<f64>()
        .ok()
        .map(|number| number * factor)
        .filter(|seconds| *seconds >= 0.0);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("'+{text}' is no time from the start: +90, +90s, +2m, +1h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str) -> i64 {
        // 2026-11-20T14:02:11Z
        let start = Timestamp::from_nanoseconds(1_795_183_331_000_000_000);
        text.parse::<TimeArgument>()
            .unwrap()
            .resolve(start, TimeZoneChoice::Utc)
            .nanoseconds()
            / 1_000_000_000
    }

    #[test]
    fn the_three_ways_to_name_a_time_agree() {
        assert_eq!(resolved("2026-11-20T14:03:41Z"), resolved("+90s"));
        assert_eq!(resolved("14:03:41"), resolved("+1.5m"));
        assert_eq!(resolved("14:03"), resolved("+49"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "25:00", "+x", "+-1", "2026-11-20"] {
            assert!(text.parse::<TimeArgument>().is_err(), "{text}");
        }
    }
}
