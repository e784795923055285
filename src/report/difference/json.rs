//! A difference for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::causes::Counts;
use super::rule::{Change, failed_percent};
use super::stored::OutcomeNumbers;
use super::{ChangedService, Difference};

/// The name and version of this shape.
const SCHEMA: &str = "tcpwhy-diff/1";

/// What changed between two reports.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    summary: Summary,
    services: Vec<Service<'a>>,
}

/// How many services changed how.
#[derive(Serialize)]
struct Summary {
    compared: usize,
    newly_failing: usize,
    worse: usize,
    other_cause: usize,
    better: usize,
    healed: usize,
}

#[derive(Serialize)]
struct Service<'a> {
    server: &'a str,
    server_name: Option<&'a str>,
    change: &'static str,
    before: Numbers,
    after: Numbers,
    findings: Vec<Finding<'a>>,
    /// Why listed attempts to it failed, and how many.
    causes: Causes<'a>,
}

#[derive(Serialize)]
struct Causes<'a> {
    before: &'a Counts,
    after: &'a Counts,
}

/// Its connects in one of the reports.
#[derive(Serialize)]
struct Numbers {
    established: u64,
    failed: u64,
    /// Of the decided ones, to a tenth; null without any.
    failed_percent: Option<f64>,
}

#[derive(Serialize)]
struct Finding<'a> {
    kind: &'a str,
    statement: &'a str,
}

/// Writes the difference as one JSON document.
///
/// # Errors
///
/// What `out` says.
pub fn write(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        summary: Summary {
            compared: difference.compared,
            newly_failing: difference.count(Change::NewlyFailing),
            worse: difference.count(Change::Worse),
            other_cause: difference.count(Change::OtherCause),
            better: difference.count(Change::Better),
            healed: difference.count(Change::Healed),
        },
        services: difference.services.iter().map(service).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn service(changed: &ChangedService) -> Service<'_> {
    let findings = changed.findings.iter().map(|finding| Finding {
        kind: &finding.kind,
        statement: &finding.statement,
    });
    Service {
        server: &changed.server,
        server_name: changed.server_name.as_deref(),
        change: changed.change.name(),
        before: numbers(changed.before),
        after: numbers(changed.after),
        findings: findings.collect(),
        causes: Causes {
            before: &changed.causes.0,
            after: &changed.causes.1,
        },
    }
}

fn numbers(outcomes: OutcomeNumbers) -> Numbers {
    Numbers {
        established: outcomes.succeeded(),
        failed: outcomes.failed(),
        failed_percent: failed_percent(outcomes).map(|percent| (percent * 10.0).round() / 10.0),
    }
}
