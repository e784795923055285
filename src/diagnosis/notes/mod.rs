//! What else is worth knowing about an attempt, besides its outcome and cause.

mod checksums;
mod rejecter;
mod responder;
mod silence;

use super::attempt_facts::AttemptFacts;
use super::cause::{Cause, Judged};
use super::causes::was_answered_once;
use super::comparison::{Comparison, Vantage};
use super::diagnosed_attempt::DiagnosedAttempt;
use super::note::{Note, ResetOrigin};
use super::stack::Stack;
use crate::decode::VerdictTeller;
use crate::handshake::{Attempt, Outcome, Role};

/// What else the packets tell, one fact each.
pub(super) fn notes(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Vec<Note> {
    let attempt = &diagnosed.decided.attempt;
    let outcome = diagnosed.decided.judgement.outcome;
    let mut notes = responder::notes(diagnosed, comparison);
    notes.extend(rejecter::who_rejected(diagnosed));
    notes.extend(silence::notes(diagnosed, comparison));
    let others = [
        diagnosed.noise.map(Note::PartOf),
        checksums::wrong(attempt, comparison),
        other_causes(diagnosed),
        lost_in_chain(diagnosed),
        answered_elsewhere(attempt, outcome),
        met_by_acks(attempt, outcome, comparison),
        user_mode_networking(attempt, outcome, comparison),
        overtaken_error(attempt, outcome),
        reset_and_syn_ack(attempt, outcome),
        ignored_answers(attempt, outcome),
        inferred_third_step(attempt, outcome),
        unseen_answer(attempt, outcome),
        given_up(attempt, outcome),
        answer_not_repeated(diagnosed),
        goes_on_as(diagnosed, comparison),
        attempt
            .is_reset_in_clients_name()
            .then_some(Note::ForgedClientReset),
        error_about_the_answer(attempt),
        (attempt.copies > 0).then_some(Note::Duplicates(attempt.copies)),
        left_out(attempt),
    ];
    notes.extend(others.into_iter().flatten());
    notes.extend(damaged(attempt, comparison));
    notes
}

/// Where the connect was seen again, translated.
fn goes_on_as(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Option<Note> {
    if diagnosed.decided.is_later_leg() {
        return None;
    }
    let leg = comparison.later_leg(&diagnosed.decided)?;
    let (client, server) = leg.ends;
    Some(Note::GoesOnAs {
        client,
        server,
        was_answered: leg.was_answered,
        outcome: leg.outcome,
    })
}

/// What speaks against a client that is silent.
fn answer_not_repeated(diagnosed: &DiagnosedAttempt) -> Option<Note> {
    let cause = diagnosed.cause()?;
    let is_doubtful =
        cause.cause == Cause::ClientSilent && diagnosed.vantage == Some(Vantage::Client);
    (is_doubtful && was_answered_once(&diagnosed.decided.attempt))
        .then_some(Note::AnswerNotRepeated)
}

/// Weaker causes that fit as well.
fn other_causes(diagnosed: &DiagnosedAttempt) -> Option<Note> {
    let others = diagnosed.causes.get(1..).unwrap_or_default();
    (!others.is_empty()).then(|| Note::OtherCauses(others.to_vec()))
}

/// Between which points of a gateway's chains it was dropped, where the gateway's own capture shows
/// both.
fn lost_in_chain(diagnosed: &DiagnosedAttempt) -> Option<Note> {
    let is_dropped = |judged: &Judged| judged.cause == Cause::DroppedHere;
    diagnosed.causes.iter().find(|judged| is_dropped(judged))?;
    let told = |letter: &'static str| {
        let mut verdicts = diagnosed.decided.attempt.verdicts.iter();
        verdicts.find(|told| {
            let verdict = &told.verdict;
            verdict.teller == VerdictTeller::FwMonitor && verdict.word.as_deref() == Some(letter)
        })
    };
    let lost = |seen, missing| told(seen).filter(|_| told(missing).is_none());
    let (point, seen, missing) = lost("o", "O")
        .map(|point| (point, 'o', 'O'))
        .or_else(|| lost("i", "I").map(|point| (point, 'i', 'I')))?;
    let verdict = &point.verdict;
    Some(Note::LostInChain {
        seen,
        missing,
        interface: verdict
            .came_in_by
            .clone()
            .or_else(|| verdict.leaves_by.clone()),
    })
}

/// What of its handshake arrived damaged.
fn damaged<'a>(
    attempt: &'a Attempt,
    comparison: &'a Comparison,
) -> impl Iterator<Item = Note> + use<'a> {
    let frames = comparison.damaged(attempt);
    frames.map(|(part, frames, first)| Note::Damaged {
        part,
        frames,
        first: first.number,
    })
}

