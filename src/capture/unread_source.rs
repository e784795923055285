//! What is said of sources that cannot be read although they were to be.

use std::path::PathBuf;

use super::problem::{OpenError, ProblemKind, SourceProblem};
use super::source::SourceFacts;

/// More captures of the same time than there is memory to read side by side.
pub(super) const TOO_MANY_AT_ONCE: &str =
    "is not read: too many other captures have packets of its time; read fewer at once";

/// The format of a source that could not even be opened.
pub const UNKNOWN_FORMAT: &str = "unknown";

/// What is left to say of a file that could be read a moment ago and cannot be now.
pub(super) fn unread(facts: &SourceFacts, message: String) -> SourceFacts {
    let problem = SourceProblem {
        at_byte: 0,
        at_packet: 1,
        kind: ProblemKind::Damaged,
        message,
    };
    SourceFacts {
        packets: 0,
        problem: Some(problem),
        ..facts.clone()
    }
}

/// What there is to say of a source that was to be read and cannot even be opened.
pub(super) fn lost(path: PathBuf, error: &OpenError) -> SourceFacts {
    let facts = SourceFacts::before_reading(path, UNKNOWN_FORMAT);
    unread(&facts, format!("is lost: {}", error.reason()))
}
