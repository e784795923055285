//! The latest message, and what keys do; or the filter that is typed.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::columns::{cut, cut_in_the_middle};
use super::write;
use crate::cli::live::dashboard::look::{bold, faint};
use crate::cli::live::dashboard::state::{Opened, State};

/// What happened last beside attempts.
pub(super) fn draw_news(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let Some((at, news)) = state.shown().news.back() else {
        return;
    };
    let text = format!("m {}  {news}", state.view.zone.time_of_day(*at));
    let text = cut(&text, area.width.into());
    write(Line::styled(text, faint()), area, 0, frame);
}

/// The line at the bottom.
pub(super) fn draw(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let view = &state.view;
    let columns = usize::from(area.width);
    if view.is_typing {
        let typed = format!("/{}", view.filter);
        // Of a long filter the end is being typed.
        let hidden = typed.width().saturating_sub(columns.saturating_sub(1));
        let shown: String = typed.chars().skip(hidden).collect();
        let column = u16::try_from(shown.width()).unwrap_or(0);
        write(Line::styled(shown, bold()), area, 0, frame);
        frame.set_cursor_position(Position {
            x: (area.x + column).min(area.right().saturating_sub(1)),
            y: area.y,
        });
        return;
    }
    if let Some(notice) = &view.notice {
        let notice = cut_in_the_middle(notice, columns);
        write(Line::styled(notice, bold()), area, 0, frame);
        return;
    }
    let mut spans = Vec::new();
    let mut used = 0;
    if !view.filter.is_empty() {
        let filter = cut(&format!("/{}", view.filter), columns / 2);
        used = filter.width() + 2;
        spans.push(Span::styled(filter, bold()));
        spans.push(Span::raw("  "));
    }
    let keys = keys(state);
    spans.push(Span::styled(
        cut(&keys, columns.saturating_sub(used)),
        faint(),
    ));
    write(Line::from(spans), area, 0, frame);
}

fn keys(state: &State) -> String {
    let frozen = if state.frozen.is_some() {
        "f go on"
    } else {
        "f freeze"
    };
    match state.view.opened {
        Some(Opened::Server(_)) => {
            format!("Esc back  Enter its failures  up/down scroll  {frozen}  u zone  q end")
        }
        Some(_) => format!("Esc back  up/down scroll  {frozen}  u zone  w report  q end"),
        None => {
            format!("? help  Tab list  Enter open  / filter  s sort  {frozen}  w report  q end")
        }
    }
}
