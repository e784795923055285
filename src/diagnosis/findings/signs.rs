//! What several attempts show besides their outcomes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::outages::is_shut;
use super::{Collected, Finding, FindingKind, Service, Statement, over};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::sign::Sign;

/// A single attempt with a sign that succeeded is told with that attempt; only several make a
/// finding.
const FEWEST: usize = 2;

/// How soon after a failure the other version of IP is tried (RFC 8305: 250 ms; programs without
/// it: at their time-out).
const FALLBACK_TIME: Duration = Duration::from_secs(3);

/// The findings over signs, and over failures that were made good elsewhere.
pub(super) fn findings(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let rules = [feature_dropped, stale_tuple_reuse, proxy_answers];
    let mut findings: Vec<Finding> = services
        .iter()
        .flat_map(|service| rules.iter().filter_map(move |rule| rule(service)))
        .collect();
    findings.extend(fallback_worked(collected, services));
    findings
}

/// Several attempts to one server with this sign.
fn several(
    service: &Service,
    sign: Sign,
    (kind, confidence): (FindingKind, Confidence),
    statement: Statement,
) -> Option<Finding> {
    let signed = service.those(|moment| moment.sign == Some(sign));
    let has_failed = signed.iter().any(is_shut);
    (signed.len() >= FEWEST || has_failed)
        .then(|| over(kind, confidence, Some(service.server), &signed, statement))
}

/// SYNs with ECN, Fast Open or Multipath TCP go unanswered, their repetitions without it are
/// answered.
fn feature_dropped(service: &Service) -> Option<Finding> {
    several(
        service,
        Sign::FeatureDropped,
        (FindingKind::FeatureDropped, Confidence::Likely),
        Statement::FeatureDropped,
    )
}

/// SYNs are answered by ACKs of older connections.
fn stale_tuple_reuse(service: &Service) -> Option<Finding> {
    several(
        service,
        Sign::StaleTuple,
        (FindingKind::StaleTupleReuse, Confidence::Certain),
        Statement::StaleTupleReuse,
    )
}

/// SYN-ACKs with window 0 come from a SYN proxy: that it answers says nothing of the server.
fn proxy_answers(service: &Service) -> Option<Finding> {
    several(
        service,
        Sign::ProxyAnswer,
        (FindingKind::ProxyAnswers, Confidence::Likely),
        Statement::ProxyAnswers,
    )
}

/// A failure over one version of IP, followed at once by success over the other, on the same port,
/// in a capture at the client: the user hardly noticed.
fn fallback_worked(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Service { server, moments } in services
        .iter()
        .filter(|service| service.moments.iter().all(is_shut))
    {
        let is_made_good = |failed: &Moment| made_good_after(collected, services, *server, failed);
        let delays: Option<Vec<Duration>> = moments.iter().map(is_made_good).collect();
        let Some(longest) = delays.and_then(|delays| delays.into_iter().max()) else {
            continue;
        };
        let statement = Statement::FallbackWorked { within: longest };
        findings.push(over(
            FindingKind::FallbackWorked,
            Confidence::Possible,
            Some(*server),
            moments,
            statement,
        ));
    }
    findings
}

/// How long after the failure the same port was reached over the other version of IP, from a client
/// at this side.
fn made_good_after(
    collected: Collected<'_>,
    services: &[Service],
    server: Endpoint,
    failed: &Moment,
) -> Option<Duration> {
    let is_other_version = |other: &Endpoint| {
        other.port == server.port && other.address.is_ipv4() != server.address.is_ipv4()
    };
    let others = || {
        let others = services.iter();
        others
            .filter(|service| is_other_version(&service.server))
            .flat_map(|service| &service.moments)
    };
    // Of several clients, nobody knows which one it is that failed.
    let histories = collected.comparison.services().into_iter();
    let clients: BTreeSet<IpAddr> = histories
        .filter(|(other, _)| is_other_version(other))
        .flat_map(|(_, history)| history.moments().iter().map(|moment| moment.client))
        .collect();
    if clients.len() > 1 {
        return None;
    }
    others()
        .filter(|moment| moment.was_accepted() && moment.started >= failed.started)
        .filter(|moment| {
            collected.comparison.is_near(moment.client) == Some(true)
                && collected.comparison.is_near(failed.client) == Some(true)
        })
        .map(|moment| moment.started.since(failed.started))
        .filter(|delay| *delay <= FALLBACK_TIME)
        .min()
}
