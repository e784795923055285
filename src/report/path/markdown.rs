//! What several places say, for a ticket: short, with the drawings as text.

use std::io::{self, Write};

use super::PathReport;
use super::text;
use super::{overview, steps, words};
use crate::path::VerdictKind;
use crate::report::counts::{counted, grouped};
use crate::report::markdown::escape::{Place, code, command_block, prose};
use crate::report::outcome_words::shown_name;
use crate::report::times::TimeZoneChoice;

/// Columns of a drawing in a code block.
const WIDTH: usize = 100;

/// Writes the report.
///
/// # Errors
///
/// What `out` says.
pub fn write(report: &PathReport, zone: TimeZoneChoice, out: &mut dyn Write) -> io::Result<()> {
    let mut parts = summary(report, zone);
    parts.extend(findings(report));
    parts.extend(attempts(report));
    parts.extend(places(report));
    writeln!(out, "{}", parts.join("\n\n"))
}

fn summary(report: &PathReport, zone: TimeZoneChoice) -> Vec<String> {
    let connects = counted(report.comparison.connects.len() as u64, "connect");
    let places = counted(report.comparison.places.len() as u64, "place");
    let mut parts = vec![format!("# {connects} seen from {places}")];
    let counts: Vec<String> = overview::outcomes(report)
        .into_iter()
        .map(|(outcome, count)| format!("{} {}", grouped(count), shown_name(outcome)))
        .collect();
    let span = overview::span(report, zone).map(|span| prose(&span, Place::Paragraph));
    parts.push(
        span.into_iter()
            .chain(counts)
            .collect::<Vec<_>>()
            .join(", "),
    );
    let facts = overview::facts(report);
    parts.extend(facts.iter().map(|fact| prose(fact, Place::Paragraph)));
    let lines: Vec<String> = overview::path_lines(report)
        .iter()
        .map(|line| text::path_line(report, line, false).concat())
        .collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    parts.push(command_block("text", &lines));
    parts
}

fn findings(report: &PathReport) -> Vec<String> {
    let findings = &report.comparison.findings;
    let mut parts = Vec::new();
    if !findings.is_empty() {
        parts.push("## Findings".to_owned());
    }
    for (number, found) in (1_u64..).zip(findings) {
        let kind = found.kind.name().replace('_', " ");
        parts.push(format!(
            "### {number}. {kind} ({})",
            found.confidence.name()
        ));
        parts.push(prose(&words::statement(report, found), Place::Paragraph));
        for step in steps::next_steps(report, found) {
            let place = prose(&step.place, Place::Paragraph);
            parts.push(format!(
                "Next, on {place}: {}",
                prose(&step.why, Place::Paragraph)
            ));
            parts.extend(step.run.map(|run| command_block("sh", &[&run])));
        }
    }
    parts
}

fn attempts(report: &PathReport) -> Vec<String> {
    let listed = report.listed();
    let wrong = listed.into_iter().filter(|(_, judged)| !judged.is_sound());
    let mut parts = Vec::new();
    for (number, judged) in wrong {
        if parts.is_empty() {
            parts.push("## Connects with which something is wrong".to_owned());
        }
        let nearest = judged.nearest(&report.comparison.places);
        let ends = nearest.map(|attempt| format!("{} > {}", attempt.client, attempt.server));
        let ends = code(&ends.unwrap_or_default(), Place::Paragraph);
        parts.push(format!(
            "**{number}.** {ends}: {}",
            shown_name(judged.outcome)
        ));
        let drawing = text::drawing(report, judged, WIDTH, false);
        let drawing: Vec<&str> = drawing.iter().map(String::as_str).collect();
        parts.push(command_block("text", &drawing));
        let said = judged.verdicts.iter();
        let said = said.filter(|said| said.kind != VerdictKind::Same || judged.verdicts.len() == 1);
        let said = said.map(|said| {
            let words = words::verdict(report, said);
            format!("- {}", prose(&words, Place::Paragraph))
        });
        parts.push(said.collect::<Vec<_>>().join("\n"));
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn places(report: &PathReport) -> Vec<String> {
    let rows = report.comparison.places.iter().map(|place| {
        let name = code(&place.name, Place::Cell);
        let files = place.sources.iter();
        let files = files.map(|source| code(&source.path.to_string_lossy(), Place::Cell));
        let files: Vec<String> = files.collect();
        let (packets, connects) = (grouped(place.packets), grouped(place.seen_attempts()));
        format!("| {name} | {} | {packets} | {connects} |", files.join(" "))
    });
    let head = "| Place | Captures | Packets | Connects |\n|---|---|---:|---:|".to_owned();
    let rows: Vec<String> = std::iter::once(head).chain(rows).collect();
    vec!["## Places".to_owned(), rows.join("\n")]
}
