//! What is said about hosts as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Collected, Finding, FindingKind, Statement, in_order, over};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;

/// How many addresses that nobody tried to connect to are named.
const NAMED_ADDRESSES: usize = 4;

/// The findings about hosts.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    let is_selected = |address: &IpAddr| collected.selection.is_about_host(*address);
    let unanswered = collected
        .comparison
        .unanswered_hosts()
        .into_iter()
        .map(|(address, _)| address);
    let unanswered: BTreeSet<IpAddr> = unanswered.filter(is_selected).collect();
    let tried = attempts_to(collected, &unanswered);
    let only_asked: Vec<IpAddr> = unanswered
        .into_iter()
        .filter(|address| !tried.contains_key(address))
        .filter(|address| collected.comparison.is_asked_for_by_captured(*address))
        .collect();
    let mut findings: Vec<Finding> = tried
        .into_iter()
        .map(|(address, attempts)| host_down(collected, address, attempts))
        .collect();
    findings.extend(perhaps_down(collected, &only_asked));
    findings
}

/// The selected attempts to any port of these hosts, by host: one look at all servers, however many
/// hosts.
fn attempts_to(
    collected: Collected<'_>,
    hosts: &BTreeSet<IpAddr>,
) -> BTreeMap<IpAddr, Vec<Moment>> {
    let mut tried: BTreeMap<IpAddr, Vec<Moment>> = BTreeMap::new();
    for (server, history) in collected.comparison.services() {
        if !hosts.contains(&server.address) {
            continue;
        }
        let selected = history
            .moments()
            .iter()
            .filter(|moment| collected.selection.includes_moment(server, moment));
        for moment in selected {
            tried.entry(server.address).or_default().push(*moment);
        }
    }
    tried
}

/// Nobody answers for an address on its link, and connects to it were captured: its answer would
/// have been as well.
fn host_down(collected: Collected<'_>, address: IpAddr, attempts: Vec<Moment>) -> Finding {
    let statement = Statement::HostDown {
        address,
        questions: collected.comparison.asked_for(address).questions,
    };
    let attempts = in_order(attempts.into_iter());
    // As the cause of each attempt: an answer may be among what the capture lost.
    let confidence = if collected.comparison.is_silence_doubtful(address) {
        Confidence::Likely
    } else {
        Confidence::Certain
    };
    over(
        FindingKind::HostDown,
        confidence,
        None,
        &attempts,
        statement,
    )
}

/// Addresses that are asked for, and nothing more: a client on their link sends no SYN without an
/// answer. But a question goes to everybody and its answer to one: at another host of the link it
/// is not seen.
fn perhaps_down(collected: Collected<'_>, addresses: &[IpAddr]) -> Option<Finding> {
    let named: Vec<IpAddr> = addresses.iter().take(NAMED_ADDRESSES).copied().collect();
    let from_elsewhere = |address: &IpAddr| {
        let asker = collected.comparison.asker_of_another_network(*address)?;
        Some((asker, *address))
    };
    let statement = Statement::HostsPerhapsDown {
        asked_from_elsewhere: named.iter().find_map(from_elsewhere),
        more: addresses.len() - named.len(),
        addresses: named,
    };
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
