//! The words for a packet that an attempt shows as evidence: the same in every format.

pub(super) use super::duration_words::duration;
use super::model::Report;
use super::sanitize::terminal_safe;
use super::verdict_words::beside_packet;
use crate::capture::PacketPlace;
use crate::decode::{SequenceNumber, TcpOptions};
use crate::diagnosis::Proof;
use crate::handshake::{Attempt, AttemptId, Content, Role, SeenPacket, Sender};

/// Who sent it: `client`, `server`, or the address of somebody else.
pub(super) fn from(packet: &SeenPacket) -> String {
    match packet.sender {
        Sender::Client => "client".to_owned(),
        Sender::Server => "server".to_owned(),
        Sender::Other(address) => address.to_string(),
    }
}

/// What it is: its flags, or the ICMP error's name.
pub(super) fn what(packet: &SeenPacket) -> String {
    match packet.content {
        Content::Segment { flags, .. } => flags.to_string(),
        Content::Icmp { kind, .. } => kind.to_string(),
    }
}

/// Its part in the attempt, as a stable name.
pub(super) fn role(packet: &SeenPacket) -> &'static str {
    match packet.role {
        Role::Syn => "syn",
        Role::SynRepeated => "syn_repeated",
        Role::CrossingSyn => "crossing_syn",
        Role::SynAck => "syn_ack",
        Role::SynAckRepeated => "syn_ack_repeated",
        Role::SynAckFromElsewhere => "syn_ack_from_elsewhere",
        Role::AnswerToElsewhere => "answer_to_elsewhere",
        Role::UnacceptableSynAck => "unacceptable_syn_ack",
        Role::Proof => "proof",
        Role::ServerClose => "server_close",
        Role::DataRepeated => "data_repeated",
        Role::Reset => "reset",
        Role::UnacceptableReset => "unacceptable_reset",
        Role::ClientReset => "client_reset",
        Role::AnswerToUnacceptable => "answer_to_unacceptable",
        Role::BareAck => "bare_ack",
        Role::IcmpError => "icmp_error",
        Role::IcmpAdjustment => "icmp_adjustment",
        Role::IcmpAboutData => "icmp_about_data",
        Role::IcmpErrorAboutAnswer => "icmp_error_about_answer",
    }
}

/// A packet's number: `1021`, or `2:1021` where there are several sources.
pub(super) fn number(report: &Report, place: PacketPlace) -> String {
    if report.capture.sources.len() > 1 {
        format!("{}:{}", place.source.0, place.number.0)
    } else {
        place.number.0.to_string()
    }
}

/// The packets that prove a finding: `attempt 17: packets 1021 to 1022, and 51 attempts like it`.
pub(super) fn proof(report: &Report, proof: &Proof) -> String {
    let packets = if proof.first == proof.last {
        format!("packet {}", number(report, proof.first))
    } else {
        let (first, last) = (number(report, proof.first), number(report, proof.last));
        format!("packets {first} to {last}")
    };
    let others = match proof.others {
        0 => String::new(),
        1 => ", and 1 attempt like it".to_owned(),
        others => format!(", and {others} attempts like it"),
    };
    format!("attempt {}: {packets}{others}", proof.attempt)
}

/// The command that draws this attempt, where the input can be read again; safe for a terminal.
pub(super) fn ladder_command(report: &Report, attempt: AttemptId) -> Option<String> {
    let command = report.tool.ladder_command.as_ref()?;
    Some(format!("{} {}", terminal_safe(command), attempt))
}

/// The fields that matter for judging it.
pub(super) fn detail(attempt: &Attempt, packet: &SeenPacket) -> String {
    let mut parts = vec![packet.ip.hops()];
    let told = attempt.verdicts.iter().find(|told| told.is_of(packet));
    parts.extend(told.map(|told| beside_packet(&told.verdict)));
    match packet.content {
        Content::Segment {
            acknowledgment,
            flags,
            window,
            payload_length,
            options,
            ..
        } => {
            if flags.has_ack() && packet.sender != Sender::Client {
                parts.push(format!("ack = {}", relative(acknowledgment, attempt)));
            }
            if let (Some(window), true) = (window, flags.is_rst() || flags.is_syn_ack()) {
                parts.push(format!("window {window}"));
            }
            if payload_length > 0 {
                parts.push(format!("{payload_length} bytes of data"));
            }
            parts.extend(option_words(&options));
        }
        Content::Icmp {
            quoted_ttl, mtu, ..
        } => {
            let quoted = match packet.role {
                Role::IcmpErrorAboutAnswer => "SYN-ACK",
                Role::IcmpAboutData => "data",
                _ => "SYN",
            };
            let hops = packet.ip.hops_name();
            parts.push(format!("quotes the {quoted} with {hops} {quoted_ttl}"));
            parts.extend(mtu.map(|mtu| format!("mtu {mtu}")));
        }
    }
    parts.join(", ")
}

/// An acknowledgement number as seen from the client's initial sequence number: `isn+1`, or far
/// away.
fn relative(acknowledgment: SequenceNumber, attempt: &Attempt) -> String {
    let Some(isn) = attempt.isn else {
        return acknowledgment.0.to_string();
    };
    match acknowledgment.distance_from(isn) {
        0 => "isn".to_owned(),
        near @ 1..=0xffff => format!("isn+{near}"),
        _ => format!("{} (not near the isn)", acknowledgment.0),
    }
}

fn option_words(options: &TcpOptions) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(size) = options.maximum_segment_size {
        words.push(format!("mss {size}"));
    }
    let named = [
        (options.fast_open, "fast open"),
        (options.multipath, "multipath"),
        (options.authentication, "authentication option"),
    ];
    words.extend(
        named
            .into_iter()
            .filter(|(is_there, _)| *is_there)
            .map(|(_, name)| name.to_owned()),
    );
    words
}
