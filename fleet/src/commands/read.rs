//! `tcpwhy-fleet read`.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use super::arguments::{Format, ReadArguments};
use super::{Failure, Status, fleet, tell_problem, warn};
use crate::plan::Question;
use crate::tables::Told;
use tcpwhy::capture::{ProblemKind, SourceFacts};
use tcpwhy::report::markdown::MarkdownStyle;
use tcpwhy::report::text::TextStyle;
use tcpwhy::report::{Report, TimeZoneChoice, csv, ecs, html, json, markdown, text};

/// How many attempts are listed, unless told otherwise: as by `tcpwhy read`.
const LISTED_FOR_PEOPLE: usize = 1000;
const LISTED_FOR_PROGRAMS: usize = 100_000;
const SHOWN_FOR_PEOPLE: usize = 20;

/// Columns of text that goes anywhere.
const WIDTH: usize = 100;

pub(super) async fn run(arguments: ReadArguments, typed: Vec<String>) -> Result<Status, Failure> {
    let usual = match arguments.format {
        Format::Text | Format::Markdown | Format::Html => LISTED_FOR_PEOPLE,
        Format::Json | Format::Csv => LISTED_FOR_PROGRAMS,
        Format::Ndjson | Format::Ecs => 0,
    };
    let listed = arguments.max_attempts.unwrap_or(usual);
    let question = Question {
        patience: arguments.fleet.patience,
        listed_attempts: (listed > 0).then_some(listed),
        hashes: arguments.hash || matches!(arguments.format, Format::Html | Format::Markdown),
        order: match arguments.format {
            Format::Ndjson | Format::Ecs => crate::plan::Order::ByDecision,
            _ => crate::plan::Order::ByStart,
        },
        ..Question::default()
    };
    let answer = fleet(&arguments.fleet)?
        .ask(&arguments.places, &question)
        .await?;
    let mut told = Told::of(answer, &question, typed);
    if arguments.max_attempts.is_none() {
        let is_short = matches!(arguments.format, Format::Text | Format::Markdown);
        told.report.settings.shown_attempts = is_short.then_some(SHOWN_FOR_PEOPLE);
    }
    let mut status = Status::Success;
    for problem in &told.problems {
        tell_problem(problem);
        status = Status::Input;
    }
    for source in &told.report.capture.sources {
        status = status.max(tell_of(source));
    }
    write_out(&arguments, &told.report)?;
    Ok(status)
}

/// Tells what is wrong with a source: one that only ends too early is none the worse for it.
fn tell_of(source: &SourceFacts) -> Status {
    let Some(problem) = &source.problem else {
        return Status::Success;
    };
    let path = source.path.display();
    if problem.kind == ProblemKind::Damaged {
        tell_problem(&format!("cannot read {path}: {problem}"));
        return Status::Input;
    }
    warn(&format!("{path}: {problem}"));
    Status::Success
}

/// Writes the report where it was asked for.
fn write_out(arguments: &ReadArguments, report: &Report) -> Result<(), Failure> {
    let Some(path) = &arguments.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = write(arguments.format, report, &mut out).and_then(|()| out.flush());
        return match written {
            // Whoever reads has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        };
    };
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(arguments.format, report, &mut out)?;
        out.flush()
    });
    written.map_err(|error| Failure::input(format!("cannot write {}: {error}", path.display())))
}

fn write(format: Format, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let zone = TimeZoneChoice::Utc;
    match format {
        Format::Text => {
            let style = TextStyle {
                width: WIDTH,
                color: false,
                zone,
                only_failures: true,
            };
            text::write(report, &style, out)
        }
        Format::Json => json::write(report, out),
        Format::Html => html::write(report, zone, out),
        Format::Markdown => {
            let style = MarkdownStyle {
                zone,
                only_failures: true,
            };
            markdown::write(report, &style, out)
        }
        Format::Ndjson => json::ndjson::write(report, false, out),
        Format::Csv => csv::write(report, out),
        Format::Ecs => ecs::write(report, false, out),
    }
}
