//! One attempt as a sequence diagram: what happened between client and server, in order of time.
//!
//! [`Ladder::of`] makes the rows, each one packet, one gap, the verdict or the end; text and HTML
//! draw the same rows. Names and notes in it are as they came from the capture: hostile, to be
//! escaped by whoever draws.

mod neighbours;
mod packet;
mod rows;
mod sequence;

pub use neighbours::{NeighbourLog, NeighbourMessage};
pub use packet::{CapturedAgain, LadderPacket, Side};
pub use rows::{Event, Row};
pub use sequence::Position;

use super::attempt_words::headline;
use super::evidence_words::duration;
use super::model::Report;
use super::note_words;
use super::packet_filters;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::{DiagnosedAttempt, Judged, app_error, error_text};
use crate::handshake::{AttemptId, Outcome, Sender};
use std::net::IpAddr;

/// One attempt, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// The attempt's number.
    pub attempt: AttemptId,
    /// Who wants to connect.
    pub client: Party,
    /// To whom.
    pub server: Party,
    /// Who else sent packets of it: routers, firewalls, other addresses of the server.
    /// [`Side::Other`] counts from 0 in this.
    pub others: Vec<Party>,
    /// What its packets were wrapped in, outside in.
    pub path: Vec<String>,
    /// When it began.
    pub started: Timestamp,
    /// What happened, in order of time.
    pub rows: Vec<Row>,
    /// How it ended.
    pub verdict: Verdict,
    /// What else is worth knowing, and comments of people on its packets.
    pub notes: Vec<String>,
    /// Wireshark's display filter for its packets.
    pub display_filter: String,
    /// A filter in libpcap's language for watching it happen again; `None` inside a tunnel.
    pub capture_filter: Option<String>,
}

/// Somebody who sends packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Address and port; the address alone of who is neither client nor server.
    pub address: String,
    /// The name that the capture gives to the address, if names are shown; hostile.
    pub name: Option<String>,
}

/// How the attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What the packets show.
    pub outcome: Outcome,
    /// When that was certain.
    pub at: Timestamp,
    /// The outcome in words: `refused: RST after 312 us`.
    pub headline: String,
    /// The surest of the causes that hold; others stand in the notes.
    pub cause: Option<Judged>,
    /// What `connect()` gave to the application on Linux, in words, where that can be told.
    pub application_saw: Option<String>,
}

impl Ladder {
    /// The ladder of one attempt of the report.
    pub fn of(report: &Report, diagnosed: &DiagnosedAttempt) -> Self {
        Self::with_neighbours(report, diagnosed, &NeighbourLog::default())
    }

    /// As [`Self::of`], with who asked for the addresses of the attempt, and who answered.
    pub fn with_neighbours(
        report: &Report,
        diagnosed: &DiagnosedAttempt,
        neighbours: &NeighbourLog,
    ) -> Self {
        let decided = &diagnosed.decided;
        let attempt = &decided.attempt;
        let others = others(diagnosed);
        let rows = rows::rows(report, diagnosed, &others, neighbours);
        let party_of = |endpoint: Endpoint| Party {
            address: endpoint.to_string(),
            name: report.name_of(endpoint.address),
        };
        let other_party = |address: &IpAddr| Party {
            address: address.to_string(),
            name: report.name_of(*address),
        };
        Self {
            attempt: attempt.id,
            client: party_of(attempt.client),
            server: party_of(attempt.server),
            others: others.iter().map(other_party).collect(),
            path: attempt
                .encapsulation
                .layers()
                .map(|layer| layer.to_string())
                .collect(),
            started: attempt.started_at(),
            rows,
            verdict: Verdict {
                outcome: decided.judgement.outcome,
                at: decided.judgement.at,
                headline: headline(decided),
                cause: diagnosed.cause(),
                application_saw: application_saw(report, diagnosed),
            },
            notes: [
                note_words::notes(diagnosed),
                report.capture.comments_on(diagnosed),
            ]
            .concat(),
            display_filter: packet_filters::display_filter(attempt),
            capture_filter: packet_filters::capture_filter(attempt),
        }
    }
}

/// The addresses of those who are neither client nor server, in the order in which they come in.
fn others(diagnosed: &DiagnosedAttempt) -> Vec<IpAddr> {
    let mut others = Vec::new();
    for packet in diagnosed.decided.attempt.evidence.packets() {
        if let Sender::Other(address) = packet.sender
            && !others.contains(&address)
        {
            others.push(address);
        }
    }
    others
}

fn application_saw(report: &Report, diagnosed: &DiagnosedAttempt) -> Option<String> {
    let decided = &diagnosed.decided;
    let attempt = &decided.attempt;
    let after = |at: Timestamp| duration(at.since(attempt.started_at()));
    match decided.judgement.outcome {
        Outcome::Established => Some(format!(
            "connect() succeeded after {}",
            after(attempt.first_answer_at.unwrap_or(decided.judgement.at))
        )),
        Outcome::Reset => Some("connect() succeeded, then ECONNRESET".to_owned()),
        outcome => {
            let error = app_error(decided, report.capture.may_miss_icmp_errors())?;
            let text = error_text(error).map_or_else(String::new, |text| format!(", \"{text}\""));
            let unless = if outcome == Outcome::Dropped {
                ", if it waits"
            } else {
                ""
            };
            Some(format!("connect() on Linux: {error}{text}{unless}"))
        }
    }
}
