//! What is known of a term, as text.

mod lines;

use std::io::{self, Write};

pub use lines::write_tally;

use super::TextStyle;
use super::page::{Page, padded};
use crate::diagnosis::knowledge::{self, Check, Explanation, Kind, Numbers, Places, Reading};
use crate::report::terminal_safe;

/// How far what belongs to a heading is set in.
const INDENT: usize = 2;

/// How far what belongs to an item is set in.
const DEEP_INDENT: usize = 6;

/// Writes what is known: the first page whole, of the others what they are; and before it what was
/// read in the text, and whom it names.
///
/// # Errors
///
/// What `out` says.
pub fn write(known: &Explanation, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Page::new(*style);
    if let Some((first, others)) = known.pages.split_first() {
        title(first, &mut text);
        read_as(&known.read_as, &mut text);
        named(&known.places, &mut text);
        whole(first, &known.places, &mut text);
        also(others, &mut text);
    }
    out.write_all(text.text().as_bytes())
}

/// Writes the list of all terms, each with what it means.
///
/// # Errors
///
/// What `out` says.
pub fn write_list(style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Page::new(*style);
    for kind in Kind::ALL {
        let members: Vec<&knowledge::Page> = knowledge::pages()
            .filter(|page| page.kinds.contains(&kind))
            .collect();
        heading(plural(kind), &mut text);
        terms(&members, &mut text);
        text.line("");
    }
    text.sentence(
        "tcpwhy explain TERM tells more; TERM may also be a number (111) or a line of a log."
            .into(),
    );
    out.write_all(text.text().as_bytes())
}

const fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Outcome => "OUTCOMES of one attempt",
        Kind::Trouble => "TROUBLES of an attempt that was established",
        Kind::Cause => "CAUSES of one attempt's outcome",
        Kind::Finding => "FINDINGS about many attempts",
        Kind::Error => "ERRORS of systems and applications",
        Kind::PathVerdict => "VERDICTS of tcpwhy compare on packets between two places",
        Kind::PathFinding => "FINDINGS of tcpwhy compare about many connects",
        Kind::Sign => "SIGNS that kernels, firewalls and tools give",
    }
}

fn title(page: &knowledge::Page, text: &mut Page) {
    let kinds: Vec<&str> = page.kinds.iter().map(|kind| kind.name()).collect();
    let term = text.bold(page.term);
    paragraph(
        0,
        &format!("{term} ({}): {}", kinds.join(", "), page.title),
        text,
    );
    if let Some(numbers) = page.numbers {
        paragraph(0, &numbers_in_words(numbers), text);
    }
}

/// What was read in the text.
fn read_as(readings: &[Reading], text: &mut Page) {
    if readings.is_empty() {
        return;
    }
    section("READ IN THE TEXT", text);
    for reading in readings {
        let piece = text.bold(terminal_safe(&reading.text));
        item(&format!("{piece}: {}", terminal_safe(&reading.means)), text);
    }
}

/// Whom the text names: they stand in the commands.
fn named(places: &Places, text: &mut Page) {
    let filled = places.filled();
    if filled.is_empty() {
        return;
    }
    section("NAMED IN THE TEXT, and filled in below", text);
    let pieces: Vec<String> = filled
        .iter()
        .filter(|(word, _)| *word != "NAME")
        .map(|(word, value)| format!("{word} = {value}"))
        .collect();
    paragraph(INDENT, &pieces.join(", "), text);
}

fn whole(page: &knowledge::Page, places: &Places, text: &mut Page) {
    section("ON THE WIRE", text);
    paragraph(INDENT, page.on_the_wire, text);
    section("BROUGHT ABOUT BY, the commonest first", text);
    for cause in page.brought_about_by {
        item(cause, text);
    }
    section("TOLD APART FROM", text);
    for look_alike in page.told_apart {
        let other = text.bold(look_alike.other);
        item(&format!("{other}: {}", look_alike.by), text);
    }
    section("CHECK", text);
    for step in page.check {
        check(step, places, text);
    }
    section("APPLICATIONS SAY", text);
    sayings(page, text);
    section("SHOWN BY", text);
    paragraph(INDENT, &places.fill(page.shown_by), text);
    section("SEE ALSO", text);
    paragraph(INDENT, &page.see_also.join(", "), text);
}

fn numbers_in_words(numbers: Numbers) -> String {
    let systems = [
        ("Linux", numbers.linux),
        ("macOS", numbers.macos),
        ("Windows", numbers.windows),
    ];
    let known: Vec<String> = systems
        .into_iter()
        .filter_map(|(system, number)| number.map(|number| format!("{number} on {system}")))
        .collect();
    format!("Number: {}", known.join(", "))
}

/// What to look at: where, each command on a line of its own, and what it tells.
fn check(step: &Check, places: &Places, text: &mut Page) {
    let on = text.faint(format!("{}:", step.on));
    let tells = places.fill(step.tells);
    let Some(run) = step.run else {
        item(&format!("{on} {tells}"), text);
        return;
    };
    item(&on, text);
    for command in places.fill(run).split("; ") {
        paragraph(DEEP_INDENT, command, text);
    }
    paragraph(INDENT + 2, &tells, text);
}

fn sayings(page: &knowledge::Page, text: &mut Page) {
    for group in page.applications {
        // Where there is one situation only, it is the page's own.
        if page.applications.len() > 1 {
            paragraph(INDENT, &format!("{}:", group.when), text);
        }
        for saying in group.says {
            let who = text.faint(format!("{}:", saying.system_or_language));
            item(&format!("{who} {}", saying.text), text);
        }
    }
}

/// The other pages that the text was about.
fn also(pages: &[&knowledge::Page], text: &mut Page) {
    if !pages.is_empty() {
        section("ALSO MEANT, perhaps", text);
        terms(pages, text);
    }
}

/// One line for each, where it fits.
fn terms(pages: &[&knowledge::Page], text: &mut Page) {
    let widest = knowledge::pages().map(|page| page.term.len()).max();
    let column = INDENT + widest.unwrap_or(0) + 2;
    for page in pages {
        let term = padded(page.term, column - INDENT);
        let line = format!("{}{term}{}", " ".repeat(INDENT), page.title);
        text.wrapped(0, column, "", &[line]);
    }
}

fn section(name: &str, text: &mut Page) {
    text.line("");
    heading(name, text);
}

fn heading(name: &str, text: &mut Page) {
    let name = text.bold(name);
    text.line(name);
}

fn item(words: &str, text: &mut Page) {
    text.wrapped(INDENT, INDENT + 2, "", &[format!("- {words}")]);
}

fn paragraph(indent: usize, words: &str, text: &mut Page) {
    text.wrapped(indent, indent, "", &[words.to_owned()]);
}
