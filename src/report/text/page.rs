//! A page of text under construction: width, colour, wrapping.

use std::fmt::{Display, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::TextStyle;
use crate::handshake::Outcome;

/// Collects lines.
pub(in crate::report) struct Page {
    style: TextStyle,
    pub(super) text: String,
}

impl Page {
    pub(in crate::report) fn new(style: TextStyle) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    pub(super) fn style(&self) -> &TextStyle {
        &self.style
    }

    pub(in crate::report) fn text(&self) -> &str {
        &self.text
    }

    /// Adds a line; what it holds has been made safe.
    pub(in crate::report) fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let start = self.text.len();
        let _ = write!(self.text, "{line}");
        self.text.truncate(
            start
                + self
                    .text
                    .get(start..)
                    .unwrap_or_default()
                    .trim_end_matches(' ')
                    .len(),
        );
        self.text.push('\n');
    }

    /// Adds the pieces, as many to a line as fit, the lines after the first indented.
    pub(in crate::report) fn wrapped(
        &mut self,
        first_indent: usize,
        indent: usize,
        separator: &str,
        pieces: &[String],
    ) {
        let mut line = " ".repeat(first_indent);
        let mut is_start = true;
        for (index, piece) in pieces.iter().enumerate() {
            let is_last = index + 1 == pieces.len();
            let piece = if is_last {
                piece.clone()
            } else {
                format!("{piece}{separator}")
            };
            let needed = visible_width(&line) + visible_width(piece.trim_end());
            if !is_start && needed > self.style.width {
                self.line(&line);
                line = " ".repeat(indent);
                is_start = true;
            }
            if is_start && visible_width(&line) + visible_width(piece.trim_end()) > self.style.width
            {
                line = self.broken_at_words(line, indent, &piece);
            } else {
                line.push_str(&piece);
            }
            is_start = false;
        }
        self.line(&line);
    }

    /// Adds a sentence, on as many lines as it needs.
    pub(in crate::report) fn sentence(&mut self, text: String) {
        self.wrapped(0, 2, "", &[text]);
    }

    /// Adds a piece that is longer than a line; gives the line that it ends on.
    fn broken_at_words(&mut self, mut line: String, indent: usize, piece: &str) -> String {
        for word in piece.trim_end().split(' ') {
            let is_start = line.trim().is_empty();
            if !is_start
                && visible_width(line.trim_end()) + 1 + visible_width(word) > self.style.width
            {
                self.line(&line);
                line = " ".repeat(indent);
            }
            line.push_str(word);
            line.push(' ');
        }
        line
    }

    /// Adds the parts of a title on one line, or the last one on a line of its own where they do
    /// not fit.
    pub(in crate::report) fn wrapped_titles(&mut self, parts: &[String]) {
        let whole = parts.join("  ");
        if visible_width(&whole) <= self.style.width {
            self.line(whole);
        } else if let Some((last, first)) = parts.split_last() {
            self.line(first.join("  "));
            self.wrapped(4, 4, "", std::slice::from_ref(last));
        }
    }

    /// The text in bold, where there is colour.
    pub(in crate::report) fn bold(&self, text: impl Display) -> String {
        self.styled(Style::new().bold(), text)
    }

    /// The text in faint, where there is colour.
    pub(in crate::report) fn faint(&self, text: impl Display) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    /// The text in the outcome's colour, where there is colour.
    pub(in crate::report) fn in_outcome_color(
        &self,
        outcome: Outcome,
        text: impl Display,
    ) -> String {
        self.styled(outcome_style(outcome), text)
    }

    fn styled(&self, style: Style, text: impl Display) -> String {
        if self.style.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}

/// Columns that the text takes on a terminal: escape sequences that set colours take none.
pub(crate) fn visible_width(text: &str) -> usize {
    let mut parts = text.split('\u{1b}');
    let plain = parts.next().unwrap_or_default().width();
    plain
        + parts
            .map(|part| part.split_once('m').map_or("", |(_, shown)| shown).width())
            .sum::<usize>()
}

fn outcome_style(outcome: Outcome) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match outcome {
        Outcome::Established => color(AnsiColor::Green),
        Outcome::Reset | Outcome::Refused => color(AnsiColor::Red),
        Outcome::Rejected => color(AnsiColor::Magenta),
        Outcome::HalfOpen | Outcome::Aborted => color(AnsiColor::Cyan),
        Outcome::Dropped => color(AnsiColor::Yellow),
        Outcome::Pending | Outcome::Partial => Style::new().dimmed(),
    }
}

/// The text, cut to so many columns with a mark that it was cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        let mut candidate = short.clone();
        candidate.push(character);
        if candidate.width() + 1 > columns {
            break;
        }
        short = candidate;
    }
    short.push('~');
    short
}

/// The text, filled up to so many columns.
pub(crate) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// The text, filled up from the left.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_not_by_characters() {
        assert_eq!(cut("日本語", 5), "日本~");
        assert_eq!(cut("abc", 3), "abc");
    }
}
