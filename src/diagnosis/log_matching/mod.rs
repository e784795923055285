//! Holds the lines of logs against the attempts that did not succeed: after all packets were read,
//! so that the lines of a log of any size pass by, and only those about such attempts are kept.
//!
//! A line is about an attempt when it names its ends (a proxy: its server; an audited call: its
//! server), and its time is that of the packet, of the end, or of the call. A line that may be of
//! several attempts is of none.

mod changes;
mod clock;
mod file;
mod outages;
mod wanted;
mod witnesses;

use std::collections::{BTreeMap, HashMap};

use super::diagnostician::Diagnostician;
use super::testimony::{
    ChangeLines, HostEvents, LogPlace, LoggedOften, LoggedOutage, TestifiedFact, Testimony,
};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{AttemptId, DecidedAttempt};
use crate::logs::{HostEvent, Saying, WantedPorts};
pub use clock::{ClockBasis, LogZone};
pub use file::{LogFacts, MatchedLog, UnreadLine};
use outages::Outages;
use wanted::WantedAttempts;
use witnesses::Witnesses;

/// So many kinds of lines are counted for servers.
const MOST_KINDS: usize = 10_000;

/// So much is kept of one attempt.
const MOST_OF_AN_ATTEMPT: usize = 16;

/// What is looked for in logs, and what was found.
#[derive(Clone, Debug)]
pub struct LogMatcher {
    wanted: WantedAttempts,
    witnesses: Witnesses,
    /// From the first to the last packet.
    capture: (Timestamp, Timestamp),
    found: HashMap<AttemptId, Vec<Testimony>, foldhash::fast::RandomState>,
    of_servers: BTreeMap<(Endpoint, String), LoggedOften>,
    outages: Outages,
    events: Vec<(Timestamp, LogPlace, HostEvent)>,
    changes: ChangeLines,
}

impl LogMatcher {
    /// Looks for the attempts that are known here and did not succeed, in logs that are held
    /// against a capture from its first to its last packet.
    pub fn new(diagnostician: &Diagnostician, capture: (Timestamp, Timestamp)) -> Self {
        let mut wanted = WantedAttempts::default();
        for decided in diagnostician.kept_attempts() {
            wanted.add_decided(decided, translated(decided, diagnostician));
        }
        let mut witnesses = Witnesses::default();
        for (server, history) in diagnostician.comparison.services() {
            witnesses.add(server, history);
            let moments = history.moments().iter();
            moments.for_each(|moment| wanted.add_moment(server, moment));
        }
        Self {
            wanted,
            witnesses,
            capture,
            found: HashMap::default(),
            of_servers: BTreeMap::new(),
            outages: Outages::default(),
            events: Vec::new(),
            changes: ChangeLines::default(),
        }
    }

    /// Looks for this attempt as well, if it did not succeed.
    pub fn want(&mut self, decided: &DecidedAttempt, diagnostician: &Diagnostician) {
        let translated = translated(decided, diagnostician);
        self.wanted.add_decided(decided, translated);
    }

    /// The ports that lines may name.
    fn ports(&self) -> WantedPorts {
        let mut ports = self.wanted.ports();
        self.witnesses.add_ports(&mut ports);
        ports
    }

    /// How many attempts are not looked for, because there are too many.
    pub const fn attempts_left_out(&self) -> u64 {
        self.wanted.left_out
    }

    /// Takes what a line says of an attempt.
    fn testify(&mut self, attempt: AttemptId, testimony: Testimony) {
        let known = self.found.entry(attempt).or_default();
        if known.len() < MOST_OF_AN_ATTEMPT {
            known.push(testimony);
        }
    }

    /// Counts what a line says of a server.
    fn count(&mut self, server: Endpoint, line: LoggedOften) {
        let key = (server, kind_of(&line.saying));
        let has_room = self.of_servers.len() < MOST_KINDS;
        match self.of_servers.get_mut(&key) {
            Some(known) => {
                known.lines += line.lines;
                if (line.since, &line.first) < (known.since, &known.first) {
                    known.since = line.since;
                    known.first = line.first;
                }
            }
            None if has_room => {
                self.of_servers.insert(key, line);
            }
            None => {}
        }
    }

    /// What was found: of attempts, of servers, and of services that were stopped.
    pub(super) fn into_found(self) -> Found {
        let witnesses = self.witnesses;
        let mut of_attempts: Vec<(AttemptId, Vec<Testimony>)> = self.found.into_iter().collect();
        of_attempts.sort_unstable_by_key(|(attempt, _)| *attempt);
        for (_, testimony) in &mut of_attempts {
            testimony.sort_by_key(|testimony| testimony.at);
            for testimony in testimony {
                if let TestifiedFact::Logged(line) = &mut testimony.fact {
                    line.is_contradicted = witnesses.contradict(&line.saying);
                }
            }
        }
        let mut of_servers: BTreeMap<Endpoint, Vec<LoggedOften>> = BTreeMap::new();
        for ((server, _), mut often) in self.of_servers {
            often.is_contradicted = witnesses.contradict(&often.saying);
            of_servers.entry(server).or_default().push(often);
        }
        for often in of_servers.values_mut() {
            often.sort_by_key(|often| std::cmp::Reverse(often.lines));
        }
        Found {
            of_attempts,
            of_servers,
            outages: self.outages.into_all(),
            events: HostEvents::of(self.events),
            changes: self.changes.in_order(),
        }
    }
}

/// The ends of the attempt behind a translation, where the capture shows both sides of it.
fn translated(
    decided: &DecidedAttempt,
    diagnostician: &Diagnostician,
) -> Option<(Endpoint, Endpoint)> {
    let leg = diagnostician.comparison.later_leg(decided)?;
    Some(leg.ends)
}

/// What was found in logs.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) of_attempts: Vec<(AttemptId, Vec<Testimony>)>,
    pub(super) of_servers: BTreeMap<Endpoint, Vec<LoggedOften>>,
    pub(super) outages: Vec<LoggedOutage>,
    pub(super) events: HostEvents,
    pub(super) changes: ChangeLines,
}

/// What lines have in common that are counted together.
fn kind_of(saying: &Saying) -> String {
    match saying {
        Saying::Filter(packet) => format!(
            "{:?} {:?} {:?} {}",
            packet.by, packet.action, packet.segment, packet.rule
        ),
        Saying::Upstream(failure) => format!("{:?}", failure.problem),
        Saying::Session(session) => format!("{} {}", session.code, session.server),
        Saying::Connect(call) => format!("{} {:?}", call.process, call.returned),
        Saying::Service(change) => format!("{} {:?}", change.name, change.state),
        Saying::Host(_) | Saying::Changed(_) | Saying::Announced(_) => format!("{saying:?}"),
    }
}
