//! What several places say, as text.

use std::io::{self, Write};

use super::PathReport;
use super::ladder::{self, Alphabet};
use super::overview::{self, PathLine};
use super::{steps, words};
use crate::capture::Timestamp;
use crate::path::{JudgedConnect, PathFinding, VerdictKind};
use crate::report::counts::{counted, grouped};
use crate::report::outcome_words::shown_name;
use crate::report::text::TextStyle;
use crate::report::text::page::{Page, cut, padded, right};

/// Columns in front of the lanes of a ladder: when, and what.
const BEFORE_LANES: usize = 22;

/// Lanes stand so far apart at most, and at least.
const LANES_APART: (usize, usize) = (9, 24);

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
    let text = Text {
        report,
        style,
        is_ascii,
    };
    text.headline(&mut page);
    text.paths(&mut page);
    text.findings(&mut page);
    text.attempts(&mut page);
    out.write_all(page.text().as_bytes())
}

/// Writes one connect as a ladder.
///
/// # Errors
///
/// What `out` says.
pub fn write_ladder(
    report: &PathReport,
    (number, judged): (u64, &JudgedConnect),
    style: &TextStyle,
    is_ascii: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(*style);
    let text = Text {
        report,
        style,
        is_ascii,
    };
    text.attempt(number, judged, &mut page);
    out.write_all(page.text().trim_start_matches('\n').as_bytes())
}

struct Text<'a> {
    report: &'a PathReport,
    style: &'a TextStyle,
    is_ascii: bool,
}

impl Text<'_> {
    fn headline(&self, page: &mut Page) {
        let report = self.report;
        let comparison = &report.comparison;
        let connects = counted(comparison.connects.len() as u64, "connect");
        let places = counted(comparison.places.len() as u64, "place");
        let mut pieces = vec![page.bold(format!("{connects} seen from {places}"))];
        pieces.extend(overview::span(report, self.style.zone));
        page.wrapped(0, 2, "   ", &pieces);
        let counts: Vec<String> = overview::outcomes(report)
            .into_iter()
            .map(|(outcome, count)| {
                let text = format!("{} {}", grouped(count), shown_name(outcome));
                page.in_outcome_color(outcome, text)
            })
            .collect();
        page.wrapped(0, 2, "   ", &counts);
        for fact in overview::facts(report) {
            page.sentence(fact);
        }
    }

    fn paths(&self, page: &mut Page) {
        page.line("");
        for line in overview::path_lines(self.report) {
            page.wrapped(0, 2, "", &path_line(self.report, &line, self.is_ascii));
        }
    }

    fn findings(&self, page: &mut Page) {
        let findings = &self.report.comparison.findings;
        if findings.is_empty() {
            return;
        }
        page.line("");
        for (number, found) in (1..).zip(findings) {
            self.finding(number, found, page);
        }
    }

    fn finding(&self, number: u64, found: &PathFinding, page: &mut Page) {
        let title = found.kind.name().replace('_', " ");
        let sure = found.confidence.name();
        let title = page.bold(format!("{number}  {title}"));
        page.line(format!("{title}  {}", page.faint(sure)));
        let statement = words::statement(self.report, found);
        page.wrapped(3, 3, "", &[statement]);
        let span = found.span.filter(|(from, until)| from != until);
        if let Some((from, until)) = span {
            let time = |at: i64| {
                let at = Timestamp::from_nanoseconds(at);
                self.style.zone.time_of_day(at)
            };
            let until = time(until);
            page.wrapped(3, 3, "", &[format!("from {} to {until}", time(from))]);
        }
        for step in steps::next_steps(self.report, found) {
            let what = match step.run {
                Some(run) => format!("next, on {}: {run}: {}", step.place, step.why),
                None => format!("next, on {}: {}", step.place, step.why),
            };
            page.wrapped(3, 5, "", &[what]);
        }
    }

    fn attempts(&self, page: &mut Page) {
        let listed = self.report.listed();
        let wrong = listed.iter().filter(|(_, judged)| !judged.is_sound());
        let mut shown = 0_u64;
        for (number, judged) in wrong {
            self.attempt(*number, judged, page);
            shown += 1;
        }
        let all = self.report.comparison.connects.iter();
        let all = all.filter(|judged| !judged.is_sound()).count() as u64;
        if all > shown {
            page.line("");
            page.sentence(format!(
                "and {} more with which something is wrong: --max-attempts 0 lists all",
                grouped(all - shown)
            ));
        }
    }

    fn attempt(&self, number: u64, judged: &JudgedConnect, page: &mut Page) {
        let Some(nearest) = judged.nearest(&self.report.comparison.places) else {
            return;
        };
        page.line("");
        let outcome = page.in_outcome_color(judged.outcome, shown_name(judged.outcome));
        let troubles: Vec<String> = judged
            .troubles
            .iter()
            .map(|trouble| trouble.name().replace('_', " "))
            .collect();
        let troubles = if troubles.is_empty() {
            String::new()
        } else {
            format!(" ({})", troubles.join(", "))
        };
        let told_by = words::name(self.report, judged.outcome_at);
        let ends = format!("{} > {}", nearest.client, nearest.server);
        page.wrapped_titles(&[
            format!("#{number}"),
            ends,
            format!("{outcome}{troubles}, as {told_by} saw it"),
        ]);
        let drawn = drawing(self.report, judged, self.style.width, self.is_ascii);
        for line in drawn {
            page.line(line);
        }
        for said in &judged.verdicts {
            if said.kind != VerdictKind::Same || judged.verdicts.len() == 1 {
                page.wrapped(3, 5, "", &[words::verdict(self.report, said)]);
            }
        }
    }
}

