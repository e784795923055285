//! Servers that refuse those that have too many connections open.

use super::{Collected, Finding, FindingKind, Service, Statement, over};
use crate::diagnosis::comparison::{BeyondLimit, Moment};

/// Each with the attempts that it is about.
pub(super) fn findings(
    collected: Collected<'_>,
    services: &[Service],
) -> Vec<(Finding, Vec<Moment>)> {
    let of_each = services
        .iter()
        .filter_map(|service| limited(collected, service));
    of_each.collect()
}

/// All that failed began while as many connections were open as it takes, and none of those that it
/// accepted did.
fn limited(collected: Collected<'_>, service: &Service) -> Option<(Finding, Vec<Moment>)> {
    let history = collected.comparison.service(service.server)?;
    let limit = history.connection_limit(BeyondLimit::Refused)?;
    let those = service.those(|moment| limit.refused(moment.id));
    let first = those.first()?;
    let statement = Statement::ConnectionLimit {
        limit: limit.limit,
        client: limit.is_of_each_client.then_some(first.client),
        failing: those.len() as u64,
        succeeding: limit.accepted,
    };
    let kind = FindingKind::FailuresShare;
    let server = Some(service.server);
    Some((
        over(kind, limit.confidence, server, &those, statement),
        those,
    ))
}
