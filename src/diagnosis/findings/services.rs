//! What the attempts to one server say together: who gets in, and who does not.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::outages::is_shut;
use super::{Collected, Finding, FindingKind, Service, count, over};
use crate::decode::IcmpKind;
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::handshake::Outcome;

type Rule = fn(Collected<'_>, &Service) -> Option<Finding>;

const RULES: [Rule; 7] = [
    name_points_nowhere,
    overload,
    never_listening,
    source_filtered,
    limited_rejects,
    service_filtered,
    service_rejected,
];

/// The findings about every server.
pub(super) fn findings(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    services
        .iter()
        .flat_map(|service| RULES.iter().filter_map(|rule| rule(collected, service)))
        .collect()
}

/// Silence for some, while the port accepts others in the same seconds, and not for one client alone.
fn overload(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let history = collected.comparison.service(server)?;
    let silent = service.those(|moment| {
        moment.outcome == Outcome::Dropped
            && !history.is_ordered_by_timestamps(moment.client)
            && history.accepted_about(moment.started)
            && (history.has_accepted_from(moment.client)
                || history.drops_others_than(moment.client))
    });
    let is_seen = collected.comparison.is_silent(server.address) == Some(false);
    let statement = format!(
        "{server} met {} of {} connects with silence and accepted others in the same seconds: its queue is full, or a limit drops",
        count(&silent),
        count(&service.moments)
    );
    (is_seen && !silent.is_empty()).then(|| {
        over(
            FindingKind::Overload,
            Confidence::Likely,
            Some(server),
            &silent,
            statement,
        )
    })
}

/// A DNS answer in the capture led to an address where no connect to this port succeeded.
fn name_points_nowhere(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let name = collected.comparison.names().of(server.address)?;
    let moments = &service.moments;
    let statement = format!(
        "the DNS answer for {name} led to {server}, where no connect succeeded: the service moved, or the name is out of date"
    );
    (!moments.is_empty() && moments.iter().all(is_shut)).then(|| {
        over(
            FindingKind::NamePointsNowhere,
            Confidence::Possible,
            Some(server),
            moments,
            statement,
        )
    })
}

/// A port that refused everybody throughout.
fn never_listening(_: Collected<'_>, service: &Service) -> Option<Finding> {
    let (server, moments) = (service.server, &service.moments);
    let is_refused = |moment: &Moment| moment.outcome == Outcome::Refused;
    let statement = format!(
        "{server} refused {} throughout: nothing listens there, or a rule resets",
        all_of(moments)
    );
    (!moments.is_empty() && moments.iter().all(is_refused)).then(|| {
        over(
            FindingKind::NeverListening,
            Confidence::Likely,
            Some(server),
            moments,
            statement,
        )
    })
}

/// A port that accepts others before and after, and never these clients.
fn source_filtered(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let history = collected.comparison.service(server)?;
    let clients: BTreeSet<IpAddr> = service.moments.iter().map(|moment| moment.client).collect();
    let shut_out: BTreeSet<IpAddr> = clients
        .into_iter()
        .filter(|client| history.shuts_out(*client))
        .collect();
    let moments = service.those(|moment| shut_out.contains(&moment.client));
    let named: Vec<String> = shut_out.iter().take(4).map(ToString::to_string).collect();
    let more = if shut_out.len() > named.len() {
        " and others"
    } else {
        ""
    };
    let statement = format!(
        "{server} never accepts {}{more}, and accepts others in the same seconds",
        named.join(", ")
    );
    (!moments.is_empty()).then(|| {
        over(
            FindingKind::SourceFiltered,
            Confidence::Likely,
            Some(server),
            &moments,
            statement,
        )
    })
}

/// ICMP rejects for some and silence for the others, success for none: the rejecting host limits its errors (Linux: 6 at
/// once, then about one a second).
fn limited_rejects(_: Collected<'_>, service: &Service) -> Option<Finding> {
    let (server, moments) = (service.server, &service.moments);
    let count_of = |outcome| count(&service.those(|moment| moment.outcome == outcome));
    let (rejected, dropped) = (count_of(Outcome::Rejected), count_of(Outcome::Dropped));
    let has_accepted = moments.iter().any(Moment::was_accepted);
    let statement = format!(
        "{rejected} connects to {server} were rejected by ICMP and {dropped} met silence: all are rejected, and the errors are limited in number"
    );
    (rejected > 0 && dropped > 0 && !has_accepted).then(|| {
        over(
            FindingKind::LimitedRejects,
            Confidence::Likely,
            Some(server),
            moments,
            statement,
        )
    })
}

/// A port that answers nobody, of a host that answers otherwise.
fn service_filtered(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let silent = service.those(|moment| moment.outcome == Outcome::Dropped);
    let decided = service.those(|moment| moment.outcome != Outcome::Pending);
    let is_filtered =
        silent.len() == decided.len() && collected.comparison.answers_elsewhere(server);
    let statement = format!(
        "{server} answered {} with silence, although the host lives: a filter on this port",
        all_of(&silent)
    );
    (is_filtered && !silent.is_empty()).then(|| {
        over(
            FindingKind::ServiceFiltered,
            Confidence::Likely,
            Some(server),
            &silent,
            statement,
        )
    })
}

/// ICMP errors for all, by which a filter or a proxy without a target says no.
fn service_rejected(_: Collected<'_>, service: &Service) -> Option<Finding> {
    let (server, moments) = (service.server, &service.moments);
    let kinds: BTreeSet<IcmpKind> = moments
        .iter()
        .filter_map(|moment| moment.rejected_by)
        .collect();
    let is_rule = |kind: &IcmpKind| {
        matches!(
            kind,
            IcmpKind::V4(3, 2 | 3 | 9 | 10 | 13..=15) | IcmpKind::V6(1, 1 | 4 | 5 | 6)
        )
    };
    let is_rejected = moments
        .iter()
        .all(|moment| moment.outcome == Outcome::Rejected)
        && kinds.iter().all(is_rule);
    let names: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let statement = format!(
        "{} to {server} {} rejected by {}: a rule says no, or a proxy has no target",
        all_of(moments),
        if moments.len() == 1 { "was" } else { "were" },
        names.join(", ")
    );
    (is_rejected && !moments.is_empty()).then(|| {
        over(
            FindingKind::ServiceFiltered,
            Confidence::Certain,
            Some(server),
            moments,
            statement,
        )
    })
}

fn all_of(moments: &[Moment]) -> String {
    match count(moments) {
        1 => "the one connect".to_owned(),
        2 => "both connects".to_owned(),
        count => format!("all {count} connects"),
    }
}
