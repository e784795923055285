//! `tcpwhy explain`.

use std::io;

use super::arguments::ColorChoice;
use super::exit_status::ExitStatus;
use super::messages::Messages;
use super::output::write_report;
use super::terminal;
use crate::diagnosis::knowledge;
use crate::report::TimeZoneChoice;
use crate::report::text::{TextStyle, explain};

/// How much of an unknown term is repeated.
const LONGEST_REPEATED_TERM: usize = 60;

/// Running text reads badly in lines longer than this.
const WIDEST_TEXT: usize = 80;

/// Explains the term, or lists all terms.
pub(super) fn run(term: &[String]) -> ExitStatus {
    let term = term.join(" ");
    if term.trim().is_empty() {
        return write(|style, out| explain::write_list(style, out));
    }
    let pages = knowledge::find(&term);
    if pages.is_empty() {
        return unknown(&term);
    }
    write(|style, out| explain::write(&pages, style, out))
}

fn unknown(term: &str) -> ExitStatus {
    let mut shown: String = term.chars().take(LONGEST_REPEATED_TERM).collect();
    if shown.len() < term.len() {
        shown.push_str("...");
    }
    let nearest = knowledge::nearest(term).join(", ");
    Messages::error(
        format!("nothing is known about '{shown}'"),
        Some(&format!("the nearest terms: {nearest}")),
    );
    ExitStatus::Usage
}

fn write(text: impl FnOnce(&TextStyle, &mut dyn io::Write) -> io::Result<()>) -> ExitStatus {
    let to_terminal = terminal::is_terminal();
    let style = TextStyle {
        width: terminal::width(to_terminal).min(WIDEST_TEXT),
        color: terminal::uses_color(ColorChoice::Auto, to_terminal),
        zone: TimeZoneChoice::Utc,
        only_failures: false,
    };
    match write_report(None, |out| text(&style, out)) {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            Messages::error(format!("{error:#}"), None);
            ExitStatus::Input
        }
    }
}
