//! What was read, how the connects ended, and what could not be read.

use super::page::Page;
use crate::handshake::Outcome;
use crate::report::capture_words::{self, nothing_to_report, time_span};
use crate::report::counts::{counted, grouped};
use crate::report::host_words;
use crate::report::log_words;
use crate::report::model::Report;
use crate::report::outcome_words::{mark, shown_name};
use crate::report::sanitize::terminal_safe;
use crate::report::trouble_words::beside;

/// So many sources are each named; of more, those at both ends.
const NAMED_SOURCES: usize = 4;

/// What was read, and how the connects ended.
pub(super) fn write_numbers(report: &Report, page: &mut Page) {
    source_line(report, page);
    outcome_line(report, page);
}

pub(super) fn write(report: &Report, page: &mut Page) {
    source_line(report, page);
    source_numbers(report, page);
    outcome_line(report, page);
    bar(report, page);
    let facts = capture_words::captured_at(report);
    let limits = capture_words::limits(report);
    let logs = log_words::logs(report);
    let hosts = host_words::hosts(report);
    for fact in facts.into_iter().chain(limits).chain(logs).chain(hosts) {
        page.sentence(fact);
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
    pieces.extend(time_span(report, page.style().zone));
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
    let folded = if sources.len() > NAMED_SOURCES {
        1..sources.len() - 1
    } else {
        0..0
    };
    for (number, source) in sources.iter().enumerate() {
        if number == folded.start && !folded.is_empty() {
            page.sentence(format!(
                "#{number} to #{}: {} between, in the order of their paths",
                folded.end - 1,
                counted(folded.len() as u64, "file")
            ));
        }
        if folded.contains(&number) {
            continue;
        }
        let path = source.path.to_string_lossy();
        let path = terminal_safe(&path);
        page.sentence(format!(
            "#{number}: {path}, {}",
            counted(source.packets, "packet")
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
                "{} {} {}{}",
                mark(outcome),
                shown_name(outcome),
                grouped(count),
                troubles_beside(report, outcome)
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

fn troubles_beside(report: &Report, outcome: Outcome) -> String {
    match outcome {
        Outcome::Established => beside(&report.diagnosis.troubles),
        _ => String::new(),
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
