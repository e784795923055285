//! What completes values on the command line: asked for by the scripts of `tcpwhy completions`.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::iter;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::engine::{CompletionCandidate, PathCompleter, ValueCompleter};
use clap_complete::env::{EnvCompleter, Shells};
use clap_complete::{CompleteEnv, Shell};

use super::arguments::Arguments;
use crate::diagnosis::knowledge;
use crate::handshake::{Outcome, Trouble};

/// The variable by which a script asks.
const VARIABLE: &str = "TCPWHY_COMPLETE";

const PROGRAM: &str = "tcpwhy";

/// Where packages install the script, zsh loads it by the first completion that is asked for, as
/// the function `_tcpwhy`: that only says who completes from now on, and has to complete as well.
const ANSWER_OF_THE_FIRST_USE: &[u8] = b"
if [ \"$funcstack[1]\" = _tcpwhy ]; then
    _clap_dynamic_completer_tcpwhy \"$@\"
fi
";

/// What names of captures hold, also compressed and numbered ones.
const CAPTURES: [&str; 5] = [".pcap", ".cap", ".snoop", ".dmp", ".etl2"];

/// Completes, where a script asks for that instead of anything else.
///
/// # Errors
///
/// That the shell is not known; what standard output says.
pub(super) fn complete(typed: &[OsString]) -> clap::error::Result<bool> {
    let words = iter::once(OsString::from(PROGRAM)).chain(typed.iter().cloned());
    CompleteEnv::with_factory(Arguments::command)
        .var(VARIABLE)
        .bin(PROGRAM)
        .try_complete(words, None)
}

/// Writes the script of a shell.
pub(super) fn write_script(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let shells = Shells::builtins();
    let completer: &dyn EnvCompleter = shells
        .completer(&shell.to_string())
        .ok_or(io::ErrorKind::Unsupported)?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    if shell == Shell::Zsh {
        script.extend_from_slice(ANSWER_OF_THE_FIRST_USE);
    }
    out.write_all(&script)
}

fn beginning_with<'a>(
    current: &OsStr,
    words: impl Iterator<Item = &'a str>,
) -> Vec<CompletionCandidate> {
    let start = current.to_string_lossy();
    let fitting = words.filter(|word| word.starts_with(start.as_ref()));
    fitting.map(CompletionCandidate::new).collect()
}

/// Interfaces that can be captured on.
pub(super) fn interfaces(current: &OsStr) -> Vec<CompletionCandidate> {
    #[cfg(feature = "live")]
    let names: Vec<String> = crate::capture::list_interfaces()
        .unwrap_or_default()
        .into_iter()
        .map(|interface| interface.name)
        .collect();
    #[cfg(not(feature = "live"))]
    let names: Vec<String> = Vec::new();
    beginning_with(current, names.iter().map(String::as_str))
}

/// A list of outcomes and troubles: the last of them.
pub(super) fn outcomes(current: &OsStr) -> Vec<CompletionCandidate> {
    let text = current.to_string_lossy();
    let (before, _) = text.rsplit_once(',').unwrap_or_default();
    let before = if before.is_empty() {
        String::new()
    } else {
        format!("{before},")
    };
    let outcomes = Outcome::ALL.iter().map(|outcome| outcome.name());
    let troubles = Trouble::ALL.iter().map(|trouble| trouble.name());
    let words = ["failed", "reset_midway"].into_iter();
    let words = words.chain(outcomes).chain(troubles);
    let lists: Vec<String> = words
        .map(|word| format!("{before}{}", word.replace('_', "-")))
        .collect();
    beginning_with(current, lists.iter().map(String::as_str))
}

/// What `explain` knows.
pub(super) fn terms(current: &OsStr) -> Vec<CompletionCandidate> {
    beginning_with(current, knowledge::pages().map(|page| page.term))
}

/// Commands that have a page in the manual.
pub(super) fn commands(current: &OsStr) -> Vec<CompletionCandidate> {
    let command = Arguments::command();
    beginning_with(
        current,
        command.get_subcommands().map(clap::Command::get_name),
    )
}

/// Captures and folders; any file where there are none.
pub(super) fn captures(current: &OsStr) -> Vec<CompletionCandidate> {
    named_like(current, &CAPTURES)
}

/// Reports in JSON and folders; any file where there are none.
pub(super) fn reports(current: &OsStr) -> Vec<CompletionCandidate> {
    named_like(current, &[".json"])
}

fn named_like(current: &OsStr, parts: &'static [&'static str]) -> Vec<CompletionCandidate> {
    let is_meant = move |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.is_dir() || parts.iter().any(|part| name.to_lowercase().contains(part))
    };
    let found = PathCompleter::any().filter(is_meant).complete(current);
    if found.is_empty() {
        return PathCompleter::any().complete(current);
    }
    found
}
