//! The words for what a finding leans on.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{backends, limit_words, seconds, several, testimony_words, verdict_words};
use crate::diagnosis::{Finding, FindingEvidence, Fingerprint};
use crate::handshake::{MidwayEnding, Outcome};
use crate::report::sharing_words::connections;

/// What it leans on, one fact each.
pub fn evidence(finding: &Finding) -> Vec<String> {
    finding.evidence.iter().map(evidence_of).collect()
}

fn evidence_of(evidence: &FindingEvidence) -> String {
    match evidence {
        FindingEvidence::AcceptedBefore { attempt, time } => format!(
            "attempt {attempt}, {} before the first failure, was accepted",
            seconds(*time)
        ),
        FindingEvidence::FailedInARow {
            attempts,
            first,
            last,
        } => format!("{attempts} attempts from {first} to {last} failed, and none succeeded"),
        FindingEvidence::AcceptedAfter { attempt, time } => format!(
            "attempt {attempt}, {} after the last failure, was accepted",
            seconds(*time)
        ),
        FindingEvidence::EvenIntervals { client, period } => format!(
            "all are connects of {client}, one every {}: a health check, or a program that tries again",
            seconds(*period)
        ),
        FindingEvidence::OpenConnections {
            limit,
            of_each_client,
        } => {
            let whose = if *of_each_client {
                "its client"
            } else {
                "clients"
            };
            format!(
                "each began while {whose} had {} or more open there, and none that was answered at \
                 once did: a rule that counts connections looks the same",
                connections(*limit)
            )
        }
        FindingEvidence::Origins {
            refusals,
            acceptances,
        } => format!(
            "the refusals came with {}; the acceptances with {}",
            origins(refusals),
            origins(acceptances)
        ),
        FindingEvidence::ScanResult {
            outcome,
            count,
            named,
            is_one_host,
        } => {
            let names: Vec<String> = named
                .iter()
                .map(|server| match is_one_host {
                    true => server.port.to_string(),
                    false => server.to_string(),
                })
                .collect();
            let way = outcome.map_or("answered", Outcome::name);
            let more = if *count > named.len() { ", ..." } else { "" };
            format!("{way} {count}: {}{more}", names.join(", "))
        }
        FindingEvidence::FailedOnRequest { .. } => failed_on_request(evidence),
        FindingEvidence::AskedForInVain { address, questions } => format!(
            "nobody answers for {address} on a link of this capture, asked {questions} times"
        ),
        FindingEvidence::SameSender { .. }
        | FindingEvidence::TakenOver { .. }
        | FindingEvidence::OnlyTcpCaptured { .. } => of_link(evidence),
        FindingEvidence::WentOnTo(backend) => backends::went_on_to(backend),
        FindingEvidence::FilterRule(hits) => verdict_words::rule_hits(hits),
        FindingEvidence::MoreFilterRules(rules) => {
            format!(
                "and {} more: --server, --client tell less",
                several(*rules, "rule")
            )
        }
        FindingEvidence::Limit(limit) => format!(
            "{}: {} are kept, about {} were left out; {}",
            limit_words::name(limit.kind),
            limit.size,
            limit.left_out,
            limit_words::cost(limit.kind)
        ),
        FindingEvidence::Testimony(testimony) => testimony_words::of_server(testimony),
    }
}

fn origins(fingerprints: &[Fingerprint]) -> String {
    let words: Vec<String> = fingerprints.iter().copied().map(origin).collect();
    if words.is_empty() {
        "nothing that tells".to_owned()
    } else {
        words.join(", or ")
    }
}

fn origin(fingerprint: Fingerprint) -> String {
    let ttl = fingerprint.ttl;
    match fingerprint.is_identified_by_zero {
        Some(true) => format!("ttl {ttl} and identification 0"),
        Some(false) => format!("ttl {ttl} and a counted identification"),
        // Only IPv6 is without identification.
        None => format!("hlim {ttl}"),
    }
}

fn same_sender(clients: &BTreeSet<IpAddr>, by: IpAddr, are_forwarded: bool) -> String {
    let named: Vec<String> = clients.iter().take(4).map(ToString::to_string).collect();
    let more = if clients.len() > named.len() {
        " and others"
    } else {
        ""
    };
    let named = named.join(", ");
    if are_forwarded {
        format!(
            "the SYNs of {named}{more} come from the MAC address of {by}, one hop farther: that host forwards them and leaves their address as it is, so answers may find no way back where it should be translated (masquerade)"
        )
    } else {
        format!(
            "the SYNs of {named}{more} come from the MAC address of {by}, which gets in: one host sends with two addresses, and with this one answers may find no way back (the route, or the program, chooses the wrong source address)"
        )
    }
}

fn failed_on_request(evidence: &FindingEvidence) -> String {
    let FindingEvidence::FailedOnRequest {
        client,
        request,
        ending,
        last,
        said,
    } = evidence
    else {
        return String::new();
    };
    let said = said.as_deref().map(verdict_words::beside_packet);
    let request_is = format!("the request of {client} in packet {} is", request.number.0);
    let after = last.at.since(request.at).as_secs_f64();
    match ending {
        MidwayEnding::Reset => format!(
            "{request_is} answered by the RST in packet {}, {:.1} ms later{}",
            last.number.0,
            after * 1000.0,
            said.map(|said| format!("; {said}")).unwrap_or_default()
        ),
        MidwayEnding::Silence { times, .. } => format!(
            "{request_is} sent {times} times, the last time in packet {}, {after:.1} s later",
            last.number.0,
        ),
    }
}

/// What frames show, or the lack of any others.
fn of_link(evidence: &FindingEvidence) -> String {
    match evidence {
        FindingEvidence::SameSender {
            clients,
            by,
            are_forwarded,
        } => same_sender(clients, *by, *are_forwarded),
        FindingEvidence::TakenOver { in_vain, after } => format!(
            "the connects that failed went to the MAC address {in_vain}, those that succeeded after them to {after}: another host took the address over, or a neighbour entry or a router's choice was out of date"
        ),
        FindingEvidence::OnlyTcpCaptured { port } => {
            let (what, filter) = match port {
                Some(port) => (format!("TCP of port {port}"), format!("port {port}")),
                None => ("TCP".to_owned(), "tcp".to_owned()),
            };
            format!(
                "nothing but {what} is in this capture: if it was taken with a filter like '{filter}', ICMP errors and ARP, that would say why, are not in it"
            )
        }
        _ => String::new(),
    }
}
