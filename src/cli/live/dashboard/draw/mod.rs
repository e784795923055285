//! Draws the dashboard: a pure function of what is shown and of the size of the terminal.
//!
//! Every line is made here to fit its columns: nothing that came from the wire moves another
//! column.

mod columns;
mod foot;
mod head;
mod lists;
mod pages;
mod places;
#[cfg(test)]
pub(super) mod tests;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::look::bold;
use super::state::State;
use columns::cut;

/// Less than this shows a word only.
const NARROWEST: u16 = 60;
const LOWEST: u16 = 16;

/// What fits well.
const USUAL: &str = "80x24";

/// Draws everything.
pub(super) fn draw(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < NARROWEST || area.height < LOWEST {
        too_small(state, area, frame);
        return;
    }
    let (head, rest) = split(area, head::LINES);
    let (body, foot) = split(rest, rest.height.saturating_sub(1));
    head::draw(state, head, frame);
    if state.view.opened.is_some() {
        opened(state, body, frame);
    } else {
        let (outcomes, rest) = split(body, head::OUTCOME_LINES);
        let (panes, news) = split(rest, rest.height.saturating_sub(1));
        head::draw_outcomes(state, outcomes, frame);
        lists::draw(state, panes, frame);
        foot::draw_news(state, news, frame);
    }
    foot::draw(state, foot, frame);
}

/// How far an opened page can be scrolled down.
pub(super) fn lines_below(state: &State) -> usize {
    let (columns, lines) = state.size;
    let shown = lines.saturating_sub(head::LINES + 2);
    let all = pages::page(state, columns.into()).lines.len();
    all.saturating_sub(shown.into())
}

fn opened(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let page = pages::page(state, area.width.into());
    let (title, body) = split(area, 1);
    let below = page.lines.len().saturating_sub(body.height.into());
    let scroll = state.view.scroll.min(below);
    let more = match below - scroll {
        0 => String::new(),
        more => format!("   {more} lines below"),
    };
    let line = cut(&format!("{}{more}", page.title), area.width.into());
    write(Line::styled(line, bold()), title, 0, frame);
    let shown = page.lines.into_iter().skip(scroll);
    for (row, line) in (0..body.height).zip(shown) {
        write(line, body, row, frame);
    }
}

fn too_small(state: &State, area: Rect, frame: &mut Frame<'_>) {
    let outcomes = &state.seen.outcomes;
    let lines = [
        format!("{}x{} is too small: {USUAL} fits", area.width, area.height),
        format!("failed {} of {}", outcomes.failed(), outcomes.total()),
        "q ends".to_owned(),
    ];
    for (row, line) in (0..area.height).zip(lines) {
        let line = cut(&line, area.width.into());
        write(Line::raw(line), area, row, frame);
    }
}

/// The upper lines of an area, and those below.
fn split(area: Rect, lines: u16) -> (Rect, Rect) {
    let lines = lines.min(area.height);
    let upper = Rect {
        height: lines,
        ..area
    };
    let lower = Rect {
        y: area.y + lines,
        height: area.height - lines,
        ..area
    };
    (upper, lower)
}

/// A line in the area's row of that number, if it has it.
fn write(line: Line<'_>, area: Rect, row: u16, frame: &mut Frame<'_>) {
    if row < area.height {
        let row = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        frame.render_widget(line, row);
    }
}
