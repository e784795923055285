//! What the attempts say together: what happened, since when, how sure, what to check next and where.

use super::page::{Page, counted};
use crate::diagnosis::Finding;
use crate::report::model::Report;
use crate::report::sanitize::terminal_safe;

/// How many findings are shown.
const SHOWN_FINDINGS: usize = 10;

pub(super) fn write(report: &Report, page: &mut Page) {
    let findings = &report.diagnosis.findings;
    for (number, finding) in (1..).zip(findings.iter().take(SHOWN_FINDINGS)) {
        page.line("");
        write_finding(number, finding, page);
    }
    if findings.len() > SHOWN_FINDINGS {
        page.line("");
        page.sentence(format!(
            "{} more findings: --format json has all",
            findings.len() - SHOWN_FINDINGS
        ));
    }
}

fn write_finding(number: u64, finding: &Finding, page: &mut Page) {
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
    for step in &finding.next_steps {
        page.wrapped(
            4,
            6,
            "  ",
            &[format!("on {}:", step.place), step.run.clone()],
        );
    }
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
