//! What the capture itself, or a log beside it, says became of the packets of a connect.

use super::case::Case;
use super::rules::Rule;
use crate::decode::{CaptureVerdict, VerdictAction, VerdictTeller};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::testimony::{shows_filter_verdict, verdicts};
use crate::handshake::{Outcome, SpokenOf};

/// Who dropped it says so, in the capture or in a log beside it. Certain where that is the filter's
/// own verdict; the word of whoever wrote a rule, or said what the capture holds, is not; where the
/// header is not as it should be, what it says is only possible.
pub(super) fn filter_verdict(case: &Case<'_>) -> Option<Confidence> {
    // What lets others through that it says it stops proves nothing of this one.
    let counts = |verdict: &CaptureVerdict| {
        verdict.action == VerdictAction::Dropped || !case.comparison().contradicted().has(verdict)
    };
    let decides = verdicts(case.testimony())
        .filter(|told| told.of != SpokenOf::Other && counts(&told.verdict));
    let by_capture = decides.filter_map(|told| surety(&told.verdict)).max();
    by_capture.max(shows_filter_verdict(case.testimony(), case.outcome()))
}

fn surety(verdict: &CaptureVerdict) -> Option<Confidence> {
    match (verdict.action, verdict.teller) {
        (action, _) if verdict.is_in_doubt && action.is_block() => Some(Confidence::Possible),
        (VerdictAction::Dropped, VerdictTeller::DropCapture) => Some(Confidence::Likely),
        (VerdictAction::Dropped, _) => Some(Confidence::Certain),
        (VerdictAction::SaidToBeDropped | VerdictAction::SaidToBeRejected, _) => {
            Some(Confidence::Likely)
        }
        _ => None,
    }
}

/// Whether what the capture says leaves nothing for this rule to conclude: from what a filter's log
/// leaves out, from its times, or beside its verdict.
pub(super) fn is_silenced(rule: &Rule, case: &Case<'_>) -> bool {
    if rule.cause == Cause::FilterVerdict {
        return false;
    }
    let is_told = case.holds(Cause::FilterVerdict).is_some();
    match case.outcome() {
        Outcome::Rejected => false,
        Outcome::Refused if is_told => rule.cause != Cause::FirewallReset,
        _ => is_told || case.attempt().is_known_by_log_alone(),
    }
}
