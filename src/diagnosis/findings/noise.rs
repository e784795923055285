//! What is no failure of a service: scans, floods, backscatter.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Collected, Finding, FindingKind, in_order, over};
use crate::decode::Endpoint;
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::comparison::{Moment, ServiceHistory};
use crate::handshake::Outcome;

/// One finding for each scanner.
pub(super) fn findings(collected: Collected<'_>, scanners: &BTreeSet<IpAddr>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = scanners
        .iter()
        .filter_map(|scanner| port_scan(collected, *scanner))
        .collect();
    findings.extend(syn_flood(collected));
    findings.extend(backscatter(collected));
    findings
}

/// So many SYNs that nobody completes, from so many clients.
const FEWEST_IN_A_FLOOD: usize = 50;
const FEWEST_CLIENTS_OF_A_FLOOD: usize = 20;

/// Half-open attempts from many clients on one port, more than were completed.
fn syn_flood(collected: Collected<'_>) -> Vec<Finding> {
    let services = collected.comparison.services().into_iter();
    services
        .filter_map(|(server, history)| flood_of(collected, server, history))
        .collect()
}

fn flood_of(
    collected: Collected<'_>,
    server: Endpoint,
    history: &ServiceHistory,
) -> Option<Finding> {
    let is_meant = |moment: &&Moment| {
        moment.outcome == Outcome::HalfOpen && collected.selection.includes_moment(server, moment)
    };
    let moments = in_order(history.moments().iter().filter(is_meant).copied());
    let clients: BTreeSet<IpAddr> = moments.iter().map(|moment| moment.client).collect();
    let is_most = moments.len() * 2 > history.moments().len();
    if moments.len() < FEWEST_IN_A_FLOOD || clients.len() < FEWEST_CLIENTS_OF_A_FLOOD || !is_most {
        return None;
    }
    let statement = format!(
        "{} connects of {} clients to {server} were answered and never completed: a SYN flood, its sources forged",
        moments.len(),
        clients.len()
    );
    Some(over(
        FindingKind::SynFlood,
        Confidence::Likely,
        Some(server),
        &moments,
        statement,
    ))
}

/// Answers from so many servers to one client that sent nothing.
const FEWEST_SERVERS_OF_BACKSCATTER: usize = 10;

/// SYN-ACKs and RSTs of many servers to one address, whose SYNs were never seen: somebody forges that address.
fn backscatter(collected: Collected<'_>) -> Vec<Finding> {
    let mut by_client: BTreeMap<IpAddr, (BTreeSet<IpAddr>, Vec<Moment>)> = BTreeMap::new();
    for (server, history) in collected.comparison.services() {
        let partial = history.moments().iter().filter(|moment| {
            moment.outcome == Outcome::Partial
                && collected.selection.includes_moment(server, moment)
        });
        for moment in partial {
            let (servers, moments) = by_client.entry(moment.client).or_default();
            servers.insert(server.address);
            moments.push(*moment);
        }
    }
    let is_victim = |(_, (servers, _)): &(IpAddr, (BTreeSet<IpAddr>, Vec<Moment>))| {
        servers.len() >= FEWEST_SERVERS_OF_BACKSCATTER
    };
    let told = |(client, (servers, mut moments)): (IpAddr, (BTreeSet<IpAddr>, Vec<Moment>))| {
        moments.sort_by_key(|moment| (moment.started, moment.id));
        let statement = format!(
            "{} servers answer {client}, whose SYNs are not in the capture: somebody forges its address, or one direction is missing",
            servers.len()
        );
        over(
            FindingKind::Backscatter,
            Confidence::Possible,
            None,
            &moments,
            statement,
        )
    };
    by_client.into_iter().filter(is_victim).map(told).collect()
}

fn several(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// One client that tries many addresses and ports, most of them in vain.
fn port_scan(collected: Collected<'_>, scanner: IpAddr) -> Option<Finding> {
    let services = collected.comparison.services();
    let mut hosts = BTreeSet::new();
    let mut ports = BTreeSet::new();
    let mut moments: Vec<Moment> = Vec::new();
    for (server, history) in services {
        let of_scanner = history.moments().iter().filter(|moment| {
            moment.client == scanner && collected.selection.includes_moment(server, moment)
        });
        let before = moments.len();
        moments.extend(of_scanner);
        if moments.len() > before {
            hosts.insert(server.address);
            ports.insert(server.port);
        }
    }
    if moments.is_empty() {
        return None;
    }
    moments.sort_by_key(|moment| (moment.started, moment.id));
    let accepted = moments.iter().filter(|moment| moment.was_accepted).count();
    let statement = format!(
        "{scanner} tried {} on {}, {} connects in all; {accepted} were answered: a scan",
        several(ports.len(), "port"),
        several(hosts.len(), "host"),
        moments.len()
    );
    Some(over(
        FindingKind::PortScan,
        Confidence::Likely,
        None,
        &moments,
        statement,
    ))
}
