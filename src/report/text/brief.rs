//! The findings on one screen: what stays in sight at the end of a long report, and all that
//! `--brief` tells.

use std::io::{self, Write};

use super::page::{Page, cut};
use super::{TextStyle, headline};
use crate::diagnosis::Finding;
use crate::report::counts::counted;
use crate::report::finding_words::title;
use crate::report::model::Report;
use crate::report::next_step_words::{self, StepWords};
use crate::report::sanitize::terminal_safe;
use crate::report::statement_words;

/// Lines of the smallest terminal that people have, but for the prompt.
const SCREEN: usize = 23;

/// Writes the summary and the findings.
///
/// # Errors
///
/// What `out` says.
pub fn write_brief(report: &Report, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(*style);
    headline::write(report, &mut page);
    if !report.diagnosis.findings.is_empty() {
        page.line("");
        write_findings(report, SCREEN.saturating_sub(lines(&page)), &mut page);
    }
    out.write_all(page.text().as_bytes())
}

/// Ends a page with what matters of it, where that is out of sight at its end: where its findings,
/// which begin behind so many lines, begin half a screen above the last one.
pub(super) fn end(report: &Report, findings_begin: usize, page: &mut Page) {
    let shown = lines(page).saturating_sub(findings_begin);
    if shown <= SCREEN + SCREEN / 2 || report.diagnosis.findings.is_empty() {
        return;
    }
    let mut start = Page::new(*page.style());
    let heading = start.bold("in short:");
    start.line(format!("\n{heading}"));
    headline::write_numbers(report, &mut start);
    let room = SCREEN.saturating_sub(lines(&start));
    page.text.push_str(start.text());
    write_findings(report, room, page);
}

fn lines(page: &Page) -> usize {
    page.text().lines().count()
}

/// How much is told of each finding.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// Its sentence, and what to check first.
    SentenceAndStep,
    /// Its sentence.
    Sentence,
    /// So much of its sentence as one line has room for.
    Line,
}

/// Writes the findings on so many lines, with as much of each as there is room for.
fn write_findings(report: &Report, room: usize, page: &mut Page) {
    let findings = &report.diagnosis.findings;
    for detail in [Detail::SentenceAndStep, Detail::Sentence, Detail::Line] {
        let mut told = Page::new(*page.style());
        let shown = match detail {
            // One line is for how many more there are.
            Detail::Line if findings.len() > room => room.saturating_sub(1),
            _ => findings.len(),
        };
        for (number, finding) in (1..).zip(findings.iter().take(shown)) {
            write_finding(number, finding, detail, &mut told);
            if detail != Detail::Line && lines(&told) > room {
                break;
            }
        }
        if detail == Detail::Line || lines(&told) <= room {
            page.text.push_str(told.text());
            if shown < findings.len() {
                let more = counted((findings.len() - shown) as u64, "more finding");
                page.line(format!("{more}: --format json has all"));
            }
            return;
        }
    }
}

fn write_finding(number: u64, finding: &Finding, detail: Detail, page: &mut Page) {
    let start = format!(
        "{number:>2}  {} ({}): ",
        title(finding),
        finding.confidence.name()
    );
    let sentence = statement_words::statement(finding);
    let sentence = terminal_safe(&sentence);
    if detail == Detail::Line {
        let line = cut(&format!("{start}{sentence}"), page.style().width);
        page.line(line);
        return;
    }
    page.wrapped(0, 4, "", &[format!("{}{sentence}", page.bold(start))]);
    if let Some(step) = finding.next_steps.first()
        && detail == Detail::SentenceAndStep
    {
        let StepWords { place, run, .. } = next_step_words::step(step);
        page.wrapped(4, 6, "  ", &[format!("on {place}:"), run]);
    }
}
