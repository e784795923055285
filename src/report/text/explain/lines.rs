//! What many lines say together, as text: of each page how many lines, one of them, and what to
//! look at first.

use std::io::{self, Write};

use super::{INDENT, check, item, paragraph};
use crate::diagnosis::knowledge::{ExampleLine, Places, TalliedPage, Tally};
use crate::report::counts::{counted, grouped};
use crate::report::terminal_safe;
use crate::report::text::TextStyle;
use crate::report::text::page::Page;

/// How many readings, and how many of those named, are shown for a page.
const MOST_SHOWN: usize = 5;

/// How many checks are shown for a page; its own page has all.
const MOST_CHECKS: usize = 2;

/// Writes what the lines say together, the pages of most lines first.
///
/// # Errors
///
/// What `out` says.
pub fn write_tally(tally: Tally, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Page::new(*style);
    let (known, lines) = (tally.known_lines(), tally.lines());
    let unknown = if known == lines {
        ""
    } else {
        "; of the others nothing is known"
    };
    text.sentence(format!(
        "{} of {} are about connects{unknown}.",
        grouped(known),
        of_lines(lines),
    ));
    for tallied in tally.into_pages() {
        text.line("");
        page(&tallied, &mut text);
    }
    out.write_all(text.text().as_bytes())
}

fn of_lines(lines: u64) -> String {
    counted(lines, "line")
}

fn page(tallied: &TalliedPage, text: &mut Page) {
    let term = text.bold(tallied.page.term);
    let lines = of_lines(tallied.lines);
    paragraph(0, &format!("{term}, {lines}: {}", tallied.page.title), text);
    example("first", &tallied.first, text);
    if tallied.last != tallied.first {
        example("last", &tallied.last, text);
    }
    for (reading, lines) in tallied.read_as.iter().take(MOST_SHOWN) {
        let piece = text.bold(terminal_safe(&reading.text));
        let means = terminal_safe(&reading.means);
        item(&format!("{piece}, {}: {means}", of_lines(*lines)), text);
    }
    named(tallied, text);
    let places = tallied.agreed.clone().unwrap_or_default();
    for step in tallied.page.check.iter().take(MOST_CHECKS) {
        check(step, &places, text);
    }
    item(&format!("more: tcpwhy explain {}", tallied.page.term), text);
}

fn example(which: &str, line: &ExampleLine, text: &mut Page) {
    let shown = terminal_safe(&line.text);
    let number = text.faint(format!("{which}, line {}:", grouped(line.number)));
    paragraph(INDENT, &format!("{number} {shown}"), text);
}

/// Whom the lines name, the most often named first.
fn named(tallied: &TalliedPage, text: &mut Page) {
    let mut shown: Vec<String> = tallied
        .places
        .iter()
        .take(MOST_SHOWN)
        .map(|(places, lines)| format!("{} ({})", whom(places), of_lines(*lines)))
        .collect();
    match tallied.places.len().saturating_sub(MOST_SHOWN) {
        0 => {}
        more => shown.push(format!("{more} more")),
    }
    if !shown.is_empty() {
        item(&format!("named: {}", shown.join(", ")), text);
    }
}

fn whom(places: &Places) -> String {
    match (&places.server, places.port, &places.client) {
        (Some(_), Some(_), _) => places.fill("SERVER:PORT"),
        (Some(server), None, _) => server.clone(),
        (None, Some(port), _) => format!("port {port}"),
        (None, None, client) => format!("client {}", client.as_deref().unwrap_or("unknown")),
    }
}
