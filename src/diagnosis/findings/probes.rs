//! Traces and checks, each told once: they are no failures of a service.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::noise::moments_of;
use super::{Collected, Finding, FindingEvidence, FindingKind, Statement, over};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::probes::even_period;

/// One client's traces: the hops are what it found.
pub(super) fn traceroutes(
    collected: Collected<'_>,
    client: IpAddr,
    attempts: &[(Endpoint, Moment)],
) -> Vec<Finding> {
    let mut by_host: BTreeMap<IpAddr, Vec<(Endpoint, Moment)>> = BTreeMap::new();
    for (server, moment) in attempts {
        let of_host = by_host.entry(server.address).or_default();
        of_host.push((*server, *moment));
    }
    let one = |(server, attempts): (IpAddr, Vec<(Endpoint, Moment)>)| {
        let answered = attempts
            .iter()
            .filter(|(_, moment)| moment.answer.is_some());
        let reached = answered.filter_map(|(_, moment)| moment.syn_ttl).min();
        let statement = Statement::Traceroute {
            client,
            server,
            hops: collected.comparison.rejecters().hops(client, server),
            reached,
        };
        let kind = FindingKind::Traceroute;
        over(
            kind,
            Confidence::Likely,
            None,
            &moments_of(&attempts),
            statement,
        )
    };
    by_host.into_iter().map(one).collect()
}

/// Fewer connects at even intervals are any client's that tries again.
const FEWEST_AT_EVEN_INTERVALS: usize = 10;

/// Says of which failures of one server are all of one client's checks, or of a program that tries
/// again: it is a failure of the service all the same.
pub(super) fn mark_even_intervals(findings: &mut [Finding]) {
    for finding in findings {
        let members = &finding.members;
        let is_of_service = finding.server.is_some() && finding.kind.weight() == 0;
        let is_of_one = finding.clients == 1 && members.len() >= FEWEST_AT_EVEN_INTERVALS;
        if !is_of_service || !is_of_one || finding.is_of_sample {
            continue;
        }
        let period = even_period(members.iter().map(|moment| moment.started).collect());
        if let Some((client, period)) = finding.example_client.zip(period) {
            let evidence = FindingEvidence::EvenIntervals { client, period };
            finding.evidence.push(evidence);
        }
    }
}

/// One client's checks of all servers.
pub(super) fn health_checks(
    collected: Collected<'_>,
    client: IpAddr,
    attempts: &[(Endpoint, Moment)],
) -> Option<Finding> {
    let servers: BTreeSet<Endpoint> = attempts.iter().map(|(server, _)| *server).collect();
    let periods = servers
        .iter()
        .filter_map(|server| collected.noise.period_of_checks(client, *server));
    let statement = Statement::HealthChecks {
        client,
        servers: servers.len(),
        period: periods.min()?,
    };
    let server = servers.first().copied().filter(|_| servers.len() == 1);
    Some(over(
        FindingKind::HealthChecks,
        Confidence::Likely,
        server,
        &moments_of(attempts),
        statement,
    ))
}
