//! The report in lines: each a JSON object of its own, with its type and its data in the shape of
//! the JSON report.

use std::io::{self, Write};

use serde::Serialize;

use super::{
    numbered, wire, wire_attempt, wire_capture, wire_endpoint, wire_finding, wire_settings,
    wire_summary, wire_tool,
};
#[cfg(feature = "live")]
use crate::diagnosis::DiagnosedAttempt;
use crate::diagnosis::ListingOrder;
#[cfg(feature = "live")]
use crate::handshake::Outcome;
use crate::report::model::Report;

/// One line.
#[derive(Serialize)]
struct Line<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    data: T,
}

/// A line that takes an earlier one back.
#[cfg(feature = "live")]
#[derive(Serialize)]
struct Correction<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    before: &'static str,
    data: T,
}

/// What the last line says: what made the lines before, with which settings, and what they leave
/// out; as in the JSON report.
#[derive(Serialize)]
struct Made {
    schema: &'static str,
    tool: wire::Tool,
    settings: wire::Settings,
    attempts_omitted: u64,
}

/// Writes the attempts in the order in which they were decided, then the findings, the endpoints,
/// the summary, the capture and what made the report. With `flushes_lines`, each line leaves as
/// soon as it is whole: for a reader that waits for it.
///
/// # Errors
///
/// What `out` says; that attempts put aside cannot be read, or were put aside in another order.
pub fn write(report: &Report, flushes_lines: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines { out, flushes_lines };
    for diagnosed in report.diagnosis.listed(ListingOrder::ByDecision) {
        lines.write("attempt", wire_attempt(report, &*diagnosed?))?;
    }
    lines.write_end(report)
}

/// Writes one attempt as soon as it is decided, or, when it corrects what was told `before`, as
/// `{"type":"correction","before":"dropped","data":{…}}`. `report` is what it will be part of, as
/// far as that is known; names are those of the client and the server.
///
/// # Errors
///
/// What `out` says.
#[cfg(feature = "live")]
pub fn write_attempt(
    report: &Report,
    diagnosed: &DiagnosedAttempt,
    before: Option<Outcome>,
    names: (Option<&str>, Option<&str>),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut data = wire_attempt(report, diagnosed);
    data.client_name = names.0.map(str::to_owned);
    data.server_name = names.1.map(str::to_owned);
    match before {
        None => write_line(
            &Line {
                kind: "attempt",
                data,
            },
            out,
        ),
        Some(before) => {
            let correction = Correction {
                kind: "correction",
                before: before.name(),
                data,
            };
            write_line(&correction, out)
        }
    }
}

/// Writes what stands at the end: findings, endpoints, summary, capture and what made the report.
///
/// # Errors
///
/// What `out` says.
#[cfg(feature = "live")]
pub fn write_end(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let flushes_lines = false;
    Lines { out, flushes_lines }.write_end(report)
}

struct Lines<'a> {
    out: &'a mut dyn Write,
    flushes_lines: bool,
}

impl Lines<'_> {
    fn write_end(&mut self, report: &Report) -> io::Result<()> {
        for (id, finding) in numbered(&report.diagnosis.findings) {
            self.write("finding", wire_finding(report, id, finding))?;
        }
        for endpoint in &report.diagnosis.endpoints {
            self.write("endpoint", wire_endpoint(report, endpoint))?;
        }
        self.write("summary", wire_summary(report))?;
        self.write("capture", wire_capture(report))?;
        let made = Made {
            schema: wire::SCHEMA,
            tool: wire_tool(report),
            settings: wire_settings(&report.settings),
            attempts_omitted: report.diagnosis.attempts_omitted,
        };
        self.write("report", made)
    }

    fn write(&mut self, kind: &'static str, data: impl Serialize) -> io::Result<()> {
        write_line(&Line { kind, data }, self.out)?;
        if self.flushes_lines {
            self.out.flush()?;
        }
        Ok(())
    }
}

fn write_line(line: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
