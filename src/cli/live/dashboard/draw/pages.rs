//! What covers the lists: help, messages, a server, an attempt, a finding.

use ratatui::text::Line;

use super::columns::{count, padded};
use crate::cli::live::dashboard::failures::Failure;
use crate::cli::live::dashboard::keys::HELP;
use crate::cli::live::dashboard::look::{bold, faint};
use crate::cli::live::dashboard::state::{Opened, State, finding_key};
use crate::decode::Endpoint;
use crate::diagnosis::Finding;
use crate::handshake::Outcome;
use crate::report::ladder::Ladder;
use crate::report::text::ladder::{self as drawing, fill};
use crate::report::text::{TextStyle, write_finding};
use crate::report::words::{counted, grouped, kernels_word, mark, shown_name, title};

/// A page that covers the lists.
pub(super) struct Page {
    pub(super) title: String,
    pub(super) lines: Vec<Line<'static>>,
}

/// What is opened, in as many columns.
pub(super) fn page(state: &State, columns: usize) -> Page {
    match &state.view.opened {
        None => Page {
            title: String::new(),
            lines: Vec::new(),
        },
        Some(Opened::Help) => help(state, columns),
        Some(Opened::News) => news(state, columns),
        Some(Opened::Server(server)) => self::server(state, *server, columns),
        Some(Opened::Attempt(failure)) => attempt(state, failure, columns),
        Some(Opened::Finding(finding)) => self::finding(state, finding, columns),
    }
}

/// Columns of the longest key.
const KEYS: usize = 18;

fn help(state: &State, columns: usize) -> Page {
    let mut lines = vec![Line::raw("")];
    for (key, what) in HELP {
        let mut key = key;
        for text in filled(what, columns.saturating_sub(KEYS + 2)) {
            lines.push(Line::raw(format!("  {}{text}", padded(key, KEYS))));
            key = "";
        }
    }
    lines.push(Line::raw(""));
    lines.push(Line::styled("  MARKS", bold()));
    for outcome in Outcome::ALL {
        if outcome != Outcome::Pending {
            let text = format!("  {}  {}", mark(outcome), shown_name(outcome));
            lines.push(Line::styled(text, state.look.outcome(outcome)));
        }
    }
    lines.push(Line::raw(""));
    let rest = "Counts are of connects that are decided; those that may still change are followed. In scans are those that look like \
                parts of scans or floods: they are told in findings. A finding is what many connects say together, within --window. \
                tcpwhy explain TERM tells what a term means.";
    lines.extend(indented(rest, columns));
    Page {
        title: "KEYS".to_owned(),
        lines,
    }
}

fn news(state: &State, columns: usize) -> Page {
    let seen = state.shown();
    let zone = state.view.zone;
    let mut lines = Vec::new();
    if let Some(text) = kernels_word(&seen.shell) {
        lines.extend(indented(&text, columns));
        lines.push(Line::raw(""));
    }
    let before_news = lines.len();
    for (at, text) in seen.news.iter().rev() {
        let mut time = zone.time_of_day(*at);
        for text in filled(text, columns.saturating_sub(12)) {
            lines.push(Line::raw(format!("  {}  {text}", padded(&time, 8))));
            time.clear();
        }
    }
    if lines.len() == before_news {
        lines.push(Line::styled("  none so far", faint()));
    }
    Page {
        title: "MESSAGES, the newest first".to_owned(),
        lines,
    }
}

