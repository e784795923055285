//! A ladder as text: who, what happened between them in order of time, and how to look at it again.

mod alphabet;
mod filling;
mod lanes;

use std::io::{self, Write};

pub use alphabet::Alphabet;

use super::TextStyle;
use super::page::{Page, cut, padded, right};
use crate::capture::Timestamp;
use crate::report::counts::counted;
use crate::report::evidence_words::duration;
use crate::report::ladder::{Event, Ladder, LadderPacket, NeighbourMessage, Party, Row};
use crate::report::model::shortened;
use crate::report::packet_filters;
pub(crate) use filling::fill;
use lanes::{Lanes, MARGIN, delta, other_name};

/// A ladder is not drawn narrower, and not wider: arrows gain nothing by length.
const NARROWEST: usize = 72;
const WIDEST: usize = 80;

/// How much of a note is shown: people's comments may be long.
const LONGEST_NOTE: usize = 400;

/// Where the text behind a word such as `client` begins.
const INDENT: usize = 13;

/// Writes the ladder.
///
/// # Errors
///
/// What `out` says.
pub fn write(
    ladder: &Ladder,
    style: &TextStyle,
    alphabet: Alphabet,
    out: &mut dyn Write,
) -> io::Result<()> {
    let width = style.width.clamp(NARROWEST, WIDEST);
    let style = TextStyle { width, ..*style };
    let mut drawing = Drawing {
        ladder,
        alphabet,
        lanes: Lanes::in_width(width, alphabet.glyphs()),
        page: Page::new(style),
    };
    drawing.head();
    drawing.page.line("");
    drawing.page.line(drawing.lanes.heads());
    for row in &ladder.rows {
        drawing.row(row);
    }
    drawing.foot();
    out.write_all(drawing.page.text().as_bytes())
}

/// A ladder being drawn.
struct Drawing<'a> {
    ladder: &'a Ladder,
    alphabet: Alphabet,
    lanes: Lanes,
    page: Page,
}

