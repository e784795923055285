//! What a host said of itself that explains why connects to it, or from it, failed.

use super::{Collected, Finding, FindingEvidence, FindingKind, Service, Statement, over};
use crate::diagnosis::cause::{Cause, Judged};
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::testimony::{HostStatement, TestifiedFact, Testimony, explanation};

/// So much of what hosts said is told beside one finding.
const MOST_BESIDE: usize = 4;

/// Each with the attempts that it is about.
pub(super) fn findings(
    collected: Collected<'_>,
    services: &[Service],
) -> Vec<(Finding, Vec<Moment>)> {
    let services = services.iter();
    services
        .flat_map(|service| of_service(collected, service))
        .collect()
}

/// Of the attempts to one server, those that one statement explains: made from the cause of the
/// first.
fn of_service(collected: Collected<'_>, service: &Service) -> Vec<(Finding, Vec<Moment>)> {
    let mut told: Vec<(HostStatement, Judged, Vec<Moment>)> = Vec::new();
    for moment in &service.moments {
        let testimony = said(collected, service, moment);
        let Some((statement, judged)) = explanation(&testimony, moment.outcome) else {
            continue;
        };
        let same = told.iter_mut().find(|(known, cause, members)| {
            let is_outcome = members.first().map(|first| first.outcome) == Some(moment.outcome);
            (&known.says, cause.cause) == (&statement.says, judged.cause) && is_outcome
        });
        match same {
            Some((_, known, members)) => {
                known.confidence = known.confidence.min(judged.confidence);
                members.push(*moment);
            }
            None => told.push((statement.clone(), judged, vec![*moment])),
        }
    }
    let first = collected.first_causes.get(&service.server);
    let is_cause = |judged: &Judged| first.is_none_or(|first| first.cause == judged.cause);
    let those = told.into_iter().filter(|(_, judged, _)| is_cause(judged));
    those
        .filter_map(|(statement, judged, members)| {
            let outcome = members.first()?.outcome;
            let statement = Statement::ToldByHost {
                told: Box::new(statement),
                outcome,
            };
            let (kind, server) = (kind(judged.cause)?, Some(service.server));
            let finding = over(kind, judged.confidence, server, &members, statement);
            Some((finding, members))
        })
        .collect()
}

fn said(collected: Collected<'_>, service: &Service, moment: &Moment) -> Vec<Testimony> {
    let hosts = collected.testimonies.hosts();
    hosts.about_moment(service.server, moment)
}

const fn kind(cause: Cause) -> Option<FindingKind> {
    Some(match cause {
        Cause::AcceptQueueFull => FindingKind::Overload,
        Cause::PortFiltered | Cause::FirewallReset => FindingKind::ServiceFiltered,
        Cause::SourceFiltered => FindingKind::SourceFiltered,
        Cause::DroppedHere => FindingKind::DroppedHere,
        Cause::HostDown => FindingKind::HostDown,
        _ => return None,
    })
}

/// What hosts said of the first of a finding's attempts, where the finding does not say it itself.
pub(super) fn beside(collected: Collected<'_>, finding: &Finding) -> Vec<FindingEvidence> {
    let Some((server, first)) = finding.server.zip(finding.members.first()) else {
        return Vec::new();
    };
    let hosts = collected.testimonies.hosts();
    let is_told = |testimony: &Testimony| match (&testimony.fact, &finding.statement) {
        (TestifiedFact::Host(one), Statement::ToldByHost { told, .. }) => one == told,
        _ => false,
    };
    let all = hosts.about_moment(server, first).into_iter();
    let others = all.filter(|testimony| !is_told(testimony));
    others
        .take(MOST_BESIDE)
        .map(FindingEvidence::Testimony)
        .collect()
}
