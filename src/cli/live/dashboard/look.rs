//! What the terminal can show, and how outcomes look on it. Colour only repeats what a mark and a
//! word say.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::bar;

use crate::handshake::Outcome;
use crate::report::text::ladder::Alphabet;

/// What the terminal can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Whether colour is used.
    pub(super) color: bool,
    /// Which characters.
    pub(super) alphabet: Alphabet,
}

/// Bars of seven bits.
const ASCII_BARS: bar::Set<'static> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "*",
    five_eighths: "+",
    half: "=",
    three_eighths: "-",
    one_quarter: ":",
    one_eighth: ".",
    empty: " ",
};

impl Look {
    /// An outcome.
    pub(super) fn outcome(self, outcome: Outcome) -> Style {
        match outcome {
            Outcome::Established => self.colored(Color::Green),
            Outcome::Reset | Outcome::Refused => self.colored(Color::Red),
            Outcome::Rejected => self.colored(Color::Magenta),
            Outcome::HalfOpen | Outcome::Aborted => self.colored(Color::Cyan),
            Outcome::Dropped => self.colored(Color::Yellow),
            Outcome::Pending | Outcome::Partial => faint(),
        }
    }

    /// What must not be overlooked.
    pub(super) fn alarm(self) -> Style {
        self.colored(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The bars of a small drawing.
    pub(super) const fn bars(self) -> bar::Set<'static> {
        match self.alphabet {
            Alphabet::Unicode => bar::NINE_LEVELS,
            Alphabet::Ascii => ASCII_BARS,
        }
    }

    fn colored(self, color: Color) -> Style {
        if self.color {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }
}

/// Heads of lists and what is pointed at.
pub(super) fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// What is less important.
pub(super) fn faint() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// The line that keys work on: also seen where there is no colour.
pub(super) fn pointed_at() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}
