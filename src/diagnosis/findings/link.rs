//! What the link and its frames tell: wrong checksums, and two hosts that have one address.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::counted_drops::{counted_drops, is_counted};
use super::{Collected, Finding, FindingEvidence, FindingKind, Statement, in_order, over};
use super::{filter_logs, kernel_drops};
use crate::decode::{Endpoint, VerdictTeller};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::sign::Sign;
use crate::handshake::Outcome;

/// The findings over frames.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    let mut findings = duplicate_addresses(collected);
    findings.extend(answering_hosts(collected));
    findings.extend(wrong_checksums(collected));
    findings.extend(dropped_here(collected));
    findings.extend(kernel_drops::findings(collected));
    findings.extend(counted_drops(collected));
    findings
}

/// Whether another finding explains the attempt better than one over its server alone.
pub(super) fn explains(collected: Collected<'_>, server: Endpoint, moment: &Moment) -> bool {
    let has_wrong_checksums = moment.sign == Some(Sign::WrongChecksums);
    let are_to_blame = || collected.comparison.checksums().to_blame().1 >= Some(Confidence::Likely);
    filter_logs::is_told(collected, server, moment)
        || has_wrong_checksums && are_to_blame()
        || was_dropped_here(collected, server, moment)
        || kernel_drops::was_dropped(collected, moment)
        || is_counted(collected, server, moment)
}

fn was_dropped_here(collected: Collected<'_>, server: Endpoint, moment: &Moment) -> bool {
    // A packet that never left and was repeated with success kept nobody out.
    let is_kept_out = matches!(moment.outcome, Outcome::Dropped | Outcome::HalfOpen);
    is_kept_out
        && !kernel_drops::was_dropped(collected, moment)
        && collected.comparison.was_dropped_here(
            (moment.client, server.address),
            (moment.id, moment.outcome),
            moment.started,
        )
}

