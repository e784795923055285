//! Lengths of time as people say them.

use std::time::Duration;

/// A length of time as people say it: `312 us`, `0.3 ms` is not told from `312 us`; two to three
/// digits.
pub(super) fn duration(duration: Duration) -> String {
    let microseconds = duration.as_micros();
    let seconds = duration.as_secs();
    match microseconds {
        0..1_000 => format!("{microseconds} us"),
        1_000..100_000 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        100_000..1_000_000 => format!("{} ms", microseconds / 1_000),
        1_000_000..10_000_000 => format!("{:.3} s", duration.as_secs_f64()),
        10_000_000..100_000_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ if seconds < 7_200 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ if seconds < 172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} days {} h", seconds / 86_400, seconds % 86_400 / 3_600),
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
    }
}
