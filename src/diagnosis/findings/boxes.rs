//! Resets that a box on the way makes in the name of the hosts behind it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::services::NAMED_CLIENTS;
use super::{
    Collected, Finding, FindingEvidence, FindingKind, Service, Statement, count, in_order, over,
};
use crate::decode::{CaptureVerdict, Endpoint, VerdictTeller};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::fingerprint::Fingerprint;
use crate::handshake::{Outcome, SpokenOf};

/// How many of the servers are named.
const NAMED_SERVERS: usize = 4;

/// One finding over all servers that a box resets: one box before many hosts is one story.
/// Servers of which another finding tells already are left to that.
pub(super) fn finding(
    collected: Collected<'_>,
    services: &[Service],
    told: &BTreeSet<Endpoint>,
) -> Option<Finding> {
    let is_concerned = |service: &&Service| {
        !told.contains(&service.server) && !resets(collected, service).is_empty()
    };
    let concerned: Vec<&Service> = services.iter().filter(is_concerned).collect();
    let servers: Vec<Endpoint> = concerned.iter().map(|service| service.server).collect();
    let moments = in_order(
        concerned
            .iter()
            .flat_map(|service| resets(collected, service)),
    );
    if moments.is_empty() {
        return None;
    }
    let only_one = match servers.as_slice() {
        [server] => Some(*server),
        _ => None,
    };
    let said = servers.iter().find_map(|server| words(collected, *server));
    let accepted: Vec<Moment> = concerned
        .iter()
        .flat_map(|service| {
            service.those(|moment| moment.was_accepted() && !moment.outcome.is_failure())
        })
        .collect();
    let let_in: BTreeSet<IpAddr> = accepted.iter().map(|moment| moment.client).collect();
    let shut_out: BTreeSet<IpAddr> = moments.iter().map(|moment| moment.client).collect();
    let are_told_apart = !accepted.is_empty() && shut_out.is_disjoint(&let_in);
    let statement = Statement::AnswersMadeByABox {
        said,
        accepted: count(&accepted),
        only_clients: shut_out
            .into_iter()
            .filter(|_| are_told_apart)
            .take(NAMED_CLIENTS)
            .collect(),
        more: servers.len().saturating_sub(NAMED_SERVERS),
        servers: servers.into_iter().take(NAMED_SERVERS).collect(),
    };
    let all: BTreeSet<Endpoint> = concerned.iter().map(|service| service.server).collect();
    let finding = over(
        FindingKind::AnswersMadeByABox,
        Confidence::Likely,
        only_one,
        &moments,
        statement,
    );
    Some(Finding {
        evidence: origins(&moments, &accepted),
        servers: if only_one.is_some() {
            BTreeSet::new()
        } else {
            all
        },
        ..finding
    })
}

/// What tells the answers of the box from those of the hosts, where both are seen.
fn origins(resets: &[Moment], accepted: &[Moment]) -> Vec<FindingEvidence> {
    let of = |moments: &[Moment]| {
        let found: BTreeSet<Fingerprint> = moments.iter().filter_map(|one| one.answer).collect();
        found.into_iter().collect::<Vec<_>>()
    };
    let refused = resets
        .iter()
        .filter(|moment| moment.outcome == Outcome::Refused)
        .copied();
    let (refusals, acceptances) = (of(&refused.collect::<Vec<_>>()), of(accepted));
    let are_compared = !refusals.is_empty() && !acceptances.is_empty();
    Vec::from_iter(are_compared.then_some(FindingEvidence::Origins {
        refusals,
        acceptances,
    }))
}

/// What the RST of the server's first failure says.
fn words(collected: Collected<'_>, server: Endpoint) -> Option<Box<CaptureVerdict>> {
    let told = collected.first_verdicts.get(&server)?.iter();
    let mut of_reset = told.filter(|told| told.of == SpokenOf::Reset);
    let said = of_reset.find(|told| {
        matches!(
            told.verdict.teller,
            VerdictTeller::LoadBalancer | VerdictTeller::ResetText
        )
    })?;
    Some(Box::new(said.verdict.clone()))
}

/// How surely the first failure of this server is explained by a box: then the others are as well.
pub(super) fn is_reset_by_a_box(collected: Collected<'_>, server: Endpoint) -> Option<Confidence> {
    let first = collected.first_causes.get(&server)?;
    let is_box = matches!(
        first.cause,
        Cause::MiddleboxReset | Cause::TwoResponders | Cause::LoadBalancerReset
    );
    is_box.then_some(first.confidence)
}

fn resets(collected: Collected<'_>, service: &Service) -> Vec<Moment> {
    if is_reset_by_a_box(collected, service.server) < Some(Confidence::Likely) {
        return Vec::new();
    }
    service.those(|moment| matches!(moment.outcome, Outcome::Refused | Outcome::Reset))
}
