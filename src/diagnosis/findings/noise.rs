//! What is no failure of a service: scans.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Collected, Finding, FindingKind, over};
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::comparison::Moment;

/// One finding for each scanner.
pub(super) fn findings(collected: Collected<'_>, scanners: &BTreeSet<IpAddr>) -> Vec<Finding> {
    scanners
        .iter()
        .filter_map(|scanner| port_scan(collected, *scanner))
        .collect()
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
    let finding = over(FindingKind::PortScan, Confidence::Likely, None, &moments);
    Some(Finding {
        statement,
        ..finding
    })
}
