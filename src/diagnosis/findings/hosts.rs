//! What is said about hosts as a whole.

use std::net::IpAddr;

use super::{Collected, Finding, FindingKind, matching, over};
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::comparison::Moment;

/// How many addresses that nobody tried to connect to are named.
const NAMED_ADDRESSES: usize = 4;

/// The findings about hosts.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    let unanswered = collected
        .comparison
        .unanswered_hosts()
        .into_iter()
        .map(|(address, _)| address);
    let is_selected = |address: &IpAddr| collected.selection.is_about_host(*address);
    let (tried, only_asked): (Vec<IpAddr>, Vec<IpAddr>) = unanswered
        .filter(is_selected)
        .partition(|address| !attempts_to(collected, *address).is_empty());
    let mut findings: Vec<Finding> = tried
        .iter()
        .map(|address| host_down(collected, *address))
        .collect();
    findings.extend(perhaps_down(&only_asked));
    findings
}

fn attempts_to(collected: Collected<'_>, host: IpAddr) -> Vec<Moment> {
    matching(collected, |server, _| server.address == host)
}

/// Nobody answers for an address on its link, and connects to it were captured: its answer would have been as well.
fn host_down(collected: Collected<'_>, address: IpAddr) -> Finding {
    let statement = format!(
        "nobody answers for {address} on its link, asked {} times: the host is down, or not on this link",
        collected.comparison.asked_for(address).questions
    );
    over(
        FindingKind::HostDown,
        Confidence::Certain,
        None,
        &attempts_to(collected, address),
        statement,
    )
}

/// Addresses that are asked for, and nothing more: a client on their link sends no SYN without an answer. But a question
/// goes to everybody and its answer to one: at another host of the link it is not seen.
fn perhaps_down(addresses: &[IpAddr]) -> Option<Finding> {
    let named: Vec<String> = addresses
        .iter()
        .take(NAMED_ADDRESSES)
        .map(ToString::to_string)
        .collect();
    let more = match addresses.len() - named.len() {
        0 => String::new(),
        count => format!(" and {count} more addresses"),
    };
    let statement = format!(
        "nobody was seen to answer for {}{more}, asked for again and again: down, or the answers did not come by here",
        named.join(", ")
    );
    (!addresses.is_empty()).then(|| {
        over(
            FindingKind::HostDown,
            Confidence::Possible,
            None,
            &[],
            statement,
        )
    })
}
