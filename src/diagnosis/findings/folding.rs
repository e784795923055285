//! Findings that say the same of several servers: of several ports of one host, of one port of
//! several hosts, or of many servers of one client, they are one story.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::{Finding, FindingKind, SameOfAll, Statement, in_order, over};
use crate::decode::Endpoint;
use crate::diagnosis::comparison::Moment;

/// Two servers of which the same is said may have a reason each.
const FEWEST: usize = 3;

/// Who is refused by so many servers looks for peers, or for anybody at all.
const FEWEST_OF_A_CLIENT: usize = 8;

/// What findings must share to be one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Host(IpAddr),
    Port(u16),
    Client(IpAddr),
    /// A way that loses or delays is shared by whatever is reached through it.
    Way,
}

/// The findings, with those in one that say the same of several servers.
pub(super) fn folded(findings: Vec<Finding>) -> Vec<Finding> {
    let by_host = |server: Endpoint, same: SameOfAll| match same {
        SameOfAll::Slow { .. } => Shared::Way,
        _ => Shared::Host(server.address),
    };
    let findings = folded_by(findings, FEWEST, |finding, same| {
        finding.server.map(|server| by_host(server, same))
    });
    let findings = folded_by(findings, FEWEST, |finding, _| {
        finding.server.map(|server| Shared::Port(server.port))
    });
    folded_by(findings, FEWEST_OF_A_CLIENT, |finding, _| {
        finding.server?;
        finding.only_client().map(Shared::Client)
    })
}

fn folded_by(
    findings: Vec<Finding>,
    fewest: usize,
    shared: impl Fn(&Finding, SameOfAll) -> Option<Shared>,
) -> Vec<Finding> {
    let key = |finding: &Finding| {
        let same = what_is_said(&finding.statement)?;
        Some((finding.kind, shared(finding, same)?))
    };
    let mut groups: BTreeMap<(FindingKind, Shared), Vec<Finding>> = BTreeMap::new();
    let mut all = Vec::new();
    for finding in findings {
        match key(&finding) {
            Some(key) => groups.entry(key).or_default().push(finding),
            None => all.push(finding),
        }
    }
    for ((kind, _), group) in groups {
        if group.len() < fewest {
            all.extend(group);
        } else {
            all.extend(one(kind, &group));
        }
    }
    all
}

/// What a finding says of one server that may be said of several.
fn what_is_said(statement: &Statement) -> Option<SameOfAll> {
    match statement {
        Statement::NeverListening { is_proved } => Some(SameOfAll::Refused {
            is_proved: *is_proved,
        }),
        Statement::ServiceFiltered => Some(SameOfAll::Silent),
        Statement::HungUp { resets, .. } => Some(SameOfAll::HungUp { resets: *resets }),
        // What those of one server share says more than that there are others.
        Statement::SlowConnects {
            longest,
            reusing: 0,
            without_feature: 0,
            ..
        } => Some(SameOfAll::Slow { longest: *longest }),
        _ => None,
    }
}

/// One finding, no surer than the least sure of them.
fn one(kind: FindingKind, group: &[Finding]) -> Option<Finding> {
    let confidence = group.iter().map(|finding| finding.confidence).min()?;
    let members: Vec<Moment> = in_order(
        group
            .iter()
            .flat_map(|finding| finding.members.iter().copied()),
    );
    let said = group
        .iter()
        .filter_map(|finding| what_is_said(&finding.statement))
        .reduce(SameOfAll::and)?;
    let statement = Statement::SameOfServers { said };
    Some(Finding {
        servers: group.iter().filter_map(|finding| finding.server).collect(),
        ..over(kind, confidence, None, &members, statement)
    })
}

impl SameOfAll {
    /// What is said of both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Refused { is_proved: one }, Self::Refused { is_proved: other }) => {
                Self::Refused {
                    is_proved: one && other,
                }
            }
            (Self::HungUp { resets: one }, Self::HungUp { resets: other }) => Self::HungUp {
                resets: one + other,
            },
            (Self::Slow { longest: one }, Self::Slow { longest: other }) => Self::Slow {
                longest: Duration::max(one, other),
            },
            (one, _) => one,
        }
    }
}
