//! What nothing else explains, told by the cause that the attempts have: hosts that are silent,
//! servers that cannot reach their clients, errors of routers, handshakes that nobody completes.
//!
//! These come last: whatever another finding tells is left to that.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::misdirected::is_silent;
use super::policies::is_of_a_rule;
use super::{
    Collected, Finding, FindingEvidence, FindingKind, Service, Statement, count, in_order, over,
};
use crate::decode::IcmpKind;
use crate::diagnosis::cause::Cause;
use crate::diagnosis::cause::Confidence::{self, Certain, Likely, Possible};
use crate::diagnosis::comparison::{Moment, Vantage};
use crate::diagnosis::sign::Sign;
use crate::handshake::Outcome;

/// More silent hosts than this are one story: what they share is the way to them.
const MOST_APART: usize = 2;

/// A router that waits for an answer to its ARP or neighbour solicitation gives up after 3 s.
const RESOLUTION_TIME: Duration = Duration::from_millis(2500);

/// How many hosts are named.
const NAMED_HOSTS: usize = 4;

/// The findings over all that is left.
pub(super) fn findings(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let mut findings = no_way_back(collected, services);
    findings.extend(silent_hosts(collected, services));
    findings.extend(services.iter().flat_map(|service| {
        let told = [
            unreachable(collected, service),
            syn_ack_lost(collected, service),
            client_silent(collected, service),
            invalid_reset(collected, service),
        ];
        told.into_iter().flatten()
    }));
    findings
}

/// Servers that ask on their own link for clients that are not there: one finding for each server's
/// host, which has one routing table.
fn no_way_back(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let comparison = collected.comparison;
    let mut by_host: BTreeMap<IpAddr, Vec<(&Service, Moment)>> = BTreeMap::new();
    for service in services {
        let address = service.server.address;
        let cut_off = service.those(|moment| {
            moment.outcome == Outcome::Dropped && comparison.looks_in_vain(address, moment.client)
        });
        let those = by_host.entry(address).or_default();
        those.extend(cut_off.into_iter().map(|moment| (service, moment)));
    }
    let of_host = |(host, those): (IpAddr, Vec<(&Service, Moment)>)| {
        let (first, client) = those
            .first()
            .map(|(service, moment)| (service.server, moment.client))?;
        let is_one_server = those.iter().all(|(service, _)| service.server == first);
        let statement = Statement::NoWayBack {
            host,
            client,
            questions: comparison.asked_for(client).questions,
            is_behind_a_router: comparison.is_near(client) == Some(false),
        };
        let confidence = less_sure_in_doubt(collected, host, Certain);
        let moments = in_order(those.into_iter().map(|(_, moment)| moment));
        let kind = FindingKind::NoWayBack;
        let server = is_one_server.then_some(first);
        let mut finding = over(kind, confidence, server, &moments, statement);
        finding.servers.extend(server.is_none().then_some(first));
        Some(finding)
    };
    by_host.into_iter().filter_map(of_host).collect()
}

/// As the causes that are concluded from silence.
fn less_sure_in_doubt(
    collected: Collected<'_>,
    host: IpAddr,
    confidence: Confidence,
) -> Confidence {
    if collected.comparison.is_silence_doubtful(host) {
        confidence.min(Likely)
    } else {
        confidence
    }
}

/// A host that met all connects with silence.
struct SilentHost<'a> {
    address: IpAddr,
    services: Vec<&'a Service>,
    moments: Vec<Moment>,
    /// Whether it answers for its address, and so is there.
    is_on_link: bool,
}

