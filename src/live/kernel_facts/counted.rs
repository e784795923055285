//! What the kernel dropped of late, and is not known of which packets: counted.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::capture::Timestamp;
use crate::diagnosis::{KernelDropCounts, TestifiedFact, Testimony};
use crate::host::count_reason;

/// Counts are kept for so long, in steps of one second.
const STEP: Duration = Duration::from_secs(1);
const STEPS: usize = 180;

/// Packets dropped in the latest seconds that are not known.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<(Timestamp, BTreeMap<String, u64>)>);

impl History {
    pub(super) fn add(&mut self, at: Timestamp, reason: &str) {
        let is_of = |since: Timestamp| since.distance(at) < STEP;
        if let Some((_, counts)) = self
            .0
            .iter_mut()
            .rev()
            .take(4)
            .find(|(since, _)| is_of(*since))
        {
            count_reason(counts, reason);
            return;
        }
        if self.0.len() >= STEPS {
            self.0.pop_front();
        }
        let mut counts = BTreeMap::new();
        count_reason(&mut counts, reason);
        self.0.push_back((at, counts));
    }

    /// What was dropped since then.
    pub(super) fn since(&self, since: Timestamp, now: Timestamp) -> Option<Testimony> {
        let mut sum: BTreeMap<String, u64> = BTreeMap::new();
        let those = self.0.iter().filter(|(from, _)| from.after(STEP) >= since);
        for (reason, count) in those.flat_map(|(_, counts)| counts) {
            *sum.entry(reason.clone()).or_default() += count;
        }
        (!sum.is_empty()).then(|| Testimony {
            at: now,
            fact: TestifiedFact::KernelDrops(KernelDropCounts {
                since,
                counts: sum.into_iter().collect(),
            }),
        })
    }
}
