//! What several places say, as text.

use std::io::{self, Write};

use super::PathReport;
use crate::path::{JudgedConnect, PathVerdict};
use crate::report::counts::{counted, grouped};
use crate::report::sanitize::terminal_safe;
use crate::report::text::TextStyle;
use crate::report::text::page::Page;

/// Writes the report.
///
/// # Errors
///
/// What `out` says.
pub fn write(
    report: &PathReport,
    style: &TextStyle,
    is_ascii: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(*style);
    headline(report, &mut page);
    path_line(report, is_ascii, &mut page);
    for (number, judged) in report.listed() {
        attempt(report, number, judged, &mut page);
    }
    out.write_all(page.text().as_bytes())
}

fn headline(report: &PathReport, page: &mut Page) {
    let comparison = &report.comparison;
    let connects = counted(comparison.connects.len() as u64, "connect");
    let places = counted(comparison.places.len() as u64, "place");
    page.line(page.bold(format!("{connects} at {places}")));
}

/// How many connects were seen at each place.
fn path_line(report: &PathReport, is_ascii: bool, page: &mut Page) {
    let (before, after) = if is_ascii {
        ("--", "-->")
    } else {
        ("──", "──▶")
    };
    let mut line = String::new();
    for (place, named) in report.comparison.places.iter().enumerate() {
        if place > 0 {
            let connects = report.comparison.connects.iter();
            let arrived = connects
                .filter(|judged| judged.connect.is_seen_at(place))
                .count();
            let arrived = grouped(arrived as u64);
            line.push_str(&[" ", before, &arrived, after, " "].concat());
        }
        line.push_str(&terminal_safe(&named.name));
    }
    page.line(line);
}

fn attempt(report: &PathReport, number: u64, judged: &JudgedConnect, page: &mut Page) {
    if judged.is_sound() {
        return;
    }
    let Some(nearest) = judged.nearest(&report.comparison.places) else {
        return;
    };
    let outcome = page.in_outcome_color(judged.outcome, judged.outcome.name());
    page.line("");
    page.line(format!(
        "{number}  {} > {}  {outcome}",
        nearest.client, nearest.server
    ));
    for said in &judged.verdicts {
        page.line(format!("   {}", verdict(report, said)));
    }
}

fn verdict(report: &PathReport, said: &PathVerdict) -> String {
    let names: Vec<_> = said
        .between
        .iter()
        .map(|place| terminal_safe(report.name(*place)))
        .collect();
    format!("{} {}", said.kind.name(), names.join(", "))
}
