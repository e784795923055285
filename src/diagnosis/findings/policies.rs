//! Rules that came or went while the capture ran: for everybody, or for one client.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Change, Collected, Finding, FindingKind, Service, Statement, in_order, over};
use crate::capture::Timestamp;
use crate::decode::IcmpKind;
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::testimony::shows_a_rule;
use crate::handshake::Outcome;

/// Fewer in a row may be chance.
const FEWEST_IN_A_ROW: usize = 3;

/// Silence for one client among others says less than an ICMP error.
const FEWEST_SILENT: usize = 5;

/// What happened further away in time says nothing of this.
const NEARBY: std::time::Duration = std::time::Duration::from_secs(30);

/// Each with the attempts that it is about.
pub(super) fn findings(
    collected: Collected<'_>,
    services: &[Service],
) -> Vec<(Finding, Vec<Moment>)> {
    let mut findings = Vec::new();
    for service in services {
        let for_all =
            for_everybody(collected, services, service).or_else(|| testified(collected, service));
        match for_all {
            Some(finding) => findings.push(finding),
            None => findings.extend(for_clients(collected, service)),
        }
    }
    findings
}

/// In which way a server met an attempt.
fn change_of(moment: &Moment) -> Option<Change> {
    match moment.outcome {
        _ if moment.was_accepted() => Some(Change::Accepted),
        Outcome::Refused => Some(Change::Refused),
        Outcome::Dropped => Some(Change::Silent),
        Outcome::Rejected if moment.rejected_by.is_some_and(is_of_a_rule) => Some(Change::Rejected),
        _ => None,
    }
}

/// Errors with which a rule says no, not a route.
pub(super) fn is_of_a_rule(kind: IcmpKind) -> bool {
    matches!(
        kind,
        IcmpKind::V4(3, 2 | 3 | 9 | 10 | 13..=15) | IcmpKind::V6(1, 1 | 4 | 5 | 6)
    )
}

/// All attempts until a moment were met in one way, and all later ones in another, of which a
/// restart makes no other: refused, then silent; or a rule's ICMP errors, before or after.
fn for_everybody(
    collected: Collected<'_>,
    services: &[Service],
    service: &Service,
) -> Option<(Finding, Vec<Moment>)> {
    let decided = service.those(|moment| change_of(moment).is_some());
    let undecided = service.those(|moment| {
        change_of(moment).is_none()
            && !matches!(moment.outcome, Outcome::Pending | Outcome::Partial)
    });
    let runs: Vec<&[Moment]> = decided
        .chunk_by(|one, next| change_of(one) == change_of(next))
        .collect();
    let [before, after] = runs.as_slice() else {
        return None;
    };
    let (was, is) = (change_of(before.first()?)?, change_of(after.first()?)?);
    let is_change = matches!(
        (was, is),
        (Change::Refused, Change::Silent | Change::Rejected)
            | (Change::Silent, Change::Refused)
            | (Change::Accepted, Change::Rejected)
            | (Change::Rejected, Change::Accepted | Change::Refused)
    ) || (are_resets_of_a_rule(collected, service)
        && matches!(
            (was, is),
            (Change::Accepted, Change::Refused) | (Change::Refused, Change::Accepted)
        ));
    let is_long = before.len() >= FEWEST_IN_A_ROW && after.len() >= FEWEST_IN_A_ROW;
    let same_clients = clients(before)
        .intersection(&clients(after))
        .next()
        .is_some();
    let silent = if is == Change::Silent { after } else { before };
    let is_alive = !matches!((was, is), (Change::Silent, _) | (_, Change::Silent))
        || answers_elsewhere(collected, services, service, silent);
    if !is_change || !is_long || !same_clients || !is_alive || !undecided.is_empty() {
        return None;
    }
    let failing: Vec<Moment> = service.those(|moment| moment.outcome.is_failure());
    let at = after.first()?.started;
    let statement = Statement::PolicyChanged {
        client: None,
        was,
        is,
        at,
        until: None,
        others: 0,
    };
    Some(policy_changed(service, failing, statement))
}