/// `client ──1,204──▶ fw-in ──0──▶ server   connects to 10.0.1.20:5432`.
pub(super) fn path_line(report: &PathReport, line: &PathLine, is_ascii: bool) -> Vec<String> {
    let (before, after) = if is_ascii {
        ("--", "-->")
    } else {
        ("──", "──▶")
    };
    let places = 0..report.comparison.places.len();
    let mut pieces: Vec<String> = places
        .map(|place| {
            let name = words::name(report, place);
            match line.arrived.get(place) {
                Some(arrived) if place > 0 => {
                    let arrived = arrived.map_or_else(|| "?".to_owned(), grouped);
                    format!("{before}{arrived}{after} {name} ")
                }
                _ => format!("{name} "),
            }
        })
        .collect();
    pieces.push(format!("       {}", line.what));
    pieces
}

/// The lines of a ladder with a lane for each place.
pub(super) fn drawing(
    report: &PathReport,
    judged: &JudgedConnect,
    width: usize,
    is_ascii: bool,
) -> Vec<String> {
    let places = report.comparison.places.len();
    let (least, most) = LANES_APART;
    let room = width.saturating_sub(BEFORE_LANES);
    let columns = (room / places.max(1)).clamp(least, most);
    let alphabet = if is_ascii {
        Alphabet::ASCII
    } else {
        Alphabet::UNICODE
    };
    let mut head = " ".repeat(BEFORE_LANES);
    for place in 0..places {
        let name = cut(&words::name(report, place), columns - 1);
        head.push_str(&centred(&name, columns));
    }
    let rows = ladder::rows(report, judged);
    let start = rows.iter().filter_map(|row| row.at).min();
    let mut lines = vec![head.trim_end().to_owned()];
    for row in rows {
        let since = row.at.zip(start).map(|(at, start)| seconds(at - start));
        let since = right(&since.unwrap_or_default(), 11);
        let drawn = ladder::lanes(&row, columns, alphabet);
        lines.push(format!("{since}  {}{drawn}", padded(row.label, 9)));
    }
    lines
}

/// The text in the middle of so many columns.
fn centred(text: &str, columns: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let free = columns.saturating_sub(text.width());
    // Lanes stand half of the columns from the left.
    let left = (columns / 2).saturating_sub(text.width() / 2).min(free);
    format!("{}{text}{}", " ".repeat(left), " ".repeat(free - left))
}

/// `1.000412`.
fn seconds(nanoseconds: i64) -> String {
    let microseconds = nanoseconds.max(0) / 1000;
    format!(
        "{}.{:06}",
        microseconds / 1_000_000,
        microseconds % 1_000_000
    )
}
