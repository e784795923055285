//! The rows of a ladder, from top to bottom.

use std::net::IpAddr;
use std::time::Duration;

use super::neighbours::{NeighbourLog, NeighbourMessage};
use super::packet::LadderPacket;
use crate::capture::Timestamp;
use crate::diagnosis::DiagnosedAttempt;
use crate::handshake::{Attempt, Outcome, Role, SeenPacket};
use crate::report::evidence_words;
use crate::report::model::Report;

/// A pause as long as this is shown as a row of its own: no network on earth takes that long to
/// answer.
const SHOWN_PAUSE: Duration = Duration::from_millis(500);

/// What happened at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When; of a pause, when it ended.
    pub at: Timestamp,
    /// How long after the packet or the verdict before it; `None` in the first row.
    pub since_previous: Option<Duration>,
    /// What.
    pub event: Event,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A packet.
    Packet(Box<LadderPacket>),
    /// A question who has an address of the attempt, or its answer.
    Neighbour(NeighbourMessage),
    /// Nothing for so long. After the handshake the connection's data, which is not kept, may fall
    /// into it.
    Pause {
        /// From the event before to the one after.
        length: Duration,
        /// Whether it is certain that no packet of the attempt was seen.
        is_silence: bool,
    },
    /// So many packets are not kept.
    LeftOut(u64),
    /// The moment that settled the outcome.
    Verdict,
    /// The capture ends, and the attempt was still open.
    CaptureEnds,
}

/// All rows of the attempt.
pub(super) fn rows(
    report: &Report,
    diagnosed: &DiagnosedAttempt,
    others: &[IpAddr],
    neighbours: &NeighbourLog,
) -> Vec<Row> {
    let attempt = &diagnosed.decided.attempt;
    let judgement = diagnosed.decided.judgement;
    let mut moments = packet_moments(report, attempt, others);
    let is_left_open = matches!(
        judgement.outcome,
        Outcome::Dropped | Outcome::HalfOpen | Outcome::Pending
    );
    let end = report
        .capture
        .last
        .filter(|last| is_left_open && *last > attempt.latest_at);
    let until = judgement.at.max(attempt.latest_at);
    moments.extend(neighbours.of(attempt, until).map(|(place, neighbour)| {
        let number = evidence_words::number(report, place);
        let message = NeighbourMessage::of(attempt, neighbour, number);
        (place.at, Event::Neighbour(message))
    }));
    moments.push((judgement.at, Event::Verdict));
    moments.extend(end.map(|end| (end, Event::CaptureEnds)));
    // Stable: the packet that settles it stands before the verdict, and what ends the capture after
    // it.
    moments.sort_by_key(|(at, _)| *at);
    with_pauses(attempt, moments)
}

fn packet_moments(
    report: &Report,
    attempt: &Attempt,
    others: &[IpAddr],
) -> Vec<(Timestamp, Event)> {
    let mut moments = Vec::new();
    let mut sendings = Sendings::default();
    for packet in attempt.evidence.packets() {
        let number = evidence_words::number(report, packet.place);
        let sending = sendings.next(packet);
        let ladder_packet = LadderPacket::of(attempt, packet, number, others, sending);
        moments.push((packet.place.at, Event::Packet(Box::new(ladder_packet))));
        if attempt.evidence.before_omitted() == Some(packet) {
            let omitted = attempt.evidence.omitted();
            moments.push((packet.place.at, Event::LeftOut(omitted)));
            sendings.left_out = true;
        }
    }
    moments
}

/// Counts how often the same segment was sent. Behind packets that are not kept nobody knows.
#[derive(Default)]
struct Sendings {
    syns: u32,
    syn_acks: u32,
    left_out: bool,
}

impl Sendings {
    fn next(&mut self, packet: &SeenPacket) -> Option<u32> {
        let count = match packet.role {
            Role::Syn | Role::SynRepeated => &mut self.syns,
            Role::SynAck | Role::SynAckRepeated => &mut self.syn_acks,
            _ => return None,
        };
        *count += 1;
        (*count > 1 && !self.left_out).then_some(*count)
    }
}

fn with_pauses(attempt: &Attempt, moments: Vec<(Timestamp, Event)>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(moments.len() * 2);
    for (at, event) in moments {
        let previous = rows.last();
        let since_previous = previous.map(|row| at.since(row.at));
        let length = since_previous.unwrap_or_default();
        let hides_packets = previous.is_some_and(|row| matches!(row.event, Event::LeftOut(_)));
        if length >= SHOWN_PAUSE && !hides_packets {
            let began = previous.map_or(at, |row| row.at);
            let is_silence = attempt
                .established_at
                .is_none_or(|established| began < established);
            let pause = Event::Pause { length, is_silence };
            rows.push(Row {
                at,
                since_previous,
                event: pause,
            });
        }
        rows.push(Row {
            at,
            since_previous,
            event,
        });
    }
    rows
}
