//! What is known of a term or of many lines, as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::diagnosis::knowledge::{self, Explanation, Page, Places, Reading, TalliedPage, Tally};

/// The version of the shape; what is added keeps it.
const SCHEMA: &str = "tcpwhy-explain/1";

#[derive(Serialize)]
struct Explained<'a> {
    schema: &'static str,
    /// What was asked about; none for the list of all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    read_as: Vec<WireReading<'a>>,
    named: WirePlaces<'a>,
    /// The first is what the text is about, the others are perhaps meant.
    pages: Vec<WirePage>,
}

#[derive(Serialize)]
struct ExplainedLines {
    schema: &'static str,
    lines: u64,
    known_lines: u64,
    pages: Vec<serde_json::Value>,
}

#[derive(Serialize)]
struct WireReading<'a> {
    text: &'a str,
    means: &'a str,
}

#[derive(Serialize)]
struct WirePlaces<'a> {
    server: Option<&'a str>,
    port: Option<u16>,
    client: Option<&'a str>,
}

#[derive(Serialize)]
struct WirePage {
    term: &'static str,
    kinds: Vec<&'static str>,
    numbers: Option<WireNumbers>,
    title: &'static str,
    on_the_wire: &'static str,
    brought_about_by: &'static [&'static str],
    told_apart: Vec<WireLookAlike>,
    check: Vec<WireCheck>,
    applications: Vec<WireSayings>,
    shown_by: String,
    see_also: &'static [&'static str],
}

#[derive(Serialize)]
struct WireNumbers {
    linux: Option<u32>,
    macos: Option<u32>,
    windows: Option<u32>,
}

#[derive(Serialize)]
struct WireLookAlike {
    other: &'static str,
    by: &'static str,
}

#[derive(Serialize)]
struct WireCheck {
    on: &'static str,
    /// One command after the other; those whom the text names are filled in.
    run: Vec<String>,
    tells: String,
}

#[derive(Serialize)]
struct WireSayings {
    when: &'static str,
    says: Vec<WireSaying>,
}

#[derive(Serialize)]
struct WireSaying {
    system_or_language: &'static str,
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
    let document = ExplainedLines {
        schema: SCHEMA,
        lines: tally.lines(),
        known_lines: tally.known_lines(),
        pages: tally.into_pages().iter().map(tallied_page).collect(),
    };
    write_document(&document, out)
}

fn write_document(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

fn tallied_page(tallied: &TalliedPage) -> serde_json::Value {
    let read_as = tallied.read_as.iter().map(|(reading, lines)| {
        serde_json::json!({
            "text": reading.text,
            "means": reading.means,
            "lines": lines,
        })
    });
    let named = tallied.places.iter().map(|(places, lines)| {
        serde_json::json!({
            "server": places.server,
            "port": places.port,
            "client": places.client,
            "lines": lines,
        })
    });
    serde_json::json!({
        "term": tallied.page.term,
        "title": tallied.page.title,
        "lines": tallied.lines,
        "first": { "line": tallied.first.number, "text": tallied.first.text },
        "last": { "line": tallied.last.number, "text": tallied.last.text },
        "read_as": read_as.collect::<Vec<_>>(),
        "named": named.collect::<Vec<_>>(),
        "check": wire_checks(tallied.page, &tallied.agreed.clone().unwrap_or_default()),
    })
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
