//! What changed between two stored reports: services newly failing, healed, worse and better.
//!
//! Services are told apart by address and port. The rule is [`RULE`].

mod causes;
mod foreign;
#[cfg(feature = "html")]
mod html;
mod json;
mod markdown;
mod rule;
mod stored;
mod text;

use std::collections::BTreeMap;

pub use foreign::Foreign;
#[cfg(feature = "html")]
pub use html::write as write_html;
pub use json::write as write_json;
pub use markdown::write as write_markdown;
pub use rule::{Change, RULE};
pub use stored::{NoReport, StoredReport};
pub use text::write as write_text;

use causes::Counts;
use stored::{OutcomeNumbers, StoredEndpoint, StoredFinding};

/// What changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The services that changed: newly failing ones first, then worse, better and healed ones; in
    /// each group the one with most failures first.
    services: Vec<ChangedService>,
    /// How many services are in both reports, or newly failing.
    compared: usize,
}

/// A service that changed.
#[derive(Clone, Debug, PartialEq)]
struct ChangedService {
    change: Change,
    server: String,
    server_name: Option<String>,
    before: OutcomeNumbers,
    after: OutcomeNumbers,
    /// The findings about it: of the later report, and of the earlier one when it healed.
    findings: Vec<StoredFinding>,
    /// Why its listed attempts failed, before and after.
    causes: (Counts, Counts),
}

impl Difference {
    /// Compares an earlier with a later report.
    pub fn between(before: &StoredReport, after: &StoredReport) -> Self {
        let earlier = by_server(before);
        let later = by_server(after);
        let mut services = Vec::new();
        let mut compared = 0;
        for (server, now) in &later {
            let then = earlier.get(server);
            compared += usize::from(then.is_some());
            let outcomes = |endpoint: &&StoredEndpoint| endpoint.outcomes;
            let causes = (before.causes_of(server), after.causes_of(server));
            let Some(change) = rule::change(then.map(outcomes), Some(now.outcomes))
                .or_else(|| rule::change_of_cause(now.outcomes, &causes))
            else {
                continue;
            };
            let findings = match (change, then) {
                (Change::Healed, Some(then)) => findings_of(before, then),
                _ => findings_of(after, now),
            };
            let name = now.server_name.as_ref();
            services.push(ChangedService {
                change,
                server: (*server).to_owned(),
                server_name: name
                    .or(then.and_then(|then| then.server_name.as_ref()))
                    .cloned(),
                before: then.map(outcomes).unwrap_or_default(),
                after: now.outcomes,
                findings,
                causes,
            });
        }
        services.sort_by_key(|service| {
            let failed = service.after.failed().max(service.before.failed());
            (service.change, std::cmp::Reverse(failed))
        });
        Self { services, compared }
    }

    /// How many services changed so.
    pub fn count(&self, change: Change) -> usize {
        self.those(change).count()
    }

    fn those(&self, change: Change) -> impl Iterator<Item = &ChangedService> {
        self.services
            .iter()
            .filter(move |service| service.change == change)
    }
}

fn by_server(report: &StoredReport) -> BTreeMap<&str, &StoredEndpoint> {
    let endpoints = report.endpoints.iter().flat_map(|entries| &entries.0);
    endpoints
        .map(|endpoint| (endpoint.server.as_str(), endpoint))
        .collect()
}

/// How many findings about one service are told.
const TOLD_FINDINGS: usize = 5;

fn findings_of(report: &StoredReport, endpoint: &StoredEndpoint) -> Vec<StoredFinding> {
    let findings = report.findings.iter().flat_map(|entries| &entries.0);
    findings
        .filter(|finding| endpoint.findings.contains(&finding.id))
        .take(TOLD_FINDINGS)
        .cloned()
        .collect()
}
