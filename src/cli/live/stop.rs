//! When a watch ends by itself.

use std::time::Duration;

/// After a time, or after so many attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    duration: Option<Duration>,
    attempts: Option<u64>,
}

impl Stop {
    pub(super) fn new(duration: Option<Duration>, attempts: Option<u64>) -> Self {
        Self { duration, attempts }
    }

    /// Whether that is reached.
    pub(super) fn is_reached(self, running: Duration, attempts: u64) -> bool {
        self.duration.is_some_and(|duration| running >= duration)
            || self.attempts.is_some_and(|count| attempts >= count)
    }
}
