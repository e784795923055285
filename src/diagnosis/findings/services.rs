//! What the attempts to one server say together: who gets in, and who does not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::boxes::is_reset_by_a_box;
use super::from_cause::as_sure_as_its_cause;
use super::outages::is_shut;
use super::policies::is_of_a_rule;
use super::queues::{is_queue_proved_full, overload, resets_for_want_of_room};
use super::rejections;
use super::stopped_by_log::stopped_by_log;
use super::{Collected, Finding, FindingKind, Service, Statement, count, over};
use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::cause::Cause;
use crate::diagnosis::cause::Confidence::{self, Certain, Likely};
use crate::diagnosis::comparison::{Moment, ServiceHistory, network};
use crate::diagnosis::testimony::proves_closed_port;
use crate::handshake::Outcome;

type Rule = fn(Collected<'_>, &Service) -> Option<Finding>;

const RULES: [Rule; 9] = [
    name_points_nowhere,
    overload,
    resets_for_want_of_room,
    never_listening,
    source_filtered,
    limited_rejects,
    stopped_by_log,
    service_filtered,
    service_rejected,
];

/// How many clients that are shut out are named.
pub(super) const NAMED_CLIENTS: usize = 4;

/// The findings about every server.
pub(super) fn findings(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let findings = services
        .iter()
        .flat_map(|service| RULES.iter().filter_map(|rule| rule(collected, service)));
    rejections::folded(collected, services, findings.collect())
}

/// A DNS answer in the capture led to an address where no connect to this port succeeded.
fn name_points_nowhere(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let name = collected.comparison.names().of(server.address)?;
    let moments = &service.moments;
    let statement = Statement::NamePointsNowhere {
        name: name.to_owned(),
    };
    // That a box resets is no fault of the name.
    let is_by_a_box = is_reset_by_a_box(collected, server) >= Some(Likely);
    (!moments.is_empty() && !is_by_a_box && moments.iter().all(is_shut)).then(|| {
        over(
            FindingKind::NamePointsNowhere,
            Confidence::Possible,
            Some(server),
            moments,
            statement,
        )
    })
}

/// A port that refused everybody throughout, by the host's own word: no box made the RSTs. Certain
/// where its own host says that nobody listens there.
fn never_listening(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let (server, moments) = (service.server, &service.moments);
    let is_refused = |moment: &Moment| moment.outcome == Outcome::Refused;
    let history = collected.comparison.service(server);
    let was_accepted = moments.iter().any(Moment::was_accepted)
        || history.is_some_and(ServiceHistory::has_accepted);
    if moments.is_empty() || was_accepted || !moments.iter().all(is_refused) {
        return None;
    }
    if is_reset_by_a_box(collected, server).is_some() {
        return None;
    }
    if is_reset_by_a_filter(collected, server) {
        let says = (FindingKind::ServiceFiltered, Likely);
        let statement = Statement::ServiceResetByFilter;
        return Some(as_sure_as_its_cause(
            collected, says, server, moments, statement,
        ));
    }
    let is_proved = proves_closed_port(collected.testimony_of(server));
    Some(as_sure_as_its_cause(
        collected,
        (
            FindingKind::NeverListening,
            if is_proved { Certain } else { Likely },
        ),
        server,
        moments,
        Statement::NeverListening { is_proved },
    ))
}

/// Whether a packet filter made the RSTs: they say nothing of who listens there.
fn is_reset_by_a_filter(collected: Collected<'_>, server: Endpoint) -> bool {
    let first = collected.first_causes.get(&server);
    first.is_some_and(|first| first.cause == Cause::FirewallReset && first.confidence >= Likely)
}

/// A port that accepts others before and after, or in the same seconds and drops none of them, and
/// never these clients.
fn source_filtered(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let history = collected.comparison.service(server)?;
    if !history.has_accepted() {
        return None;
    }
    let alone = dropped_alone(service, history);
    let clients: BTreeSet<IpAddr> = service.moments.iter().map(|moment| moment.client).collect();
    let shut_out: BTreeSet<IpAddr> = clients
        .into_iter()
        .filter(|client| history.shuts_out(*client) || alone.contains(client))
        .collect();
    let moments = service.those(|moment| shut_out.contains(&moment.client));
    let named: Vec<IpAddr> = shut_out.iter().take(NAMED_CLIENTS).copied().collect();
    let statement = Statement::SourceFiltered {
        are_more: shut_out.len() > named.len(),
        clients: named,
        range: range_of(&shut_out, history),
    };
    (!moments.is_empty()).then(|| {
        as_sure_as_its_cause(
            collected,
            (FindingKind::SourceFiltered, Likely),
            server,
            &moments,
            statement,
        )
    })
}

/// The clients of which all connects met silence while others were accepted, and no connect of
/// another did. One connect alone may be lost.
fn dropped_alone(service: &Service, history: &ServiceHistory) -> BTreeSet<IpAddr> {
    let mut dropped: BTreeMap<IpAddr, usize> = BTreeMap::new();
    let mut met_otherwise: BTreeSet<IpAddr> = BTreeSet::new();
    for moment in &service.moments {
        if moment.outcome == Outcome::Dropped && history.accepted_about(moment.started) {
            *dropped.entry(moment.client).or_default() += 1;
        } else {
            met_otherwise.insert(moment.client);
        }
    }
    let is_told =
        |client: IpAddr| history.tells_apart(client) || !history.drops_others_than(client);
    let dropped = dropped.into_iter();
    dropped
        .filter(|(client, count)| *count > 1 && !met_otherwise.contains(client))
        .map(|(client, _)| client)
        .filter(|client| is_told(*client))
        .collect()
}

/// The narrowest range of addresses that holds these clients, where nobody of it is accepted.
fn range_of(shut_out: &BTreeSet<IpAddr>, history: &ServiceHistory) -> Option<(IpAddr, u8)> {
    let (first, last) = (shut_out.first()?, shut_out.last()?);
    let bits = match (first, last) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros(),
        _ => return None,
    };
    let bits = u8::try_from(bits).ok()?;
    let address = network(*first, bits);
    let accepted = history
        .moments()
        .iter()
        .filter(|moment| moment.was_accepted());
    let mut accepted = accepted.map(|moment| moment.client);
    let is_theirs_alone = !accepted.any(|client| network(client, bits) == address);
    (shut_out.len() > 1 && bits > 0 && is_theirs_alone).then_some((address, bits))
}