fn server(state: &State, server: Endpoint, columns: usize) -> Page {
    let seen = state.shown();
    let zone = state.view.zone;
    let Some(row) = seen.servers.get(server) else {
        return Page {
            title: format!("SERVER {server}"),
            lines: indented(
                "What failed there is part of a scan or flood: the findings tell.",
                columns,
            ),
        };
    };
    let mut lines = vec![Line::raw("")];
    let decided = counted(row.decided(), "connect");
    let failed = grouped(row.outcomes.failed());
    let share = row.outcomes.failed().saturating_mul(100) / row.decided().max(1);
    lines.push(Line::raw(format!(
        "  {decided}, {failed} failed ({share} %)"
    )));
    for (outcome, number) in row.outcomes.iter() {
        if number > 0 && outcome != Outcome::Pending {
            let name = format!("{} {}", mark(outcome), shown_name(outcome));
            let text = format!("  {}{:>7}", padded(&name, 15), count(number));
            lines.push(Line::styled(text, state.look.outcome(outcome)));
        }
    }
    if let (Some(first), Some(last)) = (row.first_failure, row.last_failure) {
        let text = format!(
            "failures from {} to {} {}",
            zone.date_and_time(first),
            zone.date_and_time(last),
            zone.name(last)
        );
        lines.extend(indented(&text, columns));
    }
    lines.extend(indented(&row.why(), columns));
    let about = seen
        .findings
        .iter()
        .filter(|finding| finding.is_about(server));
    for about in about {
        lines.push(Line::raw(""));
        lines.extend(finding_lines(state, about, columns));
    }
    lines.push(Line::raw(""));
    lines.push(Line::styled("  NEWEST FAILURES", bold()));
    let failures = seen.failures.newest_first();
    for failure in failures.filter(|failure| failure.server() == server) {
        let at = zone.milliseconds_of_day(failure.diagnosed.decided.judgement.at);
        let text = format!(
            "{at}  {}  {} {}",
            failure.client_title(),
            mark(failure.outcome()),
            failure.what()
        );
        lines.extend(indented(&text, columns));
    }
    Page {
        title: format!("SERVER {}", row.title()),
        lines,
    }
}

fn attempt(state: &State, opened: &Failure, columns: usize) -> Page {
    let seen = state.shown();
    // What was learned since it was opened is shown, too.
    let kept = seen.failures.newest_first();
    let newer = kept
        .map(|kept| &**kept)
        .find(|kept| kept.id() == opened.id());
    let failure = newer.unwrap_or(opened);
    let mut report = seen.shell.clone();
    let attempt = &failure.diagnosed.decided.attempt;
    let ends = [attempt.client.address, attempt.server.address];
    let names = [&failure.names.0, &failure.names.1];
    for (address, name) in ends.into_iter().zip(names) {
        if let Some(name) = name {
            report.diagnosis.names.add(address, name.clone());
        }
    }
    let ladder = Ladder::of(&report, &failure.diagnosed);
    let style = text_style(state, columns);
    let mut text = Vec::new();
    // Writing into memory cannot fail.
    let _ = drawing::write(&ladder, &style, state.look.alphabet, &mut text);
    Page {
        title: "ATTEMPT".to_owned(),
        lines: lines_of(&text),
    }
}

fn finding(state: &State, finding: &Finding, columns: usize) -> Page {
    Page {
        title: format!("FINDING {}", title(finding)),
        lines: finding_lines(state, finding, columns),
    }
}

fn finding_lines(state: &State, finding: &Finding, columns: usize) -> Vec<Line<'static>> {
    let style = text_style(state, columns);
    let mut text = Vec::new();
    let seen = state.shown();
    let key = finding_key(finding);
    let place = seen
        .findings
        .iter()
        .position(|known| finding_key(known) == key);
    let number = place.map_or(1, |place| place as u64 + 1);
    // Writing into memory cannot fail.
    let _ = write_finding(&seen.shell, number, finding, &style, &mut text);
    lines_of(&text)
}

fn text_style(state: &State, columns: usize) -> TextStyle {
    TextStyle {
        width: columns,
        color: false,
        zone: state.view.zone,
        only_failures: true,
    }
}

fn lines_of(text: &[u8]) -> Vec<Line<'static>> {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .map(|line| Line::raw(line.to_owned()))
        .collect()
}

fn indented(text: &str, columns: usize) -> Vec<Line<'static>> {
    let lines = filled(text, columns.saturating_sub(2)).into_iter();
    lines.map(|line| Line::raw(format!("  {line}"))).collect()
}

fn filled(text: &str, columns: usize) -> Vec<String> {
    fill(&[text.to_owned()], "", columns)
}
