//! The words for an attempt: the same in every format for people.

use super::evidence_words::duration;
use super::model::Report;
use super::note_words::notes;
use super::outcome_words::shown_name;
use super::sanitize::terminal_safe;
use super::testimony_words::who_listens_elsewhere_only;
use super::trouble_words::{self, troubles};
use crate::capture::Timestamp;
use crate::diagnosis::{Cause, Confidence, DiagnosedAttempt, Judged, app_error};
use crate::handshake::{Attempt, DecidedAttempt, Outcome, Role, Sender};

/// How an attempt ended, and why, where that is known.
pub(crate) fn headline_with_cause(diagnosed: &DiagnosedAttempt) -> String {
    let judgement = diagnosed.decided.judgement;
    let outcome = if judgement.troubles.is_empty() {
        shown_name(judgement.outcome)
    } else {
        let names = judgement.troubles.iter().map(trouble_words::shown_name);
        names.collect::<Vec<String>>().join(", ")
    };
    let elsewhere = who_listens_elsewhere_only(diagnosed.testimony.iter());
    let is_closed = (diagnosed.cause()).is_some_and(|judged| judged.cause == Cause::ClosedPort);
    if let Some(elsewhere) = elsewhere.filter(|_| is_closed) {
        return format!("{outcome}: {elsewhere}");
    }
    match diagnosed.cause() {
        Some(Judged {
            cause,
            confidence: Confidence::Possible,
        }) => format!("{outcome}: perhaps {}", cause.words()),
        Some(Judged { cause, .. }) => format!("{outcome}: {}", cause.words()),
        None => headline(&diagnosed.decided),
    }
}

/// How one failed attempt ended, in a few words.
pub(super) fn headline(decided: &DecidedAttempt) -> String {
    let attempt = &decided.attempt;
    let answer = attempt
        .first_syn_at
        .zip(attempt.first_answer_at)
        .map_or_else(String::new, |(syn, answer)| {
            format!(" after {}", duration(answer.since(syn)))
        });
    match decided.judgement.outcome {
        Outcome::Established => match troubles(decided).join("; ") {
            words if words.is_empty() => format!("established{answer}"),
            words => format!("established, {words}"),
        },
        Outcome::Refused => format!("refused: RST{answer}"),
        Outcome::Rejected => rejected(attempt, &answer),
        Outcome::Reset => format!(
            "reset: by the server before its first byte{}",
            since_start(decided)
        ),
        Outcome::HalfOpen => "half-open: SYN-ACK never acknowledged".to_owned(),
        Outcome::Aborted => "aborted: RST from the client".to_owned(),
        Outcome::Dropped => format!("dropped: {}", silence(attempt)),
        Outcome::Pending if decided.judgement.is_left_out => match attempt.answered_at {
            Some(_) => "pending: what came after the SYN-ACK was not captured".to_owned(),
            None => "pending: answers were not captured".to_owned(),
        },
        Outcome::Pending => "pending: the capture ends too early to say".to_owned(),
        Outcome::Partial => "partial: its SYN is not in the capture".to_owned(),
    }
}

fn rejected(attempt: &Attempt, answer: &str) -> String {
    let by = attempt
        .packets_as(&[Role::IcmpError])
        .next()
        .map(|packet| match packet.sender {
            Sender::Server => "the server".to_owned(),
            Sender::Client => "the client itself".to_owned(),
            Sender::Other(address) => address.to_string(),
        });
    match (attempt.rejected_by, by) {
        (Some(kind), Some(by)) => format!("rejected: {} from {by}{answer}", kind.name()),
        _ => "rejected".to_owned(),
    }
}

fn silence(attempt: &Attempt) -> String {
    let answers = [
        (
            Role::SynAckFromElsewhere,
            "SYN-ACK only from another address or port",
        ),
        (
            Role::AnswerToElsewhere,
            "answers only to another address or port",
        ),
        (Role::BareAck, "only ACKs of an older connection"),
        (
            Role::UnacceptableReset,
            "only RSTs that the client must ignore",
        ),
        (
            Role::UnacceptableSynAck,
            "only SYN-ACKs that the client must ignore",
        ),
    ];
    let met = answers
        .into_iter()
        .find(|(role, _)| attempt.packets_as(&[*role]).next().is_some());
    match met {
        Some((_, words)) => words.to_owned(),
        None if attempt.syn_count == 1 => "no answer to 1 SYN".to_owned(),
        None => format!(
            "no answer to {} SYNs{}",
            attempt.syn_count,
            between_syns(attempt)
        ),
    }
}

/// ` after 4.000 s`: from the first SYN to what decided.
fn since_start(decided: &DecidedAttempt) -> String {
    format!(
        ", after {}",
        duration(decided.judgement.at.since(decided.attempt.started_at()))
    )
}

/// ` over 3.1 s`: from the first SYN to the last.
fn between_syns(attempt: &Attempt) -> String {
    let times = attempt.first_syn_at.zip(attempt.last_syn_at);
    times.map_or_else(String::new, |(first, last)| {
        format!(" over {}", duration(last.since(first)))
    })
}

/// `+312 us`: when a packet came, from the attempt's start; `-1.2 ms` before it.
pub(super) fn after(at: Timestamp, started: Timestamp) -> String {
    if at >= started {
        format!("+{}", duration(at.since(started)))
    } else {
        format!("-{}", duration(started.since(at)))
    }
}

/// What is known of an attempt beside its packets, one fact each: its path, its cause and how sure
/// that is, what the application saw, notes, and what people wrote on its packets. Safe for a
/// terminal.
pub(super) fn facts(report: &Report, diagnosed: &DiagnosedAttempt) -> Vec<String> {
    let mut facts = Vec::new();
    let path: Vec<String> = diagnosed
        .decided
        .attempt
        .encapsulation
        .layers()
        .map(|layer| layer.to_string())
        .collect();
    if !path.is_empty() {
        facts.push(format!("in {}", path.join(", ")));
    }
    if let Some(judged) = diagnosed.cause() {
        facts.push(format!(
            "cause: {}, {} ({})",
            judged.cause.name(),
            judged.cause.words(),
            judged.confidence.name()
        ));
    }
    if let Some(error) = app_error(&diagnosed.decided, report.capture.may_miss_icmp_errors()) {
        let unless = if diagnosed.decided.judgement.outcome == Outcome::Dropped {
            ", if it waits"
        } else {
            ""
        };
        facts.push(format!("connect() on Linux: {error}{unless}"));
    }
    let comments = report.capture.comments_on(diagnosed);
    let noted = notes(diagnosed).into_iter().chain(comments);
    facts.extend(noted.map(|text| terminal_safe(&text).into_owned()));
    facts
}
