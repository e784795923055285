//! The words for what was read, and for what it cannot show: the same in every format for people.

use std::collections::BTreeMap;
use std::time::Duration;

use super::counts::{counted, grouped};
use super::endpoint_words::is_failing;
use super::evidence_words::{self, duration};
use super::model::Report;
use super::sanitize::terminal_safe;
use super::statement_words::statement;
use super::times::TimeZoneChoice;
use super::verdict_words;
use crate::diagnosis::Vantage;
use crate::handshake::Outcome;

/// A record that is read so much later than its packet passed shows other times than the wire.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// From the first packet to the last: `2026-11-20 14:02:11 to 14:07:43 UTC (5 min 32 s)`; nothing
/// without a packet.
pub(super) fn time_span(report: &Report, zone: TimeZoneChoice) -> Option<String> {
    let (first, last) = report.capture.first.zip(report.capture.last)?;
    let is_one_day = zone.date(first) == zone.date(last);
    let end = if is_one_day {
        zone.time_of_day(last)
    } else {
        zone.date_and_time(last)
    };
    Some(format!(
        "{} to {end} {} ({})",
        zone.date_and_time(first),
        zone.name(first),
        duration(last.since(first))
    ))
}

/// From which side the failing servers were watched: every silence means something else there.
/// Nothing when that cannot be told.
pub(super) fn captured_at(report: &Report) -> Option<String> {
    let mut servers: BTreeMap<Vantage, u64> = BTreeMap::new();
    let failing = report
        .diagnosis
        .endpoints
        .iter()
        .filter(|endpoint| is_failing(endpoint));
    for vantage in failing.filter_map(|endpoint| endpoint.vantage) {
        *servers.entry(vantage).or_default() += 1;
    }
    let place = |vantage| match vantage {
        Vantage::Client => "at the clients' side",
        Vantage::Server => "at the servers' side",
        Vantage::Filter => "in a packet filter's log",
        Vantage::Between => "on the way, between clients and servers",
    };
    let places: Vec<String> = match servers.len() {
        1 => servers
            .keys()
            .map(|vantage| place(*vantage).to_owned())
            .collect(),
        _ => servers
            .iter()
            .map(|(vantage, count)| {
                format!(
                    "{} of {}",
                    place(*vantage),
                    counted(*count, "failing server")
                )
            })
            .collect(),
    };
    (!places.is_empty()).then(|| format!("captured {}", places.join(", ")))
}

/// Why there is no connect to report on.
pub(crate) fn nothing_to_report(report: &Report) -> String {
    match report.diagnosis.attempts_not_selected {
        0 => no_connect(report),
        1 => "the one connect in this capture is none of those asked for".to_owned(),
        count => format!(
            "none of the {} connects in this capture is one of those asked for",
            grouped(count)
        ),
    }
}

/// That there is no connect, with how many packets were passed over: one of those may be part of
/// some.
fn no_connect(report: &Report) -> String {
    let none = "no TCP connect is in this capture";
    let capture = &report.capture;
    let set_aside = capture.set_aside.values().map(|packets| packets.count);
    let passed_over: u64 = set_aside.sum();
    if passed_over == 0 {
        return none.to_owned();
    }
    format!(
        "{none}, as far as it could be read: {} of {} {} passed over",
        grouped(passed_over),
        counted(capture.packets, "packet"),
        if passed_over == 1 { "was" } else { "were" }
    )
}

/// What this capture cannot show, or did not give, one sentence each. Safe for a terminal.
pub(super) fn limits(report: &Report) -> Vec<String> {
    let mut limits = Vec::new();
    let capture = &report.capture;
    let set_aside: u64 = capture
        .set_aside
        .values()
        .map(|packets| packets.count)
        .sum();
    if set_aside > 0 {
        let reasons: Vec<String> = capture
            .set_aside
            .iter()
            .map(|(reason, packets)| {
                format!(
                    "{} {} from packet {} on",
                    grouped(packets.count),
                    reason.name().replace('_', " "),
                    evidence_words::number(report, packets.first)
                )
            })
            .collect();
        limits.push(format!(
            "set aside: {} ({})",
            counted(set_aside, "packet"),
            reasons.join(", ")
        ));
    }
    if capture.is_evidence {
        limits.push(
            "this is evidence that tcpwhy wrote: packets chosen from a capture that held more; no cause is told more surely than \
             there"
                .to_owned(),
        );
    }
    for (fault, count, first) in capture.verdict_faults.iter() {
        limits.push(format!(
            "{} of the filter's log {} (from packet {} on): read all the same, what it says is in doubt",
            counted(count, "record"),
            verdict_words::fault(fault, count),
            evidence_words::number(report, first)
        ));
    }
    let latest = capture.verdict_faults.latest();
    if let Some((late_by, record)) = latest.filter(|(late_by, _)| *late_by >= WORTH_TELLING) {
        limits.push(format!(
            "records of the filter's log were read up to {} after the kernel met their packets (packet \
             {}): a time that only they tell is so late",
            duration(late_by),
            evidence_words::number(report, record)
        ));
    }
    if capture.may_miss_icmp_errors() && report.diagnosis.outcomes.of(Outcome::Dropped) > 0 {
        limits.push("ICMP errors may be missing in this capture: what is called dropped may have been rejected".to_owned());
    }
    for (link_type, count) in &capture.unsupported_link_types {
        limits.push(format!(
            "not read: {} of link type {link_type} ({})",
            counted(*count, "packet"),
            link_type.0
        ));
    }
    let dropped =
        capture.dropped_by_kernel().unwrap_or(0) + capture.dropped_by_interface().unwrap_or(0);
    if dropped > 0 {
        limits.push(format!(
            "{} lost while capturing: silence may be loss",
            counted(dropped, "packet")
        ));
    }
    if capture.attempts_set_aside > 0 {
        limits.push(format!(
            "{} given up undecided: too many at once",
            counted(capture.attempts_set_aside, "connect")
        ));
    }
    if !capture.shows_third_step {
        limits.push(FILTERED.to_owned());
    }
    for source in &capture.sources {
        if let Some(problem) = &source.problem {
            let path = source.path.to_string_lossy();
            let text = format!("{path}: {}", problem.with_consequence());
            limits.push(terminal_safe(&text).into_owned());
        }
    }
    limits
}

/// All that this capture cannot show, one sentence each: [`limits()`], and what findings say about
/// the capture itself. Safe for a terminal.
pub(super) fn cannot_show(report: &Report) -> Vec<String> {
    let findings = report.diagnosis.findings.iter();
    let of_capture = findings.filter(|finding| finding.kind.is_about_capture());
    let statements = of_capture.map(|finding| terminal_safe(&statement(finding)).into_owned());
    limits(report).into_iter().chain(statements).collect()
}

/// What is said where [`cannot_show()`] has nothing to say.
pub(super) const NO_LIMIT_KNOWN: &str = "Nothing in it says that packets are missing; what passed elsewhere, or before and after it, is not in it.";

const FILTERED: &str =
    "filtered to SYN, FIN and RST: a SYN-ACK that is not repeated counts as established";
