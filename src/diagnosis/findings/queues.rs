//! Connects for which a server had no room.

use super::from_cause::as_sure_as_its_cause;
use super::misdirected::is_silent;
use super::{
    Collected, Finding, FindingEvidence, FindingKind, Service, Statement, count, in_order,
};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Cause;
use crate::diagnosis::cause::Confidence::{self, Certain, Likely, Possible};
use crate::diagnosis::comparison::{
    BeyondLimit, DropStory, Moment, Reason, ServiceHistory, is_about_the_same_time,
};
use crate::diagnosis::sign::Sign;
use crate::diagnosis::testimony::proves_full_accept_queue;
use crate::handshake::{Outcome, Trouble};

/// One connect that meets silence among others may be lost.
const FEWEST: usize = 2;

/// Silence for some, while the port accepts others in the same seconds, and not for one client
/// alone. Certain where the server's own host says so; only possible where nothing else explains
/// it, and nothing shows a queue.
pub(super) fn overload(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let history = collected.comparison.service(server)?;
    if collected.comparison.is_silent(server.address) != Some(false) {
        return None;
    }
    let is_proved = is_queue_proved_full(collected, service);
    let without_room = service.those(|moment| {
        moment.outcome == Outcome::Dropped
            && is_silent(moment)
            && !history.tells_apart(moment.client)
            && !history.is_ordered_by_timestamps(moment.client)
            && (history.has_accepted_from(moment.client)
                || history.drops_others_than(moment.client))
            && (is_proved || is_for_want_of_room(collected, server, moment).is_some())
    });
    let is_likely = |moment: &Moment| {
        is_proved || is_for_want_of_room(collected, server, moment) == Some(Likely)
    };
    let likely: Vec<Moment> = without_room
        .iter()
        .copied()
        .filter(|moment| is_likely(moment))
        .collect();
    let (silent, confidence) = match (is_proved, likely.is_empty()) {
        (true, _) => (likely, Certain),
        (false, false) => (likely, Likely),
        (false, true) if may_be_for_want_of_room(history, service, &without_room) => {
            (without_room, Possible)
        }
        _ => return None,
    };
    if silent.is_empty() {
        return None;
    }
    let connects = count(&service.moments);
    let story = collected.comparison.drop_story(server);
    // Whom the server took only when he repeated his SYN met the same.
    let late = service.those(|moment| {
        let is_late = moment.sign == Some(Sign::AnsweredLate);
        let is_about = |silent: &Moment| is_about_the_same_time(silent.started, moment.started);
        is_late && moment.troubles().has(Trouble::Slow) && silent.iter().any(is_about)
    });
    let is_shut = |story: &DropStory| silent.iter().all(|moment| story.is_shut(moment.started));
    let statement = if is_proved {
        Statement::AcceptQueueProvedFull
    } else if story.is_some_and(is_shut) {
        Statement::AcceptsNoMore { connects }
    } else {
        Statement::Overload {
            connects,
            late: count(&late),
        }
    };
    let are_told = matches!(statement, Statement::Overload { .. });
    let late = late.into_iter().filter(|_| are_told);
    let silent = in_order(silent.into_iter().chain(late));
    let says = (FindingKind::Overload, confidence);
    let finding = as_sure_as_its_cause(collected, says, server, &silent, statement);
    let evidence = history.connection_limit(BeyondLimit::Silent).map(|limit| {
        FindingEvidence::OpenConnections {
            limit: limit.limit,
            of_each_client: limit.is_of_each_client,
        }
    });
    Some(Finding {
        evidence: finding.evidence.into_iter().chain(evidence).collect(),
        ..finding
    })
}

/// Whether a queue is what several failures may have met: all that fail do so among others that are
/// accepted at once, no repetition gets through, as it would after a loss, and no client is one
/// that is never accepted, as one that is shut out.
fn may_be_for_want_of_room(
    history: &ServiceHistory,
    service: &Service,
    without_room: &[Moment],
) -> bool {
    let failing = service.those(|moment| moment.outcome.is_failure());
    let late = service.those(|moment| moment.sign == Some(Sign::AnsweredLate));
    let are_let_in = without_room
        .iter()
        .all(|moment| history.has_accepted_from(moment.client));
    are_let_in
        && without_room.len() >= FEWEST
        && failing.len() == without_room.len()
        && late.is_empty()
}

/// How surely the comparison with those that were accepted says so.
fn is_for_want_of_room(
    collected: Collected<'_>,
    server: Endpoint,
    moment: &Moment,
) -> Option<Confidence> {
    let comparison = collected.comparison;
    let verdict = comparison
        .drop_story(server)
        .zip(comparison.service(server))
        .and_then(|(story, history)| story.verdict(history, &comparison.dropped(moment)))?;
    (verdict.reason == Reason::FullQueue).then_some(verdict.confidence)
}

/// Connects that the server's kernel reset right after the handshake, for want of room.
pub(super) fn resets_for_want_of_room(
    collected: Collected<'_>,
    service: &Service,
) -> Option<Finding> {
    let server = service.server;
    let first = collected.first_causes.get(&server)?;
    let resets = service.those(|moment| moment.outcome == Outcome::Reset);
    if first.cause != Cause::AcceptQueueFull || resets.is_empty() {
        return None;
    }
    let statement = Statement::OverloadResets {
        connects: count(&service.moments),
    };
    let says = (FindingKind::Overload, Likely);
    Some(as_sure_as_its_cause(
        collected, says, server, &resets, statement,
    ))
}

pub(super) fn is_queue_proved_full(collected: Collected<'_>, service: &Service) -> bool {
    proves_full_accept_queue(collected.testimony_of(service.server))
}
