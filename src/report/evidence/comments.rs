//! What a packet proves, in one line.

use crate::diagnosis::{ComparedAttempt, DiagnosedAttempt};
use crate::handshake::{Outcome, Role, SeenPacket, Sender};
use crate::report::evidence_words::{duration, what};

/// `attempt 17: RST,ACK 312 us after the SYN, refused`.
pub(super) fn on_packet(diagnosed: &DiagnosedAttempt, packet: &SeenPacket) -> String {
    let attempt = &diagnosed.decided.attempt;
    let words = match packet.role {
        Role::Syn => of_syn(diagnosed),
        Role::SynRepeated => format!("SYN again, {}", after(diagnosed, packet)),
        role => {
            let sender = match packet.sender {
                Sender::Client => " of the client",
                Sender::Server | Sender::Other(_) => "",
            };
            let settles = settled(diagnosed, packet);
            format!(
                "{}{sender} {}{}{settles}",
                what(packet),
                after(diagnosed, packet),
                remark(role)
            )
        }
    };
    format!("attempt {}: {words}", attempt.id)
}

/// `attempt 17: SYN of 10.0.0.7:40000 to 10.0.1.20:443, established`.
pub(super) fn on_first(diagnosed: &DiagnosedAttempt) -> String {
    format!(
        "attempt {}: {}",
        diagnosed.decided.attempt.id,
        of_syn(diagnosed)
    )
}

/// Who, to whom, how it ended and why: the packet at which people begin to read.
fn of_syn(diagnosed: &DiagnosedAttempt) -> String {
    let attempt = &diagnosed.decided.attempt;
    let judgement = diagnosed.decided.judgement;
    let silence = match judgement.outcome {
        Outcome::Dropped | Outcome::HalfOpen => ", as the silence shows that was watched",
        _ => "",
    };
    let cause = diagnosed.cause().map_or_else(String::new, |judged| {
        format!(": {} ({})", judged.cause.words(), judged.confidence.name())
    });
    format!(
        "SYN of {} to {}, {}{silence}{cause}",
        attempt.client,
        attempt.server,
        outcome(judgement.outcome)
    )
}

fn outcome(outcome: Outcome) -> String {
    outcome.name().replace('_', "-")
}

fn after(diagnosed: &DiagnosedAttempt, packet: &SeenPacket) -> String {
    let attempt = &diagnosed.decided.attempt;
    match attempt.first_syn_at {
        Some(syn) => format!("{} after the SYN", duration(packet.place.at.since(syn))),
        None => format!(
            "from {} to {}, the SYN was not captured",
            attempt.server, attempt.client
        ),
    }
}

/// The outcome, on the packet that settled it.
fn settled(diagnosed: &DiagnosedAttempt, packet: &SeenPacket) -> String {
    let judgement = diagnosed.decided.judgement;
    if judgement.at == packet.place.at {
        format!(", {}", outcome(judgement.outcome))
    } else {
        String::new()
    }
}

fn remark(role: Role) -> &'static str {
    match role {
        Role::CrossingSyn => ", crosses the client's",
        Role::SynAckRepeated => ", again",
        Role::SynAckFromElsewhere => ", from another address or port than was asked",
        Role::AnswerToElsewhere => ", to another address or port than asked",
        Role::UnacceptableSynAck | Role::UnacceptableReset => ", which the client must ignore",
        Role::Proof => ", completes the handshake",
        Role::ServerClose => ", closes without having sent a byte",
        Role::DataRepeated => ", sent again, because nobody acknowledged it",
        Role::AnswerToUnacceptable => ", answers what it could not accept: no abort",
        Role::BareAck => ", of an older connection on the same ports",
        Role::IcmpError => ", quotes the SYN",
        Role::IcmpAboutData => ", asks for smaller packets",
        Role::IcmpAdjustment => ", only adjusts the connect",
        Role::IcmpErrorAboutAnswer => ", quotes the server's answer",
        Role::Syn | Role::SynRepeated | Role::SynAck | Role::Reset | Role::ClientReset => "",
    }
}

/// On a packet of an attempt that succeeded.
pub(super) fn on_compared(compared: &ComparedAttempt) -> String {
    let why = if compared.is_same_port {
        "the port that failed others accepts this one"
    } else {
        "another port of the host accepts"
    };
    format!(
        "compared with: attempt {} to {} succeeded, {why}",
        compared.id, compared.server
    )
}
