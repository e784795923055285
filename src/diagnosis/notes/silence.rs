//! What silence means where it was watched, and what else the port did at the time.

use super::Note;
use crate::decode::VerdictTeller;
use crate::diagnosis::cause::Cause;
use crate::diagnosis::comparison::Comparison;
use crate::diagnosis::diagnosed_attempt::DiagnosedAttempt;
use crate::handshake::{Attempt, Outcome, Role};

/// What the silence proves, and what it does not.
pub(super) fn notes(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Vec<Note> {
    if diagnosed.decided.judgement.outcome != Outcome::Dropped {
        return Vec::new();
    }
    let attempt = &diagnosed.decided.attempt;
    // Where it was passed on is known, and that it was not.
    let is_dropped_here = diagnosed
        .cause()
        .is_some_and(|judged| judged.cause == Cause::DroppedHere && is_of_gateway(attempt));
    if is_dropped_here {
        return Vec::new();
    }
    // A filter's log shows what met its rules: that it has no answer means nothing.
    if attempt.is_known_by_log_alone() {
        return Vec::new();
    }
    let (client, server) = (attempt.client.address, attempt.server);
    let service = comparison.service(server);
    let is_older = service.is_some_and(|service| service.is_ordered_by_timestamps(client));
    let is_sent_back = comparison.is_sent_back(attempt);
    let is_doubtful = comparison.is_silence_doubtful(server.address);
    let story = comparison.drop_story(server);
    let is_of_outage = diagnosed.cause().is_none()
        && story.is_some_and(|story| story.is_in_a_window(attempt.started_at()));
    [
        where_it_was_watched(diagnosed, comparison),
        mute_siblings(diagnosed, comparison),
        is_of_outage.then_some(Note::OfOutage),
        is_sent_back.then_some(Note::SentBack),
        is_older.then_some(Note::OlderByTimestamp),
        is_doubtful.then_some(Note::SilenceDoubtful),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether a gateway's own capture shows it, which tells its points.
fn is_of_gateway(attempt: &Attempt) -> bool {
    let mut verdicts = attempt.verdicts.iter();
    verdicts.any(|told| told.verdict.teller == VerdictTeller::FwMonitor)
}

/// The same silence says something else on each side of the network.
fn where_it_was_watched(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Option<Note> {
    let attempt = &diagnosed.decided.attempt;
    let met_something = attempt
        .packets_as(&[
            Role::BareAck,
            Role::UnacceptableReset,
            Role::UnacceptableSynAck,
            Role::SynAckFromElsewhere,
            Role::AnswerToElsewhere,
        ])
        .next()
        .is_some();
    let is_told =
        diagnosed.vantage.is_some() || comparison.is_silent(attempt.server.address) == Some(true);
    let met_something = met_something || comparison.has_damaged_answer(attempt);
    (is_told && !met_something).then_some(Note::Silence(diagnosed.vantage))
}

/// Connections that were accepted and not served point at the application.
fn mute_siblings(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Option<Note> {
    let attempt = &diagnosed.decided.attempt;
    let is_overload = diagnosed
        .causes
        .iter()
        .any(|judged| judged.cause == Cause::AcceptQueueFull);
    let service = comparison.service(attempt.server).filter(|_| is_overload)?;
    let connections = service.mute_about(attempt.started_at());
    (connections > 0).then_some(Note::MuteSiblings { connections })
}
