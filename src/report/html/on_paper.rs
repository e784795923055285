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
    if told().count() <= ALL {
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

/// What makes attempts alike.
fn kind(diagnosed: &DiagnosedAttempt) -> (Endpoint, Outcome, Option<Cause>) {
    (
        diagnosed.decided.attempt.server,
        diagnosed.decided.judgement.outcome,
        diagnosed.cause().map(|judged| judged.cause),
    )
}
