//! When a line was written, as far as its own text tells: many formats leave out the zone, the
//! year, or everything but the time since the host was booted.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::capture::Timestamp;

/// The time of a line, and how exact it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The time.
    pub time: StampTime,
    /// The line was written within so long after that.
    pub step: Duration,
}

/// The time of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StampTime {
    /// A moment.
    Exact(Timestamp),
    /// A time of some zone.
    OfSomeZone(NaiveDateTime),
    /// A time of some zone and some year: the month and day stand in a leap year.
    OfSomeYear(NaiveDateTime),
    /// A time of day, of some zone and day.
    OfSomeDay(NaiveTime),
    /// Since the host was booted.
    SinceBoot(Duration),
}

/// A leap year: every day of any year is in it.
const LEAP_YEAR: i32 = 2000;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The time of the line before: many lines are of one second.
#[derive(Debug, Default)]
pub(super) struct LatestStamp {
    text: String,
    stamp: Option<Stamp>,
}

impl LatestStamp {
    /// As [`leading`].
    pub(super) fn leading<'a>(&mut self, line: &'a str) -> Option<(Stamp, &'a str)> {
        if let Some(stamp) = self.stamp
            && let Some(rest) = line.strip_prefix(&*self.text)
            // A year may stand behind a time without one.
            && !rest.starts_with(|first: char| first.is_ascii_digit())
        {
            return Some((stamp, rest.trim_start_matches(' ')));
        }
        let (stamp, rest) = leading(line)?;
        self.text.clear();
        let length = line.len() - rest.len();
        self.text.push_str(line.get(..length).unwrap_or_default());
        self.stamp = Some(stamp).filter(|_| self.text.ends_with(' '));
        Some((stamp, rest))
    }
}

/// The time at the front of a line, and what is behind it.
pub(super) fn leading(text: &str) -> Option<(Stamp, &str)> {
    match text.bytes().next()? {
        b'[' => in_brackets(text),
        b'0'..=b'9' => numeric(text).or_else(|| unix(text)),
        b'A'..=b'Z' => with_month(text).or_else(|| with_zone_name(text)),
        _ => None,
    }
}

/// A moment by microseconds since 1970, as the journal has it.
pub(super) fn of_microseconds(digits: &str) -> Option<Stamp> {
    let microseconds: i64 = digits.parse().ok()?;
    Some(Stamp {
        time: exact(microseconds.checked_mul(1000)?)?,
        step: Duration::from_micros(1),
    })
}

/// A moment by seconds since 1970 with a fraction, as auditd has it.
pub(super) fn of_seconds(text: &str) -> Option<Stamp> {
    let (seconds, fraction) = text.split_once('.')?;
    let seconds: i64 = seconds.parse().ok()?;
    let (nanoseconds, step) = fraction_of(fraction)?;
    let at = seconds
        .checked_mul(1_000_000_000)?
        .checked_add(i64::from(nanoseconds))?;
    Some(Stamp {
        time: exact(at)?,
        step,
    })
}

/// `30/Nov/2026:12:01:03.234`, as HAProxy has it.
pub(super) fn of_common_log(text: &str) -> Option<Stamp> {
    let (day, rest) = text.split_once('/')?;
    let (month, rest) = rest.split_once('/')?;
    let (year, time) = rest.split_once(':')?;
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month_of(month)?, day.parse().ok()?)?;
    let (time, step, rest) = time_of_day(time)?;
    rest.is_empty().then_some(Stamp {
        time: StampTime::OfSomeZone(date.and_time(time)),
        step,
    })
}

/// `2026/11/30 12:01:03`, as Palo Alto Networks has it.
pub(super) fn of_slashes(text: &str) -> Option<Stamp> {
    let (stamp, rest) = numeric(text)?;
    (rest.is_empty() && matches!(stamp.time, StampTime::OfSomeZone(_))).then_some(stamp)
}

/// A moment by digits: seconds since 1970, or as many thousandth, millionth or billionth parts.
pub(super) fn of_epoch(digits: &str) -> Option<Stamp> {
    let (scale, step) = match digits.len() {
        9 | 10 => (1_000_000_000, Duration::from_secs(1)),
        13 => (1_000_000, Duration::from_millis(1)),
        16 => (1000, Duration::from_micros(1)),
        19 => (1, Duration::from_nanos(1)),
        _ => return None,
    };
    let number: i64 = digits.parse().ok()?;
    Some(Stamp {
        time: exact(number.checked_mul(scale)?)?,
        step,
    })
}

/// A time that is all of the text, `2026-11-30T12:01:03+0100`.
pub(super) fn whole(text: &str) -> Option<Stamp> {
    let (stamp, rest) = numeric(text)?;
    rest.is_empty().then_some(stamp)
}

