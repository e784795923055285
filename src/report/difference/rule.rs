//! When a service fails, and when that has changed.

use super::causes::{Counts, commonest};
use super::stored::OutcomeNumbers;

/// The rule in words, for people who rely on it.
pub const RULE: &str = "\
The rule: a service fails when at least 1 % of its decided connects failed, and at least one.
  newly failing  fails, did not before or was not there; its share of failures at least doubled
  healed         failed, does not any more; its share of failures at least halved
  worse          failed and fails; the share of failures doubled, or grew by 10 points
  other cause    failed and fails; most of its listed failures have another cause than before
  better         failed and fails; the share of failures halved, or fell by 10 points
Scans, floods and backscatter do not count. What has no decided connect later is not compared.";

/// Failures below this share of the decided connects, in percent, do not make a service fail.
const FAILING_PERCENT: f64 = 1.0;

/// By so much the share must have grown, or fallen, to be another one.
const CHANGED_FACTOR: f64 = 2.0;

/// Or by so many percentage points, when it failed before and fails now.
const CHANGED_PERCENT: f64 = 10.0;

/// What became of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Change {
    /// It fails, and did not before.
    NewlyFailing,
    /// It fails more often.
    Worse,
    /// It fails about as often, and mostly for another reason.
    OtherCause,
    /// It fails less often.
    Better,
    /// It failed, and does not any more.
    Healed,
}

impl Change {
    /// All changes, in the order of reports.
    pub const ALL: [Self; 5] = [
        Self::NewlyFailing,
        Self::Worse,
        Self::OtherCause,
        Self::Better,
        Self::Healed,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly_failing",
            Self::Worse => "worse",
            Self::OtherCause => "other_cause",
            Self::Better => "better",
            Self::Healed => "healed",
        }
    }
}

/// What became of a service; `None` when nothing worth telling. See [`RULE`].
pub(super) fn change(
    before: Option<OutcomeNumbers>,
    after: Option<OutcomeNumbers>,
) -> Option<Change> {
    let after = failed_percent(after?)?;
    let Some(before) = before.and_then(failed_percent) else {
        return is_failing(after).then_some(Change::NewlyFailing);
    };
    let has_doubled = after >= before * CHANGED_FACTOR;
    let has_halved = after <= before / CHANGED_FACTOR;
    match (is_failing(before), is_failing(after)) {
        (false, true) => has_doubled.then_some(Change::NewlyFailing),
        (true, false) => has_halved.then_some(Change::Healed),
        (true, true) if has_doubled || after - before >= CHANGED_PERCENT => Some(Change::Worse),
        (true, true) if has_halved || before - after >= CHANGED_PERCENT => Some(Change::Better),
        _ => None,
    }
}

/// Whether a service that failed, and fails, does so for another reason; by what its listed
/// attempts say.
pub(super) fn change_of_cause(
    after: OutcomeNumbers,
    (before, now): &(Counts, Counts),
) -> Option<Change> {
    let is_failing = is_failing(failed_percent(after)?);
    let (before, now) = (commonest(before)?, commonest(now)?);
    (is_failing && before != now).then_some(Change::OtherCause)
}

fn is_failing(failed_percent: f64) -> bool {
    failed_percent >= FAILING_PERCENT
}

/// The share of failures among the decided connects, in percent; `None` when there are none.
#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more digits than a float has"
)]
pub(super) fn failed_percent(outcomes: OutcomeNumbers) -> Option<f64> {
    let failed = outcomes.failed();
    let decided = failed.saturating_add(outcomes.succeeded());
    (decided > 0).then(|| failed as f64 * 100.0 / decided as f64)
}
