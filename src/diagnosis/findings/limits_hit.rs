//! Where there was more than is remembered, so that a finding may be missing or count too few.

use super::{Collected, Finding, FindingEvidence, FindingKind, Statement, over};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::limits::Limit;

/// One finding for all bounds by which a finding may be lost.
pub(super) fn finding(collected: Collected<'_>) -> Option<Finding> {
    let limits = collected.limits.iter();
    let costly: Vec<&Limit> = limits.filter(|limit| limit.may_hide_findings()).collect();
    let statement = Statement::LimitsHit {
        limits: costly.iter().map(|limit| limit.kind).collect(),
    };
    let kind = FindingKind::LimitsHit;
    (!costly.is_empty()).then(|| Finding {
        evidence: costly
            .into_iter()
            .copied()
            .map(FindingEvidence::Limit)
            .collect(),
        ..over(kind, Confidence::Certain, None, &[], statement)
    })
}
