//! The report in lines: each a JSON object of its own, with its type and its data in the shape of the JSON report.

use std::io::{self, Write};

use serde::Serialize;

use super::{numbered, wire_attempt, wire_capture, wire_endpoint, wire_finding, wire_summary};
use crate::diagnosis::DiagnosedAttempt;
use crate::report::model::Report;

/// One line.
#[derive(Serialize)]
struct Line<T> {
    #[serde(rename = "type")]
    kind: &'static str,
    data: T,
}

/// Writes the attempts in the order in which they were decided, then the findings, the endpoints, the summary and the capture.
/// With `flushes_lines`, each line leaves as soon as it is whole: for a reader that waits for it.
///
/// # Errors
///
/// What `out` says.
pub fn write(report: &Report, flushes_lines: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Lines { out, flushes_lines };
    let diagnosis = &report.diagnosis;
    let mut attempts: Vec<&DiagnosedAttempt> = diagnosis.attempts.iter().collect();
    attempts
        .sort_by_key(|diagnosed| (diagnosed.decided.judgement.at, diagnosed.decided.attempt.id));
    for diagnosed in attempts {
        lines.write("attempt", wire_attempt(report, diagnosed))?;
    }
    for (id, finding) in numbered(&diagnosis.findings) {
        lines.write("finding", wire_finding(report, id, finding))?;
    }
    for endpoint in &diagnosis.endpoints {
        lines.write("endpoint", wire_endpoint(report, endpoint))?;
    }
    lines.write("summary", wire_summary(report))?;
    lines.write("capture", wire_capture(report))
}

struct Lines<'a> {
    out: &'a mut dyn Write,
    flushes_lines: bool,
}

impl Lines<'_> {
    fn write(&mut self, kind: &'static str, data: impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, &Line { kind, data })?;
        self.out.write_all(b"\n")?;
        if self.flushes_lines {
            self.out.flush()?;
        }
        Ok(())
    }
}
