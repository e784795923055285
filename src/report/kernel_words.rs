//! The words for what the kernel did while it was heard.

use std::collections::BTreeMap;

use super::counts::{counted, grouped};
use super::model::Report;
use super::sanitize::terminal_safe;
use crate::host::KernelCounts;

/// So many reasons are named singly, the most frequent first.
const NAMED: usize = 5;

/// `this host's kernel: 61 RSTs sent (NO_SOCKET 61), 12 packets dropped (NETFILTER_DROP 12), 12 of
/// these known here`; nothing where it was not heard.
pub(crate) fn of_report(report: &Report) -> Option<String> {
    let kernel = report.capture.kernel.as_ref()?;
    Some(terminal_safe(&of_counts(kernel)).into_owned())
}

/// The same, of counts.
pub(super) fn of_counts(kernel: &KernelCounts) -> String {
    let mut parts = vec![
        format!("{} sent{}", all(&kernel.resets, "RST"), by(&kernel.resets)),
        format!(
            "{} dropped{}",
            all(&kernel.dropped, "packet"),
            by(&kernel.dropped)
        ),
    ];
    if kernel.joined > 0 {
        parts.push(format!(
            "{} of these known as captured here",
            grouped(kernel.joined)
        ));
    }
    if kernel.lost > 0 {
        parts.push(format!(
            "at least {} of its events lost: this program was too slow",
            grouped(kernel.lost)
        ));
    }
    let unheard = kernel.unheard.iter();
    parts.extend(unheard.map(|(what, time)| unheard_words(what, time.as_secs().max(1))));
    format!(
        "this host's kernel, of all network namespaces: {}",
        parts.join(", ")
    )
}

fn unheard_words(what: &str, seconds: u64) -> String {
    let (not_known, too_many) = match what {
        "receptions" => ("which packets it dropped is not known", "packets came in"),
        "drops" => ("what it dropped is not known", "were dropped"),
        _ => ("why it refused is not known", "were refused"),
    };
    format!("{not_known} for {seconds} s, as too many {too_many}")
}

fn all(counts: &BTreeMap<String, u64>, what: &str) -> String {
    counted(counts.values().sum(), what)
}

/// ` (NO_SOCKET 61, TCP_STATE 2)`
fn by(counts: &BTreeMap<String, u64>) -> String {
    let mut most: Vec<(&String, u64)> = counts.iter().map(|(name, count)| (name, *count)).collect();
    most.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others: u64 = most.iter().skip(NAMED).map(|(_, count)| count).sum();
    let mut words: Vec<String> = most
        .iter()
        .take(NAMED)
        .map(|(name, count)| format!("{name} {}", grouped(*count)))
        .collect();
    if others > 0 {
        words.push(format!("others {}", grouped(others)));
    }
    if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.join(", "))
    }
}
