//! `tcpwhy diff`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::diff_arguments::{DiffArguments, DiffFailOn, DiffFormat};
use super::exit_status::ExitStatus;
use super::messages::{Messages, chain};
use super::pager::{Paging, write_for_people};
use super::terminal;
use crate::capture::STANDARD_INPUT;
use crate::report::TimeZoneChoice;
use crate::report::difference::{
    Change, Difference, StoredReport, write_html, write_json, write_markdown, write_text,
};
use crate::report::text::TextStyle;

/// Compares the two reports; status 1 when something is newly failing, or has changed as asked for.
pub(super) fn run(arguments: &DiffArguments) -> ExitStatus {
    let is_stream = |path: &Path| path == Path::new(STANDARD_INPUT);
    if is_stream(&arguments.before) && is_stream(&arguments.after) {
        Messages::error(
            "only one of the two reports can come from standard input",
            None,
        );
        return ExitStatus::Usage;
    }
    let before = read(&arguments.before);
    let after = read(&arguments.after);
    let (Ok(before), Ok(after)) = (&before, &after) else {
        for (message, hint) in [before.err(), after.err()].into_iter().flatten() {
            Messages::error(message, hint.as_deref());
        }
        return ExitStatus::Input;
    };
    let difference = Difference::between(before, after);
    let paging = match arguments.format {
        DiffFormat::Text | DiffFormat::Markdown => Paging::unless(arguments.no_pager),
        DiffFormat::Json | DiffFormat::Html => Paging::Never,
    };
    let written = write_for_people(None, paging, |out| match arguments.format {
        DiffFormat::Text => write_text(&difference, &style(arguments), out),
        DiffFormat::Json => write_json(&difference, out),
        DiffFormat::Markdown => write_markdown(&difference, out),
        DiffFormat::Html => write_html(&difference, out),
    });
    if let Err(error) = written {
        Messages::error(format!("{error:#}"), None);
        return ExitStatus::Input;
    }
    let failing: &[Change] = match arguments.fail_on {
        DiffFailOn::NewlyFailing => &[Change::NewlyFailing],
        DiffFailOn::Worse => &[Change::NewlyFailing, Change::Worse],
        DiffFailOn::OtherCause => &[Change::NewlyFailing, Change::Worse, Change::OtherCause],
    };
    if failing.iter().any(|change| difference.count(*change) > 0) {
        ExitStatus::Matched
    } else {
        ExitStatus::Success
    }
}

/// What is wrong with a report, and what to do.
type Refusal = (String, Option<String>);

/// The report; of a directory all that are in it, taken together.
fn read(path: &Path) -> Result<StoredReport, Refusal> {
    if !path.is_dir() {
        return read_one(path);
    }
    let shown = path.display();
    let unreadable = |error: io::Error| (format!("cannot read {shown}: {error}"), None);
    let entries = fs::read_dir(path).map_err(unreadable)?;
    let entries: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut files = entries.map_err(unreadable)?;
    let is_report = |file: &PathBuf| {
        let ending = file.extension().unwrap_or_default();
        ending.eq_ignore_ascii_case("json") && !file.is_dir()
    };
    files.retain(is_report);
    files.sort();
    let mut whole: Option<StoredReport> = None;
    for file in files {
        let report = read_one(&file)?;
        match &mut whole {
            None => whole = Some(report),
            Some(whole) => whole
                .add(report)
                .map_err(|error| (format!("{} {error}", file.display()), Some(error.hint())))?,
        }
    }
    whole.ok_or_else(|| {
        let hint = "tcpwhy read FILE -F json -o REPORT.json makes a report";
        (
            format!("no report (*.json) is in {shown}"),
            Some(hint.to_owned()),
        )
    })
}

fn read_one(path: &Path) -> Result<StoredReport, Refusal> {
    let shown = path.display();
    let input: Box<dyn Read> = if path == Path::new(STANDARD_INPUT) {
        Box::new(io::stdin().lock())
    } else {
        let opened = File::open(path);
        Box::new(opened.map_err(|error| (format!("cannot open {shown}: {error}"), None))?)
    };
    StoredReport::read(input)
        .map_err(|error| (format!("{shown} {}", chain(&error)), Some(error.hint())))
}

fn style(arguments: &DiffArguments) -> TextStyle {
    let to_terminal = terminal::is_terminal();
    TextStyle {
        width: terminal::width(to_terminal),
        color: terminal::uses_color(arguments.color, to_terminal),
        zone: TimeZoneChoice::Utc,
        only_failures: false,
    }
}
