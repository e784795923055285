//! The exit statuses: part of the interface, scripts depend on them.

use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// The captures were read, whatever they held.
    Success = 0,
    /// As [`Self::Success`], and `--fail-on` matched.
    Matched = 1,
    /// Wrong usage: unknown option, bad filter expression, bad time.
    Usage = 2,
    /// An input could not be opened, is no capture, or is damaged in the middle; or the output
    /// could not be written. What could be read is still reported.
    Input = 3,
    /// No permission, or no such interface.
    Interface = 4,
    /// A second signal came before the report could be written.
    Interrupted = 130,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}
