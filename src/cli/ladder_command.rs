//! The command that draws an attempt of a report, made of what was typed for the report.

use std::path::Path;

use super::arguments::ReadArguments;
use crate::capture::STANDARD_INPUT;
use crate::handshake::TrackerSettings;

/// A command longer than this is no help.
const LONGEST_COMMAND: usize = 1000;

/// How long silence is watched unless told otherwise, in seconds.
const USUAL_PATIENCE_SECONDS: f64 = 3.0;

/// `tcpwhy ladder incident.pcap`, with what else shapes numbers and verdicts of attempts; the attempt's number is to be added.
/// `None` when standard input was read: it cannot be read again.
pub(super) fn of(arguments: &ReadArguments) -> Option<String> {
    let files = arguments.named_files();
    let is_stream = |file: &Path| file == Path::new(STANDARD_INPUT);
    if files.is_empty() || files.iter().any(|file| is_stream(file)) {
        return None;
    }
    let mut words = vec!["tcpwhy".to_owned(), "ladder".to_owned()];
    if let Some(filter) = &arguments.filter {
        words.extend(["--filter".to_owned(), quoted(filter)]);
    }
    let patience = arguments.patience.as_secs_f64();
    if (patience - USUAL_PATIENCE_SECONDS).abs() > f64::EPSILON {
        words.extend(["--patience".to_owned(), patience.to_string()]);
    }
    if arguments.max_flows != TrackerSettings::default().open_attempts {
        words.extend(["--max-flows".to_owned(), arguments.max_flows.to_string()]);
    }
    for file in &files {
        // What is no text cannot be typed back as it is shown.
        let file = file.to_str()?;
        if file.starts_with('-') {
            words.push(quoted(&format!("./{file}")));
        } else {
            words.push(quoted(file));
        }
    }
    let command = words.join(" ");
    (command.len() <= LONGEST_COMMAND).then_some(command)
}

/// The word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |character: char| {
        character.is_alphanumeric()
            || matches!(
                character,
                '.' | '/' | '-' | '_' | ':' | '+' | ',' | '@' | '%' | '='
            )
    };
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(quoted("samples/a-1.pcap"), "samples/a-1.pcap");
        assert_eq!(quoted("two words"), "'two words'");
        assert_eq!(quoted("it's; rm"), "'it'\\''s; rm'");
        assert_eq!(quoted("$(x)"), "'$(x)'");
        assert_eq!(quoted("*.pcap"), "'*.pcap'");
        assert_eq!(quoted(""), "''");
    }
}
