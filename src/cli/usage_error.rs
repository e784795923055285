//! What was typed wrongly, told as every other error is: one line, and a second one with what to
//! do.

use std::error::Error as _;
use std::ffi::OsString;
use std::num::{IntErrorKind, ParseIntError};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{CommandFactory, ValueEnum};

use super::arguments::Arguments;
use super::messages::Messages;
use super::report_format::Format;

/// Says what is wrong with the words behind the program's name.
pub(super) fn tell(error: &Error, words: &[OsString]) {
    let help = help_command(words);
    let (message, hint) = explained(error, &help);
    Messages::error(one_line(&message), Some(&one_line(&hint)));
}

/// The message, and what to do.
fn explained(error: &Error, help: &str) -> (String, String) {
    let option = argument(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument if option.starts_with('-') => (
            format!("unknown option '{option}'"),
            format_hint(&option)
                .or_else(|| did_you_mean(error, ContextKind::SuggestedArg))
                .unwrap_or_else(|| format!("{help} lists the options")),
        ),
        ErrorKind::UnknownArgument => (
            format!("unexpected word '{option}'"),
            usage(error).unwrap_or_else(|| format!("{help} tells what is expected")),
        ),
        ErrorKind::InvalidSubcommand => (
            format!(
                "'{}' is no command, and no file",
                text(error, ContextKind::InvalidSubcommand)
            ),
            did_you_mean(error, ContextKind::SuggestedSubcommand)
                .unwrap_or_else(|| "tcpwhy --help lists the commands".to_owned()),
        ),
        ErrorKind::InvalidValue if value.is_empty() => (
            format!("'{option}' needs a value"),
            possible_values(error).unwrap_or_else(|| format!("{help} tells which")),
        ),
        ErrorKind::InvalidValue => (
            format!("'{value}' is no value for '{option}'"),
            possible_values(error).unwrap_or_else(|| format!("{help} tells which there are")),
        ),
        ErrorKind::ValueValidation => {
            let reason = error.source().map(reason).unwrap_or_default();
            (
                format!("'{value}' is no value for '{option}'{reason}"),
                format!("{help} tells what '{option}' takes"),
            )
        }
        ErrorKind::TooManyValues => (
            format!("'{option}' takes no value, and was given '{value}'"),
            format!("{help} tells what it does"),
        ),
        ErrorKind::ArgumentConflict => {
            let other = argument(error, ContextKind::PriorArg);
            let message = if other == option {
                format!("'{option}' is given more than once")
            } else {
                format!("'{option}' and '{other}' exclude each other")
            };
            (message, "name one of them".to_owned())
        }
        ErrorKind::MissingRequiredArgument => (
            format!("{option} is missing"),
            usage(error).unwrap_or_else(|| format!("{help} tells what is needed")),
        ),
        _ => (
            first_paragraph(&error.to_string()),
            format!("{help} tells what is expected"),
        ),
    }
}

/// Why it is none; what the standard library says of numbers is for programmers.
fn reason(source: &(dyn std::error::Error + 'static)) -> String {
    let number = source.downcast_ref::<ParseIntError>();
    match number.map(ParseIntError::kind) {
        Some(IntErrorKind::Zero) => ": at least 1 is needed".to_owned(),
        Some(IntErrorKind::PosOverflow) => ": too large a number".to_owned(),
        Some(_) => ": not a whole number".to_owned(),
        None => format!(": {source}"),
    }
}

/// `tcpwhy read --help`: of the command that was typed, if it is one.
fn help_command(words: &[OsString]) -> String {
    let typed = words.get(1).map(|word| word.to_string_lossy());
    let command = Arguments::command();
    let is_typed = |name: &str| typed.as_deref() == Some(name);
    let known = command.get_subcommands().map(clap::Command::get_name);
    match known.into_iter().find(|name| is_typed(name)) {
        Some(name) => format!("tcpwhy {name} --help"),
        None => "tcpwhy --help".to_owned(),
    }
}

/// The texts that clap knows of this; none when it knows nothing.
fn texts(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn text(error: &Error, kind: ContextKind) -> String {
    texts(error, kind).into_iter().next().unwrap_or_default()
}

/// The option or the argument as it is typed: `--format` of `--format <FORMAT>`, `B.json` of
/// `<B.json>`; several with commas.
fn argument(error: &Error, kind: ContextKind) -> String {
    let bare = |text: &String| {
        let word = text.split([' ', '=']).next().unwrap_or_default();
        let word = word.trim_end_matches("...");
        word.trim_matches(['<', '>', '[', ']']).to_owned()
    };
    let names: Vec<String> = texts(error, kind).iter().map(bare).collect();
    names.join(", ")
}

fn did_you_mean(error: &Error, kind: ContextKind) -> Option<String> {
    let nearest: Vec<String> = texts(error, kind)
        .iter()
        .map(|name| format!("'{name}'"))
        .collect();
    (!nearest.is_empty()).then(|| format!("did you mean {}?", nearest.join(" or ")))
}

/// Formats are values of one option; many expect an option for each.
fn format_hint(option: &str) -> Option<String> {
    let name = option.strip_prefix("--")?;
    let format = Format::from_str(name, false).ok()?;
    let format = format.to_possible_value()?;
    Some(format!("did you mean '--format {}'?", format.get_name()))
}

/// `did you mean 'html'? one of text, json, html`.
fn possible_values(error: &Error) -> Option<String> {
    let values = texts(error, ContextKind::ValidValue);
    let nearest = did_you_mean(error, ContextKind::SuggestedValue);
    let nearest = nearest.map_or_else(String::new, |nearest| format!("{nearest} "));
    (!values.is_empty()).then(|| format!("{nearest}one of {}", values.join(", ")))
}

/// How the command is used, without the word `Usage`.
fn usage(error: &Error) -> Option<String> {
    let usage = text(error, ContextKind::Usage);
    let usage = usage.trim().trim_start_matches("Usage:").trim();
    (!usage.is_empty()).then(|| usage.to_owned())
}

fn first_paragraph(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    paragraph.trim_start_matches("error:").trim().to_owned()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}
