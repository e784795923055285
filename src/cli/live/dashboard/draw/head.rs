//! What is watched, how it goes, and how the attempts end.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Sparkline;
use unicode_width::UnicodeWidthStr;

use super::columns::{COUNT, count, cut, fitted, rate, right};
use super::{split, write};
use crate::cli::live::dashboard::look::{bold, faint, pointed_at};
use crate::cli::live::dashboard::state::State;
use crate::handshake::Outcome;
use crate::report::words::{counted, grouped, mark, shown_name};

/// Lines at the top.
pub(super) const LINES: u16 = 2;

/// Lines of the table of outcomes: a head, and half of those that are told.
pub(super) const OUTCOME_LINES: u16 = 5;

/// Those that are told, in two columns of the table.
const LEFT: [Outcome; 4] = [
    Outcome::Established,
    Outcome::Refused,
    Outcome::Rejected,
    Outcome::Reset,
];
const RIGHT: [Outcome; 4] = [
    Outcome::Dropped,
    Outcome::HalfOpen,
    Outcome::Aborted,
    Outcome::Partial,
];

/// What is watched since when; packets, attempts and losses.
pub(super) fn draw(state: &State, area: Rect, frame: &mut Frame<'_>) {
    write(first_line(state, area.width.into()), area, 0, frame);
    write(second_line(state, area.width.into()), area, 1, frame);
}

fn first_line(state: &State, columns: usize) -> Line<'static> {
    let seen = state.shown();
    let zone = state.view.zone;
    let time = format!(
        "{} {}   up {}",
        zone.time_of_day(seen.now),
        zone.name(seen.now),
        clock(seen.running)
    );
    let frozen = if state.frozen.is_some() {
        " FROZEN "
    } else {
        ""
    };
    let gap = if frozen.is_empty() { 0 } else { 3 };
    let room = columns.saturating_sub(time.width() + frozen.width() + gap + 3);
    let mut spans = vec![Span::styled("tcpwhy live", bold())];
    let mut used = "tcpwhy live".width();
    for (name, trouble) in &seen.interfaces {
        let text = match trouble {
            Some(trouble) => format!("  {name} {trouble}"),
            None => format!("  {name}"),
        };
        let text = cut(&text, room.saturating_sub(used));
        used += text.width();
        spans.push(match trouble {
            Some(_) => Span::styled(text, state.look.alarm()),
            None => Span::raw(text),
        });
    }
    let filled = columns.saturating_sub(used + time.width() + frozen.width() + gap);
    spans.push(Span::raw(" ".repeat(filled)));
    spans.push(Span::styled(
        frozen,
        pointed_at().add_modifier(Modifier::BOLD),
    ));
    spans.push(Span::raw(" ".repeat(gap)));
    spans.push(Span::raw(time));
    Line::from(spans)
}

fn second_line(state: &State, columns: usize) -> Line<'static> {
    let seen = state.shown();
    let mut words = vec![
        counted(seen.outcomes.total(), "connect"),
        format!("{} failed", grouped(seen.outcomes.failed())),
    ];
    if seen.folded > 0 {
        words.push(format!("{} in scans", count(seen.folded)));
    }
    words.push(format!("{} followed", grouped(seen.open as u64)));
    if let Some(kernel) = &seen.shell.capture.kernel {
        let dropped = kernel.dropped.values().sum();
        words.push(format!("{} dropped by kernel", count(dropped)));
    }
    words.push(counted(seen.packets, "packet"));
    let lost = seen.lost.kernel.saturating_add(seen.lost.interface);
    let (losses, style) = match (lost, seen.is_losing()) {
        (0, _) => ("none lost".to_owned(), faint()),
        (_, is_losing) => (
            format!(
                "{} kernel {}, interface {}",
                if is_losing { "LOSING:" } else { "lost:" },
                count(seen.lost.kernel),
                count(seen.lost.interface)
            ),
            state.look.alarm(),
        ),
    };
    let room = columns.saturating_sub(losses.width() + 1);
    Line::from(vec![
        Span::raw(fitted(&words.join("  "), room)),
        Span::raw(" "),
        Span::styled(cut(&losses, columns), style),
    ])
}

/// `00:12:31`, `3d 04:00:00`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let of_day = format!("{hours:02}:{:02}:{:02}", seconds / 60 % 60, seconds % 60);
    match days {
        0 => of_day,
        days => format!("{days}d {of_day}"),
    }
}

/// Mark and name, total, rate, and a space behind each.
const NAME: usize = 13;
const NUMBERS: usize = NAME + 1 + COUNT + 1 + COUNT + 1;

/// How the attempts end: how many, how fast, and the latest seconds as a small drawing.
pub(super) fn draw_outcomes(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let half = area.width / 2;
    let left = Rect {
        width: half.saturating_sub(1),
        ..area
    };
    let right_half = Rect {
        x: area.x + half,
        width: area.width - half,
        ..area
    };
    for (area, outcomes) in [(left, LEFT), (right_half, RIGHT)] {
        let (head, rows) = split(area, 1);
        let seconds = usize::from(area.width).saturating_sub(NUMBERS);
        let text = format!(
            "{} {} {} LAST {seconds} s",
            fitted("OUTCOME", NAME),
            right("TOTAL", COUNT),
            right("RATE", COUNT),
        );
        let text = cut(&text, area.width.into());
        write(Line::styled(text, bold()), head, 0, frame);
        for (row, outcome) in (0..).zip(outcomes) {
            draw_outcome(state, outcome, rows, row, frame);
        }
    }
}

fn draw_outcome(state: &State, outcome: Outcome, area: Rect, row: u16, frame: &mut Frame<'_>) {
    let seen = state.shown();
    let style = state.look.outcome(outcome);
    let name = format!("{} {}", mark(outcome), shown_name(outcome));
    let numbers = format!(
        "{} {} {}",
        fitted(&name, NAME),
        right(&count(seen.outcomes.of(outcome)), COUNT),
        right(&rate(seen.series.tenths_per_second(outcome)), COUNT),
    );
    write(Line::styled(numbers, style), area, row, frame);
    let columns = usize::from(area.width).saturating_sub(NUMBERS);
    let latest = seen.series.latest(outcome, columns);
    let width = u16::try_from(latest.len()).unwrap_or(u16::MAX);
    if row >= area.height || width == 0 {
        return;
    }
    // The latest second stands at the right edge.
    let place = Rect {
        x: (area.x + area.width).saturating_sub(width),
        y: area.y + row,
        width,
        height: 1,
    };
    let drawing = Sparkline::default()
        .data(latest)
        .bar_set(state.look.bars())
        .style(style);
    frame.render_widget(drawing, place.intersection(area));
}