/// Between which ends the answers went.
fn answered_elsewhere(attempt: &Attempt, outcome: Outcome) -> Option<Note> {
    let ends = attempt.answered_elsewhere.as_deref()?;
    match outcome {
        Outcome::Dropped => Some(Note::AnsweredElsewhere {
            from: ends.from,
            to: ends.to,
        }),
        Outcome::Refused => Some(Note::RedirectedHere { asked: ends.from }),
        _ => None,
    }
}

/// Whose ACKs came instead of answers.
fn met_by_acks(attempt: &Attempt, outcome: Outcome, comparison: &Comparison) -> Option<Note> {
    let ack = comparison.ack_from_elsewhere(attempt.client, attempt.server)?;
    (outcome == Outcome::Dropped && attempt.is_unanswered()).then_some(Note::MetByAcksOf {
        from: ack.from,
        count: ack.count,
    })
}

/// A failure that a user-mode stack tells in its own way.
fn user_mode_networking(
    attempt: &Attempt,
    outcome: Outcome,
    comparison: &Comparison,
) -> Option<Note> {
    let forwarder = comparison
        .host(attempt.server.address)?
        .stacks
        .forwarder()?;
    matches!(outcome, Outcome::Dropped | Outcome::Refused).then_some(Note::UserModeNetworking {
        is_pasta: forwarder == Stack::Pasta,
    })
}

fn overtaken_error(attempt: &Attempt, outcome: Outcome) -> Option<Note> {
    let overtaken = |_: &_| outcome != Outcome::Rejected;
    attempt
        .rejected_by
        .filter(overtaken)
        .map(Note::OvertakenError)
}

fn reset_and_syn_ack(attempt: &Attempt, outcome: Outcome) -> Option<Note> {
    attempt.refused_at.zip(attempt.answered_at)?;
    Some(Note::ResetAndSynAck {
        is_established: outcome == Outcome::Established,
    })
}

fn ignored_answers(attempt: &Attempt, outcome: Outcome) -> Option<Note> {
    let count = |role| attempt.packets_as(&[role]).count();
    let resets = count(Role::UnacceptableReset);
    let syn_acks = count(Role::UnacceptableSynAck);
    let bare_acks = count(Role::BareAck);
    (resets + syn_acks + bare_acks > 0).then_some(Note::IgnoredAnswers {
        resets,
        syn_acks,
        bare_acks,
        went_on_waiting: outcome == Outcome::Dropped,
    })
}

fn inferred_third_step(attempt: &Attempt, outcome: Outcome) -> Option<Note> {
    let is_inferred = outcome == Outcome::Established && attempt.established_at.is_none();
    is_inferred.then_some(Note::ThirdStepInferred)
}

fn unseen_answer(attempt: &Attempt, outcome: Outcome) -> Option<Note> {
    let is_one_sided = outcome == Outcome::Established && attempt.established_at.is_some();
    (is_one_sided && attempt.answered_at.is_none()).then_some(Note::SynAckUnseen)
}

fn given_up(attempt: &Attempt, outcome: Outcome) -> Option<Note> {
    let is_given_up = outcome == Outcome::Dropped && attempt.client_reset_at.is_some();
    is_given_up.then_some(Note::GivenUp)
}

fn error_about_the_answer(attempt: &Attempt) -> Option<Note> {
    attempt.packets_as(&[Role::IcmpErrorAboutAnswer]).next()?;
    Some(Note::ErrorAboutAnswer)
}

fn left_out(attempt: &Attempt) -> Option<Note> {
    let omitted = attempt.evidence.omitted();
    (omitted > 0).then_some(Note::LeftOut(omitted))
}
