//! Who sent the RST: how it fits what is known of the server's own stack, or which observation
//! would tell.

use super::{Note, ResetOrigin};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::causes::{
    Mark, counting_windows, is_code_of_netscaler, is_plain, is_sooner, mark_of,
};
use crate::diagnosis::comparison::{Comparison, Distance, HostFacts};
use crate::diagnosis::diagnosed_attempt::DiagnosedAttempt;
use crate::diagnosis::stack::Stack;
use crate::handshake::{Attempt, Content, Outcome, Role, SeenPacket};

/// What the RST tells of its sender.
pub(super) fn notes(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Vec<Note> {
    let attempt = &diagnosed.decided.attempt;
    let outcome = diagnosed.decided.judgement.outcome;
    let Some(reset) = attempt
        .packets_as(&[Role::Reset])
        .next()
        .filter(|_| matches!(outcome, Outcome::Refused | Outcome::Reset))
    else {
        return Vec::new();
    };
    let host = comparison.host(attempt.server.address);
    let mut notes = match too_soon(attempt, host) {
        Some(note) => vec![note],
        None => vec![origin(host, reset)],
    };
    notes.extend(window(reset));
    notes.extend(shape(diagnosed, reset));
    let counting = counting_windows(attempt);
    notes.extend(counting.map(|(first, last)| Note::WindowsCountUp { first, last }));
    // A connection's own RST goes on with the connection's count, and has no mark of who answers
    // SYNs.
    if outcome == Outcome::Refused {
        // A mark of the host's own stack says more than how it counts.
        let is_of_stack = mark_of(attempt) == Mark::OwnStack;
        notes.extend(identification(host, reset).filter(|_| !is_of_stack));
        notes.extend(mark(attempt, host, reset));
        notes.extend(what_would_tell(diagnosed, host));
    }
    notes
}

/// A RST that came sooner than any of several answers of the host: from nearer, whatever its hops
/// say.
fn too_soon(attempt: &Attempt, host: Option<&HostFacts>) -> Option<Note> {
    let answers = host?.fastest_answers;
    let fastest = answers.of_any().filter(|_| answers.are_several())?;
    let after = attempt.refused_at?.since(attempt.last_syn_at?);
    is_sooner(after, fastest).then_some(Note::ResetTooSoon { after, fastest })
}

/// A window in the RST, beyond what a stack leaves of a connection's own.
fn window(reset: &SeenPacket) -> Option<Note> {
    match reset.content {
        Content::Segment {
            window: Some(window),
            ..
        } if is_code_of_netscaler(window) => Some(Note::ResetWindow(window)),
        Content::Segment { .. } | Content::Icmp { .. } => None,
    }
}

/// A RST to a SYN in a shape that no TCP stack gives it, where a box is to blame.
fn shape(diagnosed: &DiagnosedAttempt, reset: &SeenPacket) -> Option<Note> {
    let is_by_box = diagnosed
        .cause()
        .is_some_and(|judged| judged.cause == Cause::MiddleboxReset);
    let is_answer_to_syn = diagnosed.decided.judgement.outcome == Outcome::Refused;
    match reset.content {
        Content::Segment {
            sequence, window, ..
        } if is_by_box && is_answer_to_syn && !is_plain(reset) => Some(Note::ResetShape {
            has_sequence: sequence.0 != 0,
            window: window.unwrap_or(0),
        }),
        Content::Segment { .. } | Content::Icmp { .. } => None,
    }
}

/// How far the RST came, against the host's own answers.
fn origin(host: Option<&HostFacts>, reset: &SeenPacket) -> Note {
    let origin = host.map_or(ResetOrigin::NothingToCompare, |host| {
        match host.distance_of(reset) {
            Distance::Same => ResetOrigin::AsFar,
            Distance::Nearer if host.own_ttls.contains_key(&reset.ip.ttl) => {
                ResetOrigin::CapturingHost
            }
            Distance::Nearer => ResetOrigin::Nearer,
            Distance::Unclear => ResetOrigin::Unclear,
            Distance::Elsewhere => ResetOrigin::Elsewhere,
            Distance::Unknown => ResetOrigin::SeveralDistances,
        }
    });
    Note::ResetOrigin {
        reset: reset.ip,
        own_hops: host.map_or_else(Vec::new, |host| host.own_ttls.keys().copied().collect()),
        origin,
    }
}

/// Whether the RST is identified as the host's SYN-ACKs are: a stack writes 0 into both, or counts
/// in both.
fn identification(host: Option<&HostFacts>, reset: &SeenPacket) -> Option<Note> {
    let is_zero = reset.ip.identification? == 0;
    host?
        .identifies_otherwise(reset)
        .then_some(Note::ResetIdentifiedOtherwise { is_zero })
}

/// What only a TCP stack, or only a packet filter, leaves on a RST.
fn mark(attempt: &Attempt, host: Option<&HostFacts>, reset: &SeenPacket) -> Option<Note> {
    let is_linux = host.is_some_and(|host| host.stacks.is_only(Stack::Linux));
    let is_of_stack = match mark_of(attempt) {
        Mark::OwnStack => true,
        Mark::PacketFilter if is_linux => false,
        Mark::PacketFilter | Mark::None => return None,
    };
    Some(Note::ResetMark {
        is_of_stack,
        flow_label: reset.ip.flow_label,
    })
}

/// Where a closed port and a rule that resets look the same: the one observation that would tell.
fn what_would_tell(diagnosed: &DiagnosedAttempt, host: Option<&HostFacts>) -> Option<Note> {
    let cause = diagnosed.cause().filter(|judged| {
        judged.cause == Cause::ClosedPort && judged.confidence < Confidence::Certain
    })?;
    if host.is_none() && cause.confidence == Confidence::Possible {
        return Some(Note::ResetCannotBeTold);
    }
    let is_unmarked = mark_of(&diagnosed.decided.attempt) == Mark::None;
    is_unmarked.then_some(Note::ResetRuleLooksTheSame)
}
