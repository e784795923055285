//! What the kernel did, counted by its reasons.

use std::collections::BTreeMap;
use std::time::Duration;

/// Reasons are told apart up to so many: kernels have some hundred.
const REASONS: usize = 256;

/// What has no place of its own.
const OTHERS: &str = "other";

/// What the kernel did since the watch began, of all network namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KernelCounts {
    /// Packets dropped, by the kernel's reason.
    pub dropped: BTreeMap<String, u64>,
    /// RSTs that its TCP sent, by the kernel's reason.
    pub resets: BTreeMap<String, u64>,
    /// Of the dropped packets, those that are known to be one that was captured.
    pub joined: u64,
    /// Events that were lost, because they were not read in time: at least.
    pub lost: u64,
    /// For how long which of its events were not heard, because there were too many: `receptions` of
    /// packets, without which is not known which were dropped, `drops`, `resets`.
    pub unheard: BTreeMap<&'static str, Duration>,
}

impl KernelCounts {
    /// A packet was dropped.
    pub fn count_dropped(&mut self, reason: &str) {
        count_reason(&mut self.dropped, reason);
    }

    /// A RST was sent.
    pub fn count_reset(&mut self, reason: &str) {
        count_reason(&mut self.resets, reason);
    }
}

/// Counts one for this reason; what has no place of its own any more counts as `other`.
pub(crate) fn count_reason(counts: &mut BTreeMap<String, u64>, reason: &str) {
    if let Some(count) = counts.get_mut(reason) {
        *count = count.saturating_add(1);
        return;
    }
    let reason = if counts.len() < REASONS {
        reason
    } else {
        OTHERS
    };
    *counts.entry(reason.to_owned()).or_default() += 1;
}
