//! Lengths of time as people say them.

use std::time::Duration;

/// A length of time as people say it: `312 us`, `0.3 ms` is not told from `312 us`; two to three
/// digits; from 100 seconds on `39 min 30 s`.
pub(super) fn duration(duration: Duration) -> String {
    let microseconds = duration.as_micros();
    match microseconds {
        0..1_000 => format!("{microseconds} us"),
        1_000..100_000 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        100_000..1_000_000 => format!("{} ms", microseconds / 1_000),
        1_000_000..10_000_000 => format!("{:.3} s", duration.as_secs_f64()),
        10_000_000..100_000_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ => long(duration),
    }
}

/// As [`duration`], and what is shorter than 100 seconds to the millisecond: `1.902 s`.
pub(super) fn to_the_millisecond(duration: Duration) -> String {
    if duration < LONG {
        format!("{:.3} s", duration.as_secs_f64())
    } else {
        long(duration)
    }
}

/// From here on nobody counts in seconds.
const LONG: Duration = Duration::from_secs(100);

/// In two units, rounded: `39 min 30 s`, `2 h 30 min`, `3 days 4 h`; what is 0 is not said.
fn long(duration: Duration) -> String {
    let rounded = |unit: u64| {
        let unit = Duration::from_secs(unit);
        u64::try_from((duration + unit / 2).as_nanos() / unit.as_nanos()).unwrap_or(u64::MAX)
    };
    let (whole, part, (large, small)) = if rounded(1) < 7_200 {
        (rounded(1) / 60, rounded(1) % 60, ("min", "s"))
    } else if rounded(60) < 48 * 60 {
        (rounded(60) / 60, rounded(60) % 60, ("h", "min"))
    } else {
        (rounded(3_600) / 24, rounded(3_600) % 24, ("days", "h"))
    };
    match part {
        0 => format!("{whole} {large}"),
        part => format!("{whole} {large} {part} {small}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let words = |nanoseconds| duration(Duration::from_nanos(nanoseconds));
        assert_eq!(words(312_400), "312 us");
        assert_eq!(words(1_250_000), "1.2 ms");
        assert_eq!(words(250_000_000), "250 ms");
        assert_eq!(words(7_130_400_000), "7.130 s");
        assert_eq!(words(15_460_000_000), "15.5 s");
        assert_eq!(words(332_000_000_000), "5 min 32 s");
        assert_eq!(words(9_000_000_000_000), "2 h 30 min");
        assert_eq!(words(7_199_900_000_000), "2 h");
        assert_eq!(words(273_600_000_000_000), "3 days 4 h");
        assert_eq!(words(300_000_000_000), "5 min");
    }

    #[test]
    fn an_outage_is_told_to_the_millisecond_while_it_is_short() {
        let words = |milliseconds| to_the_millisecond(Duration::from_millis(milliseconds));
        assert_eq!(words(1_902), "1.902 s");
        assert_eq!(words(36_800), "36.800 s");
        assert_eq!(words(2_369_892), "39 min 30 s");
    }
}
