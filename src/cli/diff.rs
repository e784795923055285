//! `tcpwhy diff`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::arguments::{DiffArguments, DiffFormat};
use super::exit_status::ExitStatus;
use super::messages::{Messages, chain};
use super::pager::{Paging, write_for_people};
use super::terminal;
use crate::capture::STANDARD_INPUT;
use crate::report::TimeZoneChoice;
use crate::report::difference::{Change, Difference, StoredReport, write_json, write_text};
use crate::report::text::TextStyle;

/// Compares the two reports; status 1 when something is newly failing.
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
        DiffFormat::Text => Paging::unless(arguments.no_pager),
        DiffFormat::Json => Paging::Never,
    };
    let written = write_for_people(None, paging, |out| match arguments.format {
        DiffFormat::Text => write_text(&difference, &style(arguments), out),
        DiffFormat::Json => write_json(&difference, out),
    });
    if let Err(error) = written {
        Messages::error(format!("{error:#}"), None);
        return ExitStatus::Input;
    }
    if difference.count(Change::NewlyFailing) > 0 {
        ExitStatus::Matched
    } else {
        ExitStatus::Success
    }
}

/// The report, or what is wrong with it and what to do.
fn read(path: &Path) -> Result<StoredReport, (String, Option<String>)> {
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
