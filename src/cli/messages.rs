//! What goes to standard error.

use std::fmt::Display;
use std::io::Write;

use crate::capture::OpenError;
use crate::report::terminal_safe;

/// How much is said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Messages {
    /// Warnings are left out.
    pub(super) is_quiet: bool,
    /// How much more is said than warnings.
    pub(super) verbosity: u8,
}

impl Messages {
    /// Something failed: one line, and a second one with what to do, where that is known.
    pub(super) fn error(error: impl Display, hint: Option<&str>) {
        line(&format!("tcpwhy: {error}"));
        if let Some(hint) = hint {
            line(&format!("hint: {hint}"));
        }
    }

    /// An input that could not be opened.
    pub(super) fn open_error(error: &OpenError) {
        let hint = match error {
            OpenError::NoCapture { hint, .. } => hint.as_deref(),
            _ => None,
        };
        Self::error(chain(error), hint);
    }

    /// Something worth knowing that is no failure.
    pub(super) fn warning(self, warning: impl Display) {
        if !self.is_quiet {
            line(&format!("tcpwhy: warning: {warning}"));
        }
    }

    /// Something that is as it should be, and worth knowing.
    #[cfg(feature = "live")]
    pub(super) fn notice(self, notice: impl Display) {
        if !self.is_quiet {
            line(&format!("tcpwhy: {notice}"));
        }
    }

    /// Something for those who asked for more.
    pub(super) fn detail(self, detail: impl Display) {
        if self.verbosity > 0 {
            line(&format!("tcpwhy: {detail}"));
        }
    }
}

/// The error and its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// One line, whatever the text holds; when nobody listens, nobody is told.
fn line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", terminal_safe(text));
}
