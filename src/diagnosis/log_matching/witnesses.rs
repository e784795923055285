//! Rules whose author's word is that they stop what they log, while connects that they logged were
//! established: the word counts for nothing then, as that of such a rule in a capture does.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use smallvec::SmallVec;

use super::wanted::SLACK;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::comparison::{Moment, ServiceHistory};
use crate::handshake::Outcome;
use crate::logs::{FilterKind, FilteredPacket, LoggedSegment, Saying, WantedPorts};

/// So many connects to one server are looked for in logs, and so many in all: a rule that stops
/// nothing logs each.
const MOST_OF_A_SERVER: usize = 16;
const MOST: usize = 4096;

/// So many rules are remembered.
const MOST_RULES: usize = 512;

/// Whose rule it is, and what its author calls it.
type Rule = (FilterKind, String);

/// Some connects that were established, each with one SYN: what stops SYNs, stopped none of theirs.
#[derive(Clone, Debug, Default)]
pub(super) struct Witnesses {
    started: HashMap<(Endpoint, Endpoint), SmallVec<[Timestamp; 1]>, foldhash::fast::RandomState>,
    rules: BTreeSet<Rule>,
}

impl Witnesses {
    /// Takes connects to a server, spread over all that are remembered.
    pub(super) fn add(&mut self, server: Endpoint, history: &ServiceHistory) {
        let is_one =
            |moment: &&Moment| moment.outcome == Outcome::Established && moment.syn_count == 1;
        let all = history.moments().iter().filter(is_one).count();
        let step = all.div_ceil(MOST_OF_A_SERVER).max(1);
        for moment in history.moments().iter().filter(is_one).step_by(step) {
            if self.started.len() >= MOST {
                return;
            }
            let client = Endpoint {
                address: moment.client,
                port: moment.client_port,
            };
            let started = self.started.entry((client, server)).or_default();
            started.push(moment.started);
        }
    }

    /// Looks for their ports.
    pub(super) fn add_ports(&self, ports: &mut WantedPorts) {
        for (client, server) in self.started.keys() {
            ports.add(client.port, server.port);
        }
    }

    /// Whether the line says of one of them, by whom it names, that its SYN was stopped.
    pub(super) fn may_be_contradicted(&self, saying: &Saying) -> bool {
        let packet = says_that_it_stops(saying);
        packet.is_some_and(|packet| self.named_by(packet).next().is_some() && !self.knows(packet))
    }

    fn named_by(&self, packet: &FilteredPacket) -> impl Iterator<Item = Timestamp> {
        let named = packet.ends().find_map(|ends| self.started.get(&ends));
        named.into_iter().flatten().copied()
    }

    /// Takes a line about nothing else, now that it is known when it was written: within `step`
    /// after that.
    pub(super) fn hear(&mut self, saying: &Saying, (at, step): (Timestamp, Duration)) {
        let Some(packet) = says_that_it_stops(saying) else {
            return;
        };
        let is_then = |started: Timestamp| {
            (started.before(SLACK)..=started.after(SLACK)).contains(&at)
                || (at..=at.after(step)).contains(&started)
        };
        if self.named_by(packet).any(is_then) && self.rules.len() < MOST_RULES {
            self.rules.insert((packet.by, packet.rule.clone()));
        }
    }

    fn knows(&self, packet: &FilteredPacket) -> bool {
        self.rules.contains(&(packet.by, packet.rule.clone()))
    }

    /// Whether the line is one of a rule that stops nothing.
    pub(super) fn contradict(&self, saying: &Saying) -> bool {
        !self.rules.is_empty()
            && says_that_it_stops(saying).is_some_and(|packet| self.knows(packet))
    }
}

/// The SYN that a rule logged under a name by which it stops it.
fn says_that_it_stops(saying: &Saying) -> Option<&FilteredPacket> {
    match saying {
        Saying::Filter(packet) => {
            (packet.by.is_prefix() && packet.action.stops() && packet.segment == LoggedSegment::Syn)
                .then_some(packet)
        }
        _ => None,
    }
}