/// Whether a packet filter or a box made the RSTs: a restart does not.
fn are_resets_of_a_rule(collected: Collected<'_>, service: &Service) -> bool {
    let first = collected.first_causes.get(&service.server);
    first.is_some_and(|first| {
        first.confidence >= Confidence::Likely
            && matches!(first.cause, Cause::FirewallReset | Cause::MiddleboxReset)
    })
}

/// The server accepted, then refused or met with silence, perhaps until it accepted again, and its
/// own host says that somebody listened all the while, with room for more: no outage does that.
fn testified(collected: Collected<'_>, service: &Service) -> Option<(Finding, Vec<Moment>)> {
    let testimony = collected.testimony_of(service.server);
    let decided = service.those(|moment| change_of(moment).is_some());
    let runs: Vec<&[Moment]> = decided
        .chunk_by(|one, next| change_of(one) == change_of(next))
        .collect();
    let (failing, after): (&[Moment], &[Moment]) = match runs.as_slice() {
        [_, failing] => (failing, &[]),
        [_, failing, after] => (failing, after),
        _ => return None,
    };
    let was_accepted = |run: &[Moment]| run.iter().all(Moment::was_accepted);
    let (before, first) = (runs.first()?, failing.first()?);
    let is = change_of(first)?;
    let is_by_a_rule =
        matches!(is, Change::Refused | Change::Silent) && shows_a_rule(testimony, first.outcome);
    if !is_by_a_rule || !was_accepted(before) || !was_accepted(after) {
        return None;
    }
    let statement = Statement::PolicyChanged {
        client: None,
        was: Change::Accepted,
        is,
        at: first.started,
        until: after.first().map(|moment| moment.started),
        others: 0,
    };
    Some(policy_changed(service, failing.to_vec(), statement))
}

/// The finding over the failures that a rule made, and these.
fn policy_changed(
    service: &Service,
    failing: Vec<Moment>,
    statement: Statement,
) -> (Finding, Vec<Moment>) {
    let kind = FindingKind::PolicyChanged;
    let server = Some(service.server);
    let finding = over(kind, Confidence::Likely, server, &failing, statement);
    (finding, failing)
}

fn clients(moments: &[Moment]) -> BTreeSet<IpAddr> {
    moments.iter().map(|moment| moment.client).collect()
}

/// Whether the host answered on another port while this one was silent: it is no host that went
/// down.
fn answers_elsewhere(
    collected: Collected<'_>,
    services: &[Service],
    service: &Service,
    silent: &[Moment],
) -> bool {
    let (Some(first), Some(last)) = (silent.first(), silent.last()) else {
        return false;
    };
    let is_other = |other: &&Service| {
        other.server.address == service.server.address && other.server.port != service.server.port
    };
    let is_during = |moment: &Moment| {
        moment.answer.is_some()
            && moment.started >= first.started
            && moment.started <= last.started.after(NEARBY)
    };
    !collected
        .comparison
        .is_silence_doubtful(service.server.address)
        && services
            .iter()
            .filter(is_other)
            .any(|other| other.moments.iter().any(is_during))
}

/// One client is shut out from a moment on, perhaps until another, while others are accepted: a
/// ban, or a limit of connects.
fn for_clients(collected: Collected<'_>, service: &Service) -> Vec<(Finding, Vec<Moment>)> {
    let mut by_client: BTreeMap<IpAddr, Vec<Moment>> = BTreeMap::new();
    for moment in &service.moments {
        by_client.entry(moment.client).or_default().push(*moment);
    }
    if by_client.len() < 2 {
        return Vec::new();
    }
    let mut shut_out: Vec<Moment> = Vec::new();
    let mut findings = Vec::new();
    for (client, moments) in &by_client {
        if moments.iter().any(Moment::was_accepted) {
            findings.extend(one_client(collected, service, *client, moments));
        } else if is_rejected_alone(service, *client, moments) {
            shut_out.extend(moments);
        }
    }
    findings.extend(source_filtered(service, shut_out));
    findings
}

