//! Findings that say of many attempts what the cause says of each.
//!
//! A finding may be surer than each of its attempts where it leans on more than they: on what was
//! accepted before and after, on a pattern over many servers. Where it only says once more what the
//! cause of each says, it is made from that: many that agree make it no surer, what they leave
//! open, they all leave open.

use std::collections::HashMap;

use super::{Collected, Finding, FindingKind, Statement, over};
use crate::decode::Endpoint;
use crate::diagnosis::cause::{Confidence, Judged};
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::endpoints::EndpointSummary;
use crate::handshake::AttemptVerdict;

/// The causes of the first failure of each server.
pub(in crate::diagnosis) type FirstCauses = HashMap<Endpoint, Judged, foldhash::fast::RandomState>;

/// What the first failures of the servers are explained by.
pub(in crate::diagnosis) fn first_causes(endpoints: &[EndpointSummary]) -> FirstCauses {
    let causes = endpoints.iter().filter_map(|endpoint| {
        let example = endpoint.example.as_ref()?;
        Some((endpoint.server, example.cause()?))
    });
    causes.collect()
}

/// What the capture itself says of packets of the first failure of each server, where it does.
pub(in crate::diagnosis) type FirstVerdicts =
    HashMap<Endpoint, Vec<AttemptVerdict>, foldhash::fast::RandomState>;

/// What was said of the first failures.
pub(in crate::diagnosis) fn first_verdicts(endpoints: &[EndpointSummary]) -> FirstVerdicts {
    let told = endpoints.iter().filter_map(|endpoint| {
        let verdicts = &endpoint.example.as_ref()?.decided.attempt.verdicts;
        (!verdicts.is_empty()).then(|| (endpoint.server, verdicts.clone()))
    });
    told.collect()
}

/// A finding over these attempts to one server, in the order they began: as sure as it may be, and
/// no surer than the cause of the first failure is.
pub(super) fn as_sure_as_its_cause(
    collected: Collected<'_>,
    (kind, confidence): (FindingKind, Confidence),
    server: Endpoint,
    moments: &[Moment],
    statement: Statement,
) -> Finding {
    let cause = collected.first_causes.get(&server);
    let confidence = cause.map_or(confidence, |cause| confidence.min(cause.confidence));
    over(kind, confidence, Some(server), moments, statement)
}
