//! Failures over many servers at once: what they share is at fault, not one of them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::{
    Collected, Finding, FindingKind, LossPlace, LossTimes, Service, Statement, count, in_order,
    over,
};
use crate::capture::Timestamp;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::sign::Sign;
use crate::handshake::Outcome;

/// Losses on one service may be the service's.
const FEWEST_HOSTS: usize = 3;

/// So many losses are no accident.
const FEWEST_LOSSES: usize = 5;

/// So many servers, that accept before or after, stop at once only when something that they share
/// stops.
const FEWEST_HOSTS_AT_ONCE: usize = 4;

/// Connects that began within this time began at once.
const AT_ONCE: Duration = Duration::from_secs(10);

/// The findings about what many servers share.
pub(super) fn findings(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let shared = shared_failure(collected, services);
    let is_explained = shared.is_some();
    let losses = path_loss(collected, services).filter(|_| !is_explained);
    shared.into_iter().chain(losses).collect()
}

/// SYNs or their answers are lost now and then, over several servers, while most get through:
/// repeated before they are answered, or never answered by a port that accepts at other times.
fn path_loss(collected: Collected<'_>, services: &[Service]) -> Option<Finding> {
    let is_alive = |service: &&Service| service.moments.iter().any(Moment::was_accepted);
    let mut hosts = BTreeSet::new();
    let mut lost = Vec::new();
    let mut tried = 0;
    for service in services.iter().filter(is_alive) {
        tried += count(&service.moments);
        let losses = service.those(is_loss);
        if !losses.is_empty() {
            hosts.insert(service.server.address);
        }
        lost.extend(losses);
    }
    let is_rare = count(&lost) * 2 < tried;
    if let Some(finding) = losses_at_once(collected, services) {
        return Some(finding);
    }
    if hosts.len() < FEWEST_HOSTS || lost.len() < FEWEST_LOSSES || !is_rare {
        return None;
    }
    let statement = Statement::PathLoss {
        connects: tried,
        servers: hosts.len(),
        place: where_they_are_lost(collected, &lost),
        times: LossTimes::WithoutPattern,
    };
    let lost = in_order(lost.into_iter());
    Some(over(
        FindingKind::PathLoss,
        Confidence::Possible,
        None,
        &lost,
        statement,
    ))
}

/// SYNs or their answers are lost at the same times, over several hosts: what stands before them
/// loses them, as a table of connections that is full. Of two hosts that may be chance.
fn losses_at_once(collected: Collected<'_>, services: &[Service]) -> Option<Finding> {
    let at_once = |service: &&Service| {
        let comparison = collected.comparison;
        comparison.loses_at_once_with_others(service.server)
    };
    let (mut servers, mut lost, mut tried) = (BTreeSet::new(), Vec::new(), 0);
    let at_once: Vec<&Service> = services.iter().filter(at_once).collect();
    for service in &at_once {
        let losses = service.those(is_loss);
        if !losses.is_empty() {
            servers.insert(service.server);
            tried += count(&service.moments);
        }
        lost.extend(losses);
    }
    let hosts: BTreeSet<IpAddr> = servers.iter().map(|server| server.address).collect();
    if hosts.len() < 2 || lost.len() < FEWEST_LOSSES {
        return None;
    }
    let confidence = if hosts.len() < FEWEST_HOSTS {
        Confidence::Possible
    } else {
        Confidence::Likely
    };
    let statement = Statement::PathLoss {
        connects: tried,
        servers: hosts.len(),
        place: where_they_are_lost(collected, &lost),
        times: LossTimes::AtOnce {
            are_some_accepted: are_some_accepted(&at_once, &lost),
        },
    };
    let lost = in_order(lost.into_iter());
    let kind = FindingKind::PathLoss;
    Some(Finding {
        servers,
        ..over(kind, confidence, None, &lost, statement)
    })
}

/// Takes back outages of servers that lose connects with others now and then, while some get
/// through at once: that nobody got through to some of them is by chance.
pub(super) fn withdraw_outages(findings: &mut Vec<Finding>, losses: &[Finding]) {
    for loss in losses {
        let are_some_accepted = matches!(
            loss.statement,
            Statement::PathLoss {
                times: LossTimes::AtOnce {
                    are_some_accepted: true,
                },
                ..
            }
        );
        if are_some_accepted {
            findings.retain(|finding| !is_outage_within(finding, loss));
        }
    }
}

