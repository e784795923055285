//! Which ladders are drawn on paper, where nobody can unfold them: not all, because a thousand that
//! are alike fill a book.

use std::collections::BTreeSet;

use super::View;
use super::attempts::is_told;
use crate::decode::Endpoint;
use crate::diagnosis::{Cause, DiagnosedAttempt};
use crate::handshake::{AttemptId, Outcome};

/// So few are drawn all.
const ALL: usize = 12;

/// More are not drawn.
const MOST: usize = 40;

/// The attempts among these rows whose ladders are drawn on paper: all where they are few, else
/// those that prove a finding, and of those that are alike the first.
pub(super) fn drawn(view: View<'_>, rows: &[DiagnosedAttempt]) -> BTreeSet<AttemptId> {
    let told = || rows.iter().filter(|diagnosed| is_told(diagnosed));
    let id = |diagnosed: &DiagnosedAttempt| diagnosed.decided.attempt.id;
    let told_singly = || told().filter(|diagnosed| diagnosed.noise.is_none());
    if told_singly().count() <= ALL && told().count() == told_singly().count() {
        return told().map(id).collect();
    }
    let findings = view.report.diagnosis.findings.iter();
    let proofs: BTreeSet<AttemptId> = findings
        .filter_map(|finding| Some(finding.proof?.attempt))
        .collect();
    let mut kinds = BTreeSet::new();
    let first_of_kind = told().filter(|diagnosed| kinds.insert(kind(diagnosed)));
    told()
        .filter(|diagnosed| proofs.contains(&id(diagnosed)))
        .chain(first_of_kind)
        .map(id)
        .take(MOST)
        .collect()
}

/// Whether an attempt is not even a line on paper: of a scan, a flood or backscatter, whose finding
/// says what they are, and of which the first of each kind are drawn.
pub(super) fn is_left_out(drawn: &BTreeSet<AttemptId>, diagnosed: &DiagnosedAttempt) -> bool {
    diagnosed.noise.is_some() && !drawn.contains(&diagnosed.decided.attempt.id)
}

/// What makes attempts alike: those of a scan are, whichever port they try.
fn kind(diagnosed: &DiagnosedAttempt) -> (Option<Endpoint>, Outcome, Option<Cause>) {
    let server = diagnosed.decided.attempt.server;
    (
        diagnosed.noise.is_none().then_some(server),
        diagnosed.decided.judgement.outcome,
        diagnosed.cause().map(|judged| judged.cause),
    )
}
