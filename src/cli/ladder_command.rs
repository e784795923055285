//! The command that draws an attempt of a report, made of what was typed for the report.

use std::path::Path;

use super::arguments::ReadArguments;
use crate::capture::STANDARD_INPUT;
use crate::handshake::TrackerSettings;
use crate::report::shell_word::shell_word;

/// A command longer than this is no help.
const LONGEST_COMMAND: usize = 1000;

/// How long silence is watched unless told otherwise, in seconds.
const USUAL_PATIENCE_SECONDS: f64 = 3.0;

/// `tcpwhy ladder incident.pcap`, with what else shapes numbers and verdicts of attempts; the
/// attempt's number is to be added. `None` when standard input was read: it cannot be read again.
pub(super) fn of(arguments: &ReadArguments) -> Option<String> {
    let files = arguments.named_files();
    let is_stream = |file: &Path| file == Path::new(STANDARD_INPUT);
    if files.is_empty() || files.iter().any(|file| is_stream(file)) {
        return None;
    }
    let mut words = vec!["tcpwhy".to_owned(), "ladder".to_owned()];
    if let Some(filter) = &arguments.filter {
        words.extend(["--filter".to_owned(), shell_word(filter)]);
    }
    let patience = arguments.patience.as_secs_f64();
    if (patience - USUAL_PATIENCE_SECONDS).abs() > f64::EPSILON {
        words.extend(["--patience".to_owned(), patience.to_string()]);
    }
    if arguments.max_flows != TrackerSettings::default().open_attempts {
        words.extend(["--max-flows".to_owned(), arguments.max_flows.to_string()]);
    }
    if arguments.drops_only {
        words.push("--drops-only".to_owned());
    }
    for tunnel in &arguments.tunnel {
        words.extend(["--tunnel".to_owned(), tunnel.to_string()]);
    }
    for file in &files {
        // What is no text cannot be typed back as it is shown.
        let file = file.to_str()?;
        if file.starts_with('-') {
            words.push(shell_word(&format!("./{file}")));
        } else {
            words.push(shell_word(file));
        }
    }
    let command = words.join(" ");
    (command.len() <= LONGEST_COMMAND).then_some(command)
}
