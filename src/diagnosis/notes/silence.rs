//! What silence means where it was watched, and what else the port did at the time.

use crate::diagnosis::comparison::{Comparison, Vantage};
use crate::diagnosis::{Cause, DiagnosedAttempt};
use crate::handshake::{Outcome, Role};

/// What the silence proves, and what it does not.
pub(super) fn notes(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Vec<String> {
    if diagnosed.decided.judgement.outcome != Outcome::Dropped {
        return Vec::new();
    }
    let server = diagnosed.decided.attempt.server.address;
    [
        where_it_was_watched(diagnosed, comparison),
        mute_siblings(diagnosed, comparison),
        sent_back(diagnosed, comparison),
        older_by_timestamp(diagnosed, comparison),
        comparison.is_silence_doubtful(server).then(|| {
            "the capture may have missed an answer: this is less sure than it looks".to_owned()
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The same silence says something else on each side of the network.
fn where_it_was_watched(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Option<String> {
    let attempt = &diagnosed.decided.attempt;
    let met_something = attempt
        .packets_as(&[
            Role::BareAck,
            Role::UnacceptableReset,
            Role::UnacceptableSynAck,
            Role::SynAckFromElsewhere,
        ])
        .next()
        .is_some();
    if met_something {
        return None;
    }
    let server = attempt.server.address;
    let text = match diagnosed.vantage {
        Some(Vantage::Client) => "captured at the client's side: no answer reached it",
        Some(Vantage::Server) => {
            "captured at the server's side: the SYN arrived there, and the server sent nothing"
        }
        Some(Vantage::Between) => "captured on the way: nothing came back past this point",
        None if comparison.is_silent(server) == Some(true) => {
            "nothing came back past this point; on which side of the network that is cannot be told without a packet of the server"
        }
        None => return None,
    };
    Some(text.to_owned())
}

fn sent_back(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Option<String> {
    comparison
        .is_sent_back(&diagnosed.decided.attempt)
        .then(|| {
            "the SYN came back to its sender as if from itself, where it is dropped: a load balancer that keeps the client's address chose the client as target"
                .to_owned()
        })
}

fn older_by_timestamp(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Option<String> {
    let attempt = &diagnosed.decided.attempt;
    let service = comparison.service(attempt.server)?;
    service
        .is_ordered_by_timestamps(attempt.client.address)
        .then(|| {
            "of this client's SYNs just those are dropped that have an older timestamp than the last accepted one: several hosts behind one NAT, and a server with tcp_tw_recycle"
                .to_owned()
        })
}

/// Connections that were accepted and not served point at the application.
fn mute_siblings(diagnosed: &DiagnosedAttempt, comparison: &Comparison) -> Option<String> {
    let attempt = &diagnosed.decided.attempt;
    let is_overload = diagnosed
        .causes
        .iter()
        .any(|judged| judged.cause == Cause::AcceptQueueFull);
    let service = comparison.service(attempt.server).filter(|_| is_overload)?;
    let mute = service.mute_about(attempt.started_at());
    (mute > 0).then(|| {
        format!(
            "{mute} connections to this port were accepted then, asked something, and never got a byte: the application does not serve them"
        )
    })
}
