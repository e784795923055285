//! Clients that are shut out, and whose packets come from a host that gets in by another address:
//! it forwards them without translating theirs, or sends with the wrong one of its own.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Collected, Finding, FindingEvidence, FindingKind};
use crate::decode::HardwareAddress;
use crate::diagnosis::comparison::Moment;

/// With such a time to live packets leave their host.
const UNTOUCHED: [u8; 3] = [64, 128, 255];

/// Which host sends the SYNs of the clients that a finding says are shut out, where that host gets
/// in with another address, and nobody does whose SYNs it forwards.
pub(super) fn untranslated(collected: Collected<'_>, finding: &Finding) -> Option<FindingEvidence> {
    if finding.kind != FindingKind::SourceFiltered {
        return None;
    }
    let sender_of = |moment: &Moment| collected.comparison.dropped(moment).link?.hosts;
    let senders: BTreeSet<Option<HardwareAddress>> = finding
        .members
        .iter()
        .map(|moment| sender_of(moment).map(|(sender, _)| sender))
        .collect();
    let [Some(sender)] = Vec::from_iter(senders)[..] else {
        return None;
    };
    let is_own = |moment: &Moment| moment.syn_ttl.is_some_and(|ttl| UNTOUCHED.contains(&ttl));
    let is_forwarded = |moment: &Moment| {
        moment
            .syn_ttl
            .is_some_and(|ttl| UNTOUCHED.contains(&ttl.saturating_add(1)))
    };
    let are_forwarded = finding.members.iter().all(is_forwarded);
    if !are_forwarded && !finding.members.iter().all(is_own) {
        return None;
    }
    let services = collected.comparison.services();
    let accepted: Vec<&Moment> = services
        .iter()
        .flat_map(|(_, history)| history.moments())
        .filter(|moment| moment.was_accepted())
        .filter(|moment| sender_of(moment).is_some_and(|(other, _)| other == sender))
        .collect();
    let by: BTreeSet<IpAddr> = accepted.iter().map(|moment| moment.client).collect();
    let [by] = Vec::from_iter(by)[..] else {
        return None;
    };
    accepted
        .iter()
        .all(|moment| is_own(moment))
        .then(|| FindingEvidence::SameSender {
            clients: finding.members.iter().map(|moment| moment.client).collect(),
            by,
            are_forwarded,
        })
}
