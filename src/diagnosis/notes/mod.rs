//! What else is worth knowing about an attempt, besides its outcome and cause.

mod rejecter;
mod responder;
mod silence;

use super::DiagnosedAttempt;
use super::comparison::Comparison;
use crate::handshake::{Attempt, Outcome, Role};

/// Notes in words, one fact each.
pub(super) fn notes(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Vec<String> {
    let attempt = &diagnosed.decided.attempt;
    let outcome = diagnosed.decided.judgement.outcome;
    let mut notes = responder::notes(diagnosed, comparison);
    notes.extend(rejecter::who_rejected(diagnosed));
    notes.extend(silence::notes(diagnosed, comparison));
    let others = [
        part_of_noise(diagnosed),
        other_causes(diagnosed),
        overtaken_error(attempt, outcome),
        contradicting_answers(attempt, outcome),
        ignored_answers(attempt, outcome),
        inferred_third_step(attempt, outcome),
        unseen_answer(attempt, outcome),
        given_up(attempt, outcome),
        errors_about_the_answer(attempt),
        copies(attempt),
        left_out(attempt),
    ];
    notes.extend(others.into_iter().flatten());
    notes
}

fn part_of_noise(diagnosed: &DiagnosedAttempt) -> Option<String> {
    diagnosed
        .noise
        .map(|noise| format!("part of {}: not counted with the server", noise.words()))
}

/// Weaker causes that fit as well.
fn other_causes(diagnosed: &DiagnosedAttempt) -> Option<String> {
    let others: Vec<String> = diagnosed
        .causes
        .iter()
        .skip(1)
        .map(|judged| format!("{} ({})", judged.cause.name(), judged.confidence.name()))
        .collect();
    (!others.is_empty()).then(|| format!("fits as well: {}", others.join(", ")))
}

fn overtaken_error(attempt: &Attempt, outcome: Outcome) -> Option<String> {
    let kind = attempt
        .rejected_by
        .filter(|_| outcome != Outcome::Rejected)?;
    Some(format!("{kind} came as well, and did not decide"))
}

fn contradicting_answers(attempt: &Attempt, outcome: Outcome) -> Option<String> {
    let text = match (attempt.refused_at, attempt.answered_at, outcome) {
        (Some(_), Some(_), Outcome::Established) => {
            "a RST answered the same initial sequence number before"
        }
        (Some(_), Some(_), _) => "a RST and a SYN-ACK both answer this SYN",
        _ => return None,
    };
    Some(text.to_owned())
}

fn ignored_answers(attempt: &Attempt, outcome: Outcome) -> Option<String> {
    let count = |role| attempt.packets_as(&[role]).count();
    let ignored = [
        (count(Role::UnacceptableReset), "RST", "RSTs"),
        (count(Role::UnacceptableSynAck), "SYN-ACK", "SYN-ACKs"),
        (count(Role::BareAck), "ACK without SYN", "ACKs without SYN"),
    ];
    let named: Vec<String> = ignored
        .into_iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    let effect = if outcome == Outcome::Dropped {
        "and went on waiting"
    } else {
        "which decided nothing"
    };
    (!named.is_empty()).then(|| {
        format!(
            "the client's TCP had to ignore {}, {effect}",
            named.join(" and ")
        )
    })
}

fn inferred_third_step(attempt: &Attempt, outcome: Outcome) -> Option<String> {
    let is_inferred = outcome == Outcome::Established && attempt.established_at.is_none();
    is_inferred.then(|| {
        "the capture was filtered to SYN, FIN and RST: the client's ACK is inferred from a SYN-ACK that was not repeated"
            .to_owned()
    })
}

fn unseen_answer(attempt: &Attempt, outcome: Outcome) -> Option<String> {
    let is_one_sided = outcome == Outcome::Established && attempt.established_at.is_some();
    (is_one_sided && attempt.answered_at.is_none()).then(|| {
        "the server's SYN-ACK is not in the capture: what the client sent after its SYN proves that it came".to_owned()
    })
}

fn given_up(attempt: &Attempt, outcome: Outcome) -> Option<String> {
    let is_given_up = outcome == Outcome::Dropped && attempt.client_reset_at.is_some();
    is_given_up.then(|| "in the end the client reset the attempt".to_owned())
}

fn errors_about_the_answer(attempt: &Attempt) -> Option<String> {
    let has_one = attempt
        .packets_as(&[Role::IcmpErrorAboutAnswer])
        .next()
        .is_some();
    has_one.then(|| "an ICMP error quotes the server's SYN-ACK: it did not get through".to_owned())
}

fn copies(attempt: &Attempt) -> Option<String> {
    (attempt.copies > 0).then(|| format!("{} of its packets were captured again", attempt.copies))
}

fn left_out(attempt: &Attempt) -> Option<String> {
    let omitted = attempt.evidence.omitted();
    (omitted > 0).then(|| format!("{omitted} more packets are not shown as evidence"))
}
