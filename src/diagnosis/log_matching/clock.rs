//! When a line was written: its zone, its year and the time of booting are taken from the line,
//! from who reads the log, or from the lines that name captured connects.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{Datelike, Days, NaiveDateTime, TimeZone};
use serde::{Deserialize, Serialize};

use crate::capture::Timestamp;
use crate::logs::{Stamp, StampTime, local_of, nanoseconds_of};

/// A zone is behind or ahead of UTC by so many of these, in seconds.
const QUARTER: i64 = 15 * 60;

/// No zone is further behind or ahead of UTC.
const MOST_BEHIND: i64 = -12 * 4;
const MOST_AHEAD: i64 = 14 * 4;

/// Lines that agree on when the host was booted differ by no more.
const SAME_BOOT: i64 = 500_000_000;

/// So many lines are held against each other to find when that was.
const MOST_BOOTS: usize = 10_000;

/// In which zone a log without zones is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogZone {
    /// So many seconds ahead of UTC.
    Offset(i32),
    /// That of the host that reads it.
    Local,
    /// One of the IANA database, with its daylight saving time.
    Named(chrono_tz::Tz),
}

/// How the times of a log are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockBasis {
    /// Every line has its zone.
    InLines,
    /// Whoever reads the log said the zone.
    Given(LogZone),
    /// So many lines name captured connects, if the zone is so many seconds ahead of UTC.
    Inferred {
        /// Seconds ahead of UTC.
        offset: i32,
        /// How many lines.
        lines: u64,
    },
    /// No line tells; with UTC, or that of the host that reads it, the log meets the capture.
    Assumed(LogZone),
    /// So many lines name captured connects, if the host was booted then.
    BootInferred {
        /// When.
        booted: Timestamp,
        /// How many lines.
        lines: u64,
    },
    /// The times are since the host was booted, and no lines tell when that was.
    BootUnknown,
}

/// A time as far as the line and the capture tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineTime {
    /// A moment.
    Exact(Timestamp),
    /// Nanoseconds since 1970, as if the zone were UTC.
    Local(i64),
    /// Since the host was booted.
    SinceBoot(Duration),
}

/// What the clock of one log is.
#[derive(Clone, Debug)]
pub(super) struct LogClock {
    given: Option<LogZone>,
    /// From the first to the last packet.
    capture: (Timestamp, Timestamp),
    pub(super) has_zoneless: bool,
    pub(super) has_exact: bool,
    pub(super) has_yearless: bool,
    pub(super) has_since_boot: bool,
    votes: BTreeMap<i64, u64>,
    boots: Vec<i64>,
    latest: Cell<Option<(Stamp, Option<LineTime>)>>,
}

impl LogClock {
    pub(super) fn new(given: Option<LogZone>, capture: (Timestamp, Timestamp)) -> Self {
        Self {
            given,
            capture,
            has_zoneless: false,
            has_exact: false,
            has_yearless: false,
            has_since_boot: false,
            votes: BTreeMap::new(),
            boots: Vec::new(),
            latest: Cell::new(None),
        }
    }

    /// What the time is, with the year or day at which it is nearest to the capture. Many lines are
    /// of one second: the last answer is kept.
    pub(super) fn read(&self, stamp: Stamp) -> Option<LineTime> {
        if let Some((known, time)) = self.latest.get()
            && known == stamp
        {
            return time;
        }
        let time = self.work_out(stamp);
        self.latest.set(Some((stamp, time)));
        time
    }

    /// Whether there is no such time in the zone that was given: its clock was put forward then.
    pub(super) fn is_skipped(&self, stamp: Stamp) -> bool {
        self.given.is_some() && self.read(stamp).is_none()
    }

