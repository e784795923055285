//! What is longer than the screen goes through a pager, as with git.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::output::write_report;
use super::terminal;

/// Whether what people read may go through a pager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// When standard output is a terminal, and the text is longer than its screen.
    WhenLonger,
    /// Never.
    Never,
}

impl Paging {
    /// As the options say.
    pub(super) const fn unless(no_pager: bool) -> Self {
        if no_pager {
            Self::Never
        } else {
            Self::WhenLonger
        }
    }
}

/// Writes what people read: into a file as [`write_report`], or onto a terminal, through a pager
/// where it is longer than the screen. That somebody leaves the pager early is no error, and
/// neither is a pager that cannot be started.
pub(super) fn write_for_people(
    output: Option<&Path>,
    paging: Paging,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    if output.is_some() || paging == Paging::Never || !terminal::is_terminal() {
        return write_report(output, write);
    }
    let Some((pager, screen)) = terminal::pager().zip(terminal::screen()) else {
        return write_report(output, write);
    };
    let mut text = Vec::new();
    write(&mut text)?;
    if is_longer(&text, screen) && was_shown_by(&pager, &text) {
        return Ok(());
    }
    write_report(output, |out| out.write_all(&text))
}

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Screen {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// Whether the text and the prompt after it need more rows than there are.
fn is_longer(text: &[u8], screen: Screen) -> bool {
    let text = String::from_utf8_lossy(text);
    let rows = |line: &str| {
        let columns = crate::report::visible_width(line);
        columns.div_ceil(screen.columns.max(1)).max(1)
    };
    text.lines().map(rows).sum::<usize>() >= screen.rows
}

/// Statuses with which a shell says that it could not start a command.
const NOT_STARTED: [i32; 2] = [126, 127];

/// Runs the pager on the text, as `git` does: by the shell, so that it may have arguments. False
/// when it could not be started.
#[cfg(unix)]
fn was_shown_by(pager: &str, text: &[u8]) -> bool {
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    let mut command = Command::new("sh");
    command.arg("-c").arg(pager).stdin(Stdio::piped());
    // What `less` needs to show colours, to leave the text where it is, and to end by itself.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if !terminal::has_variable(name) {
            command.env(name, value);
        }
    }
    // Ctrl-C is for the pager while it runs: who ended before it would leave it without a terminal.
    let ignored = signal_hook::flag::register(
        signal_hook::consts::SIGINT,
        Arc::new(AtomicBool::new(false)),
    );
    let Ok(mut pager) = command.spawn() else {
        return false;
    };
    let written = match pager.stdin.take() {
        Some(mut stdin) => stdin.write_all(text),
        None => Err(ErrorKind::BrokenPipe.into()),
    };
    let status = pager.wait();
    if let Ok(ignored) = ignored {
        signal_hook::low_level::unregister(ignored);
    }
    let status = status.ok().and_then(|status| status.code());
    let could_start = status.is_none_or(|status| !NOT_STARTED.contains(&status));
    let is_left_early = |error: &io::Error| error.kind() == ErrorKind::BrokenPipe;
    could_start && written.as_ref().err().is_none_or(is_left_early)
}

#[cfg(not(unix))]
fn was_shown_by(_: &str, _: &[u8]) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_longer_than_a_screen_by_the_rows_that_it_takes() {
        let screen = Screen {
            columns: 10,
            rows: 4,
        };
        assert!(!is_longer(b"one\ntwo\nthree\n", screen));
        assert!(is_longer(b"one\ntwo\nthree\nfour\n", screen));
        assert!(is_longer(b"twelve chars\n\nthree\n", screen));
        assert!(!is_longer(b"\x1b[31mcoloured\x1b[0m\n\nthree\n", screen));
    }
}
