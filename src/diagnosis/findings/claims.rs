//! One story, one finding: each attempt that failed, or is in trouble, stands in one finding, the
//! one that explains most of it.

use std::collections::HashSet;

use super::{Finding, FindingKind, Statement};
use crate::diagnosis::comparison::Moment;
use crate::handshake::AttemptId;

/// The findings, each without the attempts that a stronger one tells of; those of which nothing is
/// left are gone.
pub(super) fn settled(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(rank);
    let mut told = HashSet::with_hasher(foldhash::fast::RandomState::default());
    findings.retain_mut(|finding| keeps_some(finding, &mut told));
    findings
}

/// Who is asked first: what is no failure of a service; what comparing, frames or the link prove;
/// what several servers share; what one server's attempts say; what is said of troubles; what
/// nothing else explains.
fn rank(finding: &Finding) -> u8 {
    match finding.kind {
        FindingKind::PortScan
        | FindingKind::SynFlood
        | FindingKind::Backscatter
        | FindingKind::Traceroute
        | FindingKind::HealthChecks => 0,
        FindingKind::PolicyChanged
        | FindingKind::FilterLog
        | FindingKind::FailuresShare
        | FindingKind::StaleState
        | FindingKind::DeadPath
        | FindingKind::WrongChecksums
        | FindingKind::DroppedHere => 1,
        FindingKind::HostDown | FindingKind::DuplicateAddress | FindingKind::NoWayBack => 2,
        FindingKind::AnswersMisdirected | FindingKind::StaleTupleReuse => 3,
        FindingKind::FallbackWorked => 4,
        FindingKind::PathLoss if matches!(finding.statement, Statement::SharedFailure { .. }) => 5,
        FindingKind::PathLoss
        | FindingKind::FeatureDropped
        | FindingKind::ProxyAnswers
        | FindingKind::AnswersMadeByABox => 7,
        FindingKind::PathMtu => 8,
        FindingKind::HungUp
        | FindingKind::StuckConnections
        | FindingKind::ResetsMidway
        | FindingKind::SlowConnects => 9,
        FindingKind::Unreachable => 10,
        FindingKind::HostSilent
        | FindingKind::SynAckLost
        | FindingKind::ClientSilent
        | FindingKind::InvalidReset => 11,
        _ => 6,
    }
}

/// Leaves to a finding what is not told yet; whether it still says anything.
fn keeps_some(
    finding: &mut Finding,
    told: &mut HashSet<AttemptId, foldhash::fast::RandomState>,
) -> bool {
    let before = finding.members.len();
    let mut members = std::mem::take(&mut finding.members);
    let has_failed = members.iter().any(is_a_failure);
    members.retain(|moment| !is_a_failure(moment) || told.insert(moment.id));
    let has_failures_left = members.iter().any(is_a_failure);
    if members.len() == before {
        finding.members = members;
    } else if has_failures_left {
        finding.tell_of(members);
    }
    !has_failed || has_failures_left
}

fn is_a_failure(moment: &Moment) -> bool {
    moment.outcome.is_failure() || !moment.troubles().is_empty()
}