    fn work_out(&self, stamp: Stamp) -> Option<LineTime> {
        let local = match stamp.time {
            StampTime::Exact(at) => return Some(LineTime::Exact(at)),
            StampTime::SinceBoot(since) => return Some(LineTime::SinceBoot(since)),
            StampTime::OfSomeZone(local) => local,
            StampTime::OfSomeYear(local) => self.nearest_year(local)?,
            StampTime::OfSomeDay(time) => {
                let day = local_of(self.capture.0.nanoseconds()).date();
                let days = [day.checked_sub_days(Days::new(1)), Some(day)];
                let next = day.checked_add_days(Days::new(1));
                let times = days.into_iter().chain([next]).flatten();
                self.nearest(times.map(|day| day.and_time(time)))?
            }
        };
        let local_time = nanoseconds_of(local)?;
        Some(match self.given {
            Some(zone) => LineTime::Exact(in_zone_near(local, local_time, zone, self.capture.0)?),
            None => LineTime::Local(local_time),
        })
    }

    /// Takes note of which kinds of times there are.
    pub(super) fn note(&mut self, stamp: Stamp) {
        match stamp.time {
            StampTime::Exact(_) => self.has_exact = true,
            StampTime::SinceBoot(_) => self.has_since_boot = true,
            StampTime::OfSomeZone(_) => self.has_zoneless = true,
            StampTime::OfSomeYear(_) | StampTime::OfSomeDay(_) => {
                self.has_zoneless = true;
                self.has_yearless = true;
            }
        }
    }

    fn nearest_year(&self, local: NaiveDateTime) -> Option<NaiveDateTime> {
        let year = local_of(self.capture.0.nanoseconds()).year();
        let years = [year - 1, year, year + 1];
        self.nearest(years.into_iter().filter_map(|year| local.with_year(year)))
    }

    fn nearest(&self, times: impl Iterator<Item = NaiveDateTime>) -> Option<NaiveDateTime> {
        let begin = self.capture.0.nanoseconds();
        times.min_by_key(|time| nanoseconds_of(*time).map(|at| at.abs_diff(begin)))
    }

    /// Whether the time may be that of a packet, give or take so much, whatever the zone.
    pub(super) fn may_be_near(&self, time: LineTime, margin: Duration) -> bool {
        let (first, last) = (self.capture.0.before(margin), self.capture.1.after(margin));
        match time {
            LineTime::Exact(at) => (first..=last).contains(&at),
            LineTime::SinceBoot(_) => true,
            LineTime::Local(at) => {
                let ahead = |quarters: i64| quarters * QUARTER * 1_000_000_000;
                let earliest = first.nanoseconds().saturating_add(ahead(MOST_BEHIND));
                let latest = last.nanoseconds().saturating_add(ahead(MOST_AHEAD));
                (earliest..=latest).contains(&at)
            }
        }
    }

    /// A line names captured connects if the zone is one of these, in quarters of an hour.
    pub(super) fn vote(&mut self, quarters: &[i64]) {
        for quarter in quarters {
            *self.votes.entry(*quarter).or_default() += 1;
        }
    }

    /// A line names a captured connect if the host was booted then.
    pub(super) fn vote_for_boot(&mut self, at: i64) {
        if self.boots.len() < MOST_BOOTS {
            self.boots.push(at);
        }
    }

    /// All zones there may be, in quarters of an hour.
    pub(super) fn quarters() -> impl Iterator<Item = i64> {
        MOST_BEHIND..=MOST_AHEAD
    }

    /// The moment of a local time in such a zone.
    pub(super) fn at_quarter(local: i64, quarter: i64) -> Timestamp {
        let ahead = quarter * QUARTER * 1_000_000_000;
        Timestamp::from_nanoseconds(local.saturating_sub(ahead))
    }

