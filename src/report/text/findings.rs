//! What the attempts say together: what happened, since when, how sure, what to check next and
//! where.

#[cfg(feature = "live")]
use std::io::{self, Write};

#[cfg(feature = "live")]
use super::TextStyle;
use super::page::Page;
use crate::diagnosis::Finding;
use crate::report::evidence_words::{self, proof as proof_words};
use crate::report::finding_words::{affected, title, what_applications_saw};
use crate::report::model::Report;
use crate::report::next_step_words::{self, StepWords};
use crate::report::sanitize::terminal_safe;
use crate::report::statement_words;

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

/// One finding with its number, as the report has it.
///
/// # Errors
///
/// What `out` says.
#[cfg(feature = "live")]
pub fn write_one(
    report: &Report,
    number: u64,
    finding: &Finding,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(*style);
    write_finding(number, finding, report, &mut page);
    out.write_all(page.text().as_bytes())
}

fn write_finding(number: u64, finding: &Finding, report: &Report, page: &mut Page) {
    let title = [
        page.bold(format!("finding {number}: {}", title(finding))),
        affected(finding, page.style().zone).unwrap_or_default(),
        page.faint(finding.confidence.name()),
    ];
    let title: Vec<String> = title.into_iter().filter(|part| !part.is_empty()).collect();
    page.wrapped(0, 4, "   ", &title);
    let statement = terminal_safe(&statement_words::statement(finding)).into_owned();
    page.wrapped(4, 4, "", &[statement]);
    if !finding.evidence.is_empty() {
        page.wrapped(4, 4, "; ", &statement_words::evidence(finding));
    }
    if let Some(saw) = what_applications_saw(finding) {
        page.wrapped(4, 6, "", &[saw]);
    }
    for step in &finding.next_steps {
        let StepWords { place, run, .. } = next_step_words::step(step);
        page.wrapped(4, 6, "  ", &[format!("on {place}:"), run]);
    }
    if let Some(proof) = &finding.proof {
        let mut words = vec![format!("proof: {}", proof_words(report, proof))];
        words.extend(evidence_words::ladder_command(report, proof.attempt));
        page.wrapped(4, 6, ";  ", &words);
    }
}