/// One story: the host that captures is one.
fn dropped_here(collected: Collected<'_>) -> Option<Finding> {
    let those = attempts(collected, |server, moment| {
        was_dropped_here(collected, server, moment)
    });
    let are_repeated = those.iter().any(|(_, moment)| !moment.has_one_syn());
    let confidence = if are_repeated {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let server = only_server(&those);
    let kind = FindingKind::DroppedHere;
    let is_shown_by_chains = those.iter().any(|(server, _)| {
        let told = collected.first_verdicts.get(server);
        told.is_some_and(|told| {
            told.iter()
                .any(|told| told.verdict.teller == VerdictTeller::FwMonitor)
        })
    });
    let is_answer = |(_, moment): &&(Endpoint, Moment)| moment.outcome == Outcome::HalfOpen;
    let statement = Statement::DroppedHere {
        is_shown_by_chains,
        answers: those.iter().filter(is_answer).count(),
    };
    (!those.is_empty()).then(|| over(kind, confidence, server, &moments(&those), statement))
}

/// The selected attempts that are meant, with their servers.
pub(super) fn attempts(
    collected: Collected<'_>,
    is_meant: impl Fn(Endpoint, &Moment) -> bool,
) -> Vec<(Endpoint, Moment)> {
    let services = collected.comparison.services().into_iter();
    let all = services.flat_map(|(server, history)| {
        let moments = history.moments().iter();
        moments.map(move |moment| (server, *moment))
    });
    let is_selected = |(server, moment): &(Endpoint, Moment)| {
        is_meant(*server, moment)
            && collected.noise.kind_of_moment(*server, moment).is_none()
            && collected.selection.includes_moment(*server, moment)
    };
    all.filter(is_selected).collect()
}

/// The server of these, if it is one.
pub(super) fn only_server(attempts: &[(Endpoint, Moment)]) -> Option<Endpoint> {
    let (server, _) = attempts.first()?;
    let is_only_one = attempts.iter().all(|(other, _)| other == server);
    is_only_one.then_some(*server)
}

pub(super) fn moments(attempts: &[(Endpoint, Moment)]) -> Vec<Moment> {
    in_order(attempts.iter().map(|(_, moment)| *moment))
}

/// One story, however many servers: what fills in the checksums is on the way to all of them.
fn wrong_checksums(collected: Collected<'_>) -> Option<Finding> {
    let (counts, confidence) = collected.comparison.checksums().to_blame();
    let confidence = confidence?;
    // Of what the capture shows no end of, nothing failed by it.
    let those = attempts(collected, |_, moment| {
        let is_decided = !matches!(moment.outcome, Outcome::Pending | Outcome::Partial);
        moment.sign == Some(Sign::WrongChecksums) && is_decided
    });
    let statement = Statement::WrongChecksums {
        wrong: counts.unanswered_wrong,
        answered: counts.answered_right,
    };
    let kind = FindingKind::WrongChecksums;
    let server = only_server(&those);
    (!those.is_empty()).then(|| over(kind, confidence, server, &moments(&those), statement))
}

/// Addresses for which two hosts answered the same question, and connects from or to them failed.
/// Likely where others to them succeeded: one of the two serves, the other does not. A host with
/// two interfaces on one link answers twice as well: then no connect fails.
fn duplicate_addresses(collected: Collected<'_>) -> Vec<Finding> {
    let duplicates = collected.comparison.duplicate_addresses().into_iter();
    let found = duplicates.filter_map(|(address, hosts, conflicts)| {
        let (failed, others): (Vec<_>, Vec<_>) = attempts(collected, |server, moment| {
            server.address == address || moment.client == address
        })
        .into_iter()
        .partition(|(_, moment)| moment.outcome.is_failure());
        let is_some_accepted = others.iter().any(|(_, moment)| moment.was_accepted());
        let confidence = if is_some_accepted {
            Confidence::Likely
        } else {
            Confidence::Possible
        };
        let statement = Statement::DuplicateAddress {
            address,
            hosts,
            conflicts,
        };
        let kind = FindingKind::DuplicateAddress;
        let server = only_server(&failed);
        (!failed.is_empty()).then(|| Finding {
            evidence: origins(&failed, &others),
            ..over(kind, confidence, server, &moments(&failed), statement)
        })
    });
    found.collect()
}

/// Ports for which two hosts answer by turns, unless ARP tells of the address already.
fn answering_hosts(collected: Collected<'_>) -> Vec<Finding> {
    let told = claimed_twice(collected);
    let hosts = collected.comparison.answering_hosts().into_iter();
    let found = hosts.filter_map(|hosts| {
        let refused = attempts(collected, |server, moment| {
            server == hosts.server && moment.outcome == Outcome::Refused
        });
        let statement = Statement::AnsweringHosts {
            accepting: hosts.accepting,
            refusing: hosts.refusing,
            turns: hosts.turns,
        };
        let kind = FindingKind::DuplicateAddress;
        let server = Some(hosts.server);
        let is_new = !refused.is_empty() && !told.contains(&hosts.server.address);
        let those = moments(&refused);
        is_new.then(|| over(kind, Confidence::Likely, server, &those, statement))
    });
    found.collect()
}

/// What tells the answers of the one from those of the other.
fn origins(failed: &[(Endpoint, Moment)], others: &[(Endpoint, Moment)]) -> Vec<FindingEvidence> {
    let is_refused = |moment: &Moment| moment.outcome == Outcome::Refused;
    let of = |attempts: &[(Endpoint, Moment)], is_meant: &dyn Fn(&Moment) -> bool| {
        let meant = attempts.iter().filter(|(_, moment)| is_meant(moment));
        let found: BTreeSet<Fingerprint> = meant.filter_map(|(_, moment)| moment.answer).collect();
        found.into_iter().collect::<Vec<_>>()
    };
    let refusals = of(failed, &is_refused);
    let acceptances = of(others, &Moment::was_accepted);
    if refusals.is_empty() || acceptances.is_empty() {
        return Vec::new();
    }
    vec![FindingEvidence::Origins {
        refusals,
        acceptances,
    }]
}

/// The addresses that two hosts have.
pub(super) fn duplicates(collected: Collected<'_>) -> BTreeSet<IpAddr> {
    let answering = collected.comparison.answering_hosts().into_iter();
    let mut addresses = claimed_twice(collected);
    addresses.extend(answering.map(|hosts| hosts.server.address));
    addresses
}

/// The addresses that two hosts say are theirs.
fn claimed_twice(collected: Collected<'_>) -> BTreeSet<IpAddr> {
    let duplicates = collected.comparison.duplicate_addresses().into_iter();
    duplicates.map(|(address, ..)| address).collect()
}