    /// How the times are known, now that all lines were read; `span` is from the first to the last
    /// local time.
    pub(super) fn basis(&self, span: Option<(i64, i64)>) -> ClockBasis {
        if self.has_zoneless {
            if let Some(zone) = self.given {
                return ClockBasis::Given(zone);
            }
            let best = self.votes.iter().max_by_key(|(quarter, lines)| {
                // Of as many lines, the zone nearest to UTC.
                (**lines, std::cmp::Reverse((quarter.abs(), **quarter)))
            });
            return match best {
                Some((quarter, lines)) => ClockBasis::Inferred {
                    offset: i32::try_from(quarter * QUARTER).unwrap_or(0),
                    lines: *lines,
                },
                None => ClockBasis::Assumed(self.assumed(span)),
            };
        }
        if !self.has_since_boot || self.has_exact {
            return ClockBasis::InLines;
        }
        self.boot()
            .map_or(ClockBasis::BootUnknown, |(booted, lines)| {
                ClockBasis::BootInferred { booted, lines }
            })
    }

    /// UTC, unless only with the zone of the host that reads it the log meets the capture.
    fn assumed(&self, span: Option<(i64, i64)>) -> LogZone {
        let utc = LogZone::Offset(0);
        let meets = |zone: LogZone| {
            let (from, until) = span?;
            let from = in_zone(local_of(from), from, zone)?;
            let until = in_zone(local_of(until), until, zone)?;
            Some(from <= self.capture.1 && until >= self.capture.0)
        };
        if meets(utc) != Some(true) && meets(LogZone::Local) == Some(true) {
            LogZone::Local
        } else {
            utc
        }
    }

    /// The time of booting on which most lines agree, at least two.
    fn boot(&self) -> Option<(Timestamp, u64)> {
        let mut boots = self.boots.clone();
        boots.sort_unstable();
        let mut best: Option<(i64, u64)> = None;
        let mut start = 0;
        for (end, latest) in boots.iter().enumerate() {
            while boots
                .get(start)
                .is_some_and(|first| latest - first > SAME_BOOT)
            {
                start += 1;
            }
            let lines = (end - start + 1) as u64;
            if lines > best.map_or(1, |(_, lines)| lines) {
                let middle = boots.get(usize::midpoint(start, end)).copied();
                best = middle.map(|middle| (middle, lines));
            }
        }
        best.map(|(at, lines)| (Timestamp::from_nanoseconds(at), lines))
    }
}

/// The moment of a local time.
pub(super) fn in_zone(local: NaiveDateTime, nanoseconds: i64, zone: LogZone) -> Option<Timestamp> {
    let at = match zone {
        LogZone::Offset(seconds) => nanoseconds.checked_sub(i64::from(seconds) * 1_000_000_000)?,
        LogZone::Local => moments(local, chrono::Local).next()?,
        LogZone::Named(zone) => moments(local, zone).next()?,
    };
    Some(Timestamp::from_nanoseconds(at))
}

/// As [`in_zone`]; of two moments, when a clock is put back, the one nearer to the capture. None
/// when there is no such time, because it was put forward.
fn in_zone_near(
    local: NaiveDateTime,
    nanoseconds: i64,
    zone: LogZone,
    capture: Timestamp,
) -> Option<Timestamp> {
    let nearest = |mut moments: Box<dyn Iterator<Item = i64>>| {
        let first = moments.next()?;
        let distance = |at: &i64| at.abs_diff(capture.nanoseconds());
        let nearest = std::iter::once(first).chain(moments).min_by_key(distance);
        nearest.map(Timestamp::from_nanoseconds)
    };
    match zone {
        LogZone::Offset(_) => in_zone(local, nanoseconds, zone),
        LogZone::Local => nearest(Box::new(moments(local, chrono::Local))),
        LogZone::Named(zone) => nearest(Box::new(moments(local, zone))),
    }
}

/// The moments of a local time, the earlier first.
fn moments<Z: TimeZone>(local: NaiveDateTime, zone: Z) -> impl Iterator<Item = i64> {
    let found = local.and_local_timezone(zone);
    let found = found.map(|moment| moment.timestamp_nanos_opt());
    let both = [found.earliest(), found.latest()].map(Option::flatten);
    both.into_iter().flatten()
}
