//! What logs of other programs say of an attempt, or of a server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{TestifiedFact, Testimony};
use crate::capture::Timestamp;
use crate::diagnosis::cause::Confidence;
use crate::handshake::Outcome;
use crate::logs::{FilteredPacket, HostEvent, LoggedSegment, Saying};

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogPlace {
    /// The name of the file, without its folder; hostile text.
    pub file: String,
    /// The number of the line, from 1.
    pub line: u64,
}

/// A line about an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedLine {
    /// Where it stands.
    pub place: LogPlace,
    /// What it says.
    pub saying: Saying,
    /// Whether it names the very packet by its identification; `None` where it names none, or the
    /// packets of the attempt have none.
    pub names_packet: Option<bool>,
    /// Whether its author's word that the rule stops what it logs does not hold: others that it
    /// logs were established.
    pub is_contradicted: bool,
}

/// Lines that say the same of attempts to one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedOften {
    /// How many.
    pub lines: u64,
    /// Where the first one stands.
    pub first: LogPlace,
    /// When that was.
    pub since: Timestamp,
    /// What it says.
    pub saying: Saying,
    /// As of a single line.
    pub is_contradicted: bool,
}

/// A service that stopped, and started again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedOutage {
    /// What it is called; hostile text.
    pub name: String,
    /// Whether a proxy's check says so, not who runs the service.
    pub is_by_check: bool,
    /// When it went, and where that is said.
    pub down: Option<(Timestamp, LogPlace)>,
    /// When it came back, and where that is said.
    pub up: Option<(Timestamp, LogPlace)>,
}

/// What kernels wrote of their hosts, in order of time.
#[derive(Clone, Debug, Default)]
pub(in crate::diagnosis) struct HostEvents(Vec<(Timestamp, LogPlace, HostEvent)>);

impl HostEvents {
    pub(in crate::diagnosis) fn of(mut events: Vec<(Timestamp, LogPlace, HostEvent)>) -> Self {
        events.sort();
        Self(events)
    }

    /// Those of a time, each kind once with how often it was; of those about a port only if it is
    /// this one.
    pub(in crate::diagnosis) fn between(
        &self,
        (from, until): (Timestamp, Timestamp),
        port: u16,
    ) -> Vec<LoggedOften> {
        let begin = self.0.partition_point(|(at, ..)| *at < from);
        let those = self.0.iter().skip(begin);
        let those = those.take_while(|(at, ..)| *at <= until);
        let mut kinds: BTreeMap<(&str, &HostEvent), LoggedOften> = BTreeMap::new();
        for (at, place, event) in those {
            if event.port.is_some_and(|about| about != port) {
                continue;
            }
            let often = LoggedOften {
                lines: 0,
                first: place.clone(),
                since: *at,
                saying: Saying::Host(event.clone()),
                is_contradicted: false,
            };
            kinds.entry((&place.file, event)).or_insert(often).lines += 1;
        }
        let mut all: Vec<LoggedOften> = kinds.into_values().collect();
        all.sort_by_key(|often| often.since);
        all
    }
}

/// The lines of logs about packets that a filter met.
fn filtered(testimony: &[Testimony]) -> impl Iterator<Item = (&LoggedLine, &FilteredPacket)> {
    testimony
        .iter()
        .filter_map(|testimony| match &testimony.fact {
            TestifiedFact::Logged(line) => match &line.saying {
                Saying::Filter(packet) => Some((line, packet)),
                _ => None,
            },
            _ => None,
        })
}

/// How surely a filter stopped an attempt that ended so, by a log. A line that names another packet
/// proves nothing; who logs a prefix only says what its rule does; a SYN that was answered got
/// through in the end, unless it was the filter that answered.
pub(in crate::diagnosis) fn shows_filter_verdict(
    testimony: &[Testimony],
    outcome: Outcome,
) -> Option<Confidence> {
    let stopped = filtered(testimony).filter(|(line, packet)| {
        packet.action.stops() && line.names_packet != Some(false) && !line.is_contradicted
    });
    let surety = |(_, packet): (&LoggedLine, &FilteredPacket)| {
        let is_told = packet.by.is_own_verdict();
        let own = if is_told {
            Confidence::Certain
        } else {
            Confidence::Likely
        };
        match (packet.segment, outcome) {
            // Who met silence sent nothing but SYNs.
            (LoggedSegment::Syn | LoggedSegment::Unsaid, Outcome::Dropped)
            | (LoggedSegment::SynAck, Outcome::HalfOpen | Outcome::Dropped) => Some(own),
            // An answer came: the filter's, by the look of it. Or one may still come.
            (LoggedSegment::Syn, Outcome::Refused | Outcome::Rejected | Outcome::Pending) => {
                Some(Confidence::Likely)
            }
            _ => None,
        }
    };
    stopped.filter_map(surety).max()
}

/// Whether a filter logged that it stopped connects.
pub(in crate::diagnosis) fn is_stopped(lines: &[LoggedOften]) -> bool {
    lines.iter().any(|often| match &often.saying {
        Saying::Filter(packet) => packet.action.stops() && !often.is_contradicted,
        _ => false,
    })
}
