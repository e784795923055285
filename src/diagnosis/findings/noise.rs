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
    let of_scanners = by_client(collected, |moment| scanners.contains(&moment.client));
    let mut findings: Vec<Finding> = of_scanners
        .iter()
        .map(|(scanner, attempts)| port_scan(*scanner, attempts))
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
    let partial = by_client(collected, |moment| moment.outcome == Outcome::Partial);
    partial
        .iter()
        .filter_map(|(client, attempts)| backscatter_to(*client, attempts))
        .collect()
}

fn backscatter_to(client: IpAddr, attempts: &[(Endpoint, Moment)]) -> Option<Finding> {
    let servers: BTreeSet<IpAddr> = attempts.iter().map(|(server, _)| server.address).collect();
    let statement = format!(
        "{} servers answer {client}, whose SYNs are not in the capture: somebody forges its address, or one direction is missing",
        servers.len()
    );
    (servers.len() >= FEWEST_SERVERS_OF_BACKSCATTER).then(|| {
        over(
            FindingKind::Backscatter,
            Confidence::Possible,
            None,
            &moments_of(attempts),
            statement,
        )
    })
}

/// The selected attempts that are meant, with their servers, by client: one look at all of them, however many clients.
fn by_client(
    collected: Collected<'_>,
    is_meant: impl Fn(&Moment) -> bool,
) -> BTreeMap<IpAddr, Vec<(Endpoint, Moment)>> {
    let mut clients: BTreeMap<IpAddr, Vec<(Endpoint, Moment)>> = BTreeMap::new();
    for (server, history) in collected.comparison.services() {
        for moment in history.moments() {
            if is_meant(moment) && collected.selection.includes_moment(server, moment) {
                clients
                    .entry(moment.client)
                    .or_default()
                    .push((server, *moment));
            }
        }
    }
    clients
}

fn moments_of(attempts: &[(Endpoint, Moment)]) -> Vec<Moment> {
    in_order(attempts.iter().map(|(_, moment)| *moment))
}

fn several(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// One client that tries many addresses and ports, most of them in vain.
fn port_scan(scanner: IpAddr, attempts: &[(Endpoint, Moment)]) -> Finding {
    let hosts: BTreeSet<IpAddr> = attempts.iter().map(|(server, _)| server.address).collect();
    let ports: BTreeSet<u16> = attempts.iter().map(|(server, _)| server.port).collect();
    let accepted = attempts
        .iter()
        .filter(|(_, moment)| moment.was_accepted)
        .count();
    let statement = format!(
        "{scanner} tried {} on {}, {} connects in all; {accepted} were answered: a scan",
        several(ports.len(), "port"),
        several(hosts.len(), "host"),
        attempts.len()
    );
    over(
        FindingKind::PortScan,
        Confidence::Likely,
        None,
        &moments_of(attempts),
        statement,
    )
}
