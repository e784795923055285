//! Services that fail at some times and accept at others: all at once for a while, or now and then.

use std::collections::BTreeSet;

use super::{Finding, FindingEvidence, FindingKind, Service, Statement, over};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{Moment, is_about_the_same_time};
use crate::diagnosis::fingerprint::Fingerprint;
use crate::handshake::Outcome;

/// More windows than this are no outages, but failures among successes.
const MOST_WINDOWS: usize = 2;

/// A single failure is no window.
const FEWEST_IN_A_WINDOW: usize = 2;

/// Fewer runs of failures may be outages.
const FEWEST_RUNS_OF_A_BACKEND: usize = 3;

/// The findings about services that fail at times.
pub(super) fn findings(services: &[Service]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = services.iter().flat_map(service_down_window).collect();
    findings.extend(services.iter().filter_map(one_bad_backend));
    findings
}

/// Whether the attempt met a port that did not accept it.
pub(super) fn is_shut(moment: &Moment) -> bool {
    matches!(
        moment.outcome,
        Outcome::Refused | Outcome::Dropped | Outcome::Rejected
    )
}

/// A port that failed for everybody from one time to another, and accepted before or after: certain when it refused, and
/// accepted before and after. A port whose failures are spread among its successes is another matter.
fn service_down_window(service: &Service) -> Vec<Finding> {
    let decisive = service.those(|moment| moment.was_accepted || is_shut(moment));
    let windows: Vec<(usize, usize)> = shut_runs(&decisive);
    let is_whole = |(start, end): &(usize, usize)| *start == 0 && *end == decisive.len();
    if windows.len() > MOST_WINDOWS || windows.iter().any(is_whole) {
        return Vec::new();
    }
    windows
        .into_iter()
        .filter_map(|window| one_window(service.server, &decisive, window))
        .collect()
}

/// The runs of attempts that were not accepted: from, and up to but without.
fn shut_runs(moments: &[Moment]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (index, moment) in moments.iter().enumerate() {
        match (moment.was_accepted, start) {
            (false, None) => start = Some(index),
            (true, Some(from)) => {
                runs.push((from, index));
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|from| (from, moments.len())));
    runs
}

/// One run of failures, with what was accepted before and after it.
struct Window<'a> {
    before: Option<&'a Moment>,
    shut: &'a [Moment],
    first: &'a Moment,
    last: &'a Moment,
    after: Option<&'a Moment>,
}

impl<'a> Window<'a> {
    fn of(moments: &'a [Moment], (start, end): (usize, usize)) -> Option<Self> {
        let shut = moments
            .get(start..end)
            .filter(|shut| shut.len() >= FEWEST_IN_A_WINDOW)?;
        let before = start.checked_sub(1).and_then(|index| moments.get(index));
        Some(Self {
            before,
            shut,
            first: shut.first()?,
            last: shut.last()?,
            after: moments.get(end),
        })
    }

    fn is_refused(&self) -> bool {
        self.shut
            .iter()
            .all(|moment| moment.outcome == Outcome::Refused)
    }

    /// Silence right beside success is no outage: a queue is full, or a limit drops.
    fn is_beside_success(&self) -> bool {
        let is_beside = |accepted: Option<&Moment>, shut: &Moment| {
            accepted.is_some_and(|accepted| is_about_the_same_time(accepted.started, shut.started))
        };
        is_beside(self.before, self.first) || is_beside(self.after, self.last)
    }

    fn statement(&self) -> Statement {
        Statement::DownWindow {
            is_refused: self.is_refused(),
            lasted: self.last.started.since(self.first.started),
            is_after_success: self.before.is_some(),
            is_before_success: self.after.is_some(),
        }
    }

    fn evidence(&self) -> Vec<FindingEvidence> {
        let before = self.before.map(|before| FindingEvidence::AcceptedBefore {
            attempt: before.id,
            time: self.first.started.since(before.started),
        });
        let shut = FindingEvidence::FailedInARow {
            attempts: self.shut.len(),
            first: self.first.id,
            last: self.last.id,
        };
        let after = self.after.map(|after| FindingEvidence::AcceptedAfter {
            attempt: after.id,
            time: after.started.since(self.last.started),
        });
        before.into_iter().chain([shut]).chain(after).collect()
    }
}

fn one_window(server: Endpoint, moments: &[Moment], run: (usize, usize)) -> Option<Finding> {
    let window = Window::of(moments, run)?;
    if !window.is_refused() && window.is_beside_success() {
        return None;
    }
    let is_bounded = window.before.is_some() && window.after.is_some();
    let confidence = if is_bounded && window.is_refused() {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let statement = window.statement();
    let finding = over(
        FindingKind::ServiceDownWindow,
        confidence,
        Some(server),
        window.shut,
        statement,
    );
    Some(Finding {
        evidence: window.evidence(),
        ..finding
    })
}

/// Refusals spread among successes for the same clients: one of several hosts behind the address. Likely when their
/// answers have come another number of hops.
fn one_bad_backend(service: &Service) -> Option<Finding> {
    let decisive =
        service.those(|moment| moment.was_accepted || moment.outcome == Outcome::Refused);
    let refused = service.those(|moment| moment.outcome == Outcome::Refused);
    let accepted = service.those(|moment| moment.was_accepted);
    let is_of_all_clients = refused
        .iter()
        .any(|moment| accepted.iter().any(|other| other.client == moment.client));
    if shut_runs(&decisive).len() < FEWEST_RUNS_OF_A_BACKEND || !is_of_all_clients {
        return None;
    }
    let (good, bad) = (fingerprints(&accepted), fingerprints(&refused));
    let has_own_fingerprint = !bad.is_empty() && bad.is_disjoint(&good);
    let confidence = if has_own_fingerprint {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let statement = Statement::OneBadBackend {
        connects: decisive.len(),
    };
    let evidence = vec![FindingEvidence::Origins {
        refusals: bad.into_iter().collect(),
        acceptances: good.into_iter().collect(),
    }];
    let finding = over(
        FindingKind::OneBadBackend,
        confidence,
        Some(service.server),
        &refused,
        statement,
    );
    Some(Finding {
        evidence,
        ..finding
    })
}

fn fingerprints(moments: &[Moment]) -> BTreeSet<Fingerprint> {
    moments.iter().filter_map(|moment| moment.answer).collect()
}
