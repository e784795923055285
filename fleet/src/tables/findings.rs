//! `findings(...)`: what attempts say together.

use chrono::{DateTime, Utc};
use datafusion::error::{DataFusionError, Result};
use serde_json::Value;
use tcpwhy::capture::Timestamp;
use tcpwhy::report::{Report, json};

use super::columns::{Cell, Column, Kind, Rows, column};

pub(super) const COLUMNS: &[Column] = &[
    column("id", Kind::Number, "Its number, the worst first"),
    column("kind", Kind::Text, "What kind of finding it is"),
    column(
        "confidence",
        Kind::Text,
        "How sure it is: certain, likely, possible",
    ),
    column("server", Kind::Text, "The server that it is about"),
    column(
        "server_name",
        Kind::Text,
        "That server's name, learned from the capture",
    ),
    column("clients", Kind::Number, "How many clients it affects"),
    column("attempts", Kind::Number, "How many attempts it affects"),
    column("since", Kind::Time, "Since when"),
    column("until", Kind::Time, "Until when"),
    column("statement", Kind::Text, "In words"),
    column("evidence", Kind::Text, "What proves it, a line each"),
    column("next_steps", Kind::Text, "What to check next, a line each"),
];

/// Adds all findings of a report.
pub(super) fn push_all(rows: &mut Rows, report: &Report) -> Result<()> {
    let findings = json::findings(report);
    let findings = findings.map_err(|error| DataFusionError::External(error.into()))?;
    let findings = findings.as_array().map(Vec::as_slice).unwrap_or_default();
    findings.iter().try_for_each(|finding| push(rows, finding))
}

fn push(rows: &mut Rows, finding: &Value) -> Result<()> {
    let field = |name: &str| finding.get(name);
    let text = |name: &str| Cell::Text(field(name).and_then(Value::as_str).map(str::to_owned));
    let number = |name: &str| Cell::Number(field(name).and_then(Value::as_u64));
    let time = |name: &str| Cell::Time(field(name).and_then(Value::as_str).and_then(timestamp));
    let list = |name: &str| field(name).and_then(Value::as_array).map(Vec::as_slice);
    let evidence = list("evidence").unwrap_or_default().iter();
    let evidence: Vec<&str> = evidence.filter_map(Value::as_str).collect();
    let steps = list("next_steps").unwrap_or_default().iter();
    let steps: Vec<String> = steps.map(step).collect();
    rows.push([
        number("id"),
        text("kind"),
        text("confidence"),
        text("server"),
        text("server_name"),
        number("clients"),
        number("attempts"),
        time("from"),
        time("until"),
        text("statement"),
        Cell::words(evidence.join("\n")),
        Cell::words(steps.join("\n")),
    ])
}

fn step(step: &Value) -> String {
    let word = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{}: {} ({})", word("where"), word("run"), word("why"))
}

fn timestamp(text: &str) -> Option<Timestamp> {
    let at: DateTime<Utc> = text.parse().ok()?;
    at.timestamp_nanos_opt().map(Timestamp::from_nanoseconds)
}