/// `30Nov2026 12:01:03`, as Check Point has it, and whatever is behind it.
pub(super) fn of_day_and_name(text: &str) -> Option<Stamp> {
    let (date, rest) = text.trim_start().split_once(' ')?;
    let name = date.find(|character: char| !character.is_ascii_digit())?;
    let (day, month_and_year) = date.split_at_checked(name)?;
    let (month, year) = month_and_year.split_at_checked(3)?;
    let date = NaiveDate::from_ymd_opt(year_of(year)?, month_of(month)?, day.parse().ok()?)?;
    let (time, step, _) = time_of_day(rest.trim_start())?;
    Some(Stamp {
        time: StampTime::OfSomeZone(date.and_time(time)),
        step,
    })
}

impl Stamp {
    /// So long before it, to the second as lengths of sessions are told.
    pub(super) fn before(self, lasted: Duration) -> Option<Self> {
        if lasted.is_zero() {
            return Some(self);
        }
        let begin = lasted + Duration::from_secs(1);
        let local = |time: NaiveDateTime| time.checked_sub_signed(TimeDelta::from_std(begin).ok()?);
        let time = match self.time {
            StampTime::Exact(at) => StampTime::Exact(at.before(begin)),
            StampTime::OfSomeZone(time) => StampTime::OfSomeZone(local(time)?),
            StampTime::OfSomeYear(time) => StampTime::OfSomeYear(local(time)?),
            // A time of day may be of the day before.
            StampTime::OfSomeDay(_) => return None,
            StampTime::SinceBoot(since) => StampTime::SinceBoot(since.checked_sub(begin)?),
        };
        Some(Self {
            time,
            step: self.step + Duration::from_secs(2),
        })
    }
}

fn exact(nanoseconds: i64) -> Option<StampTime> {
    (nanoseconds > 0).then(|| StampTime::Exact(Timestamp::from_nanoseconds(nanoseconds)))
}

/// `[ 1234.567890] `, or `[Mon Nov 30 12:01:03 2026] `: the kernel's ring buffer.
fn in_brackets(text: &str) -> Option<(Stamp, &str)> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    let inside = inside.trim();
    if let Some((seconds, fraction)) = inside.split_once('.') {
        let seconds: u64 = seconds.parse().ok()?;
        let (nanoseconds, step) = fraction_of(fraction)?;
        let since_boot = Duration::new(seconds, nanoseconds);
        let time = StampTime::SinceBoot(since_boot);
        return Some((Stamp { time, step }, rest));
    }
    let (stamp, behind) = with_month(inside)?;
    let is_dated = matches!(stamp.time, StampTime::OfSomeZone(_));
    (is_dated && behind.is_empty()).then_some((stamp, rest))
}

/// `2026-11-30T12:01:03.234567+01:00 `, `2026-11-30 12:01:03 `, `2026/11/30 12:01:03 `, or only a
/// time of day.
fn numeric(text: &str) -> Option<(Stamp, &str)> {
    let Some(date) = date_of(text.get(..10)?) else {
        let (time, step, rest) = time_of_day(text)?;
        let time = StampTime::OfSomeDay(time);
        return Some((Stamp { time, step }, behind_space(rest)?));
    };
    let rest = text.get(10..)?.strip_prefix(['T', ' '])?;
    let (time, step, rest) = time_of_day(rest)?;
    let local = date.and_time(time);
    let (offset, rest) = match offset_of(rest) {
        Some((offset, rest)) => (Some(offset), rest),
        None => (None, rest),
    };
    let time = match offset {
        Some(offset) => exact(nanoseconds_of(local)?.checked_sub(offset * 1_000_000_000)?)?,
        None => StampTime::OfSomeZone(local),
    };
    Some((Stamp { time, step }, behind_space(rest)?))
}

/// `1796040063.123456 `, as `journalctl -o short-unix` writes it.
fn unix(text: &str) -> Option<(Stamp, &str)> {
    let (time, rest) = text.split_once(' ')?;
    let is_of_our_days = time.find('.') == Some(10);
    let stamp = is_of_our_days.then(|| of_seconds(time)).flatten()?;
    Some((stamp, rest.trim_start()))
}

