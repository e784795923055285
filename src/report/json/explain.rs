//! What is known of a term or of many lines, as JSON.

use std::io::{self, Write};

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnosis::knowledge::{
    self, ExampleLine, Explanation, Page, Places, Reading, TalliedPage, Tally,
};

/// The version of the shape; what is added keeps it.
const SCHEMA: &str = "tcpwhy-explain/1";

/// What is known of a term, of a text, of many lines, or of all terms.
#[cfg(feature = "json-schema")]
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is made")]
enum Document<'a> {
    /// Of a term or a text, or of all terms.
    Explained(Explained<'a>),
    /// Of the lines of standard input.
    Lines(ExplainedLines<'a>),
}

/// The JSON Schema of what [`write()`], [`write_list()`] and [`write_tally()`] write.
#[cfg(feature = "json-schema")]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Document<'static>).to_value()
}

/// What is known of a term or a text; without a text, of all terms.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
struct Explained<'a> {
    /// The shape of this document: `tcpwhy-explain/1`.
    schema: &'static str,
    /// What was asked about; none for the list of all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// What is read in it.
    read_as: Vec<WireReading<'a>>,
    /// Whom it names.
    named: WirePlaces<'a>,
    /// The first is what the text is about, the others are perhaps meant.
    pages: Vec<WirePage>,
}

/// What many lines say together.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
struct ExplainedLines<'a> {
    /// The shape of this document: `tcpwhy-explain/1`.
    schema: &'static str,
    /// How many lines were read, empty ones not counted.
    lines: u64,
    /// How many of them are about connects.
    known_lines: u64,
    /// What they are about, what most lines are about first.
    pages: Vec<WireTallied<'a>>,
}

/// What some lines are about.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "PageOfLines")
)]
struct WireTallied<'a> {
    /// The term, as `tcpwhy explain` takes it.
    term: &'static str,
    /// What it is, in a few words.
    title: &'static str,
    /// How many lines are about it.
    lines: u64,
    /// The first of them.
    first: WireLine<'a>,
    /// The last of them.
    last: WireLine<'a>,
    /// What is read in them, and in how many.
    read_as: Vec<WireCounted<WireReading<'a>>>,
    /// Whom they name, and in how many.
    named: Vec<WireCounted<WirePlaces<'a>>>,
    /// What to check; filled in is whom all of them name.
    check: Vec<WireCheck>,
}

/// One of the lines.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Line"))]
struct WireLine<'a> {
    /// Its number, from 1.
    line: u64,
    /// What it says.
    text: &'a str,
}

/// Something that stands in several lines.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "{What}InLines")
)]
struct WireCounted<What> {
    #[serde(flatten)]
    what: What,
    /// In how many.
    lines: u64,
}

/// A piece of a text, and what it says.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Reading")
)]
struct WireReading<'a> {
    /// The piece, as it is read.
    text: &'a str,
    /// What it says.
    means: &'a str,
}

/// Whom a text names.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Places")
)]
struct WirePlaces<'a> {
    /// The address or name that was connected to.
    server: Option<&'a str>,
    /// Its port.
    port: Option<u16>,
    /// The address that connected.
    client: Option<&'a str>,
}

/// What is known of a term.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Page"))]
struct WirePage {
    /// The term.
    term: &'static str,
    /// What kinds of term it is: `outcome`, `trouble`, `cause`, `finding`, `error`,
    /// `path verdict`, `path finding`, `sign`.
    kinds: Vec<&'static str>,
    /// The error's number on each system, where it is one.
    numbers: Option<WireNumbers>,
    /// What it is, in a few words.
    title: &'static str,
    /// What a capture shows.
    on_the_wire: &'static str,
    /// What brings it about.
    brought_about_by: &'static [&'static str],
    /// What looks alike.
    told_apart: Vec<WireLookAlike>,
    /// What to check.
    check: Vec<WireCheck>,
    /// What programs say of it.
    applications: Vec<WireSayings>,
    /// The command that shows it in a capture.
    shown_by: String,
    /// Other terms that are worth reading.
    see_also: &'static [&'static str],
}

/// The error's number on each system.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Numbers")
)]
struct WireNumbers {
    /// Linux.
    linux: Option<u32>,
    /// macOS.
    macos: Option<u32>,
    /// Windows.
    windows: Option<u32>,
}

/// What looks alike, and what tells it apart.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "LookAlike")
)]
struct WireLookAlike {
    /// What looks alike.
    other: &'static str,
    /// What tells it apart.
    by: &'static str,
}

/// What to check.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Check")
)]
struct WireCheck {
    /// On which machine.
    on: &'static str,
    /// One command after the other; those whom the text names are filled in.
    run: Vec<String>,
    /// What the result says.
    tells: String,
}

