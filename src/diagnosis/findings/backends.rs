//! To whom connects went on that failed: where a capture shows them before and after a translation,
//! it is the host behind that tells why.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Serialize;

use super::{Collected, Finding, FindingKind};
use crate::decode::Endpoint;
use crate::diagnosis::comparison::{LaterLeg, Moment};
use crate::handshake::Outcome;

/// The one host and port to which the connects of a finding went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BackendOfFailures {
    /// Which.
    pub server: Endpoint,
    /// One of the clients, as that host sees it.
    pub client: IpAddr,
    /// How many of the finding's connects are known to have gone there.
    pub failed: u64,
    /// How many connects succeeded there, of whomever.
    pub accepted: u64,
    /// How the first of them ended there.
    pub outcome: Outcome,
}

/// The one backend of these, where all that are known to have gone on went there, and they are most
/// of them.
pub(super) fn only_backend(
    collected: Collected<'_>,
    moments: &[Moment],
) -> Option<BackendOfFailures> {
    let failures = || moments.iter().filter(|moment| moment.outcome.is_failure());
    let legs: Vec<(LaterLeg, u64)> = failures()
        .filter_map(|moment| collected.comparison.leg_of_failure(moment.id))
        .map(|(leg, backend)| (leg, backend.accepted))
        .collect();
    let servers: BTreeSet<Endpoint> = legs.iter().map(|(leg, _)| leg.ends.1).collect();
    let ((first, accepted), 1) = (legs.first()?, servers.len()) else {
        return None;
    };
    let are_most = legs.len() * 2 > failures().count();
    are_most.then_some(BackendOfFailures {
        server: first.ends.1,
        client: first.ends.0.address,
        failed: legs.len() as u64,
        accepted: *accepted,
        outcome: first.outcome,
    })
}

/// Whether what a finding says of its server is better looked for behind it.
pub(super) fn may_be_behind(finding: &Finding) -> bool {
    matches!(
        finding.kind,
        FindingKind::OneBadBackend
            | FindingKind::NeverListening
            | FindingKind::ServiceDownWindow
            | FindingKind::ServiceFiltered
            | FindingKind::Overload
            | FindingKind::HostSilent
            | FindingKind::Unreachable
            | FindingKind::FailuresShare
    )
}
