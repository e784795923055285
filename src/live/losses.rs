//! Packets that were lost while watching, and for how long that makes silence doubtful.

use std::collections::VecDeque;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::capture::live::Losses;

/// Losses in all, and the latest.
#[derive(Clone, Debug)]
pub(super) struct RecentLosses {
    total: Losses,
    latest: VecDeque<(Timestamp, u64)>,
    remembered: Duration,
}

/// A little longer than silence is watched: the kernel is asked ten times a second.
const SLACK: Duration = Duration::from_secs(1);

impl RecentLosses {
    /// For silences of this length.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            total: Losses::default(),
            latest: VecDeque::new(),
            remembered: patience + SLACK,
        }
    }

    /// Takes the counts as they are now; what has come since the last time.
    pub(super) fn take(&mut self, now: Timestamp, total: Losses) -> Option<Losses> {
        let more = Losses {
            kernel: total.kernel.saturating_sub(self.total.kernel),
            interface: total.interface.saturating_sub(self.total.interface),
        };
        self.total = total;
        self.latest
            .retain(|(at, _)| at.distance(now) <= self.remembered);
        let count = more.kernel.saturating_add(more.interface);
        if count == 0 {
            return None;
        }
        self.latest.push_back((now, count));
        Some(more)
    }

    /// How many were lost while an attempt that is decided now was watched.
    pub(super) fn recent(&self) -> u64 {
        self.latest
            .iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many were lost since the start.
    pub(super) fn in_all(&self) -> u64 {
        self.total.kernel.saturating_add(self.total.interface)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_make_silence_doubtful_as_long_as_it_was_watched_then() {
        let mut losses = RecentLosses::new(Duration::from_secs(3));
        let lost = |kernel| Losses {
            kernel,
            interface: 0,
        };
        let second = |second: i64| Timestamp::from_nanoseconds(second * 1_000_000_000);
        assert_eq!(losses.take(second(1), lost(0)), None);
        assert_eq!(losses.take(second(2), lost(7)), Some(lost(7)));
        assert_eq!(losses.recent(), 7);
        assert_eq!(losses.take(second(6), lost(7)), None);
        assert_eq!(losses.recent(), 7);
        assert_eq!(losses.take(second(7), lost(7)), None);
        assert_eq!((losses.recent(), losses.in_all()), (0, 7));
    }
}
