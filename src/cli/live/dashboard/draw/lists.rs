//! The three lists: servers, failures, findings.

use std::rc::Rc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::columns::{COUNT, count, cut, fitted, fitted_in_the_middle, padded, right};
use super::places::places;
use super::write;
use crate::capture::Timestamp;
use crate::cli::live::dashboard::failures::Failure;
use crate::cli::live::dashboard::look::{bold, faint, pointed_at};
use crate::cli::live::dashboard::servers::ServerRow;
use crate::cli::live::dashboard::state::{Lists, Pane, State};
use crate::diagnosis::Finding;
use crate::report::terminal_safe;
use crate::report::words::{mark, statement, title};

/// Columns for the mark of the line that keys work on.
const POINTER: usize = 2;

/// A time of day with seconds, or with milliseconds.
const SECONDS: usize = 8;
const MILLISECONDS: usize = 12;

/// A count of connects.
const CONNECTS: usize = 8;

/// A list with so many columns shows milliseconds.
const WIDE: usize = 96;

/// Draws them.
pub(super) fn draw(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let lists = state.lists();
    let lengths = [
        lists.servers.len(),
        lists.failures.len(),
        lists.findings.len(),
    ];
    for (pane, area) in Pane::ALL.into_iter().zip(places(state, area, lengths)) {
        let list = List {
            state,
            lists: &lists,
            pane,
            area,
        };
        list.draw(frame);
    }
}

/// One list in its place.
struct List<'a> {
    state: &'a State,
    lists: &'a Lists<'a>,
    pane: Pane,
    area: Rect,
}

