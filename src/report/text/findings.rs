//! What the attempts say together: what happened, since when, how sure, what to check next and where.

use super::page::{Page, counted};
use crate::diagnosis::{Finding, error_text};
use crate::report::evidence_words::proof as proof_words;
use crate::report::model::Report;
use crate::report::sanitize::terminal_safe;

/// How many findings are shown.
const SHOWN_FINDINGS: usize = 10;

pub(super) fn write(report: &Report, page: &mut Page) {
    let findings = &report.diagnosis.findings;
    for (number, finding) in (1..).zip(findings.iter().take(SHOWN_FINDINGS)) {
        page.line("");
        write_finding(number, finding, report, page);
    }
    if findings.len() > SHOWN_FINDINGS {
        page.line("");
        page.sentence(format!(
            "{} more findings: --format json has all",
            findings.len() - SHOWN_FINDINGS
        ));
    }
}

fn write_finding(number: u64, finding: &Finding, report: &Report, page: &mut Page) {
    let title = [
        page.bold(format!(
            "finding {number}: {}",
            finding.kind.name().replace('_', " ")
        )),
        affected(finding, page),
        page.faint(finding.confidence.name()),
    ];
    let title: Vec<String> = title.into_iter().filter(|part| !part.is_empty()).collect();
    page.wrapped(0, 4, "   ", &title);
    let statement = terminal_safe(&finding.statement).into_owned();
    page.wrapped(4, 4, "", &[statement]);
    if !finding.evidence.is_empty() {
        page.wrapped(4, 4, "; ", &finding.evidence);
    }
    if !finding.app_errors.is_empty() {
        page.wrapped(4, 6, "", &[what_applications_saw(finding)]);
    }
    for step in &finding.next_steps {
        page.wrapped(
            4,
            6,
            "  ",
            &[format!("on {}:", step.place), step.run.clone()],
        );
    }
    if let Some(proof) = &finding.proof {
        page.wrapped(
            4,
            6,
            "",
            &[format!("proof: {}", proof_words(report, proof))],
        );
    }
}

/// `applications saw ECONNREFUSED, "Connection refused"`: as on Linux; the page of the term has the others.
fn what_applications_saw(finding: &Finding) -> String {
    let words: Vec<String> = finding
        .app_errors
        .iter()
        .map(|error| match error_text(error) {
            Some(text) => format!("{error}, \"{text}\""),
            None => (*error).to_owned(),
        })
        .collect();
    let unless = if finding.app_errors.contains(&"ETIMEDOUT") {
        ", or their own time-out"
    } else {
        ""
    };
    format!("applications saw {}{unless}", words.join(" or "))
}

/// How many connects of how many clients, from when until when.
fn affected(finding: &Finding, page: &Page) -> String {
    if finding.attempts == 0 {
        return String::new();
    }
    let zone = page.style().zone;
    let count = format!(
        "{} of {}",
        counted(finding.attempts, "connect"),
        counted(finding.clients as u64, "client")
    );
    match (finding.from, finding.until) {
        (Some(from), Some(until)) if from == until => {
            format!("{count}, {}", zone.milliseconds_of_day(from))
        }
        (Some(from), Some(until)) => {
            format!(
                "{count}, {} to {}",
                zone.milliseconds_of_day(from),
                zone.milliseconds_of_day(until)
            )
        }
        _ => count,
    }
}
