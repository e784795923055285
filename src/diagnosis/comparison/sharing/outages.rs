//! Times at which a server that serves before or after met everybody with silence or ICMP errors.

use crate::capture::Timestamp;
use crate::diagnosis::comparison::SAME_SECONDS;
use crate::diagnosis::comparison::services::{Moment, ServiceHistory};
use crate::diagnosis::sign::Sign;
use crate::handshake::Outcome;

/// Fewer in a row may be lost, or meet a queue that is full for a moment.
const FEWEST: usize = 5;

/// A single failure is no window.
const FEWEST_OF_A_WINDOW: usize = 2;

/// A queue that is full takes one now and then: failures in more runs are among successes.
const MOST_RUNS: usize = 2;

/// From the first SYN that failed until the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    from: Timestamp,
    until: Timestamp,
}

impl Outage {
    pub(super) fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.until
    }
}

/// The outages, by the attempts in the order they began: several connects fail one after the other
/// for longer than the seconds in which a queue takes the next one, and nobody gets through between
/// them. The last connects before were served: an application that stands still serves nobody.
pub(super) fn of(moments: &[Moment], history: &ServiceHistory) -> Vec<Outage> {
    let decided = decided(moments);
    // Who goes on until he gets through met the same at first.
    let runs = runs(&decided, history, fails_at_first);
    let mut before: Option<&Moment> = None;
    let mut outages = Vec::new();
    for run in runs {
        if has_failures(run) {
            let was_serving = before.is_none_or(Moment::was_heard);
            outages.extend(one(moments, run).filter(|_| was_serving));
        }
        before = run.last().copied();
    }
    outages
}

/// Runs of failures, however short, beside which nobody is accepted within the same seconds.
pub(super) fn windows(moments: &[Moment], history: &ServiceHistory) -> Vec<Outage> {
    let decided = decided(moments);
    let runs = runs(&decided, history, is_unanswered);
    let of_run = |run: &&[&Moment]| {
        let (first, last) = (run.first()?, run.last()?);
        let is_alone = !history.accepted_about(first.started)
            && !history.accepted_about(last.started)
            && run.len() >= FEWEST_OF_A_WINDOW;
        (has_failures(run) && is_alone).then_some(Outage {
            from: first.started,
            until: last.started,
        })
    };
    runs.iter().filter_map(of_run).collect()
}

fn decided(moments: &[Moment]) -> Vec<&Moment> {
    let is_decided =
        |moment: &&Moment| !matches!(moment.outcome, Outcome::Pending | Outcome::Partial);
    moments.iter().filter(is_decided).collect()
}

/// The attempts one after the other that failed, and those that did not; none where they alternate
/// too often.
fn runs<'a, 'b>(
    decided: &'b [&'a Moment],
    history: &ServiceHistory,
    fails: fn(&Moment) -> bool,
) -> Vec<&'b [&'a Moment]> {
    let goes_on = |one: &&Moment, next: &&Moment| {
        fails(one) == fails(next)
            && !(fails(one) && history.accepted_uncounted_between(one.started, next.started))
    };
    let runs: Vec<&[&Moment]> = decided.chunk_by(goes_on).collect();
    if runs.iter().filter(|run| has_failures(run)).count() > MOST_RUNS {
        return Vec::new();
    }
    runs
}

/// Whether some of them never got through.
fn has_failures(run: &[&Moment]) -> bool {
    run.iter().any(|moment| is_unanswered(moment))
}

/// When it was accepted, as far as that is remembered.
fn answered_at(moment: &Moment) -> Timestamp {
    if moment.sign == Some(Sign::AnsweredLate) {
        moment.last_at()
    } else {
        moment.started
    }
}

fn fails_at_first(moment: &Moment) -> bool {
    is_unanswered(moment) || moment.sign == Some(Sign::AnsweredLate)
}

fn is_unanswered(moment: &Moment) -> bool {
    matches!(moment.outcome, Outcome::Dropped | Outcome::Rejected)
}

/// Until the first answer after it, that may be one to a SYN repeated, or else the last SYN.
fn one(moments: &[Moment], run: &[&Moment]) -> Option<Outage> {
    let (first, last) = (run.first()?, run.last()?);
    let answered = moments
        .iter()
        .filter(|moment| moment.was_accepted() && moment.started >= first.started)
        .map(answered_at);
    let until = answered.min().unwrap_or_else(|| last.last_at());
    let is_long = until.since(first.started) > SAME_SECONDS && until >= last.started;
    (run.len() >= FEWEST && is_long).then_some(Outage {
        from: first.started,
        until: last.started,
    })
}
