//! A listener that closed while connects were on their way to it.

use std::time::Duration;

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{Moment, hop_distance};
use crate::handshake::{Outcome, Role, SeenPacket};

/// What comes next to the same port comes within this time: later, other things have happened.
const NEXT_WITHIN: Duration = Duration::from_secs(60);

/// A kernel resets all that waits in the queue of a listener within microseconds.
const IN_ONE_INSTANT: Duration = Duration::from_millis(5);

/// An application that aborts, or a full queue, does so right after the ACK; what waits in a queue
/// is reset whenever the listener closes.
const SOME_TIME: Duration = Duration::from_millis(200);

/// The server no longer listened when the third step arrived, or closed with this connect in its
/// queue: the next connect is refused, or several are reset in one instant; or it had forgotten its
/// own SYN-ACK when the SYN was repeated.
pub(super) fn listener_closed(case: &Case<'_>) -> Option<Confidence> {
    let is_closed = (is_bare_reset(case) && is_next_refused(case))
        || are_several_reset_at_once(case)
        || is_syn_ack_forgotten(case);
    is_closed.then_some(Confidence::Likely)
}

fn is_bare_reset(case: &Case<'_>) -> bool {
    let reset = case.first(Role::Reset).and_then(SeenPacket::flags);
    case.attempt().established_at.is_some() && reset.is_some_and(|flags| !flags.has_ack())
}

/// Whether the next connect whose end is known was refused.
fn is_next_refused(case: &Case<'_>) -> bool {
    let attempt = case.attempt();
    let Some((reset, history)) = attempt
        .reset_at
        .zip(case.comparison().service(attempt.server))
    else {
        return false;
    };
    let is_after = |moment: &&Moment| {
        moment.started > attempt.started_at()
            && moment.started.since(attempt.started_at()) <= NEXT_WITHIN
            && (moment.started >= reset || moment.outcome == Outcome::Refused)
    };
    let later = || history.moments().iter().filter(is_after);
    let Some(next) = later().map(|moment| moment.started).min() else {
        return false;
    };
    later()
        .filter(|moment| moment.started == next)
        .all(|moment| moment.outcome == Outcome::Refused)
}

/// Whether others that began at other times were reset in the same instant, some time after they
/// were connected.
fn are_several_reset_at_once(case: &Case<'_>) -> bool {
    let attempt = case.attempt();
    let Some((reset, established)) = attempt.reset_at.zip(attempt.established_at) else {
        return false;
    };
    let Some(history) = case.comparison().service(attempt.server) else {
        return false;
    };
    let is_with_it = |moment: &&Moment| {
        moment.outcome == Outcome::Reset
            && moment.id != attempt.id
            && moment.last_at().distance(reset) <= IN_ONE_INSTANT
    };
    reset.since(established) >= SOME_TIME
        && history.moments().iter().any(|moment| is_with_it(&moment))
}

/// Whether a SYN that was answered is refused when it is repeated, by the same host.
fn is_syn_ack_forgotten(case: &Case<'_>) -> bool {
    let attempt = case.attempt();
    let Some((syn_ack, reset)) = case.first(Role::SynAck).zip(case.first(Role::Reset)) else {
        return false;
    };
    let is_repeated_between = attempt
        .last_syn_at
        .is_some_and(|at| at > syn_ack.place.at && at <= reset.place.at);
    attempt.established_at.is_none()
        && attempt.syn_count > 1
        && is_repeated_between
        && hop_distance(syn_ack.ip.ttl) == hop_distance(reset.ip.ttl)
}