impl Drawing<'_> {
    fn head(&mut self) {
        let zone = self.page.style().zone;
        let Ladder {
            verdict, started, ..
        } = self.ladder;
        let title = self.page.bold(format!("attempt {}", self.ladder.attempt));
        let outcome = self
            .page
            .in_outcome_color(verdict.outcome, verdict.outcome.name().replace('_', "-"));
        self.page.line(format!(
            "{title}   {outcome}   {} {}",
            zone.date_and_time(*started),
            zone.name(*started)
        ));
        self.party("client", &self.ladder.client);
        self.party("server", &self.ladder.server);
        for (index, other) in self.ladder.others.iter().enumerate() {
            self.party(&other_name(index), other);
        }
        if !self.ladder.path.is_empty() {
            self.paragraph("in", &[self.ladder.path.join(", ")], "");
        }
    }

    fn party(&mut self, what: &str, party: &Party) {
        let name = party.name.as_ref();
        let name = name.map(|name| shortened(&self.alphabet.safe(name)));
        let pieces: Vec<String> = name.into_iter().chain([party.address.clone()]).collect();
        self.paragraph(what, &pieces, " ");
    }

    /// A word, and text behind it on as many lines as it needs.
    fn paragraph(&mut self, word: &str, pieces: &[String], separator: &str) {
        let columns = self.page.style().width - INDENT;
        let mut word = word;
        for line in fill(pieces, separator, columns) {
            let start = padded(&format!("  {word}"), INDENT);
            self.page.line(format!("{start}{line}"));
            word = "";
        }
    }

    fn row(&mut self, row: &Row) {
        match &row.event {
            Event::Packet(packet) => self.packet(row, packet),
            Event::Pause { length, is_silence } => {
                let length = duration(*length);
                let text = if *is_silence {
                    format!("silence for {length}")
                } else {
                    format!("{length} later")
                };
                self.quiet(&text);
            }
            Event::Neighbour(message) => self.neighbour(row, message),
            Event::LeftOut(count) => {
                self.quiet(&format!("... {} not kept ...", counted(*count, "packet")));
            }
            Event::Verdict => self.verdict(row),
            Event::CaptureEnds => {
                let line = self.lanes.quiet("the capture ends");
                self.line(&self.when(row), &line);
            }
        }
    }

    fn neighbour(&mut self, row: &Row, message: &NeighbourMessage) {
        let line = self.lanes.quiet(message.what);
        self.line(&self.when(row), &line);
        let mut margin = right(&format!("#{}", message.number), MARGIN - 1);
        for line in self.lanes.text(std::slice::from_ref(&message.sentence), "") {
            self.line(&margin, &line);
            margin.clear();
        }
    }

    fn packet(&mut self, row: &Row, packet: &LadderPacket) {
        let label = match packet.sending {
            Some(sending) => format!("{}, retransmission {}", packet.what, sending - 1),
            None => packet.what.clone(),
        };
        let (arrow, has_label) = self.lanes.arrow(packet, &label);
        let arrow = if packet.set_aside.is_some() {
            self.page.faint(arrow)
        } else {
            arrow
        };
        self.line(&self.when(row), &arrow);
        let mut pieces: Vec<String> = (!has_label).then_some(label).into_iter().collect();
        pieces.extend(packet.sequence.map(|number| format!("seq {number}")));
        pieces.extend(packet.acknowledgment.map(|number| format!("ack {number}")));
        pieces.extend(packet.fields.iter().cloned());
        pieces.extend(packet.set_aside.map(str::to_owned));
        pieces.extend(packet.copy.as_ref().map(|copy| format!("copy: {copy}")));
        let mut margin = right(&format!("#{}", packet.number), MARGIN - 1);
        for line in self.lanes.text(&pieces, ", ") {
            self.line(&margin, &line);
            margin.clear();
        }
    }

    fn verdict(&mut self, row: &Row) {
        let verdict = &self.ladder.verdict;
        let outcome = verdict.outcome;
        let name = outcome.name().replace('_', "-");
        let fits = self.lanes.holds_verdict(&verdict.headline);
        // What does not fit stands below, without the outcome, which is said here.
        let label = if fits { &verdict.headline } else { &name };
        let reason = verdict
            .headline
            .split_once(": ")
            .map_or("", |(_, reason)| reason);
        let line = self.lanes.verdict(label);
        let line = self.page.in_outcome_color(outcome, line);
        self.line(&self.when(row), &line);
        let mut sentences: Vec<String> = Vec::new();
        if !fits {
            sentences.push(reason.to_owned());
        }
        sentences.extend(verdict.cause.map(|judged| {
            format!(
                "cause: {}, {} ({})",
                judged.cause.name(),
                judged.cause.words(),
                judged.confidence.name()
            )
        }));
        sentences.extend(verdict.application_saw.clone());
        for sentence in sentences {
            for line in self.lanes.text(&[sentence], "") {
                self.line("", &line);
            }
        }
    }

    fn quiet(&mut self, text: &str) {
        let line = self.page.faint(self.lanes.quiet(text));
        self.line("", &line);
    }

    fn line(&mut self, margin: &str, line: &str) {
        self.page
            .line(format!("{} {line}", padded(margin, MARGIN - 1)));
    }

    /// When the row happened, and how long after the one before.
    fn when(&self, row: &Row) -> String {
        let at = self.time(row.at);
        let since = row.since_previous.map(delta).unwrap_or_default();
        format!("{at} {}", right(&since, MARGIN - 2 - at.len()))
    }

    fn time(&self, at: Timestamp) -> String {
        self.page.style().zone.precise_time_of_day(at)
    }

    fn foot(&mut self) {
        self.page.line("");
        for note in &self.ladder.notes {
            let note = cut(&self.alphabet.safe(note), LONGEST_NOTE);
            self.paragraph("note", &[note], "");
        }
        let display_filter = std::slice::from_ref(&self.ladder.display_filter);
        self.paragraph("Wireshark", display_filter, "");
        match &self.ladder.capture_filter {
            Some(filter) => self.paragraph("tcpdump", &[format!("'{filter}'")], ""),
            None => self.paragraph("tcpdump", &[packet_filters::NONE_IN_TUNNELS.to_owned()], ""),
        }
    }
}
