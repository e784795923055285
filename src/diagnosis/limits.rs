//! Where something was left out, because there was more than is kept: each bound that was reached,
//! and what that may cost.

use serde::Serialize;

/// A bound that was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Limit {
    /// What is bounded: `servers`, `failures_of_a_server`.
    pub name: &'static str,
    /// How many are kept.
    pub size: u64,
    /// About how many were left out.
    pub left_out: u64,
    /// What that may have cost, in words.
    pub cost: &'static str,
    /// Whether a cause or finding may be missing, or count too few, for it: not where only more
    /// exact times are lost.
    pub may_hide_findings: bool,
}

impl Limit {
    /// A bound beyond which something was left out; `None` when nothing was.
    pub(super) fn reached(
        name: &'static str,
        size: usize,
        left_out: u64,
        cost: &'static str,
    ) -> Option<Self> {
        (left_out > 0).then_some(Self {
            name,
            size: size as u64,
            left_out,
            cost,
            may_hide_findings: true,
        })
    }

    /// The same, but that no finding is lost by it.
    pub(super) fn harmless(self) -> Self {
        Self {
            may_hide_findings: false,
            ..self
        }
    }
}
