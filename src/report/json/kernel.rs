//! What the kernel did, in the JSON report.

use std::collections::BTreeMap;

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

use crate::host::KernelCounts;
use crate::report::kernel_words;

/// What the kernel of the host that captured did meanwhile, in all network namespaces
/// (`tcpwhy live --kernel`).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Kernel {
    /// Packets dropped, by the kernel's own reason; reasons that say nothing of a connect are left
    /// out.
    dropped: BTreeMap<String, u64>,
    /// RSTs that its TCP sent, by the kernel's own reason.
    resets: BTreeMap<String, u64>,
    /// Of the dropped packets, those that are known to be one that was captured.
    joined: u64,
    /// Events that were lost, because they were not read in time: at least.
    lost: u64,
    /// For how many seconds which events were not heard, because there were too many: `receptions`,
    /// without which is not known which packets are dropped, `drops`, `resets`.
    unheard_s: BTreeMap<String, f64>,
    /// All of it in words.
    says: String,
}

pub(super) fn kernel(counts: &KernelCounts) -> Kernel {
    Kernel {
        dropped: counts.dropped.clone(),
        resets: counts.resets.clone(),
        joined: counts.joined,
        lost: counts.lost,
        unheard_s: (counts.unheard.iter())
            .map(|(what, time)| ((*what).to_owned(), time.as_secs_f64()))
            .collect(),
        says: kernel_words::of_counts(counts),
    }
}