/// `Mon 2026-11-30 12:01:03 CET `, as `journalctl -o short-full` writes it. But for UTC the name of
/// a zone says nothing for sure.
fn with_zone_name(text: &str) -> Option<(Stamp, &str)> {
    let (day, rest) = text.split_once(' ')?;
    DAYS.contains(&day).then_some(())?;
    let (stamp, rest) = numeric(rest)?;
    let (name, rest) = rest.split_once(' ')?;
    let is_name = (2..=5).contains(&name.len())
        && name.bytes().all(|byte| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"+-".contains(&byte)
        });
    let time = match stamp.time {
        StampTime::OfSomeZone(local) if name == "UTC" => exact(nanoseconds_of(local)?)?,
        time @ StampTime::OfSomeZone(_) if is_name => time,
        _ => return None,
    };
    Some((Stamp { time, ..stamp }, rest.trim_start()))
}

/// `Nov 30 12:01:03 `, `Nov 30 2026 12:01:03 `, `Mon Nov 30 12:01:03 2026 `.
fn with_month(text: &str) -> Option<(Stamp, &str)> {
    let rest = match text.split_once(' ') {
        Some((day, rest)) if DAYS.contains(&day) => rest.trim_start(),
        _ => text,
    };
    let (month, rest) = rest.split_once(' ')?;
    let month = month_of(month)?;
    let (day, rest) = rest.trim_start().split_once(' ')?;
    let day: u32 = day.parse().ok()?;
    let year_before = rest
        .split_once(' ')
        .and_then(|(year, rest)| Some((year_of(year)?, rest)));
    let (year, rest) = match year_before {
        Some((year, rest)) => (Some(year), rest),
        None => (None, rest),
    };
    let (time, step, rest) = time_of_day(rest)?;
    // Cisco ends its time with a colon.
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let rest = behind_space(rest)?;
    let (year, rest) = match (year, rest.split_once(' ').unwrap_or((rest, ""))) {
        (None, (word, behind)) => match year_of(word) {
            Some(year) => (Some(year), behind),
            None => (None, rest),
        },
        _ => (year, rest),
    };
    let date = NaiveDate::from_ymd_opt(year.unwrap_or(LEAP_YEAR), month, day)?;
    let local = date.and_time(time);
    let time = match year {
        Some(_) => StampTime::OfSomeZone(local),
        None => StampTime::OfSomeYear(local),
    };
    Some((Stamp { time, step }, rest))
}

fn behind_space(text: &str) -> Option<&str> {
    if text.is_empty() {
        return Some(text);
    }
    text.strip_prefix(' ').map(str::trim_start)
}

fn month_of(name: &str) -> Option<u32> {
    let place = MONTHS.iter().position(|known| *known == name)?;
    u32::try_from(place + 1).ok()
}

fn year_of(text: &str) -> Option<i32> {
    let year = (text.len() == 4).then(|| text.parse().ok()).flatten()?;
    (1970..2262).contains(&year).then_some(year)
}

/// `2026-11-30` or `2026/11/30`.
fn date_of(text: &str) -> Option<NaiveDate> {
    let divider = text
        .get(4..5)
        .filter(|divider| ["-", "/"].contains(divider))?;
    let mut parts = text.split(divider);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|_| digits.len() == 2);
    NaiveDate::from_ymd_opt(year_of(year)?, number(month)?, number(day)?)
}

/// `12:01:03`, with a fraction behind a dot or comma or without, and what is behind it.
fn time_of_day(text: &str) -> Option<(NaiveTime, Duration, &str)> {
    let bytes = text.get(..8)?.as_bytes();
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *<&[u8; 8]>::try_from(bytes).ok()? else {
        return None;
    };
    let number = |high: u8, low: u8| {
        let is_number = high.is_ascii_digit() && low.is_ascii_digit();
        is_number.then(|| u32::from(high - b'0') * 10 + u32::from(low - b'0'))
    };
    let (hour, minute, second) = (number(h1, h2)?, number(m1, m2)?, number(s1, s2)?);
    let rest = text.get(8..)?;
    let (nanoseconds, step, rest) = match rest.strip_prefix(['.', ',']) {
        Some(fraction) => {
            let is_digit = |byte: &u8| byte.is_ascii_digit();
            let length = fraction.bytes().take_while(|byte| is_digit(byte)).count();
            let (digits, rest) = fraction.split_at_checked(length)?;
            let (nanoseconds, step) = fraction_of(digits)?;
            (nanoseconds, step, rest)
        }
        None => (0, Duration::from_secs(1), rest),
    };
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanoseconds)?;
    Some((time, step, rest))
}

/// Nanoseconds by the digits behind the dot, and how exact they are.
fn fraction_of(digits: &str) -> Option<(u32, Duration)> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = 10_u32.pow(9 - u32::try_from(digits.len()).ok()?);
    let nanoseconds = digits.parse::<u32>().ok()?.checked_mul(scale)?;
    Some((nanoseconds, Duration::from_nanos(u64::from(scale))))
}