impl List<'_> {
    fn draw(&self, frame: &mut Frame<'_>) {
        let lists = self.lists;
        let view = &self.state.view;
        let (length, line) = match self.pane {
            Pane::Servers => {
                let line = view.servers.line(&lists.server_keys());
                (lists.servers.len(), line)
            }
            Pane::Failures => {
                let line = view.failures.line(&lists.failure_keys());
                (lists.failures.len(), line)
            }
            Pane::Findings => {
                let line = view.findings.line(&lists.finding_keys());
                (lists.findings.len(), line)
            }
        };
        let lines = usize::from(self.area.height.saturating_sub(1));
        let first = line
            .saturating_sub(lines / 2)
            .min(length.saturating_sub(lines));
        let (head, rows) = match self.pane {
            Pane::Servers => self.servers(first, lines),
            Pane::Failures => self.failures(first, lines),
            Pane::Findings => self.findings(first, lines),
        };
        let is_focused = view.focus == self.pane;
        let head = format!("{}{head}", if is_focused { "> " } else { "  " });
        let head = cut(&head, self.area.width.into());
        write(Line::styled(head, bold()), self.area, 0, frame);
        if rows.is_empty() {
            let text = format!("  {}", self.why_empty());
            let text = cut(&text, self.area.width.into());
            write(Line::styled(text, faint()), self.area, 1, frame);
        }
        for (row, spans) in (1..).zip(rows) {
            let is_pointed_at = is_focused && first + usize::from(row) - 1 == line;
            let pointer = Span::raw(if is_pointed_at { "> " } else { "  " });
            let mut line = [pointer].into_iter().chain(spans).collect::<Line<'_>>();
            if is_pointed_at {
                line = line.patch_style(pointed_at());
            }
            write(line, self.area, row, frame);
        }
    }

    fn why_empty(&self) -> &'static str {
        match self.pane {
            _ if !self.state.view.filter.is_empty() => "nothing holds the text of the filter",
            Pane::Servers | Pane::Failures if self.state.shown().outcomes.failed() > 0 => {
                "what has failed so far looks like scans or floods: the findings tell"
            }
            Pane::Servers | Pane::Failures => "nothing has failed so far",
            Pane::Findings => "none so far",
        }
    }

    /// Columns behind the pointer.
    fn columns(&self) -> usize {
        usize::from(self.area.width).saturating_sub(POINTER)
    }

    fn servers(&self, first: usize, lines: usize) -> (String, Vec<Vec<Span<'static>>>) {
        let shown: Vec<&ServerRow> = window(&self.lists.servers, first, lines);
        let columns = self.columns();
        let titles = || shown.iter().map(|row| row.title());
        let widest = titles().map(|title| title.width()).max().unwrap_or(0);
        let head = format!("SERVERS {}", count(self.lists.servers.len() as u64));
        let server = widest.clamp(20, (columns / 3).max(20));
        let why = columns.saturating_sub(server + 2 * (1 + COUNT) + 2 + SECONDS + 2);
        let head = format!(
            "{} {} {}  {}  WHY",
            fitted(&head, server),
            right("OK", COUNT),
            right("FAILED", COUNT),
            fitted("LAST", SECONDS),
        );
        let rows = shown.iter().map(|row| {
            let style = row
                .commonest_failure()
                .map_or_else(faint, |outcome| self.state.look.outcome(outcome));
            let mark = row.commonest_failure().map_or(' ', mark);
            let established = row.outcomes.of(crate::handshake::Outcome::Established);
            let ok = if established == 0 {
                "-".to_owned()
            } else {
                count(established)
            };
            vec![
                Span::raw(format!(
                    "{} {} {}  {}  ",
                    fitted_in_the_middle(&row.title(), server),
                    right(&ok, COUNT),
                    right(&count(row.outcomes.failed()), COUNT),
                    self.day_or_time(row.last_failure),
                )),
                Span::styled(cut(&format!("{mark} {}", row.why()), why), style),
            ]
        });
        (head, rows.collect())
    }

    fn failures(&self, first: usize, lines: usize) -> (String, Vec<Vec<Span<'static>>>) {
        let shown: Vec<&Rc<Failure>> = window(&self.lists.failures, first, lines);
        let columns = self.columns();
        let is_wide = columns >= WIDE;
        let time = if is_wide { MILLISECONDS } else { SECONDS };
        let most = columns.saturating_sub(time) / 4;
        let widest = |title: &dyn Fn(&Failure) -> String| {
            let widths = shown.iter().map(|failure| title(failure).width());
            widths.max().unwrap_or(0).clamp(6, most.max(6))
        };
        let client = widest(&Failure::client_title);
        let server = widest(&Failure::server_title);
        let what = columns.saturating_sub(time + 2 + client + 3 + server + 2);
        let head = format!(
            "{}  {} > {}  WHAT, newest first",
            fitted("FAILURES", time),
            fitted("CLIENT", client),
            fitted("SERVER", server)
        );
        let rows = shown.iter().map(|failure| {
            let at = failure.diagnosed.decided.judgement.at;
            let zone = self.state.view.zone;
            let at = if is_wide {
                zone.milliseconds_of_day(at)
            } else {
                zone.time_of_day(at)
            };
            let outcome = failure.outcome();
            vec![
                Span::raw(format!(
                    "{at}  {} > {}  ",
                    fitted_in_the_middle(&failure.client_title(), client),
                    fitted_in_the_middle(&failure.server_title(), server)
                )),
                Span::styled(
                    cut(&format!("{} {}", mark(outcome), failure.what()), what),
                    self.state.look.outcome(outcome),
                ),
            ]
        });
        (head, rows.collect())
    }

    fn findings(&self, first: usize, lines: usize) -> (String, Vec<Vec<Span<'static>>>) {
        let shown: Vec<&Finding> = window(&self.lists.findings, first, lines);
        let columns = self.columns();
        let titles = shown.iter().map(|finding| title(finding).width());
        let head = format!("FINDINGS {}", self.lists.findings.len());
        let name = titles.max().unwrap_or(0).max(head.width());
        let width = columns.saturating_sub(name + 1 + CONNECTS + 2);
        let head = format!(
            "{} {}  WHAT, and how sure it is",
            padded(&head, name),
            right("CONNECTS", CONNECTS)
        );
        let rows = shown.iter().map(|finding| {
            let attempts = match finding.attempts {
                0 => "-".to_owned(),
                attempts => count(attempts),
            };
            let text = statement(finding);
            let text = terminal_safe(&text);
            let text = format!("{} ({})", text, finding.confidence.name());
            vec![
                Span::styled(padded(&title(finding), name), bold()),
                Span::raw(format!(
                    " {}  {}",
                    right(&attempts, CONNECTS),
                    cut(&text, width)
                )),
            ]
        });
        (head, rows.collect())
    }

    /// The time of day; of another day its date.
    fn day_or_time(&self, at: Option<Timestamp>) -> String {
        let zone = self.state.view.zone;
        let text = at.map_or_else(String::new, |at| {
            let (now, then) = (zone.at(self.state.shown().now), zone.at(at));
            if now.date_naive() == then.date_naive() {
                zone.time_of_day(at)
            } else {
                then.format("%b %d").to_string()
            }
        });
        fitted(&text, SECONDS)
    }
}

fn window<'a, Item: ?Sized>(list: &[&'a Item], first: usize, lines: usize) -> Vec<&'a Item> {
    list.iter().skip(first).take(lines).copied().collect()
}
