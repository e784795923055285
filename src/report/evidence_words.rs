//! The words for a packet that an attempt shows as evidence: the same in every format.

use std::time::Duration;

use crate::decode::{SequenceNumber, TcpOptions};
use crate::handshake::{Attempt, Content, Role, SeenPacket, Sender};

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
        Role::UnacceptableSynAck => "unacceptable_syn_ack",
        Role::Proof => "proof",
        Role::Reset => "reset",
        Role::UnacceptableReset => "unacceptable_reset",
        Role::ClientReset => "client_reset",
        Role::AnswerToUnacceptable => "answer_to_unacceptable",
        Role::BareAck => "bare_ack",
        Role::IcmpError => "icmp_error",
        Role::IcmpAdjustment => "icmp_adjustment",
        Role::IcmpErrorAboutAnswer => "icmp_error_about_answer",
    }
}

/// The fields that matter for judging it.
pub(super) fn detail(attempt: &Attempt, packet: &SeenPacket) -> String {
    let mut parts = vec![format!("ttl {}", packet.ip.ttl)];
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
        Content::Icmp { quoted_ttl, .. } => {
            let quoted = if packet.role == Role::IcmpErrorAboutAnswer {
                "SYN-ACK"
            } else {
                "SYN"
            };
            parts.push(format!("quotes the {quoted} with ttl {quoted_ttl}"));
        }
    }
    parts.join(", ")
}

/// An acknowledgement number as seen from the client's initial sequence number: `isn+1`, or far away.
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

/// A length of time as people say it: `312 us`, `0.3 ms` is not told from `312 us`; two to three digits.
pub(super) fn duration(duration: Duration) -> String {
    let microseconds = duration.as_micros();
    let seconds = duration.as_secs();
    match microseconds {
        0..1_000 => format!("{microseconds} us"),
        1_000..100_000 => format!("{:.1} ms", duration.as_secs_f64() * 1e3),
        100_000..1_000_000 => format!("{} ms", microseconds / 1_000),
        1_000_000..10_000_000 => format!("{:.3} s", duration.as_secs_f64()),
        10_000_000..100_000_000 => format!("{:.1} s", duration.as_secs_f64()),
        _ if seconds < 7_200 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ if seconds < 172_800 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} days {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let words = |nanoseconds| duration(Duration::from_nanos(nanoseconds));
        assert_eq!(words(312_400), "312 us");
        assert_eq!(words(1_250_000), "1.2 ms");
        assert_eq!(words(250_000_000), "250 ms");
        assert_eq!(words(7_130_400_000), "7.130 s");
        assert_eq!(words(15_460_000_000), "15.5 s");
        assert_eq!(words(332_000_000_000), "5 min 32 s");
        assert_eq!(words(9_000_000_000_000), "2 h 30 min");
    }
}
