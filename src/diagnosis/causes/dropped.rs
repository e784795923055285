//! Why nothing acceptable answered the SYN: what met it, and how others fared.

use super::case::Case;
use super::compared;
use super::responder::stacks;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::testimony::{proves_full_accept_queue, shows_a_rule};
use crate::handshake::{Content, Outcome, Role};

/// A SYN-ACK that acknowledges this SYN came from another address or port; or whenever the SYN was
/// sent, an ACK of an open connection came from another address.
pub(super) fn answer_from_other_address(case: &Case<'_>) -> Option<Confidence> {
    let syn_ack = case.first(Role::SynAckFromElsewhere);
    let is_certain = syn_ack.map(|_| Confidence::Certain);
    is_certain.or_else(|| {
        let attempt = case.attempt();
        let is_unanswered = case.outcome() == Outcome::Dropped && attempt.is_unanswered();
        let comparison = case.comparison();
        let ack = comparison.ack_from_elsewhere(attempt.client, attempt.server);
        ack.filter(|_| is_unanswered).map(|_| Confidence::Likely)
    })
}

/// A SYN-ACK or RST that acknowledges this SYN went to another address or port.
pub(super) fn answer_to_other_address(case: &Case<'_>) -> Option<Confidence> {
    case.first(Role::AnswerToElsewhere)
        .map(|_| Confidence::Certain)
}

/// The SYN was answered by an ACK whose number is of an older connection. Where the capture lost
/// packets, an answer may be among them.
pub(super) fn stale_connection(case: &Case<'_>) -> Option<Confidence> {
    case.first(Role::BareAck).map(|_| {
        if case.has_lost_packets() {
            Confidence::Likely
        } else {
            Confidence::Certain
        }
    })
}

/// RSTs came that the client had to ignore.
pub(super) fn invalid_reset(case: &Case<'_>) -> Option<Confidence> {
    case.first(Role::UnacceptableReset)
        .map(|_| Confidence::Certain)
}

/// The server itself says so: its queue is full, and its kernel counted an overflow.
pub(super) fn accept_queue_proved_full(case: &Case<'_>) -> Option<Confidence> {
    proves_full_accept_queue(case.testimony()).then_some(Confidence::Certain)
}

/// Questions who has the server's address, and nobody answered.
pub(super) fn host_down(case: &Case<'_>) -> Option<Confidence> {
    let asked = case.comparison().asked_for(case.attempt().server.address);
    (asked.questions >= 2 && asked.answers == 0).then_some(Confidence::Certain)
}

/// The server asks on its own link who has the client's address, and nobody answers: it has an
/// answer, and cannot send it.
pub(super) fn no_way_back(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    case.comparison()
        .looks_in_vain(attempt.server.address, attempt.client.address)
        .then_some(Confidence::Certain)
}

/// Not one packet of the host is in the capture: certain as a fact; what it means is another
/// question.
pub(super) fn host_silent(case: &Case<'_>) -> Option<Confidence> {
    let address = case.attempt().server.address;
    let is_there = case.comparison().asked_for(address).answers > 0;
    // The same SYN on another leg: translated there, and answered. A translation hides the host.
    let is_answered_elsewhere = case
        .comparison()
        .is_answered_in_another_name(case.attempt())
        || case
            .comparison()
            .later_leg(case.decided())
            .is_some_and(|leg| leg.was_answered);
    (case.comparison().is_silent(address)? && !is_there && !is_answered_elsewhere)
        .then_some(Confidence::Certain)
}

/// The SYN is signed, and a TCP that has no such key drops it.
pub(super) fn authentication_option(case: &Case<'_>) -> Option<Confidence> {
    let syn = case.first(Role::Syn)?;
    matches!(syn.content, Content::Segment { options, .. } if options.authentication)
        .then_some(Confidence::Likely)
}

/// The port accepts others in the same seconds and drops none of them, and never accepts this
/// client; or this one and some others.
pub(super) fn source_filtered(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let service = case.comparison().service(attempt.server)?;
    let client = attempt.client.address;
    let is_only_one = !service.has_accepted_from(client) && !service.drops_others_than(client);
    let is_shut_out = is_only_one || compared::is_of_shared_subnet(case);
    let is_told_apart = service.tells_apart(client) && !compared::is_of_shared_kind(case);
    (is_told_apart || is_shut_out && service.accepted_about(attempt.first_syn_at?))
        .then_some(Confidence::Likely)
}

/// The port accepts in the same seconds, and this client at other times, or drops others as well,
/// and the comparison of both shows nothing else that the failures share: its queue was full for
/// this SYN.
pub(super) fn accept_queue_full(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let service = case.comparison().service(attempt.server)?;
    let client = attempt.client.address;
    if case.comparison().is_sent_back(attempt) || service.is_ordered_by_timestamps(client) {
        return None;
    }
    // Its own host saw room for more.
    if shows_a_rule(case.testimony(), case.outcome()) {
        return None;
    }
    let is_for_some = service.has_accepted_from(client) || service.drops_others_than(client);
    let is_seen = case.comparison().is_silent(attempt.server.address) == Some(false);
    compared::accept_queue_full(case).filter(|_| is_for_some && is_seen)
}

/// The host answers on other ports or to ping, this port never answers anybody.
pub(super) fn port_filtered(case: &Case<'_>) -> Option<Confidence> {
    let was_answered = case.first(Role::UnacceptableSynAck).is_some()
        || case.comparison().has_damaged_answer(case.attempt());
    let is_of_translation = case
        .comparison()
        .is_answered_in_another_name(case.attempt())
        || case.comparison().is_sent_back(case.attempt());
    if was_answered || is_of_translation {
        return None;
    }
    // Behind a user-mode stack whatever fails outside is silence.
    let is_forwarded = stacks(case).forwarder().is_some();
    case.comparison()
        .answers_elsewhere(case.attempt().server)
        .then_some(if is_forwarded {
            Confidence::Possible
        } else {
            Confidence::Likely
        })
}

/// The port accepts at other times, and nothing tells why not now.
pub(super) fn path_loss(case: &Case<'_>) -> Option<Confidence> {
    let service = case.comparison().service(case.attempt().server)?;
    let client = case.attempt().client.address;
    let is_explained =
        case.comparison().is_sent_back(case.attempt()) || service.is_ordered_by_timestamps(client);
    let was_refused = service
        .moments()
        .iter()
        .any(|moment| moment.outcome == Outcome::Refused);
    let is_without_pattern = !is_explained
        && !was_refused
        && !compared::is_of_shared_kind(case)
        && !compared::is_of_outage(case);
    (service.has_accepted() && is_without_pattern).then_some(Confidence::Possible)
}
