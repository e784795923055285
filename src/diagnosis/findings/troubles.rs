//! Connects that were established, and yet failed for somebody: per server, each in one finding.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::ignored_first::ignored_first;
use super::{
    Collected, Finding, FindingEvidence, FindingKind, NewConnects, Service, SilentRequest,
    Statement, count, over,
};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::{Moment, ServiceHistory, TooLarge};
use crate::diagnosis::midway_failures::OfServer;
use crate::diagnosis::sign::Sign;
use crate::handshake::{AttemptId, MidwayEnding, Outcome, Trouble};

/// The findings about every server; `others` are told already.
pub(super) fn findings(
    collected: Collected<'_>,
    services: &[Service],
    others: &[Finding],
) -> Vec<Finding> {
    let mut findings = path_mtu(collected, services);
    let told_by_icmp: Vec<Option<Endpoint>> =
        findings.iter().map(|finding| finding.server).collect();
    for service in services {
        findings.extend(hung_up(collected, service));
        if !told_by_icmp.contains(&Some(service.server)) {
            findings.extend(stuck_connections(collected, service));
        }
        findings.extend(slow_connects(service, others));
        findings.extend(answered_too_late(collected, service));
    }
    findings.extend(failures_midway(collected));
    findings
}

/// Whether this trouble is told of the attempt, and no worse one.
fn is_mainly(moment: &Moment, trouble: Trouble) -> bool {
    let worst_first = [Trouble::Stuck, Trouble::HungUp, Trouble::Slow];
    let troubles = moment.troubles();
    let worst = worst_first.into_iter().find(|one| troubles.has(*one));
    worst == Some(trouble)
}

/// Connects that are late because of an outage began so long before the first failure of it, or
/// later.
const OUTAGE_MARGIN: Duration = Duration::from_secs(10);

/// The connects that were accepted.
fn accepted(service: &Service) -> u64 {
    count(&service.those(Moment::was_accepted))
}

/// The server closed or reset without one byte. A reset differs only by data that nobody read; one
/// that a box on the way or a full queue made is told elsewhere.
fn hung_up(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let cause = collected.first_causes.get(&service.server);
    let is_by_application = cause.is_none_or(|judged| {
        matches!(
            judged.cause,
            Cause::ServerAbort | Cause::ProxyWithoutBackend | Cause::ListenerClosed
        )
    });
    let is_reset = |moment: &Moment| is_by_application && moment.outcome == Outcome::Reset;
    let those = service.those(|moment| is_mainly(moment, Trouble::HungUp) || is_reset(moment));
    if those.is_empty() {
        return None;
    }
    let resets = those
        .iter()
        .filter(|moment| moment.outcome == Outcome::Reset);
    let statement = Statement::HungUp {
        connects: accepted(service),
        resets: resets.map(Moment::stands_for).sum(),
    };
    let confidence = if those.iter().all(is_reset) {
        cause.map_or(Confidence::Possible, |judged| judged.confidence)
    } else {
        Confidence::Likely
    };
    Some(over(
        FindingKind::HungUp,
        confidence,
        Some(service.server),
        &those,
        statement,
    ))
}

/// What one side sends after the handshake never arrives.
fn stuck_connections(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let those = service.those(|moment| is_mainly(moment, Trouble::Stuck));
    let stuck = collected.comparison.stuck_segment(service.server);
    let statement = Statement::StuckConnections {
        connects: accepted(service),
        full_size: stuck
            .filter(|stuck| stuck.is_full_size)
            .map(|stuck| stuck.payload),
    };
    (!those.is_empty()).then(|| {
        over(
            FindingKind::StuckConnections,
            Confidence::Likely,
            Some(service.server),
            &those,
            statement,
        )
    })
}

/// The attempts whose client had been accepted from the same port before.
fn reused_ports(service: &Service) -> BTreeSet<AttemptId> {
    let mut used = BTreeSet::new();
    let mut reusing = BTreeSet::new();
    for moment in service.moments.iter().filter(|one| one.was_accepted()) {
        if !used.insert((moment.client, moment.client_port)) {
            reusing.insert(moment.id);
        }
    }
    reusing
}

/// Whether it tells of a time at which this server, alone or with others, could not be reached.
fn is_outage_of(finding: &Finding, server: Endpoint) -> bool {
    match finding.kind {
        FindingKind::ServiceDownWindow => finding.server == Some(server),
        FindingKind::PathLoss => matches!(finding.statement, Statement::SharedFailure { .. }),
        _ => false,
    }
}

/// A single answer that came too late may have been lost before.
const FEWEST_TOO_LATE: usize = 2;

/// Connects whose client had given up when their answer came.
fn answered_too_late(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let first = collected.first_causes.get(&service.server)?;
    let is_late = first.cause == Cause::LateSynAck;
    let those = service.those(|moment| is_late && moment.outcome == Outcome::Aborted);
    let waited = those.iter().map(|moment| {
        let (first, last) = moment.proof();
        last.at.since(first.at)
    });
    let statement = Statement::AnsweredTooLate {
        connects: count(&service.moments),
        longest: waited.max()?,
    };
    if those.len() < FEWEST_TOO_LATE {
        return None;
    }
    let (kind, server) = (FindingKind::SlowConnects, Some(service.server));
    Some(over(kind, first.confidence, server, &those, statement))
}