/// Hosts of which the capture has no packet, or none but the answer to the question who has their
/// address.
fn silent_hosts(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let mut by_host: BTreeMap<IpAddr, SilentHost<'_>> = BTreeMap::new();
    for service in services {
        let address = service.server.address;
        let moments =
            service.those(|moment| moment.outcome == Outcome::Dropped && is_silent(moment));
        if moments.is_empty() || !met_all_with_silence(collected, service) {
            continue;
        }
        let host = by_host.entry(address).or_insert_with(|| SilentHost {
            address,
            services: Vec::new(),
            moments: Vec::new(),
            is_on_link: collected.comparison.asked_for(address).answers > 0,
        });
        host.services.push(service);
        host.moments.extend(moments);
    }
    let (on_link, away): (Vec<SilentHost<'_>>, Vec<SilentHost<'_>>) =
        by_host.into_values().partition(|host| host.is_on_link);
    let mut findings: Vec<Finding> = Vec::new();
    for hosts in [on_link, away] {
        let at_once = if hosts.len() > MOST_APART {
            hosts.len()
        } else {
            1
        };
        findings.extend(
            hosts
                .chunks(at_once)
                .filter_map(|hosts| silence(collected, hosts)),
        );
    }
    findings
}

/// Whether not one packet of the host is in the capture, and it is not known to be reached all the
/// same.
fn met_all_with_silence(collected: Collected<'_>, service: &Service) -> bool {
    let is_mute = collected.comparison.is_silent(service.server.address) == Some(true);
    let was_translated = |moment: &Moment| {
        let leg = collected.comparison.leg_of_failure(moment.id);
        leg.is_some_and(|(leg, _)| leg.was_answered)
    };
    // What explains the first of them otherwise explains the others as well. A host that answers
    // for its address is not silent, and its silence has no cause of its own.
    let first = collected.first_causes.get(&service.server);
    let is_on_link = collected
        .comparison
        .asked_for(service.server.address)
        .answers
        > 0;
    let is_told_so = first.map_or(is_on_link, |judged| judged.cause == Cause::HostSilent);
    is_mute && is_told_so && !service.moments.iter().any(was_translated)
}

fn silence(collected: Collected<'_>, hosts: &[SilentHost<'_>]) -> Option<Finding> {
    let first = hosts.first()?;
    let moments = in_order(hosts.iter().flat_map(|host| host.moments.iter().copied()));
    let comparison = collected.comparison;
    let statement = Statement::HostSilent {
        hosts: hosts
            .iter()
            .take(NAMED_HOSTS)
            .map(|host| host.address)
            .collect(),
        more: hosts.len().saturating_sub(NAMED_HOSTS),
        is_on_link: first.is_on_link,
        came_in_here: moments
            .iter()
            .all(|moment| comparison.is_not_seen_to_leave(moment.id)),
    };
    let are_repeated = moments.iter().any(|moment| moment.syn_count > 1);
    let confidence = match (first.is_on_link, are_repeated) {
        (_, false) => Possible,
        // That it gets the SYNs is concluded, not seen.
        (true, true) => Likely,
        (false, true) => Certain,
    };
    let confidence = less_sure_in_doubt(collected, first.address, confidence);
    let servers: BTreeSet<_> = hosts
        .iter()
        .flat_map(|host| host.services.iter().map(|service| service.server))
        .collect();
    let only_one = servers.first().copied().filter(|_| servers.len() == 1);
    let kind = FindingKind::HostSilent;
    let finding = over(kind, confidence, only_one, &moments, statement);
    Some(match only_one {
        Some(_) => finding,
        None => Finding { servers, ..finding },
    })
}

/// Errors with which a router says that it has no way on, for a port that never accepts: whom it
/// answers with silence meets the same, because such errors are limited in number.
fn unreachable(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let is_of_way = |moment: &Moment| moment.rejected_by.is_some_and(|kind| !is_of_a_rule(kind));
    let rejected = service.those(|moment| moment.outcome == Outcome::Rejected && is_of_way(moment));
    let has_accepted = service.moments.iter().any(Moment::was_accepted);
    let those = service.those(|moment| {
        let is_as_silent = moment.outcome == Outcome::Dropped && is_silent(moment) && !has_accepted;
        is_as_silent || moment.outcome == Outcome::Rejected && is_of_way(moment)
    });
    let kinds: BTreeSet<IcmpKind> = rejected
        .iter()
        .filter_map(|moment| moment.rejected_by)
        .collect();
    let accepted = count(&service.those(Moment::was_accepted));
    let statement = Statement::Unreachable {
        sender: collected.comparison.rejecters().only_one_of(service.server),
        kinds: kinds.into_iter().collect(),
        is_late: rejected.iter().all(is_as_late_as_a_router_asks),
        rejected: count(&rejected),
        accepted,
    };
    let server = Some(service.server);
    let kind = FindingKind::Unreachable;
    let finding = (!rejected.is_empty()).then(|| over(kind, Certain, server, &those, statement))?;
    Some(Finding {
        evidence: asked_for_in_vain(collected).into_iter().collect(),
        ..finding
    })
}

