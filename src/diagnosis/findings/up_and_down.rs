//! A service that stops and starts again and again: its refusals stand together, and so do its
//! acceptances, where those of one of several backends would be spread.

use std::time::Duration;

use super::{Collected, Finding, FindingKind, Service, Statement, count, over};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::Moment;
use crate::handshake::Outcome;

/// Fewer outages are told one by one.
const FEWEST_OUTAGES: usize = 3;

/// So many connects of one outcome must follow each other on average.
const FEWEST_TOGETHER: usize = 3;

/// So many standard deviations fewer runs than chance would make are no chance.
const HARDLY_CHANCE: f64 = 3.5;

/// The service is up and down by turns: each of its outages, and what it accepts between them, is
/// several connects long, far longer than chance would have it.
pub(super) fn up_and_down(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let refused = service.those(|moment| moment.outcome == Outcome::Refused);
    let accepted = service.those(Moment::was_accepted);
    let first = collected.first_causes.get(&service.server);
    let is_of_host = first.is_none_or(|first| first.cause == Cause::ClosedPort);
    let decisive =
        service.those(|moment| moment.outcome == Outcome::Refused || moment.was_accepted());
    let runs: Vec<&[Moment]> = decisive
        .chunk_by(|one, next| one.was_accepted() == next.was_accepted())
        .collect();
    let outages = || runs.iter().filter(|run| is_refused(run));
    let is_few = outages().count() < FEWEST_OUTAGES
        || refused.len() < FEWEST_TOGETHER * outages().count()
        || accepted.len() < FEWEST_TOGETHER * runs.len().saturating_sub(outages().count());
    if is_few || !is_of_host || are_chance(runs.len(), refused.len(), accepted.len()) {
        return None;
    }
    let lasted = outages().filter_map(|run| {
        let (first, last) = (run.first()?, run.last()?);
        Some(last.started.since(first.started))
    });
    let statement = Statement::UpAndDown {
        outages: outages().count(),
        connects: count(&decisive),
        longest: lasted.max().unwrap_or(Duration::ZERO),
    };
    let kind = FindingKind::ServiceDownWindow;
    let server = Some(service.server);
    Some(over(kind, Confidence::Likely, server, &refused, statement))
}

fn is_refused(run: &[Moment]) -> bool {
    run.first().is_some_and(|first| !first.was_accepted())
}

/// Whether so few runs come about by chance, of so many of two kinds (the test of Wald and
/// Wolfowitz).
fn are_chance(runs: usize, of_one: usize, of_other: usize) -> bool {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let (one, other, all) = (number(of_one), number(of_other), number(of_one + of_other));
    let expected = 1.0 + 2.0 * one * other / all.max(1.0);
    let variance = (expected - 1.0) * (expected - 2.0) / (all - 1.0).max(1.0);
    number(runs) > expected - HARDLY_CHANCE * variance.max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::are_chance;

    #[test]
    fn few_long_runs_are_no_chance() {
        assert!(!are_chance(9, 36, 24));
        assert!(are_chance(28, 36, 24), "as many as chance makes");
        assert!(are_chance(20, 10, 20), "every third one");
        assert!(are_chance(5, 4, 4), "too few to tell");
    }
}
