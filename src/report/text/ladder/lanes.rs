//! Lines between the two lanes, client left, server right; times and packet numbers stand before
//! them.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::alphabet::Glyphs;
use super::filling::fill;
use crate::report::ladder::{LadderPacket, Side};
use crate::report::text::page::padded;

/// Columns before the lanes: the time of day with microseconds, the time since the row before, and
/// spaces.
pub(super) const MARGIN: usize = 15 + 1 + 9 + 1;

/// How far text is set in from the lanes.
const INDENT: usize = 2;

/// The room between and before the lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lanes {
    pub(super) glyphs: Glyphs,
    /// Columns between the lanes.
    pub(super) inner: usize,
}

impl Lanes {
    /// In a page of this width.
    pub(super) fn in_width(width: usize, glyphs: Glyphs) -> Self {
        let inner = width.saturating_sub(MARGIN + 2);
        Self { glyphs, inner }
    }

    /// Who stands at which lane.
    pub(super) fn heads(self) -> String {
        let room = self.inner + 2 - "client".len();
        format!("{}client{:>room$}", " ".repeat(MARGIN), "server")
    }

    /// Text between the lanes, on as many lines as it needs.
    pub(super) fn text(self, pieces: &[String], separator: &str) -> Vec<String> {
        let lines = fill(pieces, separator, self.inner.saturating_sub(INDENT + 1));
        let lane = self.glyphs.lane;
        let between = |text: &String| {
            let text = padded(&format!("{}{text}", " ".repeat(INDENT)), self.inner);
            format!("{lane}{text}{lane}")
        };
        lines.iter().map(between).collect()
    }

    /// A stretch of time in which there is nothing to draw.
    pub(super) fn quiet(self, text: &str) -> String {
        let lane = self.glyphs.quiet_lane;
        let text = format!("{}{text}", " ".repeat(INDENT));
        format!("{lane}{}{lane}", padded(&text, self.inner))
    }

    /// Whether the text has room in the line of the verdict.
    pub(super) fn holds_verdict(self, text: &str) -> bool {
        text.width() + 4 <= self.inner
    }

    /// The line at which the outcome was settled.
    pub(super) fn verdict(self, text: &str) -> String {
        let mark = self.glyphs.verdict;
        let lane = self.glyphs.lane;
        let rest = self.inner.saturating_sub(text.width() + 4);
        let rest: String = std::iter::repeat_n(mark, rest).collect();
        format!("{lane}{mark}{mark} {text} {rest}{lane}")
    }

    /// The arrow of a packet, with its label where that fits; whether it did.
    pub(super) fn arrow(self, packet: &LadderPacket, label: &str) -> (String, bool) {
        let lane = self.glyphs.lane;
        let origin = origin(packet);
        // Who is neither client nor server stands between them.
        let length = if origin.is_empty() {
            self.inner
        } else {
            (self.inner * 3 / 4)
                .max(label.width() + 8)
                .min(self.inner - origin.width() - 1)
        };
        let fits = label.width() + 6 <= length;
        let shown = if fits { label } else { "" };
        let arrow = self.shaft(length, shown, packet.to == Side::Client);
        let rest =
            " ".repeat(self.inner - length - origin.width() - usize::from(!origin.is_empty()));
        let is_at_client = packet.to == Side::Client || packet.from == Side::Client;
        let drawn = match (origin.is_empty(), is_at_client) {
            (true, _) => arrow,
            (false, true) => format!("{arrow} {origin}{rest}"),
            (false, false) => format!("{rest}{origin} {arrow}"),
        };
        (format!("{lane}{drawn}{lane}"), fits)
    }

    /// An arrow of so many columns, its label near where it comes from.
    fn shaft(self, columns: usize, label: &str, to_left: bool) -> String {
        let Glyphs {
            shaft,
            left_head,
            right_head,
            ..
        } = self.glyphs;
        let label = if label.is_empty() {
            String::new()
        } else {
            format!(" {label} ")
        };
        let rest = columns.saturating_sub(label.width() + 3);
        let rest: String = std::iter::repeat_n(shaft, rest).collect();
        if to_left {
            format!("{left_head}{rest}{label}{shaft}{shaft}")
        } else {
            format!("{shaft}{shaft}{label}{rest}{right_head}")
        }
    }
}

/// Where an arrow comes from or leads to, when that is not the other lane.
fn origin(packet: &LadderPacket) -> String {
    match (packet.from, packet.to) {
        (Side::Other(index), _) | (_, Side::Other(index)) => other_name(index),
        (Side::Client, Side::Client) => "client".to_owned(),
        (Side::Server, Side::Server) => "server".to_owned(),
        _ => String::new(),
    }
}

/// What somebody who is neither client nor server is called: `A`, `B`, then by number.
pub(super) fn other_name(index: usize) -> String {
    match u8::try_from(index) {
        Ok(small @ 0..26) => char::from(b'A' + small).to_string(),
        _ => format!("#{}", index + 1),
    }
}

/// The time since the row before, in nine columns at most: `+312us`, `+12.345ms`, `+1.014s`.
pub(super) fn delta(time: Duration) -> String {
    let microseconds = time.as_micros();
    match microseconds {
        0..1_000 => format!("+{microseconds}us"),
        1_000..100_000 => format!("+{:.3}ms", time.as_secs_f64() * 1e3),
        100_000..1_000_000 => format!("+{:.1}ms", time.as_secs_f64() * 1e3),
        1_000_000..1_000_000_000 => format!("+{:.3}s", time.as_secs_f64()),
        _ => format!("+{}s", time.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deltas_fit_their_column() {
        let words = |nanoseconds| delta(Duration::from_nanos(nanoseconds));
        assert_eq!(words(312_900), "+312us");
        assert_eq!(words(12_345_678), "+12.346ms");
        assert_eq!(words(999_999_000), "+1000.0ms");
        assert_eq!(words(1_014_000_000), "+1.014s");
        assert_eq!(words(86_400_000_000_000), "+86400s");
    }
}
