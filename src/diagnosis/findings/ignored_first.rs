//! Servers that ignore first SYNs and answer their repetitions: a protection against floods that
//! believes only who comes again does so, to everybody or once to each client. Chance would lose
//! others as well.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{IgnoredFirst, Service};
use crate::diagnosis::comparison::Moment;

/// Fewer may be lost by chance, or by a way that is set up by the first packet.
const FEWEST: usize = 8;

/// Fewer clients show no rule.
const FEWEST_CLIENTS: usize = 4;

/// Whose first SYNs were ignored, if that is a rule without exception.
pub(super) fn ignored_first(service: &Service, slow: &[Moment]) -> Option<IgnoredFirst> {
    let is_by_rule = slow.iter().all(|moment| moment.syn_count == 2);
    let accepted = service.those(Moment::was_accepted);
    let has_failures = service
        .moments
        .iter()
        .any(|moment| moment.outcome.is_failure());
    if !is_by_rule || has_failures {
        return None;
    }
    if accepted.len() == slow.len() {
        return (slow.len() >= FEWEST).then_some(IgnoredFirst::OfAllConnects);
    }
    let mut known: BTreeSet<IpAddr> = BTreeSet::new();
    let first_of_each = accepted.iter().filter(|moment| known.insert(moment.client));
    let first: BTreeSet<_> = first_of_each.map(|moment| moment.id).collect();
    let are_these = slow.len() == first.len() && slow.iter().all(|one| first.contains(&one.id));
    (are_these && first.len() >= FEWEST_CLIENTS && accepted.len() >= 2 * FEWEST_CLIENTS)
        .then_some(IgnoredFirst::OfNewClients)
}
