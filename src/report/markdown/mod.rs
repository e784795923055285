//! The report for a ticket: short, rendered alike by GitHub and GitLab, with what it was made from.
//!
//! Everything that may come from a capture stands in code spans or code blocks, where it stays
//! text.

pub(super) mod escape;
mod provenance;
pub(super) mod table;

use std::io::{self, Write};

use super::attempt_words::headline;
use super::capture_words::{self, nothing_to_report, time_span};
use super::counts::{counted, grouped};
use super::endpoint_words::{is_failing, other, why};
use super::evidence_words;
use super::finding_words::{affected, title, what_applications_saw};
use super::host_words;
use super::log_words;
use super::model::Report;
use super::next_step_words::{self, StepWords};
use super::outcome_words::shown_name;
use super::packet_filters::{capture_filter_of_finding, display_filter_of_finding};
use super::shell_word::shell_word;
use super::shown_attempts::{Alike, ShownAttempts};
use super::statement_words;
use super::times::TimeZoneChoice;
use super::trouble_words::beside;
use crate::decode::Endpoint;
use crate::diagnosis::{EndpointSummary, Finding, app_error};
use crate::handshake::Outcome;
use escape::{Place, code, command_block, prose};
use table::Table;

/// How many servers are shown.
const SHOWN_ENDPOINTS: usize = 20;

/// How many findings are shown.
const SHOWN_FINDINGS: usize = 10;

/// How the report is to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkdownStyle {
    /// In which zone times are shown.
    pub zone: TimeZoneChoice,
    /// Whether only failures are listed singly: so unless certain outcomes were asked for.
    pub only_failures: bool,
}

/// Writes the report.
///
/// # Errors
///
/// What `out` says.
pub fn write(report: &Report, style: &MarkdownStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut parts = summary(report, *style);
    parts.extend(endpoints(report, *style));
    parts.extend(findings(report, *style));
    parts.extend(attempts(report, *style));
    parts.extend(limits(report));
    parts.extend(provenance::provenance(report, style.zone));
    parts.extend(provenance::custody(report));
    // A blank line ends each part, whatever it is.
    writeln!(out, "{}", parts.join("\n\n"))
}

/// Writes the summary and the findings alone.
///
/// # Errors
///
/// What `out` says.
pub fn write_brief(report: &Report, style: &MarkdownStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut parts = summary(report, *style);
    parts.extend(findings(report, *style));
    writeln!(out, "{}", parts.join("\n\n"))
}

/// The headline, and how the connects ended.
fn summary(report: &Report, style: MarkdownStyle) -> Vec<String> {
    let sources = &report.capture.sources;
    let outcomes = &report.diagnosis.outcomes;
    let name = match sources.as_slice() {
        [only] => {
            let name = only.path.file_name().unwrap_or(only.path.as_os_str());
            code(&name.to_string_lossy(), Place::Paragraph)
        }
        several => counted(several.len() as u64, "capture"),
    };
    let mut facts: Vec<String> = time_span(report, style.zone).into_iter().collect();
    facts.push(counted(report.capture.packets, "packet"));
    facts.push(counted(outcomes.total(), "connect"));
    facts.push(format!("**{} failed**", grouped(outcomes.failed())));
    let handover = &report.handover;
    let mut parts = match &handover.title {
        Some(title) => vec![
            format!("# {}", prose(title, Place::Paragraph)),
            format!("TCP connects in {name}: {}", facts.join(", ")),
        ],
        None => vec![format!("# TCP connects in {name}"), facts.join(", ")],
    };
    let notes = handover.notes.iter();
    parts.extend(notes.map(|note| prose(note, Place::Paragraph)));
    if outcomes.total() == 0 {
        parts.push(nothing_to_report(report));
        return parts;
    }
    let mut table = Table::new(&["Outcome", "Connects"], &[1]);
    for (outcome, count) in outcomes.iter().filter(|(_, count)| *count > 0) {
        let troubles = match outcome {
            Outcome::Established => beside(&report.diagnosis.troubles),
            _ => String::new(),
        };
        table.row(&[shown_name(outcome), grouped(count) + &troubles]);
    }
    parts.push(table.text());
    parts.extend(capture_words::captured_at(report).map(|text| format!("{}.", capitalized(&text))));
    let logs = log_words::logs(report);
    let hosts = host_words::hosts(report);
    parts.extend(
        logs.iter()
            .chain(&hosts)
            .map(|log| prose(&capitalized(log), Place::Paragraph)),
    );
    parts
}

