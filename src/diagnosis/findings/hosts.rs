//! What is said about hosts as a whole.

use super::{Collected, Finding, FindingKind, over};
use crate::diagnosis::causes::Confidence;

/// The findings about hosts.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    host_down(collected)
}

/// Nobody answers for an address on its own link: with or without a SYN, for a client on that link sends none.
fn host_down(collected: Collected<'_>) -> Vec<Finding> {
    let unanswered = collected.comparison.unanswered_hosts();
    let is_selected = |address: &std::net::IpAddr| collected.selection.is_about_host(*address);
    unanswered
        .into_iter()
        .filter(|(address, _)| is_selected(address))
        .map(|(address, asked)| {
            let statement = format!(
                "nobody answers for {address} on its link, asked {} times: the host is down, or not on this link",
                asked.questions
            );
            over(FindingKind::HostDown, Confidence::Certain, None, &[], statement)
        })
        .collect()
}
