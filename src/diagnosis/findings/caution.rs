//! How sure a finding may be, against what is said of its attempts.
//!
//! A finding may be surer than each of its attempts where it leans on more than they: on what was accepted before and after, on
//! a pattern over many servers. Where it only says once more what the cause of each says, many that agree make it no surer: what
//! they leave open, they all leave open.

use std::collections::{BTreeSet, HashMap};

use super::{Finding, FindingKind};
use crate::decode::Endpoint;
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::endpoints::EndpointSummary;

/// Makes findings only possible where the first failure that they are about has a cause that is only possible.
pub(in crate::diagnosis) fn no_surer_than_causes(
    findings: &mut [Finding],
    endpoints: &[EndpointSummary],
) {
    let doubted = |finding: &Finding| {
        repeats_causes(finding.kind) && finding.confidence > Confidence::Possible
    };
    let servers: BTreeSet<Endpoint> = findings
        .iter()
        .filter(|finding| doubted(finding))
        .filter_map(|finding| finding.server)
        .collect();
    let of_servers = endpoints
        .iter()
        .filter(|endpoint| servers.contains(&endpoint.server));
    let causes: HashMap<Endpoint, Confidence> = of_servers
        .filter_map(|endpoint| {
            let cause = endpoint.example.as_ref()?.cause()?;
            Some((endpoint.server, cause.confidence))
        })
        .collect();
    for finding in findings.iter_mut().filter(|finding| doubted(finding)) {
        let cause = finding.server.and_then(|server| causes.get(&server));
        if cause == Some(&Confidence::Possible) {
            finding.confidence = Confidence::Possible;
        }
    }
}

/// Whether findings of this kind say of many attempts what the cause says of one.
fn repeats_causes(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::NeverListening
            | FindingKind::ServiceFiltered
            | FindingKind::SourceFiltered
            | FindingKind::Overload
    )
}