/// What programs say of it, in one situation.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Sayings")
)]
struct WireSayings {
    /// In which situation; empty when in any.
    when: &'static str,
    /// By system or language.
    says: Vec<WireSaying>,
}

/// What one system or language says.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Saying")
)]
struct WireSaying {
    /// Which system or language.
    system_or_language: &'static str,
    /// What it says.
    text: &'static str,
}

/// Writes what is known of a text.
///
/// # Errors
///
/// What `out` says.
pub fn write(text: &str, known: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let document = Explained {
        schema: SCHEMA,
        text: Some(text),
        read_as: known.read_as.iter().map(wire_reading).collect(),
        named: wire_places(&known.places),
        pages: known
            .pages
            .iter()
            .map(|page| wire_page(page, &known.places))
            .collect(),
    };
    write_document(&document, out)
}

/// Writes all pages.
///
/// # Errors
///
/// What `out` says.
pub fn write_list(out: &mut dyn Write) -> io::Result<()> {
    let nobody = Places::default();
    let document = Explained {
        schema: SCHEMA,
        text: None,
        read_as: Vec::new(),
        named: wire_places(&nobody),
        pages: knowledge::pages()
            .map(|page| wire_page(page, &nobody))
            .collect(),
    };
    write_document(&document, out)
}

/// Writes what many lines say together.
///
/// # Errors
///
/// What `out` says.
pub fn write_tally(tally: Tally, out: &mut dyn Write) -> io::Result<()> {
    let (lines, known_lines) = (tally.lines(), tally.known_lines());
    let pages = tally.into_pages();
    let document = ExplainedLines {
        schema: SCHEMA,
        lines,
        known_lines,
        pages: pages.iter().map(tallied_page).collect(),
    };
    write_document(&document, out)
}

fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

fn tallied_page(tallied: &TalliedPage) -> WireTallied<'_> {
    let read_as = tallied.read_as.iter().map(|(reading, lines)| WireCounted {
        what: wire_reading(reading),
        lines: *lines,
    });
    let named = tallied.places.iter().map(|(places, lines)| WireCounted {
        what: wire_places(places),
        lines: *lines,
    });
    WireTallied {
        term: tallied.page.term,
        title: tallied.page.title,
        lines: tallied.lines,
        first: wire_line(&tallied.first),
        last: wire_line(&tallied.last),
        read_as: read_as.collect(),
        named: named.collect(),
        check: wire_checks(tallied.page, &tallied.agreed.clone().unwrap_or_default()),
    }
}

fn wire_line(line: &ExampleLine) -> WireLine<'_> {
    WireLine {
        line: line.number,
        text: &line.text,
    }
}

fn wire_reading(reading: &Reading) -> WireReading<'_> {
    WireReading {
        text: &reading.text,
        means: &reading.means,
    }
}

fn wire_places(places: &Places) -> WirePlaces<'_> {
    WirePlaces {
        server: places.server.as_deref(),
        port: places.port,
        client: places.client.as_deref(),
    }
}

fn wire_page(page: &Page, places: &Places) -> WirePage {
    WirePage {
        term: page.term,
        kinds: page.kinds.iter().map(|kind| kind.name()).collect(),
        numbers: page.numbers.map(|numbers| WireNumbers {
            linux: numbers.linux,
            macos: numbers.macos,
            windows: numbers.windows,
        }),
        title: page.title,
        on_the_wire: page.on_the_wire,
        brought_about_by: page.brought_about_by,
        told_apart: page
            .told_apart
            .iter()
            .map(|look_alike| WireLookAlike {
                other: look_alike.other,
                by: look_alike.by,
            })
            .collect(),
        check: wire_checks(page, places),
        applications: page.applications.iter().map(wire_sayings).collect(),
        shown_by: places.fill(page.shown_by),
        see_also: page.see_also,
    }
}

fn wire_checks(page: &Page, places: &Places) -> Vec<WireCheck> {
    let wire_check = |check: &knowledge::Check| WireCheck {
        on: check.on,
        run: check
            .run
            .into_iter()
            .flat_map(|run| run.split("; "))
            .map(|command| places.fill(command))
            .collect(),
        tells: places.fill(check.tells),
    };
    page.check.iter().map(wire_check).collect()
}

fn wire_sayings(group: &knowledge::Sayings) -> WireSayings {
    WireSayings {
        when: group.when,
        says: group
            .says
            .iter()
            .map(|saying| WireSaying {
                system_or_language: saying.system_or_language,
                text: saying.text,
            })
            .collect(),
    }
}