/// The servers that connects fail to, the worst first.
fn endpoints(report: &Report, style: MarkdownStyle) -> Vec<String> {
    let failing: Vec<&EndpointSummary> = report
        .diagnosis
        .endpoints
        .iter()
        .filter(|endpoint| is_failing(endpoint))
        .collect();
    if failing.is_empty() {
        return Vec::new();
    }
    let time = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| style.zone.time_of_day(at));
    let heads = [
        "Server", "Connects", "OK", "Failed", "Other", "First", "Last", "Why",
    ];
    let mut table = Table::new(&heads, &[1, 2, 3, 4]);
    for endpoint in failing.iter().take(SHOWN_ENDPOINTS) {
        table.row(&[
            named(report, endpoint.server),
            grouped(endpoint.outcomes.total()),
            grouped(endpoint.outcomes.of(Outcome::Established)),
            grouped(endpoint.outcomes.failed()),
            grouped(other(endpoint)),
            time(endpoint.first_failure.or(endpoint.first_trouble)),
            time(endpoint.last_failure.or(endpoint.last_trouble)),
            prose(&why(endpoint), Place::Cell),
        ]);
    }
    let mut parts = vec!["## Servers that connects fail to".to_owned(), table.text()];
    let more = failing.len().saturating_sub(SHOWN_ENDPOINTS);
    if more > 0 {
        parts.push(format!("and {}", counted(more as u64, "more server")));
    }
    parts
}

/// Address and port, and the name that the capture gives, each as code.
fn named(report: &Report, endpoint: Endpoint) -> String {
    let address = code(&endpoint.to_string(), Place::Cell);
    match report.short_name_of(endpoint.address) {
        Some(name) => format!("{} {address}", code(&name, Place::Cell)),
        None => address,
    }
}

fn findings(report: &Report, style: MarkdownStyle) -> Vec<String> {
    let findings = &report.diagnosis.findings;
    if findings.is_empty() {
        return Vec::new();
    }
    let mut parts = vec!["## Findings".to_owned()];
    for (number, finding) in (1..).zip(findings.iter().take(SHOWN_FINDINGS)) {
        parts.extend(finding_parts(report, number, finding, style.zone));
    }
    let more = findings.len().saturating_sub(SHOWN_FINDINGS);
    if more > 0 {
        parts.push(format!("and {}", counted(more as u64, "more finding")));
    }
    parts
}

fn finding_parts(
    report: &Report,
    number: u64,
    finding: &Finding,
    zone: TimeZoneChoice,
) -> Vec<String> {
    let confidence = finding.confidence.name();
    let title = capitalized(&title(finding));
    let mut parts = vec![format!("### {number}. {title} ({confidence})")];
    let statement = prose(&statement_words::statement(finding), Place::Paragraph);
    parts.push(match affected(finding, zone) {
        Some(affected) => format!("{affected}: {statement}"),
        None => format!("In short: {statement}"),
    });
    let reasons = statement_words::evidence(finding).into_iter();
    let mut facts: Vec<String> = reasons.chain(what_applications_saw(finding)).collect();
    let proof = finding.proof.as_ref();
    facts.extend(proof.map(|proof| format!("proof: {}", evidence_words::proof(report, proof))));
    parts.extend(bullets(&facts));
    parts.extend(next_steps(finding));
    parts.extend(packets_again(report, finding));
    parts
}

/// The commands that show the packets again, folded away: the only HTML here, and all of it stands
/// here.
fn packets_again(report: &Report, finding: &Finding) -> Option<String> {
    let ladder = finding
        .proof
        .and_then(|proof| evidence_words::ladder_command(report, proof.attempt));
    let shown = display_filter_of_finding(finding).map(|filter| {
        let sources = report.capture.sources.as_slice();
        let file = match (sources, &report.tool.ladder_command) {
            ([only], Some(_)) => only.path.to_str(),
            _ => None,
        };
        let file = file.map_or_else(String::new, |file| format!("-r {} ", shell_word(file)));
        format!("wireshark {file}-Y {}", shell_word(&filter))
    });
    let caught = capture_filter_of_finding(finding).map(|filter| {
        let filter = shell_word(&filter);
        format!("tcpdump -n -i INTERFACE -w again.pcap {filter}")
    });
    let commands: Vec<String> = [ladder, shown, caught].into_iter().flatten().collect();
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    (!commands.is_empty()).then(|| {
        format!(
            "<details><summary>Look at the packets again</summary>\n\n{}\n\n</details>",
            command_block("sh", &commands)
        )
    })
}

