//! Who sent the RST: how it fits what is known of the server's own stack, or which observation
//! would tell.

use super::{Note, ResetOrigin};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::causes::{Mark, mark_of};
use crate::diagnosis::comparison::{Comparison, Distance, HostFacts};
use crate::diagnosis::diagnosed_attempt::DiagnosedAttempt;
use crate::handshake::{Attempt, Outcome, Role, SeenPacket};

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
    let mut notes = vec![origin(host, reset)];
    // A connection's own RST goes on with the connection's count, and has no mark of who answers
    // SYNs.
    if outcome == Outcome::Refused {
        notes.extend(identification(host, reset));
        notes.extend(mark(attempt, reset));
        notes.extend(what_would_tell(diagnosed, host));
    }
    notes
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
fn mark(attempt: &Attempt, reset: &SeenPacket) -> Option<Note> {
    let is_of_stack = match mark_of(attempt) {
        Mark::OwnStack => true,
        Mark::PacketFilter => false,
        Mark::None => return None,
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