/// ICMP rejects for some and silence for the others, success for none: the rejecting host limits
/// its errors (Linux: 6 at once, then about one a second).
fn limited_rejects(_: Collected<'_>, service: &Service) -> Option<Finding> {
    let (server, moments) = (service.server, &service.moments);
    let count_of = |outcome| count(&service.those(|moment| moment.outcome == outcome));
    let (rejected, dropped) = (count_of(Outcome::Rejected), count_of(Outcome::Dropped));
    let has_accepted = moments.iter().any(Moment::was_accepted);
    let statement = Statement::LimitedRejects { rejected, dropped };
    // A router that finds no host, or no route, says something else than a rule.
    let is_of_a_rule = |moment: &Moment| moment.rejected_by.is_some_and(is_of_a_rule);
    let is_by_a_rule = moments.iter().any(is_of_a_rule);
    (rejected > 0 && dropped > 0 && !has_accepted && is_by_a_rule).then(|| {
        over(
            FindingKind::LimitedRejects,
            Confidence::Likely,
            Some(server),
            moments,
            statement,
        )
    })
}

/// A port that answers nobody, of a host that answers otherwise: a filter, unless its own host says
/// that its accept queue was full.
fn service_filtered(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let silent = service.those(|moment| moment.outcome == Outcome::Dropped);
    let decided = service.those(|moment| moment.outcome != Outcome::Pending);
    // An answer that the client had to ignore is no silence.
    let was_answered = silent.iter().any(|moment| moment.sign.is_some());
    // What explains the first of them otherwise explains the others as well.
    let first = collected.first_causes.get(&server).map(|first| first.cause);
    let is_filtered = !was_answered
        && silent.len() == decided.len()
        && collected.comparison.answers_elsewhere(server);
    let is_explained = !matches!(first, Some(Cause::PortFiltered | Cause::AcceptQueueFull))
        || stopped_by_log(collected, service).is_some();
    if !is_filtered || silent.is_empty() || is_explained {
        return None;
    }
    let (says, statement) = if is_queue_proved_full(collected, service) {
        let proved = (FindingKind::Overload, Certain);
        (proved, Statement::AcceptQueueProvedFull)
    } else {
        let filtered = (FindingKind::ServiceFiltered, Likely);
        (filtered, Statement::ServiceFiltered)
    };
    Some(as_sure_as_its_cause(
        collected, says, server, &silent, statement,
    ))
}

/// ICMP errors for all, by which a filter or a proxy without a target says no.
fn service_rejected(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let (server, moments) = (service.server, &service.moments);
    let kinds: BTreeSet<IcmpKind> = moments
        .iter()
        .filter_map(|moment| moment.rejected_by)
        .collect();
    let is_rejected = moments
        .iter()
        .all(|moment| moment.outcome == Outcome::Rejected)
        && kinds.iter().copied().all(is_of_a_rule);
    let statement = Statement::ServiceRejected {
        kinds: kinds.into_iter().collect(),
    };
    (is_rejected && !moments.is_empty()).then(|| {
        as_sure_as_its_cause(
            collected,
            (FindingKind::ServiceFiltered, Certain),
            server,
            moments,
            statement,
        )
    })
}