/// The commands of each place in one block.
fn next_steps(finding: &Finding) -> Vec<String> {
    let steps: Vec<StepWords> = finding
        .next_steps
        .iter()
        .map(next_step_words::step)
        .collect();
    let mut steps = steps.as_slice();
    let mut parts = Vec::new();
    while let Some(first) = steps.first() {
        let is_alike = |step: &&StepWords| (&step.place, step.shell) == (&first.place, first.shell);
        let alike = steps.iter().take_while(is_alike);
        let commands: Vec<&str> = alike.map(|step| step.run.as_str()).collect();
        steps = steps.get(commands.len()..).unwrap_or_default();
        parts.push(format!(
            "Next, on {}:",
            code(&first.place, Place::Paragraph)
        ));
        parts.push(command_block(first.shell, &commands));
    }
    parts
}

fn attempts(report: &Report, style: MarkdownStyle) -> Vec<String> {
    let shown = ShownAttempts::of(report, style.only_failures);
    let mut parts = Vec::new();
    if !shown.attempts.is_empty() {
        let heads = [
            "Attempt",
            "Began",
            "Client",
            "Server",
            "Ended",
            "Cause",
            "connect()",
            "Packets",
        ];
        let mut table = Table::new(&heads, &[0]);
        for alike in &shown.attempts {
            table.row(&attempt_row(report, alike, style.zone));
        }
        parts.push("## Attempts".to_owned());
        parts.push(table.text());
    }
    if shown.folded > 0 {
        parts.push(format!(
            "{} of scans, floods or backscatter not listed singly",
            counted(shown.folded, "connect")
        ));
    }
    if shown.left_out > 0 {
        parts.push(format!(
            "{} more not shown: `--max-attempts 0` lists all",
            grouped(shown.left_out)
        ));
    }
    parts
}

fn attempt_row(report: &Report, alike: &Alike<'_>, zone: TimeZoneChoice) -> Vec<String> {
    let diagnosed = alike.first;
    let attempt = &diagnosed.decided.attempt;
    let cause = diagnosed.cause().map_or_else(
        || "-".to_owned(),
        |judged| {
            let cause = format!("{} ({})", judged.cause.words(), judged.confidence.name());
            prose(&cause, Place::Cell)
        },
    );
    let error = app_error(&diagnosed.decided, report.capture.may_miss_icmp_errors());
    let packets = attempt.evidence.packets();
    let numbers: Vec<String> = packets
        .first()
        .into_iter()
        .chain(packets.last().filter(|_| packets.len() > 1))
        .map(|packet| evidence_words::number(report, packet.place))
        .collect();
    vec![
        match alike.others_in_words() {
            Some(others) => format!("{}, and {others}", attempt.id),
            None => attempt.id.to_string(),
        },
        zone.precise_time_of_day(attempt.started_at()),
        named(report, attempt.client),
        named(report, attempt.server),
        prose(&headline(&diagnosed.decided), Place::Cell),
        cause,
        error.map_or_else(|| "-".to_owned(), |error| code(error, Place::Cell)),
        code(&numbers.join(" to "), Place::Cell),
    ]
}

fn limits(report: &Report) -> Vec<String> {
    let mut parts = vec!["## What this capture cannot show".to_owned()];
    let limits = capture_words::cannot_show(report);
    if limits.is_empty() {
        parts.push(capture_words::NO_LIMIT_KNOWN.to_owned());
    }
    parts.extend(bullets(&limits));
    parts
}

/// One part with a line for each fact; none for none.
fn bullets(facts: &[String]) -> Option<String> {
    let lines: Vec<String> = facts
        .iter()
        .map(|fact| format!("- {}", prose(fact, Place::Paragraph)))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
