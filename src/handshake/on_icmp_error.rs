//! An ICMP error: about a SYN, or about the answer to one.

use super::attempt::Attempt;
use super::flow::Flow;
use super::meaning::Meaning;
use super::seen_packet::{Role, SeenPacket, Sender};
use crate::capture::PacketPlace;
use crate::decode::{IcmpError, SequenceNumber, TcpFlags};

/// Finds the attempt whose SYN or SYN-ACK the error quotes, and adds it there.
pub(super) fn on_icmp_error(flow: &mut Flow, error: &IcmpError, place: PacketPlace) -> Meaning {
    // The error comes from the other side than the packet that it quotes.
    let (sender, surroundings) = (error.quote.destination, &error.encapsulation);
    let is_quoted = |attempt: &Attempt| quotes_syn(attempt, error);
    if let Some(attempt) = flow.newest(sender, surroundings, is_quoted) {
        return about_syn(attempt, error, place);
    }
    let is_answer_quoted = |attempt: &Attempt| quotes_answer(attempt, error);
    if let Some(attempt) = flow.newest(sender, surroundings, is_answer_quoted) {
        return keep(attempt, error, place, Role::IcmpErrorAboutAnswer);
    }
    let is_data_quoted = |attempt: &Attempt| quotes_data(attempt, error);
    if let Some(attempt) = flow.newest(sender, surroundings, is_data_quoted) {
        return keep(attempt, error, place, Role::IcmpAboutData);
    }
    // A quoted number that is not this SYN's: ignored, as the client's TCP ignores it.
    let is_of_a_known_client = flow
        .settled
        .iter()
        .any(|settled| settled.client == error.quote.source)
        || flow
            .open
            .iter()
            .any(|attempt| attempt.client == error.quote.source && attempt.isn.is_some());
    if !is_of_a_known_client && shows_a_syn(error) {
        Meaning::New
    } else {
        Meaning::Known
    }
}

/// Whether the error quotes enough to know that it is about a SYN, and ends the connect.
pub(super) fn shows_a_syn(error: &IcmpError) -> bool {
    error.quote.flags.is_some_and(TcpFlags::is_syn)
        && error.quote.sequence.is_some()
        && !error.kind.only_adjusts()
}

fn quotes_syn(attempt: &Attempt, error: &IcmpError) -> bool {
    let quote = &error.quote;
    let known_by = attempt.isn.unwrap_or_else(|| attempt.expected.syn());
    attempt.client == quote.source
        && quote.sequence.is_none_or(|sequence| sequence == known_by)
        && quote.flags.is_none_or(TcpFlags::is_syn)
}

fn quotes_answer(attempt: &Attempt, error: &IcmpError) -> bool {
    let quote = &error.quote;
    attempt.client == quote.destination
        && attempt
            .server_isn
            .is_some_and(|isn| quote.sequence.is_none_or(|sequence| sequence == isn))
        && quote.flags.is_none_or(TcpFlags::is_syn_ack)
}

/// Whether the error asks for smaller packets of one that is under way.
fn quotes_data(attempt: &Attempt, error: &IcmpError) -> bool {
    let quote = &error.quote;
    let is_beyond = |first: Option<SequenceNumber>| {
        let quoted = quote.sequence.zip(first);
        quoted.is_some_and(|(quoted, first)| quoted == first.plus(1))
    };
    let is_first_data = (attempt.server == quote.source && is_beyond(attempt.server_isn))
        || (attempt.client == quote.source && is_beyond(attempt.isn));
    error.kind.asks_for_smaller() && attempt.established_at.is_some() && is_first_data
}

fn about_syn(attempt: &mut Attempt, error: &IcmpError, place: PacketPlace) -> Meaning {
    if error.kind.only_adjusts() {
        return keep(attempt, error, place, Role::IcmpAdjustment);
    }
    let meaning = keep(attempt, error, place, Role::IcmpError);
    if meaning == Meaning::Known {
        attempt.note_answer(place.at);
        if attempt.rejected_at.is_none() {
            attempt.rejected_at = Some(place.at);
            attempt.rejected_by = Some(error.kind);
        }
    }
    meaning
}

fn keep(attempt: &mut Attempt, error: &IcmpError, place: PacketPlace, role: Role) -> Meaning {
    let sender = if error.sender == attempt.server.address {
        Sender::Server
    } else if error.sender == attempt.client.address {
        Sender::Client
    } else {
        Sender::Other(error.sender)
    };
    let packet = SeenPacket::of_icmp(error, place, sender, role);
    attempt.take(packet)
}