fn is_outage_within(finding: &Finding, loss: &Finding) -> bool {
    let is_silent = match finding.statement {
        Statement::SharedFailure { .. } => true,
        Statement::DownWindow { is_refused, .. } => !is_refused,
        _ => false,
    };
    let servers = finding.servers.iter().copied().chain(finding.server);
    is_silent
        && finding.from >= loss.from
        && finding.until <= loss.until
        && servers
            .into_iter()
            .all(|server| loss.servers.contains(&server))
}

/// Whether somebody got through at once amid the losses.
fn are_some_accepted(services: &[&Service], lost: &[Moment]) -> bool {
    let (Some(from), Some(until)) = (
        lost.iter().map(|moment| moment.started).min(),
        lost.iter().map(|moment| moment.started).max(),
    ) else {
        return false;
    };
    let is_amid = |moment: &Moment| {
        moment.was_accepted()
            && !is_loss(moment)
            && moment.started > from.after(AMID)
            && moment.started < until.before(AMID)
    };
    services
        .iter()
        .any(|service| service.moments.iter().any(is_amid))
}

/// What is accepted so near to the ends of the losses may be before or after them.
const AMID: Duration = Duration::from_secs(2);

/// Lost was what had to be repeated before it was answered, and what never was.
fn is_loss(moment: &Moment) -> bool {
    moment.sign == Some(Sign::AnsweredLate) || moment.outcome == Outcome::Dropped
}

/// When one client meets it all, its own link is the nearest suspect.
fn where_they_are_lost(collected: Collected<'_>, lost: &[Moment]) -> LossPlace {
    let clients: BTreeSet<IpAddr> = lost.iter().map(|moment| moment.client).collect();
    if collected.quality.lost_packets > 0 {
        LossPlace::WayOrCapture
    } else if clients.len() == 1 {
        LossPlace::WayOfOneClient
    } else {
        LossPlace::Way
    }
}

/// Several servers, that accept at other times, meet new connects with silence at the same time: a
/// table of connections is full, a rule was loaded, or a link is down, at a box that they share.
fn shared_failure(collected: Collected<'_>, services: &[Service]) -> Option<Finding> {
    let is_dropped = |moment: &Moment| moment.outcome == Outcome::Dropped;
    let silent: Vec<(&Service, Vec<Moment>)> = services
        .iter()
        .filter(|service| service.moments.iter().any(Moment::was_accepted))
        .map(|service| (service, service.those(is_dropped)))
        .filter(|(service, dropped)| {
            !dropped.is_empty() && !is_among_successes(collected, service, dropped)
        })
        .collect();
    let from: Vec<Timestamp> = silent
        .iter()
        .filter_map(|(_, dropped)| dropped.first().map(|moment| moment.started))
        .collect();
    let is_at_once = from
        .iter()
        .max()
        .zip(from.iter().min())
        .is_some_and(|(last, first)| last.since(*first) <= AT_ONCE);
    let hosts: BTreeSet<IpAddr> = silent
        .iter()
        .map(|(service, _)| service.server.address)
        .collect();
    if !is_at_once || hosts.len() < FEWEST_HOSTS_AT_ONCE {
        return None;
    }
    let moments = in_order(silent.into_iter().flat_map(|(_, dropped)| dropped));
    let statement = Statement::SharedFailure {
        servers: hosts.len(),
        at_once: Vec::new(),
        lasted: None,
    };
    Some(over(
        FindingKind::PathLoss,
        Confidence::Likely,
        None,
        &moments,
        statement,
    ))
}

/// Whether the service accepted others before and after one of them, in the same seconds.
fn is_among_successes(collected: Collected<'_>, service: &Service, dropped: &[Moment]) -> bool {
    collected
        .comparison
        .service(service.server)
        .is_some_and(|history| {
            dropped
                .iter()
                .any(|moment| history.accepted_around(moment.started))
        })
}
