//! Servers that could not be reached from one time to the same other: one story, of what they
//! share.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::{Finding, FindingKind, Statement, in_order, over};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;

/// Connects come some time after an outage began, and after it ended.
const AT_ONCE: Duration = Duration::from_secs(3);

/// An outage so much longer than that is hardly by chance that of another server.
const FEWEST_FAILURES: u64 = 2;

/// The findings, with those in one that tell of servers that were out at once.
pub(super) fn folded(findings: Vec<Finding>) -> Vec<Finding> {
    let (mut windows, mut others): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(is_silent_window);
    windows.sort_by_key(|finding| (finding.from, finding.server));
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    for window in windows {
        let is_of = |group: &&mut Vec<Finding>| {
            group
                .first()
                .is_some_and(|first| are_at_once(first, &window))
        };
        match groups.iter_mut().find(is_of) {
            Some(group) => group.push(window),
            None => groups.push(vec![window]),
        }
    }
    for group in groups {
        if group.len() > 1 {
            others.extend(one(&group));
        } else {
            others.extend(group);
        }
    }
    others
}

/// Whether it tells of a time at which all met silence, or errors: a port that refuses is its
/// service's own matter.
fn is_silent_window(finding: &Finding) -> bool {
    finding.attempts >= FEWEST_FAILURES
        && matches!(
            finding.statement,
            Statement::DownWindow {
                is_refused: false,
                is_before_success: true,
                is_after_success: true,
                ..
            }
        )
}

fn are_at_once(one: &Finding, other: &Finding) -> bool {
    let is_close = |one: Option<_>, other: Option<_>| {
        let both: Option<(crate::capture::Timestamp, crate::capture::Timestamp)> = one.zip(other);
        both.is_some_and(|(one, other)| one.distance(other) <= AT_ONCE)
    };
    let is_new = one.server != other.server;
    is_new && is_close(one.from, other.from) && is_close(one.until, other.until)
}

fn one(group: &[Finding]) -> Option<Finding> {
    let servers: BTreeSet<Endpoint> = group.iter().filter_map(|finding| finding.server).collect();
    let hosts: BTreeSet<IpAddr> = servers.iter().map(|server| server.address).collect();
    let lasted = group.iter().filter_map(|finding| match finding.statement {
        Statement::DownWindow { lasted, .. } => Some(lasted),
        _ => None,
    });
    let statement = Statement::SharedFailure {
        servers: hosts.len(),
        at_once: servers.iter().copied().collect(),
        lasted: lasted.max(),
    };
    let members: Vec<Moment> = in_order(
        group
            .iter()
            .flat_map(|finding| finding.members.iter().copied()),
    );
    let first = group.first()?;
    let kind = FindingKind::PathLoss;
    Some(Finding {
        evidence: first.evidence.clone(),
        servers,
        ..over(kind, Confidence::Likely, None, &members, statement)
    })
}