/// Whether a router may have asked for the host first, and given up.
fn is_as_late_as_a_router_asks(moment: &Moment) -> bool {
    let (first, last) = moment.proof();
    last.at.since(first.at) >= RESOLUTION_TIME
}

/// The one address for which somebody asks on a link, again and again, and nobody answers.
pub(super) fn asked_for_in_vain(collected: Collected<'_>) -> Option<FindingEvidence> {
    let hosts = collected.comparison.unanswered_hosts();
    let [(address, asked)] = hosts.as_slice() else {
        return None;
    };
    Some(FindingEvidence::AskedForInVain {
        address: *address,
        questions: asked.questions,
    })
}

/// Answers after which the client goes on repeating its SYN: as sure as the cause of each.
fn syn_ack_lost(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let those = half_open(collected, service, |moment| moment.syn_count > 1);
    let first = those.first()?;
    let vantage = vantage(collected, service, first);
    let confidence = match vantage {
        Some(Vantage::Server | Vantage::Between) => Certain,
        _ => Likely,
    };
    let statement = Statement::SynAckLost { vantage };
    let (kind, server) = (FindingKind::SynAckLost, Some(service.server));
    Some(over(kind, confidence, server, &those, statement))
}

/// Answers after which nothing more came from the client.
fn client_silent(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let those = half_open(collected, service, |moment| moment.syn_count <= 1);
    let first = those.first()?;
    let cause = collected.first_causes.get(&service.server);
    let confidence = match cause.filter(|judged| judged.cause == Cause::ClientSilent) {
        Some(judged) => judged.confidence,
        None if vantage(collected, service, first) == Some(Vantage::Client) => Possible,
        None => Likely,
    };
    let (kind, server) = (FindingKind::ClientSilent, Some(service.server));
    Some(over(
        kind,
        confidence,
        server,
        &those,
        Statement::ClientSilent,
    ))
}

/// RSTs that acknowledge nothing that the client sent: whoever makes them refuses, and the client's
/// TCP goes on waiting.
fn invalid_reset(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let those = service.those(|moment| {
        moment.outcome == Outcome::Dropped && moment.sign == Some(Sign::IgnoredReset)
    });
    let host = collected.comparison.host(service.server.address);
    let statement = Statement::InvalidResets {
        is_of_user_mode_stack: host.is_some_and(|host| host.stacks.forwarder().is_some()),
    };
    let (kind, server) = (FindingKind::InvalidReset, Some(service.server));
    (!those.is_empty()).then(|| over(kind, Certain, server, &those, statement))
}

/// Those of which nothing better is known than that nobody completed them.
fn half_open(
    collected: Collected<'_>,
    service: &Service,
    is_meant: impl Fn(&Moment) -> bool,
) -> Vec<Moment> {
    let first = collected.first_causes.get(&service.server);
    let is_explained = first.is_some_and(|judged| {
        matches!(
            judged.cause,
            Cause::AnswerFromOtherAddress | Cause::WrongChecksum | Cause::DroppedHere
        )
    });
    if is_explained {
        return Vec::new();
    }
    service.those(|moment| {
        moment.outcome == Outcome::HalfOpen && is_silent(moment) && is_meant(moment)
    })
}

fn vantage(collected: Collected<'_>, service: &Service, moment: &Moment) -> Option<Vantage> {
    collected
        .comparison
        .vantage(moment.client, service.server.address)
}