/// Handshakes that took long, unless they are told by what explains them.
fn slow_connects(service: &Service, others: &[Finding]) -> Option<Finding> {
    let explains = |finding: &Finding| match finding.kind {
        FindingKind::FeatureDropped | FindingKind::StaleTupleReuse | FindingKind::Overload => {
            finding.server == Some(service.server)
        }
        _ => false,
    };
    let is_of_outage = |moment: &Moment| {
        let mut outages = others
            .iter()
            .filter(|finding| is_outage_of(finding, service.server));
        outages.any(|finding| {
            finding
                .from
                .is_some_and(|from| moment.started >= from.before(OUTAGE_MARGIN))
                && finding.until >= Some(moment.started)
        })
    };
    let those = service.those(|moment| is_mainly(moment, Trouble::Slow) && !is_of_outage(moment));
    if those.is_empty() || others.iter().any(explains) {
        return None;
    }
    let reused = reused_ports(service);
    let is_reusing = |moment: &&Moment| reused.contains(&moment.id);
    let reusing = those.iter().filter(is_reusing);
    let reusing: u64 = reusing.map(Moment::stands_for).sum();
    let all_reusing = service.moments.iter().filter(is_reusing);
    let all_reusing: u64 = all_reusing.map(Moment::stands_for).sum();
    let without_feature = those
        .iter()
        .filter(|moment| moment.sign == Some(Sign::FeatureDropped));
    let repeated = those.iter().filter(|moment| !moment.has_one_syn());
    let longest = those.iter().map(|moment| {
        let (first, last) = moment.proof();
        last.at.since(first.at)
    });
    let is_several = count(&those) > 1;
    let statement = Statement::SlowConnects {
        connects: accepted(service),
        longest: longest.max().unwrap_or_default(),
        reusing,
        others_reusing: all_reusing.saturating_sub(reusing),
        without_feature: without_feature.map(Moment::stands_for).sum(),
        repeated: repeated.map(Moment::stands_for).sum(),
        ignored_first: ignored_first(service, &those),
    };
    Some(over(
        FindingKind::SlowConnects,
        if is_several {
            Confidence::Likely
        } else {
            Confidence::Possible
        },
        Some(service.server),
        &those,
        statement,
    ))
}

/// ICMP asks for smaller packets, and the same segment is sent again all the same.
fn path_mtu(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let mut by_server: BTreeMap<Endpoint, Vec<TooLarge>> = BTreeMap::new();
    for too_large in collected.comparison.path_mtu().too_large() {
        let server = server_of(collected, &too_large);
        by_server.entry(server).or_default().push(too_large);
    }
    let mut findings = Vec::new();
    for (server, connections) in by_server {
        let service = services.iter().find(|service| service.server == server);
        let stuck = service.map_or_else(Vec::new, |service| {
            service.those(|moment| is_mainly(moment, Trouble::Stuck))
        });
        let Some(first) = connections.first() else {
            continue;
        };
        let statement = Statement::PathMtu {
            sender: first.sender.address,
            asked_by: first.asked_by,
            mtu: first.mtu,
            connections: connections.len(),
            errors: connections
                .iter()
                .map(|connection| u64::from(connection.errors))
                .sum(),
            of_one_segment: first.of_one_segment,
        };
        let kind = FindingKind::PathMtu;
        let mut finding = over(kind, Confidence::Likely, Some(server), &stuck, statement);
        finding.attempts = finding.attempts.max(connections.len() as u64);
        finding.clients = finding.clients.max(1);
        findings.push(finding);
    }
    findings
}

/// Which side of the connection is the server: who was asked to connect, or else has the lower
/// port.
fn server_of(collected: Collected<'_>, too_large: &TooLarge) -> Endpoint {
    let (sender, receiver) = (too_large.sender, too_large.receiver);
    let is_known = |end| collected.comparison.service(end).is_some();
    match (is_known(sender), is_known(receiver)) {
        (true, false) => sender,
        (false, true) => receiver,
        _ if sender.port <= receiver.port => sender,
        _ => receiver,
    }
}

/// Connections that had begun fail on a request: likely what is in front of the server, or the
/// server itself, forgot them.
fn failures_midway(collected: Collected<'_>) -> Vec<Finding> {
    let of_server = |(server, failures): (Endpoint, &OfServer)| {
        let first = &failures.first;
        let (kind, statement) = match failures.ending {
            MidwayEnding::Reset => (
                FindingKind::ResetsMidway,
                Statement::ResetsMidway {
                    idle: failures.idle,
                },
            ),
            MidwayEnding::Silence { times, payload } => (
                FindingKind::StuckConnections,
                Statement::StuckMidway(SilentRequest {
                    idle: failures.idle,
                    times,
                    payload,
                    new_connects: new_connects(collected, server, first.request.at),
                }),
            ),
        };
        Finding {
            clients: failures.clients.len(),
            attempts: failures.count,
            from: Some(first.request.at),
            until: Some(failures.last_at),
            evidence: vec![FindingEvidence::FailedOnRequest {
                client: first.client,
                request: first.request,
                ending: first.ending,
                last: first.last,
                said: first.said.clone(),
            }],
            example_client: Some(first.client.address),
            ..over(kind, Confidence::Likely, Some(server), &[], statement)
        }
    };
    let all = collected.midway_failures.by_server();
    all.map(of_server).collect()
}

/// What new connects to a server met from then on.
fn new_connects(collected: Collected<'_>, server: Endpoint, from: Timestamp) -> NewConnects {
    let moments = collected
        .comparison
        .service(server)
        .map(ServiceHistory::moments);
    let later = moments
        .unwrap_or_default()
        .iter()
        .filter(|moment| moment.started >= from);
    let (mut accepted, mut failed) = (false, false);
    for moment in later {
        accepted |= moment.was_accepted();
        failed |= moment.outcome.is_failure();
    }
    match (accepted, failed) {
        (true, false) => NewConnects::Accepted,
        (false, true) => NewConnects::Failed,
        _ => NewConnects::Unknown,
    }
}