/// `Z`, `+01:00` or `+0100` in seconds, and what is behind it.
fn offset_of(text: &str) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((0, rest));
    }
    let sign = match text.bytes().next()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = text.get(1..)?.split_at_checked(2)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = rest.split_at_checked(2)?;
    let number = |digits: &str, most: i64| {
        let number: i64 = digits.parse().ok()?;
        (0..=most).contains(&number).then_some(number)
    };
    let seconds = number(hours, 23)? * 3600 + number(minutes, 59)? * 60;
    Some((sign * seconds, rest))
}

/// Nanoseconds since 1970, as if the zone were UTC.
pub(crate) fn nanoseconds_of(local: NaiveDateTime) -> Option<i64> {
    local.and_utc().timestamp_nanos_opt()
}

/// The local time of so many nanoseconds since 1970, in UTC.
pub(crate) fn local_of(nanoseconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp_nanos(nanoseconds).naive_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The time as it is read, how exact it is, and what is behind it.
    fn read(text: &str) -> String {
        let Some((stamp, rest)) = leading(text) else {
            return "none".to_owned();
        };
        let time = match stamp.time {
            StampTime::Exact(at) => format!("{}", at.nanoseconds()),
            StampTime::OfSomeZone(local) => format!("zone? {local}"),
            StampTime::OfSomeYear(local) => format!("year? {}", local.format("%m-%d %T%.f")),
            StampTime::OfSomeDay(time) => format!("day? {time}"),
            StampTime::SinceBoot(since) => format!("boot? {since:?}"),
        };
        format!("{time} ±{:?} | {rest}", stamp.step)
    }

    #[test]
    fn times_are_read_as_logs_write_them() {
        for (text, expected) in [
            (
                "Nov 30 12:01:03 fw kernel: x",
                "year? 11-30 12:01:03 ±1s | fw kernel: x",
            ),
            ("Nov  3 12:01:03 fw x", "year? 11-03 12:01:03 ±1s | fw x"),
            (
                "Feb 29 00:00:00.5 fw x",
                "year? 02-29 00:00:00.500 ±100ms | fw x",
            ),
            (
                "Nov 30 2026 12:01:03: %ASA",
                "zone? 2026-11-30 12:01:03 ±1s | %ASA",
            ),
            ("2026-11-30T12:01:03Z h x", "1796040063000000000 ±1s | h x"),
            (
                "2026-11-30T13:01:03.25+01:00 h x",
                "1796040063250000000 ±10ms | h x",
            ),
            (
                "2026-11-30T13:01:03+0100 h x",
                "1796040063000000000 ±1s | h x",
            ),
            (
                "2026-11-30T12:01:03,234567+00:00 x",
                "1796040063234567000 ±1µs | x",
            ),
            (
                "2026-11-30 12:01:03.234567 rule 1",
                "zone? 2026-11-30 12:01:03.234567 ±1µs | rule 1",
            ),
            (
                "2026/11/30 12:01:03 [error] 1#1: x",
                "zone? 2026-11-30 12:01:03 ±1s | [error] 1#1: x",
            ),
            (
                "Mon 2026-11-30 12:01:03 CET fw kernel: x",
                "zone? 2026-11-30 12:01:03 ±1s | fw kernel: x",
            ),
            (
                "Mon 2026-11-30 12:01:03 UTC fw kernel: x",
                "1796040063000000000 ±1s | fw kernel: x",
            ),
            (
                "1796040063.234567 fw kernel: x",
                "1796040063234567000 ±1µs | fw kernel: x",
            ),
            (
                "12:01:03.234567 rule 1",
                "day? 12:01:03.234567 ±1µs | rule 1",
            ),
            (
                "[Mon Nov 30 12:01:03 2026] x",
                "zone? 2026-11-30 12:01:03 ±1s | x",
            ),
            ("[   12.345678] x", "boot? 12.345678s ±1µs | x"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "[",
            "[]",
            "[x.y] z",
            "[error] x",
            "Nov",
            "Nov 30",
            "Nov 31 12:01:03 x",
            "Nov 30 25:01:03 x",
            "Nov 30 12:01:03.x y",
            "2026-13-30T12:01:03Z x",
            "2026-11-30",
            "2026-11-30T12:01",
            "2026-11-30T12:01:03+9 x",
            "1:2:3",
            "über 12:01:03",
            "12:01:03é",
            "2026-11-3é",
            "Mon 2026-11-30 12:01:03 kernel: x",
            "17960400631.234567 x",
            "[99999999999999999999.1] x",
            "Nov 30 12:01:03.12345678901 x",
        ] {
            assert_eq!(read(text), "none", "{text}");
        }
    }
}
