//! The words and marks for an outcome: the same in every format for people.

use crate::handshake::Outcome;

/// Its name as people read it: `half-open`.
pub(crate) fn shown_name(outcome: Outcome) -> String {
    outcome.name().replace('_', "-")
}

/// The mark that stands for an outcome in the bar.
pub(crate) fn mark(outcome: Outcome) -> char {
    match outcome {
        Outcome::Established => '=',
        Outcome::Reset => '/',
        Outcome::Refused => 'x',
        Outcome::Rejected => '!',
        Outcome::HalfOpen => '~',
        Outcome::Aborted => '<',
        Outcome::Dropped => '?',
        Outcome::Pending => '.',
        Outcome::Partial => ':',
    }
}
