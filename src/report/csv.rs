//! The attempts as CSV (RFC 4180): one a row, for spreadsheets and scripts.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::json::{self, WireAttempt, WireEvidence};
use super::model::Report;
use super::sanitize::terminal_safe;
use crate::diagnosis::ListingOrder;

/// The scalar fields of an attempt, by the names and in the order of the JSON report, `path` with
/// commas; and the numbers of its packets.
const COLUMNS: [&str; 34] = [
    "id",
    "file",
    "client",
    "client_address",
    "client_port",
    "server",
    "server_address",
    "server_port",
    "community_id",
    "client_name",
    "server_name",
    "service",
    "path",
    "vlan",
    "inner_vlan",
    "interface",
    "captured_at",
    "part_of",
    "isn",
    "outcome",
    "trouble",
    "cause",
    "confidence",
    "started",
    "started_epoch",
    "decided",
    "duration_us",
    "syn_count",
    "syn_ack_count",
    "answer_us",
    "app_error",
    "display_filter",
    "capture_filter",
    "verdict",
];

/// The columns behind these: lists of the JSON report, in short.
const MORE_COLUMNS: [&str; 1] = ["packets"];

/// One attempt, field by field as [`COLUMNS`]; absent is empty.
#[derive(Serialize)]
struct Row<'a> {
    id: u64,
    file: Cow<'a, str>,
    client: &'a str,
    client_address: &'a str,
    client_port: u16,
    server: &'a str,
    server_address: &'a str,
    server_port: u16,
    community_id: &'a str,
    client_name: Option<Cow<'a, str>>,
    server_name: Option<Cow<'a, str>>,
    service: Option<&'a str>,
    path: String,
    vlan: Option<u16>,
    inner_vlan: Option<u16>,
    interface: Option<Cow<'a, str>>,
    captured_at: Option<&'a str>,
    part_of: Option<&'a str>,
    isn: Option<u32>,
    outcome: &'a str,
    /// Separated by spaces.
    trouble: String,
    cause: Option<&'a str>,
    confidence: Option<&'a str>,
    started: &'a str,
    started_epoch: &'a str,
    decided: &'a str,
    duration_us: u64,
    syn_count: u32,
    syn_ack_count: u32,
    answer_us: Option<u64>,
    app_error: Option<&'a str>,
    display_filter: &'a str,
    capture_filter: Option<&'a str>,
    verdict: Option<Cow<'a, str>>,
    /// Those of its evidence in the file of the first, separated by spaces.
    packets: String,
}

/// Writes a header row, and one row for each listed attempt.
///
/// # Errors
///
/// What `out` says; that attempts put aside cannot be read.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = ::csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(out);
    rows.write_record(COLUMNS.iter().chain(&MORE_COLUMNS))?;
    for diagnosed in report.diagnosis.listed(ListingOrder::ByStart) {
        rows.serialize(row(&json::wire_attempt(report, &*diagnosed?)))?;
    }
    rows.flush()
}

fn row(attempt: &WireAttempt) -> Row<'_> {
    Row {
        id: attempt.id,
        file: no_formula(&attempt.file),
        client: &attempt.client,
        client_address: &attempt.client_address,
        client_port: attempt.client_port,
        server: &attempt.server,
        server_address: &attempt.server_address,
        server_port: attempt.server_port,
        community_id: &attempt.community_id,
        client_name: attempt.client_name.as_deref().map(no_formula),
        server_name: attempt.server_name.as_deref().map(no_formula),
        service: attempt.service.as_deref(),
        path: attempt.path.join(", "),
        vlan: attempt.vlan,
        inner_vlan: attempt.inner_vlan,
        interface: attempt.interface.as_deref().map(no_formula),
        captured_at: attempt.captured_at,
        part_of: attempt.part_of,
        isn: attempt.isn,
        outcome: attempt.outcome,
        trouble: attempt.trouble.join(" "),
        cause: attempt.cause,
        confidence: attempt.confidence,
        started: &attempt.started,
        started_epoch: attempt.started_epoch.get(),
        decided: &attempt.decided,
        duration_us: attempt.duration_us,
        syn_count: attempt.syn_count,
        syn_ack_count: attempt.syn_ack_count,
        answer_us: attempt.answer_us,
        app_error: attempt.app_error,
        display_filter: &attempt.display_filter,
        capture_filter: attempt.capture_filter.as_deref(),
        verdict: attempt.verdict.as_deref().map(no_formula),
        packets: packets(attempt),
    }
}

fn packets(attempt: &WireAttempt) -> String {
    let of_file = |packet: &&WireEvidence| packet.source == attempt.first_packet.source;
    let numbers = attempt.evidence.iter().filter(of_file);
    let numbers: Vec<String> = numbers.map(|packet| packet.packet.to_string()).collect();
    numbers.join(" ")
}

/// Text that came from the capture, on one line, and with an apostrophe before it where a
/// spreadsheet would take it for a formula.
fn no_formula(text: &str) -> Cow<'_, str> {
    let safe = terminal_safe(text);
    if safe.trim_start().starts_with(FORMULA_STARTS) {
        Cow::Owned(format!("'{safe}"))
    } else {
        safe
    }
}

/// What a formula starts with; spreadsheets take the wide forms for the narrow ones.
const FORMULA_STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_is_text() {
        assert_eq!(no_formula("db.internal"), "db.internal");
        assert_eq!(no_formula("=1+1"), "'=1+1");
        assert_eq!(no_formula("  @SUM(A1)"), "'  @SUM(A1)");
        assert_eq!(no_formula("\t=1"), "\\u{9}=1");
        assert_eq!(no_formula("＝1"), "'＝1");
    }

    #[cfg(feature = "json-schema")]
    #[test]
    fn the_columns_are_the_scalar_fields_of_an_attempt() {
        let schema = json::schema();
        let fields = schema
            .pointer("/$defs/Attempt/properties")
            .and_then(|properties| properties.as_object())
            .unwrap();
        let scalars: Vec<&str> = fields
            .iter()
            .filter(|(name, field)| {
                // Of the lists only the short ones of words are columns.
                let is_list = field.get("type") == Some(&"array".into());
                let is_list = is_list && !["trouble", "path"].contains(&name.as_str());
                // The id says in one number what the place of the first packet says in two.
                !is_list && field.get("$ref").is_none()
            })
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(scalars, COLUMNS);
    }
}
