//! What failures share and successes do not: said before any kind that does not explain it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Collected, Finding, FindingKind, Service, Statement, count, in_order, over};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::{Counts, DropStory, Moment, Reason, Share};
use crate::diagnosis::syn_traits::SynOption;
use crate::handshake::Outcome;

/// How many pairs are named.
const NAMED_PAIRS: usize = 4;

/// How much else is named that failures share.
const NAMED_SHARES: usize = 2;

/// Each with the attempts that it is about.
pub(super) fn findings(
    collected: Collected<'_>,
    services: &[Service],
) -> Vec<(Finding, Vec<Moment>)> {
    let path = dead_path(collected, services);
    let is_of_path: BTreeSet<_> = path
        .iter()
        .flat_map(|(_, moments)| moments)
        .map(|moment| moment.id)
        .collect();
    let of_each = services.iter().flat_map(|service| {
        let rest = Service {
            server: service.server,
            moments: service.those(|moment| !is_of_path.contains(&moment.id)),
        };
        let stale = stale_state(collected, &rest);
        let shared = failures_share(collected, &rest);
        let dead = dead_tuples(collected, &rest);
        let signed = signed_in_vain(collected, &rest);
        stale.into_iter().chain(shared.or(signed)).chain(dead)
    });
    let of_each: Vec<_> = of_each.collect();
    path.into_iter().chain(of_each).collect()
}

/// The dropped attempts of which the comparison says this, and how surely at most.
fn with_reason(
    collected: Collected<'_>,
    service: &Service,
    reason: Reason,
) -> Option<(Vec<Moment>, Confidence)> {
    let (story, history) = (
        collected.comparison.drop_story(service.server)?,
        collected.comparison.service(service.server)?,
    );
    let verdict = |moment: &Moment| {
        let verdict = story.verdict(history, &collected.comparison.dropped(moment))?;
        (verdict.reason == reason).then_some(verdict.confidence)
    };
    let those =
        service.those(|moment| moment.outcome == Outcome::Dropped && verdict(moment).is_some());
    let confidence = those.iter().filter_map(verdict).max()?;
    let is_doubtful = collected
        .comparison
        .is_silence_doubtful(service.server.address);
    let confidence = if is_doubtful {
        Confidence::Possible
    } else {
        confidence
    };
    Some((those, confidence))
}

/// Only 4-tuples fail that were in use before, while new ports of the same clients succeed.
fn stale_state(collected: Collected<'_>, service: &Service) -> Option<(Finding, Vec<Moment>)> {
    let (those, confidence) = with_reason(collected, service, Reason::StaleState)?;
    let story = collected.comparison.drop_story(service.server)?;
    let first = those.first()?;
    let earlier = story.earlier_use(&collected.comparison.dropped(first))?;
    let statement = Statement::StaleState {
        counts: story.reused,
        earlier: earlier.attempt,
        client_port: first.client_port,
        after: first.started.since(earlier.last_at),
    };
    let kind = FindingKind::StaleState;
    let finding = over(kind, confidence, Some(service.server), &those, statement);
    Some((finding, those))
}

/// Failures have something in common that no success has.
fn failures_share(collected: Collected<'_>, service: &Service) -> Option<(Finding, Vec<Moment>)> {
    let (those, confidence) = with_reason(collected, service, Reason::Shared)?;
    let story: &DropStory = collected.comparison.drop_story(service.server)?;
    let (share, also) = story.shares().split_first()?;
    let statement = Statement::FailuresShare {
        share: *share,
        also: also.iter().take(NAMED_SHARES).copied().collect(),
        counts: Counts {
            failing_with: those.len() as u64,
            failing: story.reused.failing,
            succeeding_with: 0,
            succeeding: story.reused.succeeding,
        },
    };
    let kind = FindingKind::FailuresShare;
    let finding = over(kind, confidence, Some(service.server), &those, statement);
    Some((finding, those))
}

/// SYNs that are signed meet silence, and no signed one is answered: a listener without that key
/// drops them.
fn signed_in_vain(collected: Collected<'_>, service: &Service) -> Option<(Finding, Vec<Moment>)> {
    let first = collected.first_causes.get(&service.server)?;
    let is_signed = |moment: &Moment| moment.syn_traits.carries(SynOption::Authentication);
    let is_silent = |moment: &Moment| moment.outcome == Outcome::Dropped;
    let those = service.those(|moment| is_silent(moment) && is_signed(moment));
    let accepted = service.those(Moment::was_accepted);
    let is_explained = first.cause == Cause::AuthenticationOption;
    if those.is_empty() || !is_explained || accepted.iter().any(is_signed) {
        return None;
    }
    let statement = Statement::FailuresShare {
        share: Share::With(SynOption::Authentication),
        also: Vec::new(),
        counts: Counts {
            failing_with: those.len() as u64,
            failing: service.those(is_silent).len() as u64,
            succeeding_with: 0,
            succeeding: accepted.len() as u64,
        },
    };
    let kind = FindingKind::FailuresShare;
    let server = Some(service.server);
    Some((
        over(kind, first.confidence, server, &those, statement),
        those,
    ))
}

/// Connects die by their 4-tuples, while others of the same clients succeed.
fn dead_tuples(collected: Collected<'_>, service: &Service) -> Option<(Finding, Vec<Moment>)> {
    let (those, confidence) = with_reason(collected, service, Reason::DeadTuple)?;
    let story = collected.comparison.drop_story(service.server)?;
    let tuples = those.iter().take(NAMED_PAIRS);
    let statement = Statement::DeadTuples {
        tuples: tuples.map(Moment::client_end).collect(),
        dead: those.len() as u64,
        tried: story.reused.failing + story.reused.succeeding,
    };
    let kind = FindingKind::DeadPath;
    let finding = over(kind, confidence, Some(service.server), &those, statement);
    Some((finding, those))
}

/// Pairs of addresses between which nothing gets through, though each succeeds with others.
fn dead_path(collected: Collected<'_>, services: &[Service]) -> Option<(Finding, Vec<Moment>)> {
    let pairs = collected.comparison.dead_pairs();
    let first = pairs.first()?;
    let is_dead = |service: &Service, moment: &Moment| {
        moment.outcome == Outcome::Dropped
            && collected
                .comparison
                .is_dead_pair(moment.client, service.server.address)
    };
    let moments = in_order(
        services
            .iter()
            .flat_map(|service| service.those(|moment| is_dead(service, moment))),
    );
    let mut tried: BTreeSet<(IpAddr, IpAddr)> = BTreeSet::new();
    for service in services {
        let clients = service.moments.iter().map(|moment| moment.client);
        tried.extend(clients.map(|client| (client, service.server.address)));
    }
    let statement = Statement::DeadPath {
        pairs: pairs.iter().take(NAMED_PAIRS).copied().collect(),
        dead: pairs.len(),
        tried: tried.len(),
    };
    let is_doubtful = collected.comparison.is_silence_doubtful(first.1);
    let confidence = if is_doubtful {
        Confidence::Possible
    } else {
        Confidence::Likely
    };
    let kind = FindingKind::DeadPath;
    (count(&moments) > 0).then(|| (over(kind, confidence, None, &moments, statement), moments))
}
