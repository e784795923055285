//! What is no failure of a service, each told once: scans, floods, backscatter.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Collected, Finding, FindingEvidence, FindingKind, Statement, in_order, over, probes};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::noise::Noise;
use crate::handshake::Outcome;

/// How many ports of a scan are named for each way in which they answered.
const NAMED_PORTS: usize = 12;

/// One finding for each scanner, flooded server and forged address.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    let scans = by_client(collected, Noise::Scan);
    let mut findings: Vec<Finding> = scans
        .iter()
        .map(|(scanner, attempts)| port_scan(*scanner, attempts))
        .collect();
    findings.extend(syn_floods(collected));
    let backscatter = by_client(collected, Noise::Backscatter);
    let forged = backscatter.iter();
    findings.extend(forged.map(|(client, attempts)| self::backscatter(*client, attempts)));
    for (client, attempts) in by_client(collected, Noise::Traceroute) {
        findings.extend(probes::traceroutes(collected, client, &attempts));
    }
    for (client, attempts) in by_client(collected, Noise::HealthChecks) {
        findings.extend(probes::health_checks(collected, client, &attempts));
    }
    findings
}

/// Attempts that nobody completes, from many clients on one port, more than are completed.
fn syn_floods(collected: Collected<'_>) -> Vec<Finding> {
    let services = collected.comparison.services().into_iter();
    services
        .filter(|(server, _)| collected.noise.is_flooded(*server))
        .filter_map(|(server, history)| {
            let is_meant = |moment: &&Moment| {
                collected.noise.kind_of_moment(server, moment) == Some(Noise::Flood)
                    && collected.selection.includes_moment(server, moment)
            };
            let moments = in_order(history.moments().iter().filter(is_meant).copied());
            (!moments.is_empty()).then(|| syn_flood(server, &moments))
        })
        .collect()
}

fn syn_flood(server: Endpoint, moments: &[Moment]) -> Finding {
    let half_open = moments
        .iter()
        .filter(|moment| matches!(moment.outcome, Outcome::HalfOpen | Outcome::Aborted));
    let answered: u64 = half_open.map(Moment::stands_for).sum();
    let statement = Statement::SynFlood { answered };
    over(
        FindingKind::SynFlood,
        Confidence::Likely,
        Some(server),
        moments,
        statement,
    )
}

/// SYN-ACKs and RSTs of many servers to one address, whose SYNs were never seen: somebody forges
/// that address.
fn backscatter(client: IpAddr, attempts: &[(Endpoint, Moment)]) -> Finding {
    let servers: BTreeSet<IpAddr> = attempts.iter().map(|(server, _)| server.address).collect();
    let statement = Statement::Backscatter {
        client,
        servers: servers.len(),
    };
    over(
        FindingKind::Backscatter,
        Confidence::Possible,
        None,
        &moments_of(attempts),
        statement,
    )
}

/// The selected attempts that are part of such noise, with their servers, by client: one look at
/// all of them, however many clients.
fn by_client(collected: Collected<'_>, noise: Noise) -> BTreeMap<IpAddr, Vec<(Endpoint, Moment)>> {
    let mut clients: BTreeMap<IpAddr, Vec<(Endpoint, Moment)>> = BTreeMap::new();
    for (server, history) in collected.comparison.services() {
        for moment in history.moments() {
            if collected.noise.kind_of_moment(server, moment) == Some(noise)
                && collected.selection.includes_moment(server, moment)
            {
                clients
                    .entry(moment.client)
                    .or_default()
                    .push((server, *moment));
            }
        }
    }
    clients
}

pub(super) fn moments_of(attempts: &[(Endpoint, Moment)]) -> Vec<Moment> {
    in_order(attempts.iter().map(|(_, moment)| *moment))
}

/// One client that tries many addresses and ports, most of them in vain.
fn port_scan(scanner: IpAddr, attempts: &[(Endpoint, Moment)]) -> Finding {
    let hosts: BTreeSet<IpAddr> = attempts.iter().map(|(server, _)| server.address).collect();
    let ports: BTreeSet<u16> = attempts.iter().map(|(server, _)| server.port).collect();
    let answered = attempts.iter().filter(|(_, moment)| moment.was_accepted());
    let statement = Statement::PortScan {
        scanner,
        ports: ports.len(),
        hosts: hosts.len(),
        answered: answered.map(|(_, moment)| moment.stands_for()).sum(),
    };
    let finding = over(
        FindingKind::PortScan,
        Confidence::Likely,
        None,
        &moments_of(attempts),
        statement,
    );
    Finding {
        evidence: what_was_found(attempts, hosts.len()),
        ..finding
    }
}

/// Which ports answered how: what the scanner learned.
fn what_was_found(attempts: &[(Endpoint, Moment)], hosts: usize) -> Vec<FindingEvidence> {
    let mut by_way: BTreeMap<Option<Outcome>, BTreeSet<Endpoint>> = BTreeMap::new();
    for (server, moment) in attempts {
        let way = (!moment.was_accepted()).then_some(moment.outcome);
        by_way.entry(way).or_default().insert(*server);
    }
    let mut by_way: Vec<_> = by_way.into_iter().collect();
    by_way.sort_by_key(|(way, _)| way.map_or("answered", Outcome::name));
    by_way
        .into_iter()
        .map(|(outcome, servers)| FindingEvidence::ScanResult {
            outcome,
            count: servers.len(),
            named: servers.into_iter().take(NAMED_PORTS).collect(),
            is_one_host: hosts == 1,
        })
        .collect()
}
