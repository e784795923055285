//! What logs of other programs say beside a finding about a server.

use std::time::Duration;

use super::{Collected, Finding, FindingEvidence, FindingKind};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::testimony::{LoggedOften, LoggedOutage, TestifiedFact, Testimony};
use crate::logs::Saying;

/// So many kinds of lines, and so many services, are told beside one finding.
const MOST: usize = 3;

/// A service is stopped and started before it is felt, and clocks differ.
const SLACK: Duration = Duration::from_secs(2);

/// A check finds a server down or up after so long at most, as it is usually set.
const CHECK: Duration = Duration::from_secs(30);

/// A stop that began an outage was not longer ago, where nobody was accepted before it.
const UNWITNESSED: Duration = Duration::from_secs(60);

/// What logs say of the server of a finding, while its attempts failed.
pub(super) fn logged(collected: Collected<'_>, finding: &Finding) -> Vec<FindingEvidence> {
    let is_about_service = finding.kind.weight() == 0;
    let Some(server) = finding.server.filter(|_| is_about_service) else {
        return Vec::new();
    };
    let often = collected.testimonies.logged_of(server).iter();
    let often = often.take(MOST).map(|often| Testimony {
        at: often.since,
        fact: TestifiedFact::LoggedOften(often.clone()),
    });
    let outages = outages(collected, finding, server);
    let outages = outages.into_iter().filter_map(|outage| {
        let (at, _) = outage.down.as_ref().or(outage.up.as_ref())?;
        Some(Testimony {
            at: *at,
            fact: TestifiedFact::LoggedOutage(outage.clone()),
        })
    });
    let events = events(collected, finding, server);
    let events = events.into_iter().take(MOST).map(|often| Testimony {
        at: often.since,
        fact: TestifiedFact::LoggedOften(often),
    });
    often
        .chain(outages)
        .chain(events)
        .map(FindingEvidence::Testimony)
        .collect()
}

/// What logs say was changed before the first of its connects began, and is told nowhere else.
/// Whatever it was, it explains nothing by itself.
pub(super) fn changed_before(
    collected: Collected<'_>,
    finding: &Finding,
) -> Option<FindingEvidence> {
    let is_of_connects = finding.kind.weight() == 0 && finding.kind != FindingKind::FilterLog;
    let first = finding.from.filter(|_| is_of_connects)?;
    let outages: Vec<&LoggedOutage> = finding
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            FindingEvidence::Testimony(testimony) => match &testimony.fact {
                TestifiedFact::LoggedOutage(outage) => Some(outage),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let is_told = |at: Timestamp, saying: &Saying| {
        let is_its = |outage: &&LoggedOutage| {
            let begin = outage.down.as_ref().or(outage.up.as_ref());
            let is_name = matches!(saying, Saying::Service(change) if change.name == outage.name);
            is_name && begin.is_some_and(|(begin, _)| *begin <= at)
        };
        outages.iter().any(is_its)
    };
    let changes = collected.testimonies.changes().before(first, is_told)?;
    let at = changes.told.last()?.at;
    let fact = TestifiedFact::ChangedBefore(Box::new(changes));
    Some(FindingEvidence::Testimony(Testimony { at, fact }))
}

/// What kernels wrote of their hosts while the attempts failed, or just before. Whose kernel it is
/// no line tells: it is said as what happened then, and is no cause.
fn events(collected: Collected<'_>, finding: &Finding, server: Endpoint) -> Vec<LoggedOften> {
    let Some((from, until)) = finding.from.zip(finding.until) else {
        return Vec::new();
    };
    let window = (from.before(SLACK), until.after(SLACK));
    collected.testimonies.events().between(window, server.port)
}

/// The services that stopped when the server's port began to fail, and came back when it accepted
/// again.
fn outages<'a>(
    collected: Collected<'a>,
    finding: &Finding,
    server: Endpoint,
) -> Vec<&'a LoggedOutage> {
    let window = finding.from.zip(finding.until);
    let is_window = finding.kind == FindingKind::ServiceDownWindow;
    let Some((from, until)) = window.filter(|_| is_window) else {
        return Vec::new();
    };
    let history = collected.comparison.service(server);
    let moments = history.map_or(&[][..], |history| history.moments());
    let accepted = || moments.iter().filter(|moment| moment.was_accepted());
    let started = |moment: &Moment| moment.started;
    let before = accepted().map(started).filter(|at| *at < from).max();
    let after = accepted().map(started).filter(|at| *at > until).min();
    let is_its = |outage: &&LoggedOutage| {
        let delay = if outage.is_by_check { CHECK } else { SLACK };
        let down = outage.down.as_ref().map(|(at, _)| *at);
        let up = outage.up.as_ref().map(|(at, _)| *at);
        let earliest = before.unwrap_or(from.before(UNWITNESSED)).before(SLACK);
        let latest = after.map_or(Timestamp::LATEST, |after| after.after(delay));
        let began = down.map(|at| earliest <= at && at <= from.after(delay));
        let ended = up.map(|at| until.before(SLACK) <= at && at <= latest);
        match (before, after) {
            (Some(_), Some(_)) => began == Some(true) && ended == Some(true),
            (Some(_), None) => began == Some(true) && ended != Some(false),
            (None, _) => ended == Some(true) && began != Some(false),
        }
    };
    let its = collected.testimonies.outages().iter().filter(is_its);
    its.take(MOST).collect()
}
