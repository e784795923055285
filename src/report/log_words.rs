//! The words for logs that were read beside a capture: the same in every format. Safe for a
//! terminal.

use std::time::Duration;

use chrono::DateTime;

use super::counts::{counted, grouped};
use super::duration_words::duration;
use super::kernel_words;
use super::model::Report;
use super::sanitize::terminal_safe;
use crate::capture::Timestamp;
use crate::diagnosis::{ClockBasis, LogFacts, LogZone};

/// A log that ends so long before the capture begins still tells what changed before.
const WORTH_TELLING: Duration = Duration::from_secs(15 * 60);

/// What was read of each log, and how its times were taken, one sentence each; and what the kernel
/// did meanwhile, where it was heard.
pub(super) fn logs(report: &Report) -> Vec<String> {
    let logs = report.capture.logs.iter();
    logs.map(|log| terminal_safe(&of_log(report, log)).into_owned())
        .chain(kernel_words::of_report(report))
        .collect()
}

/// What was read of a log; hostile text may be among it.
pub(super) fn of_log(report: &Report, log: &LogFacts) -> String {
    let name = log.path.to_string_lossy();
    let mut parts = Vec::new();
    if log.lines > 0 || log.problem.is_none() {
        let services = match log.of_services {
            0 => String::new(),
            lines => format!(", {} about services", grouped(lines)),
        };
        let hosts = match log.of_hosts {
            0 => String::new(),
            lines => format!(", {} about the host", grouped(lines)),
        };
        let changes = match log.of_changes {
            0 => String::new(),
            lines => format!(", {} about changes", grouped(lines)),
        };
        parts.push(format!(
            "{} of {} {} about these connects{services}{hosts}{changes}",
            grouped(log.matched),
            counted(log.lines, "line"),
            if log.matched == 1 { "is" } else { "are" }
        ));
    }
    parts.extend(log.clock.and_then(|clock| clock_words(log, clock)));
    parts.extend(missed(report, log));
    if log.of_skipped_times > 0 {
        parts.push(format!(
            "{} of a time that the zone does not have, as its clock was put forward: another zone?",
            counted(log.of_skipped_times, "line")
        ));
    }
    if log.has_distances {
        parts.push(
            "its times are since the line before (tcpdump -ttt): print it with -tttt".to_owned(),
        );
    }
    if log.left_out > 0 {
        parts.push(format!(
            "{} too many to keep were left out",
            counted(log.left_out, "line")
        ));
    }
    if let Some(first) = &log.first_not_understood {
        parts.push(format!(
            "{} of no kind that is read here, the first is line {}: {}",
            counted(log.not_understood, "line"),
            first.number,
            first.text
        ));
    }
    if let Some(known) = &log.first_known {
        parts.push(format!(
            "line {} names no connect, tcpwhy explain says what its words mean: {}",
            known.number, known.text
        ));
    }
    if let Some(problem) = &log.problem {
        let end = if log.lines > 0 {
            "; what stands before was read"
        } else {
            ""
        };
        parts.push(format!("not read: {problem}{end}"));
    }
    format!("log {name}: {}", parts.join("; "))
}

/// How the times are known, where the lines do not say all of it.
fn clock_words(log: &LogFacts, clock: ClockBasis) -> Option<String> {
    let zone = match clock {
        ClockBasis::InLines => None,
        ClockBasis::Given(zone) => Some(format!("times in {} (--log-zone)", zone_name(zone))),
        ClockBasis::Inferred { offset, lines } => Some(format!(
            "times in {}, as {} of captured connects {}",
            zone_name(LogZone::Offset(offset)),
            counted(lines, "line"),
            if lines == 1 { "shows" } else { "show" }
        )),
        ClockBasis::Assumed(zone) => Some(format!(
            "times taken for {}: no line tells (--log-zone)",
            zone_name(zone)
        )),
        ClockBasis::BootInferred { booted, lines } => Some(format!(
            "times since the host was booted, at {} UTC as {} of captured connects show",
            date_and_time(booted),
            counted(lines, "line")
        )),
        ClockBasis::BootUnknown => Some(
            "times since the host was booted, and too few lines of captured connects to tell when \
             that was: use dmesg -T or journalctl -k -o json"
                .to_owned(),
        ),
    };
    if !log.lacks_year {
        return zone;
    }
    let year = "the year is the capture's".to_owned();
    Some(zone.map_or(year.clone(), |zone| format!("{zone}, {year}")))
}

fn zone_name(zone: LogZone) -> String {
    match zone {
        LogZone::Offset(0) => "UTC".to_owned(),
        LogZone::Local => "this host's zone".to_owned(),
        LogZone::Named(zone) => zone.name().to_owned(),
        LogZone::Offset(seconds) => {
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.unsigned_abs() / 60;
            format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}

/// That the log does not meet the capture at all.
fn missed(report: &Report, log: &LogFacts) -> Option<String> {
    let (begin, end) = report.capture.first.zip(report.capture.last)?;
    let (first, last) = log.first.zip(log.last)?;
    let tells_of_changes = log.of_changes + log.of_services > 0;
    let is_just_before = tells_of_changes && begin.since(last) <= WORTH_TELLING;
    let how = if last < begin && log.matched == 0 && !is_just_before {
        format!(
            "it ends {} before the capture begins",
            duration(begin.since(last))
        )
    } else if first > end && log.matched == 0 {
        format!(
            "it begins {} after the capture ends",
            duration(first.since(end))
        )
    } else {
        return None;
    };
    let is_certain = log.clock == Some(ClockBasis::InLines);
    let hint = if is_certain {
        "another day's log, or a clock that is wrong?"
    } else {
        "a wrong time zone? --log-zone"
    };
    Some(format!("{how}: {hint}"))
}

fn date_and_time(at: Timestamp) -> String {
    DateTime::from_timestamp_nanos(at.nanoseconds())
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}
