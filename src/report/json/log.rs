//! Logs that were read beside the capture, and what is testified, in the JSON report.

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::rfc3339;
use crate::diagnosis::{
    Finding, FindingEvidence, LogFacts, LoggedChange, TestifiedFact, Testimony, TestimonySource,
};
use crate::report::model::Report;
use crate::report::{log_words, testimony_words};

/// A log that was read beside the capture (`--log`).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Log {
    /// As named on the command line.
    path: String,
    /// How many lines were read.
    lines: u64,
    /// How many are about attempts of this report.
    matched: u64,
    /// How many tell that a service stopped, started, or was found up or down.
    of_services: u64,
    /// How many say what happened on a host as a whole.
    of_hosts: u64,
    /// How many tell that rules, a network, a service or a container was changed.
    of_changes: u64,
    /// How many are of a time outside of the capture.
    of_other_times: u64,
    /// How many of the others are of no kind that is read.
    not_understood: u64,
    /// Time of the first line that has one, as far as its zone and year are known.
    first: Option<String>,
    /// Time of the last line.
    last: Option<String>,
    /// Why it was not read, or not to its end.
    problem: Option<String>,
    /// All of it in words: also how its zone, its year or the time of booting is known.
    says: String,
}

/// What is known of an attempt from elsewhere than packets.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct Statement {
    /// Who says it: `log`, `socket_table`, `kernel_counters`, `kernel_events`, `host_file`.
    source: &'static str,
    /// When it was so.
    time: String,
    /// The name of the log, without its folder.
    file: Option<String>,
    /// The number of the line in it.
    line: Option<u64>,
    /// What it says, as among the notes.
    says: String,
}

/// What a log says was changed before the first of a finding's connects: never the cause by itself.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct ChangeBefore {
    /// When, the last time.
    time: String,
    /// How long before the first connect that was, in microseconds.
    before_us: u64,
    /// `rules` of a packet filter, `network`, `service` or `container`.
    what: &'static str,
    /// In words: what, and by whom.
    says: String,
    /// How many lines say the same in the 15 minutes before.
    lines: u64,
    /// The name of the log, without its folder.
    file: String,
    /// The number of the line in it.
    line: u64,
}

/// What was changed before the connects of a finding.
pub(super) fn changes_before(finding: &Finding) -> Vec<ChangeBefore> {
    let changes = finding
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            FindingEvidence::Testimony(testimony) => match &testimony.fact {
                TestifiedFact::ChangedBefore(changes) => Some(&changes.told),
                _ => None,
            },
            _ => None,
        });
    changes.flatten().map(change_before).collect()
}

fn change_before(change: &LoggedChange) -> ChangeBefore {
    ChangeBefore {
        time: rfc3339(change.at),
        before_us: u64::try_from(change.before.as_micros()).unwrap_or(u64::MAX),
        what: change.thing().name(),
        says: testimony_words::change(change),
        lines: change.lines,
        file: change.place.file.clone(),
        line: change.place.line,
    }
}

pub(super) fn logs(report: &Report) -> Vec<Log> {
    let logs = report.capture.logs.iter();
    logs.map(|log| wire_log(report, log)).collect()
}

fn wire_log(report: &Report, log: &LogFacts) -> Log {
    Log {
        path: log.path.to_string_lossy().into_owned(),
        lines: log.lines,
        matched: log.matched,
        of_services: log.of_services,
        of_hosts: log.of_hosts,
        of_changes: log.of_changes,
        of_other_times: log.of_other_times,
        not_understood: log.not_understood,
        first: log.first.map(rfc3339),
        last: log.last.map(rfc3339),
        problem: log.problem.clone(),
        says: log_words::of_log(report, log),
    }
}

pub(super) fn testimony(testimony: &[Testimony]) -> Vec<Statement> {
    // What the capture says has a field of its own, `verdicts`.
    let beside = |testimony: &&Testimony| testimony.source() != TestimonySource::Capture;
    testimony.iter().filter(beside).map(statement).collect()
}

fn statement(testimony: &Testimony) -> Statement {
    let place = match &testimony.fact {
        TestifiedFact::Logged(line) => Some(&line.place),
        _ => None,
    };
    Statement {
        source: source_name(testimony.source()),
        time: rfc3339(testimony.at),
        file: place.map(|place| place.file.clone()),
        line: place.map(|place| place.line),
        says: testimony_words::of_attempt(testimony),
    }
}

const fn source_name(source: TestimonySource) -> &'static str {
    match source {
        TestimonySource::SocketTable => "socket_table",
        TestimonySource::KernelCounters => "kernel_counters",
        TestimonySource::KernelEvents => "kernel_events",
        TestimonySource::Log => "log",
        TestimonySource::Capture => "capture",
        TestimonySource::HostFile => "host_file",
    }
}
