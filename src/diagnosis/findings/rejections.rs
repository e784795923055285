//! One box that rejects for many servers: one rule, one finding.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Collected, Finding, FindingKind, Service, Statement, in_order, over};
use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;

/// The findings, with those in one that say of several servers that the same box rejects for them.
pub(super) fn folded(
    collected: Collected<'_>,
    services: &[Service],
    findings: Vec<Finding>,
) -> Vec<Finding> {
    let mut by_sender: BTreeMap<IpAddr, Vec<&Finding>> = BTreeMap::new();
    for finding in &findings {
        if let Some((sender, _)) = rejecter(collected, finding) {
            by_sender.entry(sender).or_default().push(finding);
        }
    }
    by_sender.retain(|_, findings| findings.len() > 1);
    let of_many: Vec<Finding> = by_sender
        .iter()
        .map(|(sender, findings)| one(services, *sender, findings))
        .collect();
    let is_folded = |finding: &Finding| {
        rejecter(collected, finding).is_some_and(|(sender, _)| by_sender.contains_key(&sender))
    };
    let others: Vec<bool> = findings.iter().map(|finding| !is_folded(finding)).collect();
    let kept = findings.into_iter().zip(others);
    let kept = kept
        .filter(|(_, is_kept)| *is_kept)
        .map(|(finding, _)| finding);
    kept.chain(of_many).collect()
}

/// The one box, not the server itself, that rejected all of it.
fn rejecter(collected: Collected<'_>, finding: &Finding) -> Option<(IpAddr, Endpoint)> {
    let server = finding.server?;
    let is_rejected = matches!(finding.statement, Statement::ServiceRejected { .. });
    let sender = collected.comparison.rejecters().only_one_of(server)?;
    (is_rejected && sender != server.address).then_some((sender, server))
}

fn one(services: &[Service], sender: IpAddr, findings: &[&Finding]) -> Finding {
    let servers: BTreeSet<Endpoint> = findings
        .iter()
        .filter_map(|finding| finding.server)
        .collect();
    let of_these = services
        .iter()
        .filter(|service| servers.contains(&service.server));
    let moments: Vec<Moment> = in_order(of_these.flat_map(|service| service.moments.clone()));
    let kinds: BTreeSet<IcmpKind> = moments
        .iter()
        .filter_map(|moment| moment.rejected_by)
        .collect();
    let statement = Statement::RejectedByOne {
        sender,
        servers: servers.len(),
        kinds: kinds.into_iter().collect(),
    };
    let kind = FindingKind::ServiceFiltered;
    over(kind, Confidence::Certain, None, &moments, statement)
}
