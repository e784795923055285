//! What the terminal and the environment say about how to write.

use std::io::IsTerminal;

use super::arguments::ColorChoice;
use super::pager::Screen;
use crate::report::TimeZoneChoice;
use crate::report::text::TextStyle;

/// Columns when there is no terminal to ask.
const WIDTH_WITHOUT_TERMINAL: usize = 100;

/// Whether the report goes to a terminal.
pub(super) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether somebody sits there who sees what is drawn and can press keys.
#[cfg(feature = "dashboard")]
pub(super) fn is_for_somebody() -> bool {
    is_terminal()
        && std::io::stdin().is_terminal()
        && variable("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Whether lines that are drawn over can be shown on standard error.
pub(super) fn shows_progress() -> bool {
    std::io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb")
}

/// Whether standard input is anything but a terminal.
pub(super) fn has_piped_input() -> bool {
    !std::io::stdin().is_terminal()
}

/// Columns to fit into.
pub(super) fn width(to_terminal: bool) -> usize {
    let asked = if to_terminal {
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0))
    } else {
        None
    };
    asked
        .or_else(|| variable("COLUMNS").and_then(|columns| columns.parse().ok()))
        .unwrap_or(WIDTH_WITHOUT_TERMINAL)
        .clamp(40, 240)
}

/// The screen that the report goes to, where it can be asked for its size.
pub(super) fn screen() -> Option<Screen> {
    let (columns, rows) = terminal_size::terminal_size()?;
    Some(Screen {
        columns: columns.0.into(),
        rows: rows.0.into(),
    })
}

/// The pager that the environment names, else `less`; none where none is wanted (an empty name, or
/// `cat`), or the terminal can do nothing.
pub(super) fn pager() -> Option<String> {
    if variable("TERM").is_none_or(|term| term == "dumb") {
        return None;
    }
    let named = variable("TCPWHY_PAGER").or_else(|| variable("PAGER"));
    let pager = named.unwrap_or_else(|| "less".to_owned());
    let pager = pager.trim();
    (!pager.is_empty() && pager != "cat").then(|| pager.to_owned())
}

/// Whether there is such a variable in the environment, of whatever value.
pub(super) fn has_variable(name: &str) -> bool {
    variable(name).is_some()
}

/// What was asked for of the look of a text, and where it goes.
pub(super) struct Wishes {
    pub(super) to_terminal: bool,
    pub(super) utc: bool,
    pub(super) local: bool,
    pub(super) color: ColorChoice,
    pub(super) only_failures: bool,
}

/// The look of a text: on a terminal in local time, unless UTC is asked for.
pub(super) fn text_style(wishes: &Wishes) -> TextStyle {
    let is_local = wishes.local || (wishes.to_terminal && !wishes.utc);
    TextStyle {
        width: width(wishes.to_terminal),
        color: uses_color(wishes.color, wishes.to_terminal),
        zone: if is_local {
            TimeZoneChoice::Local
        } else {
            TimeZoneChoice::Utc
        },
        only_failures: wishes.only_failures,
    }
}

/// Whether to use colour (<https://no-color.org>, <https://bixense.com/clicolors>).
pub(super) fn uses_color(choice: ColorChoice, to_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto
            if variable("CLICOLOR_FORCE")
                .is_some_and(|value| !value.is_empty() && value != "0") =>
        {
            true
        }
        ColorChoice::Auto => to_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// Whether text may hold more than ASCII: what the locale says, by the first of its variables that
/// is set (POSIX, Base Definitions, chapter 8.2). Windows has none, and shows it.
pub(super) fn shows_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty());
    match locale {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => cfg!(windows),
    }
}

fn is_set(name: &str) -> bool {
    variable(name).is_some_and(|value| !value.is_empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read here and nowhere else"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
