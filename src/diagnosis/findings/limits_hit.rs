//! Where there was more than is remembered, so that a finding may be missing or count too few.

use super::{Collected, Finding, FindingKind, over};
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::limits::Limit;

/// One finding for all bounds by which a finding may be lost.
pub(super) fn finding(collected: Collected<'_>) -> Option<Finding> {
    let limits = collected.limits.iter();
    let costly: Vec<&Limit> = limits.filter(|limit| limit.may_hide_findings).collect();
    let statement = format!(
        "there was more than is remembered ({}): findings may be missing or lean on a sample",
        costly
            .iter()
            .map(|limit| limit.name.replace('_', " "))
            .collect::<Vec<String>>()
            .join(", ")
    );
    let evidence = costly.iter().map(|limit| {
        format!(
            "{}: {} are kept, about {} were left out; {}",
            limit.name.replace('_', " "),
            limit.size,
            limit.left_out,
            limit.cost
        )
    });
    (!costly.is_empty()).then(|| Finding {
        evidence: evidence.collect(),
        ..over(
            FindingKind::LimitsHit,
            Confidence::Certain,
            None,
            &[],
            statement,
        )
    })
}
