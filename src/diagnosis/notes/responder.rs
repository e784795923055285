//! Who sent the RST: how it fits what is known of the server's own stack, or which observation would tell.

use crate::diagnosis::causes::{Mark, mark_of};
use crate::diagnosis::comparison::{Comparison, Distance, HostFacts};
use crate::diagnosis::{Cause, Confidence, DiagnosedAttempt};
use crate::handshake::{Attempt, Outcome, Role, SeenPacket};

/// What the RST tells of its sender.
pub(super) fn notes(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Vec<String> {
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
    let mut notes = vec![distance(host, reset)];
    notes.extend(identification(host, reset, outcome));
    if outcome == Outcome::Refused {
        notes.extend(mark(attempt, reset));
        notes.extend(what_would_tell(diagnosed, host));
    }
    notes
}

/// How far the RST came, against the host's own answers.
fn distance(host: Option<&HostFacts>, reset: &SeenPacket) -> String {
    let ttl = reset.ip.ttl;
    let hops = reset.ip.hops_name();
    let Some(host) = host else {
        return format!(
            "no other answer of this host is in the capture to hold the RST ({hops} {ttl}) against"
        );
    };
    let own = listed(host);
    match host.distance_of(reset) {
        Distance::Same => format!("the RST came as far as this host's own answers ({hops} {ttl})"),
        Distance::Nearer if host.own_ttls.contains_key(&ttl) => {
            "the RST was made on the capturing host, through which this host's answers only pass"
                .to_owned()
        }
        Distance::Nearer => format!(
            "the RST comes from nearer than this host's own answers ({hops} {ttl} against {own}): a box on the way made it"
        ),
        Distance::Elsewhere => format!(
            "the RST comes from farther than this host's own answers, or from another system ({hops} {ttl} against {own}): a host behind the address made it"
        ),
        Distance::Unknown => format!(
            "this host's own answers come from several distances ({hops} {own}), the RST from another ({hops} {ttl})"
        ),
    }
}

fn listed(host: &HostFacts) -> String {
    let ttls: Vec<String> = host.own_ttls.keys().map(ToString::to_string).collect();
    ttls.join(", ")
}

/// Whether the RST is identified as the host's SYN-ACKs are: a stack writes 0 into both, or counts in both.
fn identification(
    host: Option<&HostFacts>,
    reset: &SeenPacket,
    outcome: Outcome,
) -> Option<String> {
    // A connection's own RST goes on with the connection's count, whatever the SYN-ACK had.
    if outcome != Outcome::Refused {
        return None;
    }
    let is_zero = reset.ip.identification? == 0;
    let (this, others) = if is_zero {
        ("0", "a count")
    } else {
        ("a count", "0")
    };
    host?.identifies_otherwise(reset).then(|| {
        format!(
            "its IP identification is {this}, in this host's SYN-ACKs it is {others}: perhaps another stack"
        )
    })
}

/// What only a TCP stack, or only a packet filter, leaves on a RST.
fn mark(attempt: &Attempt, reset: &SeenPacket) -> Option<String> {
    let by_label = match reset.ip.flow_label {
        Some(0) => " (IPv6 flow label 0)",
        Some(_) => " (it has an IPv6 flow label)",
        None => "",
    };
    match mark_of(attempt) {
        Mark::OwnStack if by_label.is_empty() => Some(
            "the RST echoes the SYN's traffic class, as a TCP stack does and a packet filter does not"
                .to_owned(),
        ),
        Mark::OwnStack => Some(format!("a TCP stack made the RST{by_label}")),
        Mark::PacketFilter if by_label.is_empty() => Some(
            "the RST does not echo the SYN's traffic class, as a TCP stack does: a packet filter made it"
                .to_owned(),
        ),
        Mark::PacketFilter => Some(format!("a packet filter made the RST{by_label}")),
        Mark::None => None,
    }
}

/// Where a closed port and a rule that resets look the same: the one observation that would tell.
fn what_would_tell(diagnosed: &DiagnosedAttempt, host: Option<&HostFacts>) -> Option<String> {
    let is_closed_port = |judged: &crate::diagnosis::Judged| {
        judged.cause == Cause::ClosedPort && judged.confidence < Confidence::Certain
    };
    let cause = diagnosed.cause().filter(is_closed_port)?;
    let is_unmarked = mark_of(&diagnosed.decided.attempt) == Mark::None;
    if host.is_none() && cause.confidence == Confidence::Possible {
        return Some(
            "cannot be told from here: closed port, reset rule or a box on the way; any SYN-ACK of this host, or a capture on the server, would tell"
                .to_owned(),
        );
    }
    is_unmarked.then(|| {
        "a reset rule on the server itself would look the same; a SYN marked with a DSCP value would tell: only the host's stack echoes it"
            .to_owned()
    })
}