/// The one run of attempts of a client that were shut, between others that were accepted.
fn one_client(
    collected: Collected<'_>,
    service: &Service,
    client: IpAddr,
    moments: &[Moment],
) -> Option<(Finding, Vec<Moment>)> {
    // A host behind a load balancer refuses those that it is chosen for as well: only RSTs that its
    // stack did not make are a rule's.
    let are_resets_of_a_rule = are_resets_of_a_rule(collected, service);
    let is_shut = |moment: &Moment| match change_of(moment) {
        Some(Change::Rejected | Change::Silent) => true,
        Some(Change::Refused) => are_resets_of_a_rule,
        _ => false,
    };
    let runs: Vec<&[Moment]> = moments
        .chunk_by(|one, next| is_shut(one) == is_shut(next))
        .collect();
    let mut of_shut = runs.iter().filter(|run| run.first().is_some_and(is_shut));
    let (run, None) = (of_shut.next()?, of_shut.next()) else {
        return None;
    };
    let (first, last) = (run.first()?, run.last()?);
    let was_accepted = moments
        .iter()
        .any(|moment| moment.was_accepted() && moment.started < first.started);
    let again = moments
        .iter()
        .find(|moment| moment.was_accepted() && moment.started > last.started);
    let rejected = run
        .iter()
        .filter(|moment| moment.outcome == Outcome::Rejected);
    let is_refused = run.iter().all(|moment| moment.outcome == Outcome::Refused);
    let is_rejected = rejected.count() > 0 || is_refused;
    let fewest = if is_rejected {
        FEWEST_IN_A_ROW
    } else {
        FEWEST_SILENT
    };
    let others = accepted_of_others(service, client, first.started, last.started);
    let (fails_alone, is_long) = (
        !fails_others(service, client, first.started, last.started),
        run.len() >= fewest,
    );
    let is_among = others > 0 && (is_rejected || others >= FEWEST_IN_A_ROW as u64);
    if !was_accepted || !is_long || !is_among || !fails_alone {
        return None;
    }
    let statement = Statement::PolicyChanged {
        client: Some(client),
        was: Change::Accepted,
        is: if is_refused {
            Change::Refused
        } else if is_rejected {
            Change::Rejected
        } else {
            Change::Silent
        },
        at: first.started,
        until: again.map(|moment| moment.started),
        others,
    };
    let confidence = if is_rejected {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let kind = FindingKind::PolicyChanged;
    let finding = over(kind, confidence, Some(service.server), run, statement);
    Some((finding, run.to_vec()))
}

fn accepted_of_others(service: &Service, client: IpAddr, from: Timestamp, until: Timestamp) -> u64 {
    let is_meant = |moment: &&Moment| {
        moment.client != client
            && moment.was_accepted()
            && moment.started >= from
            && moment.started <= until
    };
    service.moments.iter().filter(is_meant).count() as u64
}

fn fails_others(service: &Service, client: IpAddr, from: Timestamp, until: Timestamp) -> bool {
    service.moments.iter().any(|moment| {
        moment.client != client
            && !moment.was_accepted()
            && moment.outcome.is_failure()
            && moment.started >= from
            && moment.started <= until
    })
}

/// Whether a client is never accepted and a rule says so by ICMP errors, while another is accepted
/// about then.
fn is_rejected_alone(service: &Service, client: IpAddr, moments: &[Moment]) -> bool {
    let is_of_rule = |moment: &Moment| change_of(moment) == Some(Change::Rejected);
    let is_shut = |moment: &Moment| {
        is_of_rule(moment) || matches!(moment.outcome, Outcome::Dropped | Outcome::Pending)
    };
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return false;
    };
    let (from, until) = (first.started.before(NEARBY), last.started.after(NEARBY));
    moments.iter().all(is_shut)
        && moments.iter().filter(|moment| is_of_rule(moment)).count() >= FEWEST_IN_A_ROW
        && accepted_of_others(service, client, from, until) > 0
}

fn source_filtered(service: &Service, moments: Vec<Moment>) -> Option<(Finding, Vec<Moment>)> {
    let moments = in_order(moments.into_iter());
    let clients = clients(&moments);
    let named: Vec<IpAddr> = clients
        .iter()
        .take(super::services::NAMED_CLIENTS)
        .copied()
        .collect();
    let statement = Statement::SourceFiltered {
        are_more: clients.len() > named.len(),
        clients: named,
        range: None,
    };
    let kind = FindingKind::SourceFiltered;
    (!moments.is_empty()).then(|| {
        let finding = over(
            kind,
            Confidence::Likely,
            Some(service.server),
            &moments,
            statement,
        );
        (finding, moments)
    })
}
