//! Connects that meet silence while their port is flooded: the flood is the story, and no outage of
//! its service.

use std::time::Duration;

use super::{Finding, FindingKind, Statement};
use crate::diagnosis::cause::Confidence;

/// A queue stays full for some time after the last SYN that filled it, and whoever failed first may
/// have been early.
const MARGIN: Duration = Duration::from_secs(5);

/// The findings, of which those tell of a flood that explains them.
pub(super) fn told_with_floods(mut findings: Vec<Finding>) -> Vec<Finding> {
    let floods: Vec<_> = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::SynFlood)
        .filter_map(|flood| {
            let within = (flood.from?.before(MARGIN), flood.until?.after(MARGIN));
            Some((flood.server?, within, flood.attempts))
        })
        .collect();
    for finding in &mut findings {
        let is_silent = matches!(
            finding.statement,
            Statement::DownWindow {
                is_refused: false,
                ..
            } | Statement::Overload { .. }
        );
        let flood = floods.iter().find(|(server, (from, until), _)| {
            finding.server == Some(*server)
                && finding.from.is_some_and(|first| first >= *from)
                && finding.until.is_some_and(|last| last <= *until)
        });
        if let Some((_, _, syns)) = flood.filter(|_| is_silent) {
            finding.kind = FindingKind::Overload;
            finding.confidence = Confidence::Likely;
            finding.statement = Statement::FloodedOut(*syns);
        }
    }
    findings
}
