//! The attempts as CSV (RFC 4180): one a row, for spreadsheets and scripts.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use super::json;
use super::model::Report;
use super::sanitize::terminal_safe;
use crate::diagnosis::ListingOrder;

/// The scalar fields of an attempt, by the names and in the order of the JSON report.
const COLUMNS: [&str; 23] = [
    "id",
    "client",
    "server",
    "client_name",
    "server_name",
    "service",
    "captured_at",
    "part_of",
    "isn",
    "outcome",
    "trouble",
    "cause",
    "confidence",
    "started",
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

/// One attempt, field by field as [`COLUMNS`]; absent is empty.
#[derive(Serialize)]
struct Row<'a> {
    id: u64,
    client: &'a str,
    server: &'a str,
    client_name: Option<Cow<'a, str>>,
    server_name: Option<Cow<'a, str>>,
    service: Option<&'a str>,
    captured_at: Option<&'a str>,
    part_of: Option<&'a str>,
    isn: Option<u32>,
    outcome: &'a str,
    /// Separated by spaces.
    trouble: String,
    cause: Option<&'a str>,
    confidence: Option<&'a str>,
    started: &'a str,
    decided: &'a str,
    duration_us: u64,
    syn_count: u32,
    syn_ack_count: u32,
    answer_us: Option<u64>,
    app_error: Option<&'a str>,
    display_filter: &'a str,
    capture_filter: Option<&'a str>,
    verdict: Option<Cow<'a, str>>,
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
    rows.write_record(COLUMNS)?;
    for diagnosed in report.diagnosis.listed(ListingOrder::ByStart) {
        let attempt = json::wire_attempt(report, &*diagnosed?);
        rows.serialize(Row {
            id: attempt.id,
            client: &attempt.client,
            server: &attempt.server,
            client_name: attempt.client_name.as_deref().map(no_formula),
            server_name: attempt.server_name.as_deref().map(no_formula),
            service: attempt.service.as_deref(),
            captured_at: attempt.captured_at,
            part_of: attempt.part_of,
            isn: attempt.isn,
            outcome: attempt.outcome,
            trouble: attempt.trouble.join(" "),
            cause: attempt.cause,
            confidence: attempt.confidence,
            started: &attempt.started,
            decided: &attempt.decided,
            duration_us: attempt.duration_us,
            syn_count: attempt.syn_count,
            syn_ack_count: attempt.syn_ack_count,
            answer_us: attempt.answer_us,
            app_error: attempt.app_error,
            display_filter: &attempt.display_filter,
            capture_filter: attempt.capture_filter.as_deref(),
            verdict: attempt.verdict.as_deref().map(no_formula),
        })?;
    }
    rows.flush()
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
                // Of the lists only the short one of words is a column.
                let is_list = field.get("type") == Some(&"array".into());
                let is_list = is_list && name.as_str() != "trouble";
                // The id says in one number what the place of the first packet says in two.
                !is_list && field.get("$ref").is_none()
            })
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(scalars, COLUMNS);
    }
}
