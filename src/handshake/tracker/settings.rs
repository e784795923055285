//! What bounds the tracker, and what shapes its verdicts.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What bounds the tracker, and what shapes its verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerSettings {
    /// For how long silence must be watched before it means something.
    pub patience: Duration,
    /// A handshake that takes as long is slow.
    pub slow: Duration,
    /// How many undecided attempts are followed at once; of more, the oldest is handed out as it
    /// stands. Of attempts known by nothing but one SYN, which take little room, three times as
    /// many.
    pub open_attempts: usize,
}

impl TrackerSettings {
    /// For one of so many trackers that together follow as much.
    #[must_use]
    pub fn divided(self, trackers: NonZeroU32) -> Self {
        let open_attempts = self.open_attempts.div_ceil(trackers.get() as usize);
        Self {
            open_attempts,
            ..self
        }
    }
}

impl Default for TrackerSettings {
    /// 3 s; 1 s; a million attempts.
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(3),
            slow: Duration::from_secs(1),
            open_attempts: 1_000_000,
        }
    }
}
