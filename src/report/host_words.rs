//! The words for files with a host's word: the same in every format. Safe for a terminal.

use super::counts::{counted, grouped};
use super::duration_words::duration;
use super::model::Report;
use super::sanitize::terminal_safe;
use super::times::TimeZoneChoice;
use crate::capture::Timestamp;
use crate::diagnosis::{HostFacts, HostNotable};

fn utc_seconds(at: Timestamp) -> String {
    TimeZoneChoice::Utc.date_and_time(at)
}

/// So many addresses are named.
const NAMED: usize = 6;

/// What was read of each, one sentence each.
pub(super) fn hosts(report: &Report) -> Vec<String> {
    let hosts = report.capture.hosts.iter();
    hosts
        .map(|host| terminal_safe(&of_host(report, host)).into_owned())
        .collect()
}

/// What was read of one; hostile text may be among it.
pub(super) fn of_host(report: &Report, host: &HostFacts) -> String {
    let mut parts = Vec::new();
    if let Some(span) = host.span {
        parts.push(asked(report, host, span));
        let named: Vec<String> = host
            .addresses
            .iter()
            .take(NAMED)
            .map(ToString::to_string)
            .collect();
        let more = host.addresses.len().saturating_sub(NAMED);
        parts.push(match (named.as_slice(), more) {
            ([], _) => "it names no address of its own".to_owned(),
            (_, 0) => format!("it speaks for {}", named.join(", ")),
            (_, more) => format!("it speaks for {} and {more} more", named.join(", ")),
        });
    }
    parts.extend(host.notable.iter().map(notable));
    if host.left_out > 0 {
        parts.push(format!(
            "{} too many to keep were left out, evenly",
            counted(host.left_out, "snapshot")
        ));
    }
    let unread = host.unread.iter();
    parts.extend(unread.map(|unread| format!("not read there: {} ({})", unread.what, unread.why)));
    if let Some(problem) = &host.problem {
        let end = if host.snapshots > 0 {
            "; what stands before was read"
        } else {
            ""
        };
        parts.push(format!("not read: {problem}{end}"));
    }
    let path = host.path.to_string_lossy();
    format!("host {} ({path}): {}", host.name, parts.join("; "))
}

fn asked(report: &Report, host: &HostFacts, (first, last): (Timestamp, Timestamp)) -> String {
    let capture = &report.capture;
    let beside = match (capture.first, capture.last) {
        (_, Some(end)) if first > end => {
            format!(", {} after the last packet", duration(first.since(end)))
        }
        (Some(begin), _) if last < begin => {
            format!(", {} before the first packet", duration(begin.since(last)))
        }
        _ => String::new(),
    };
    if host.snapshots == 1 {
        return format!("asked at {} UTC{beside}", utc_seconds(first));
    }
    format!(
        "asked {} times from {} to {} UTC{beside}",
        grouped(host.snapshots),
        utc_seconds(first),
        utc_seconds(last)
    )
}

fn notable(notable: &HostNotable) -> String {
    match notable {
        HostNotable::Conntrack { count, limit } => format!(
            "its table of tracked connections has {} of {}",
            grouped(*count),
            grouped(*limit)
        ),
        HostNotable::PortsUsedUp { used, of } => format!(
            "{} of {} local ports are in use from {} to {} port {}: when none is left, connects fail \
             there before any packet (EADDRNOTAVAIL)",
            used.ports, of, used.from, used.to, used.port
        ),
        HostNotable::FullQueue {
            address,
            port,
            waiting,
        } => format!("the accept queue of {address} port {port} is full ({waiting} waiting)"),
        HostNotable::ClockOff(offset) => format!(
            "its clock is {} {} by its time service's word",
            duration(std::time::Duration::from_micros(offset.unsigned_abs())),
            if *offset > 0 { "behind" } else { "ahead" }
        ),
    }
}
