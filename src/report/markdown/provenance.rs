//! What the report was made from, and how: so that somebody else can make it again.

use super::escape::{Place, code};
use super::table::Table;
use crate::capture::{SourceFacts, Timestamp};
use crate::report::counts::grouped;
use crate::report::custody_words;
use crate::report::model::Report;
use crate::report::provenance_words::{dropped, link_types, settings, time_handling};
use crate::report::shell_word::shell_word;
use crate::report::times::{TimeZoneChoice, rfc3339};

pub(super) fn provenance(report: &Report, zone: TimeZoneChoice) -> Vec<String> {
    let tool = &report.tool;
    let arguments = tool.arguments.iter().map(|word| shell_word(word));
    let typed: Vec<String> = ["tcpwhy".to_owned()].into_iter().chain(arguments).collect();
    let mut facts = vec![
        format!(
            "tcpwhy {}: {}",
            tool.version,
            code(&typed.join(" "), Place::Paragraph)
        ),
        time_handling(zone).to_owned(),
    ];
    for (name, value) in settings(report) {
        facts.push(format!("{name}: {}", code(&value, Place::Paragraph)));
    }
    let lines: Vec<String> = facts.iter().map(|fact| format!("- {fact}")).collect();
    vec!["## Made from".to_owned(), lines.join("\n"), sources(report)]
}

/// Who made the report, where that was to be said. The files and their hashes stand above it.
pub(super) fn custody(report: &Report) -> Vec<String> {
    let Some(custody) = &report.handover.custody else {
        return Vec::new();
    };
    let facts = custody_words::facts(report, custody).into_iter();
    let lines = facts.map(|(name, value)| format!("- {name}: {}", code(&value, Place::Paragraph)));
    let lines: Vec<String> = lines.collect();
    vec!["## Chain of custody".to_owned(), lines.join("\n")]
}

fn sources(report: &Report) -> String {
    let heads = [
        "Source",
        "File",
        "Bytes",
        "SHA-256",
        "Packets",
        "First",
        "Last",
        "Link types",
        "Dropped",
        "Problem",
    ];
    let mut table = Table::new(&heads, &[0, 2, 4]);
    for (number, source) in report.capture.sources.iter().enumerate() {
        table.row(&source_row(number, source));
    }
    table.text()
}

fn source_row(number: usize, source: &SourceFacts) -> Vec<String> {
    let or_dash =
        |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| code(&text, Place::Cell));
    let time = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), rfc3339);
    vec![
        number.to_string(),
        code(&source.path.to_string_lossy(), Place::Cell),
        grouped(source.bytes),
        or_dash(source.sha256.clone()),
        grouped(source.packets),
        time(source.first),
        time(source.last),
        code(&link_types(source).join(", "), Place::Cell),
        or_dash(dropped(source)),
        or_dash(source.problem.as_ref().map(ToString::to_string)),
    ]
}
