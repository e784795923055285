//! What was read, how the connects ended, and what could not be read.

use std::collections::BTreeMap;

use super::page::{Page, counted, grouped, mark};
use crate::diagnosis::Vantage;
use crate::handshake::Outcome;
use crate::report::evidence_words::{self, duration};
use crate::report::model::Report;
use crate::report::sanitize::terminal_safe;

/// How many of several sources are named.
const NAMED_SOURCES: usize = 8;

pub(super) fn write(report: &Report, page: &mut Page) {
    source_line(report, page);
    source_numbers(report, page);
    outcome_line(report, page);
    bar(report, page);
    vantage_line(report, page);
    quality_lines(report, page);
}

/// From which side the failing servers were watched: every silence means something else there.
fn vantage_line(report: &Report, page: &mut Page) {
    let mut servers: BTreeMap<Vantage, u64> = BTreeMap::new();
    let failing = report
        .diagnosis
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.outcomes.failed() > 0);
    for vantage in failing.filter_map(|endpoint| endpoint.vantage) {
        *servers.entry(vantage).or_default() += 1;
    }
    let place = |vantage| match vantage {
        Vantage::Client => "at the clients' side",
        Vantage::Server => "at the servers' side",
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
    if !places.is_empty() {
        page.sentence(format!("captured {}", places.join(", ")));
    }
}

fn source_line(report: &Report, page: &mut Page) {
    let capture = &report.capture;
    let name = match capture.sources.as_slice() {
        [] => "nothing".to_owned(),
        [only] => terminal_safe(&only.path.to_string_lossy()).into_owned(),
        several => format!("{} files", grouped(several.len() as u64)),
    };
    let mut pieces = vec![page.bold(name)];
    if let (Some(first), Some(last)) = (capture.first, capture.last) {
        let zone = page.style().zone;
        let is_one_day = zone.date(first) == zone.date(last);
        let end = if is_one_day {
            zone.time_of_day(last)
        } else {
            zone.date_and_time(last)
        };
        pieces.push(format!(
            "{} to {end} {} ({})",
            zone.date_and_time(first),
            zone.name(first),
            duration(last.since(first))
        ));
    }
    pieces.push(format!(
        "{}, {}",
        counted(capture.packets, "packet"),
        counted(report.diagnosis.outcomes.total(), "connect")
    ));
    page.wrapped(0, 2, "   ", &pieces);
}

/// Which source a packet number such as `#1:13` is of, where there are several.
fn source_numbers(report: &Report, page: &mut Page) {
    let sources = &report.capture.sources;
    if sources.len() < 2 {
        return;
    }
    for (number, source) in sources.iter().enumerate().take(NAMED_SOURCES) {
        let path = source.path.to_string_lossy();
        let path = terminal_safe(&path);
        page.sentence(format!(
            "#{number}: {path}, {}",
            counted(source.packets, "packet")
        ));
    }
    if sources.len() > NAMED_SOURCES {
        page.sentence(format!(
            "and {} more, numbered in the order of their paths",
            sources.len() - NAMED_SOURCES
        ));
    }
}

fn outcome_line(report: &Report, page: &mut Page) {
    let outcomes = &report.diagnosis.outcomes;
    let pieces: Vec<String> = outcomes
        .iter()
        .filter(|(outcome, count)| *count > 0 || *outcome == Outcome::Established)
        .map(|(outcome, count)| {
            let text = format!(
                "{} {} {}",
                mark(outcome),
                outcome.name().replace('_', "-"),
                grouped(count)
            );
            page.in_outcome_color(outcome, text)
        })
        .collect();
    if outcomes.total() == 0 {
        page.sentence(nothing_to_report(report));
    } else {
        page.wrapped(0, 0, "   ", &pieces);
    }
}

fn nothing_to_report(report: &Report) -> String {
    match report.diagnosis.attempts_not_selected {
        0 => "no TCP connect is in this capture".to_owned(),
        1 => "the one connect in this capture is none of those asked for".to_owned(),
        count => format!(
            "none of the {} connects in this capture is one of those asked for",
            grouped(count)
        ),
    }
}

/// Every outcome that occurred has at least one mark.
fn bar(report: &Report, page: &mut Page) {
    let outcomes = &report.diagnosis.outcomes;
    let total = outcomes.total();
    if total == 0 {
        return;
    }
    let present: Vec<(Outcome, u64)> = outcomes.iter().filter(|(_, count)| *count > 0).collect();
    let columns = page.style().width.min(72) as u64;
    let spare = columns.saturating_sub(present.len() as u64);
    let mut bar = String::new();
    for (outcome, count) in present {
        let length = 1 + u128::from(count) * u128::from(spare) / u128::from(total);
        let marks = mark(outcome)
            .to_string()
            .repeat(usize::try_from(length).unwrap_or(1));
        bar.push_str(&page.in_outcome_color(outcome, marks));
    }
    page.line(bar);
}

/// What this capture cannot show, or did not give.
fn quality_lines(report: &Report, page: &mut Page) {
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
        page.sentence(format!(
            "set aside: {} ({})",
            counted(set_aside, "packet"),
            reasons.join(", ")
        ));
    }
    if capture.may_miss_icmp_errors() && report.diagnosis.outcomes.of(Outcome::Dropped) > 0 {
        page.sentence("ICMP errors may be missing in this capture: what is called dropped may have been rejected".to_owned());
    }
    for (link_type, count) in &capture.unsupported_link_types {
        page.sentence(format!(
            "not read: {} of link type {link_type} ({})",
            counted(*count, "packet"),
            link_type.0
        ));
    }
    let dropped =
        capture.dropped_by_kernel().unwrap_or(0) + capture.dropped_by_interface().unwrap_or(0);
    if dropped > 0 {
        page.sentence(format!(
            "{} lost while capturing: silence may be loss",
            counted(dropped, "packet")
        ));
    }
    if capture.attempts_set_aside > 0 {
        page.sentence(format!(
            "{} given up undecided: too many at once",
            counted(capture.attempts_set_aside, "connect")
        ));
    }
    if !capture.shows_third_step {
        page.sentence(FILTERED.to_owned());
    }
    for source in capture
        .sources
        .iter()
        .filter(|source| source.problem.is_some())
    {
        if let Some(problem) = &source.problem {
            let text = format!(
                "{}: {problem}; everything before it was read",
                source.path.to_string_lossy()
            );
            page.sentence(terminal_safe(&text).into_owned());
        }
    }
}

const FILTERED: &str =
    "filtered to SYN, FIN and RST: a SYN-ACK that is not repeated counts as established";
