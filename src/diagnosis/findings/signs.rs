//! What several attempts show besides their outcomes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::{Collected, Finding, FindingKind, over};
use crate::decode::Endpoint;
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::comparison::{Moment, Sign};
use crate::handshake::Outcome;

/// A single attempt with a sign is told with that attempt; only several make a finding.
const FEWEST: usize = 2;

/// How soon after a failure the other version of IP is tried (RFC 8305: 250 ms; programs without it: at their time-out).
const FALLBACK_TIME: Duration = Duration::from_secs(3);

/// The findings over signs, and over failures that were made good elsewhere.
pub(super) fn findings(collected: Collected<'_>, scanners: &BTreeSet<IpAddr>) -> Vec<Finding> {
    let services = selected(collected, scanners);
    let mut findings = Vec::new();
    for (server, moments) in &services {
        findings.extend(feature_dropped(*server, moments));
        findings.extend(stale_tuple_reuse(*server, moments));
        findings.extend(proxy_answers(*server, moments));
    }
    findings.extend(fallback_worked(collected, &services));
    findings
}

/// The attempts to every server that findings are about, in the order they began.
fn selected(collected: Collected<'_>, scanners: &BTreeSet<IpAddr>) -> Vec<(Endpoint, Vec<Moment>)> {
    let of_service =
        |(server, history): (Endpoint, &crate::diagnosis::comparison::ServiceHistory)| {
            let mut moments: Vec<Moment> = history
                .moments()
                .iter()
                .filter(|moment| !scanners.contains(&moment.client))
                .filter(|moment| collected.selection.includes_moment(server, moment))
                .copied()
                .collect();
            moments.sort_by_key(|moment| (moment.started, moment.id));
            (server, moments)
        };
    collected
        .comparison
        .services()
        .into_iter()
        .map(of_service)
        .collect()
}

fn with_sign(moments: &[Moment], sign: Sign) -> Vec<Moment> {
    moments
        .iter()
        .filter(|moment| moment.sign == Some(sign))
        .copied()
        .collect()
}

/// SYNs with ECN, Fast Open or Multipath TCP go unanswered, their repetitions without it are answered.
fn feature_dropped(server: Endpoint, moments: &[Moment]) -> Option<Finding> {
    let signed = with_sign(moments, Sign::FeatureDropped);
    let statement = format!(
        "{} connects to {server} were answered only without what their first SYN offered (ECN, Fast Open or Multipath TCP): each was late by its repetition",
        signed.len()
    );
    let finding = over(
        FindingKind::FeatureDropped,
        Confidence::Likely,
        Some(server),
        &signed,
    );
    (signed.len() >= FEWEST).then_some(Finding {
        statement,
        ..finding
    })
}

/// SYNs are answered by ACKs of older connections.
fn stale_tuple_reuse(server: Endpoint, moments: &[Moment]) -> Option<Finding> {
    let signed = with_sign(moments, Sign::StaleTuple);
    let statement = format!(
        "{} connects to {server} met older connections of the same addresses and ports: a NAT or client reuses ports too soon",
        signed.len()
    );
    let finding = over(
        FindingKind::StaleTupleReuse,
        Confidence::Certain,
        Some(server),
        &signed,
    );
    (signed.len() >= FEWEST).then_some(Finding {
        statement,
        ..finding
    })
}

/// SYN-ACKs with window 0 come from a SYN proxy: that it answers says nothing of the server.
fn proxy_answers(server: Endpoint, moments: &[Moment]) -> Option<Finding> {
    let signed = with_sign(moments, Sign::ProxyAnswer);
    let statement = format!(
        "{} connects to {server} were answered by a SYN proxy (window 0): that they succeeded says nothing of the server behind",
        signed.len()
    );
    let finding = over(
        FindingKind::ProxyAnswers,
        Confidence::Likely,
        Some(server),
        &signed,
    );
    (signed.len() >= FEWEST).then_some(Finding {
        statement,
        ..finding
    })
}

/// A failure over one version of IP, followed at once by success over the other, on the same port, in a capture at the
/// client: the user hardly noticed.
fn fallback_worked(collected: Collected<'_>, services: &[(Endpoint, Vec<Moment>)]) -> Vec<Finding> {
    let is_failed = |moment: &Moment| {
        matches!(
            moment.outcome,
            Outcome::Dropped | Outcome::Refused | Outcome::Rejected
        )
    };
    let mut findings = Vec::new();
    for (server, moments) in services
        .iter()
        .filter(|(_, moments)| moments.iter().all(is_failed))
    {
        let is_made_good = |failed: &Moment| made_good_after(collected, services, *server, failed);
        let delays: Option<Vec<Duration>> = moments.iter().map(is_made_good).collect();
        let Some(longest) = delays.and_then(|delays| delays.into_iter().max()) else {
            continue;
        };
        let statement = format!(
            "connects to {server} failed, and within {} ms the same port was reached over the other version of IP: the fallback worked",
            longest.as_millis()
        );
        let finding = over(
            FindingKind::FallbackWorked,
            Confidence::Possible,
            Some(*server),
            moments,
        );
        findings.push(Finding {
            statement,
            ..finding
        });
    }
    findings
}

/// How long after the failure the same port was reached over the other version of IP, from a client at this side.
fn made_good_after(
    collected: Collected<'_>,
    services: &[(Endpoint, Vec<Moment>)],
    server: Endpoint,
    failed: &Moment,
) -> Option<Duration> {
    let is_other_version = |other: &Endpoint| {
        other.port == server.port && other.address.is_ipv4() != server.address.is_ipv4()
    };
    services
        .iter()
        .filter(|(other, _)| is_other_version(other))
        .flat_map(|(_, moments)| moments)
        .filter(|moment| moment.was_accepted && moment.started >= failed.started)
        .filter(|moment| {
            collected.comparison.is_near(moment.client)
                && collected.comparison.is_near(failed.client)
        })
        .map(|moment| moment.started.since(failed.started))
        .filter(|delay| *delay <= FALLBACK_TIME)
        .min()
}
