//! `tcpwhy explain`.

use std::io::{self, BufRead, Read};

use anyhow::Context;

use super::arguments::{ColorChoice, ExplainArguments, ExplainFormat};
use super::exit_status::ExitStatus;
use super::messages::Messages;
use super::pager::{Paging, write_for_people};
use super::terminal;
use crate::diagnosis::knowledge::{self, Tally};
use crate::report::TimeZoneChoice;
use crate::report::json;
use crate::report::text::{TextStyle, explain};

/// How much of an unknown term is repeated.
const LONGEST_REPEATED_TERM: usize = 60;

/// Running text reads badly in lines longer than this.
const WIDEST_TEXT: usize = 80;

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// How much of a line is looked at.
const LONGEST_LINE: u64 = 64 * 1024;

/// Explains the term, what standard input holds, or lists all terms.
pub(super) fn run(arguments: ExplainArguments) -> ExitStatus {
    let no_pager = arguments.no_pager;
    let (words, format) = with_format_behind(arguments);
    let answer = Answer {
        format,
        paging: match format {
            ExplainFormat::Text => Paging::unless(no_pager),
            ExplainFormat::Json => Paging::Never,
        },
    };
    if let [word] = words.as_slice()
        && word == STANDARD_INPUT
    {
        return match lines_of_standard_input() {
            Ok(lines) => explain_lines(lines, answer),
            Err(error) => {
                Messages::error(format!("{error:#}"), None);
                ExitStatus::Input
            }
        };
    }
    let term = words.join(" ");
    if term.trim().is_empty() {
        return match format {
            ExplainFormat::Text => answer.write(|style, out| explain::write_list(style, out)),
            ExplainFormat::Json => answer.write(|_, out| json::explain::write_list(out)),
        };
    }
    explain_text(&term, answer)
}

/// The words of the term without `--format json` behind them, where people like to put it: all that
/// follows a term is taken for a part of it.
fn with_format_behind(arguments: ExplainArguments) -> (Vec<String>, ExplainFormat) {
    let ExplainArguments {
        format, mut term, ..
    } = arguments;
    let words: Vec<&str> = term.iter().map(String::as_str).collect();
    let (count, format) = match words.as_slice() {
        [_, .., "--format" | "-F", "json"] => (2, ExplainFormat::Json),
        [_, .., "--format" | "-F", "text"] => (2, ExplainFormat::Text),
        [_, .., "--format=json"] => (1, ExplainFormat::Json),
        [_, .., "--format=text"] => (1, ExplainFormat::Text),
        _ => (0, format),
    };
    term.truncate(term.len() - count);
    (term, format)
}

fn explain_text(text: &str, answer: Answer) -> ExitStatus {
    let known = knowledge::explain(text);
    if known.pages.is_empty() {
        return unknown(text);
    }
    match answer.format {
        ExplainFormat::Text => answer.write(|style, out| explain::write(&known, style, out)),
        ExplainFormat::Json => answer.write(|_, out| json::explain::write(text, &known, out)),
    }
}

/// What was read: a line alone is explained whole, of several each is counted.
enum Lines {
    One(String),
    Many(Tally),
}

fn lines_of_standard_input() -> anyhow::Result<Lines> {
    let mut input = io::stdin().lock();
    let mut tally = Tally::default();
    let mut only_line = None;
    let mut line = Vec::new();
    while next_line(&mut input, &mut line).context("cannot read standard input")? {
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        tally.add(&text);
        only_line = (tally.lines() == 1).then(|| text.trim().to_owned());
    }
    Ok(only_line.map_or(Lines::Many(tally), Lines::One))
}

/// Reads the next line; what is longer than is looked at is passed over. False at the end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = input.by_ref().take(LONGEST_LINE).read_until(b'\n', line)?;
    if read > 0 && !line.ends_with(b"\n") {
        skip_to_end_of_line(input)?;
    }
    Ok(read > 0)
}

fn skip_to_end_of_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let held = input.fill_buf()?;
        let end = held.iter().position(|byte| *byte == b'\n');
        let passed = end.map_or(held.len(), |end| end + 1);
        input.consume(passed);
        if end.is_some() || passed == 0 {
            return Ok(());
        }
    }
}

fn explain_lines(lines: Lines, answer: Answer) -> ExitStatus {
    let tally = match lines {
        Lines::One(line) => return explain_text(&line, answer),
        Lines::Many(tally) => tally,
    };
    if tally.known_lines() == 0 {
        let what = match tally.lines() {
            0 => "standard input is empty".to_owned(),
            lines => format!("nothing is known about any of the {lines} lines"),
        };
        Messages::error(what, None);
        return ExitStatus::Usage;
    }
    match answer.format {
        ExplainFormat::Text => answer.write(|style, out| explain::write_tally(tally, style, out)),
        ExplainFormat::Json => answer.write(|_, out| json::explain::write_tally(tally, out)),
    }
}

fn unknown(term: &str) -> ExitStatus {
    let mut shown: String = term.chars().take(LONGEST_REPEATED_TERM).collect();
    if shown.len() < term.len() {
        shown.push_str("...");
    }
    let nearest = knowledge::nearest(term);
    let hint = match nearest.as_slice() {
        [] => "tcpwhy explain, without a term, lists all that is known".to_owned(),
        nearest => format!("the nearest terms: {}", nearest.join(", ")),
    };
    Messages::error(format!("nothing is known about '{shown}'"), Some(&hint));
    ExitStatus::Usage
}

/// How what is known is told.
#[derive(Clone, Copy)]
struct Answer {
    format: ExplainFormat,
    paging: Paging,
}

impl Answer {
    fn write(
        self,
        text: impl FnOnce(&TextStyle, &mut dyn io::Write) -> io::Result<()>,
    ) -> ExitStatus {
        let to_terminal = terminal::is_terminal();
        let style = TextStyle {
            width: terminal::width(to_terminal).min(WIDEST_TEXT),
            color: terminal::uses_color(ColorChoice::Auto, to_terminal),
            zone: TimeZoneChoice::Utc,
            only_failures: false,
        };
        match write_for_people(None, self.paging, |out| text(&style, out)) {
            Ok(()) => ExitStatus::Success,
            Err(error) => {
                Messages::error(format!("{error:#}"), None);
                ExitStatus::Input
            }
        }
    }
}
