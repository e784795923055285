//! What the host that captures passed on, translated or not, and what came in and never left.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::REMEMBERED;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::facts::Facts;
use crate::handshake::{AttemptId, Outcome};

/// SYNs passed on within such a step of time are compared.
const STEP_SECONDS: i64 = 2;

/// A connect after a translation: of several the one with the lowest addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::diagnosis) struct LaterLeg {
    /// Its client and its server.
    pub(in crate::diagnosis) ends: (Endpoint, Endpoint),
    /// How it ended.
    pub(in crate::diagnosis) outcome: Outcome,
    /// Whether one was answered.
    pub(in crate::diagnosis) was_answered: bool,
}

impl Facts for LaterLeg {
    fn merge(&mut self, other: Self) {
        if (other.ends, other.outcome) < (self.ends, self.outcome) {
            (self.ends, self.outcome) = (other.ends, other.outcome);
        }
        self.was_answered |= other.was_answered;
    }
}

/// Bounded: of more than are remembered nothing is concluded.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Forwarding {
    /// Steps of time in which something was passed on.
    passed_on: BTreeSet<i64>,
    /// Later legs, by what their SYNs share with the first.
    legs: HashMap<u64, LaterLeg, foldhash::fast::RandomState>,
    /// Attempts that came in and never left under their own addresses.
    never_left: HashMap<AttemptId, NeverLeft, foldhash::fast::RandomState>,
    /// Failures that may have later legs, by what their SYNs share with these.
    failures: BTreeMap<AttemptId, u64>,
    /// How connects ended to whom they went on, after a translation.
    backends: BTreeMap<Endpoint, Backend>,
}

/// An attempt of which a packet came in and never left.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct NeverLeft {
    /// What its SYN shares with other legs.
    key: Option<u64>,
    /// Whether its SYN was passed on, again and again: then both directions are seen here, and the
    /// client is there.
    is_other_way_seen: bool,
}

/// How connects to one server ended that were translated on their way to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::diagnosis) struct Backend {
    pub(in crate::diagnosis) accepted: u64,
    pub(in crate::diagnosis) failed: u64,
}

impl Backend {
    /// Whether nobody was accepted, and somebody failed.
    pub(in crate::diagnosis) fn is_dead(self) -> bool {
        self.accepted == 0 && self.failed > 0
    }
}

impl Facts for Backend {
    fn merge(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.failed += other.failed;
    }
}

impl Forwarding {
    /// Takes note of an attempt.
    pub(super) fn note(&mut self, facts: &impl AttemptFacts) {
        if facts.is_later_leg() {
            self.note_leg(facts);
            return;
        }
        let (syns, _) = facts.ways();
        let is_other_way_seen = syns.came_in && syns.went_out;
        if is_other_way_seen {
            self.note_passed_on(facts.started_at());
        }
        if facts.never_left() && self.never_left.len() < REMEMBERED {
            let never_left = NeverLeft {
                key: facts.connect_key(),
                // Whoever goes on asking is there, and does not get his answer.
                is_other_way_seen: is_other_way_seen && facts.syn_count() > 1,
            };
            self.never_left.insert(facts.id(), never_left);
        }
        // Only a capture that tells ways shows legs.
        if facts.outcome().is_failure()
            && syns.came_in
            && let Some(key) = facts.connect_key()
        {
            add_bounded(&mut self.failures, facts.id(), key);
        }
    }

    fn note_leg(&mut self, facts: &impl AttemptFacts) {
        if facts.ways().0.went_out {
            self.note_passed_on(facts.started_at());
        }
        let key = facts.connect_key();
        let was_answered = facts.answer_time().is_some() || facts.was_accepted();
        let backend = Backend {
            accepted: u64::from(facts.was_accepted()),
            failed: u64::from(!facts.was_accepted() && facts.outcome().is_failure()),
        };
        self.add_backend(facts.server(), backend);
        if let Some(key) = key.filter(|_| self.legs.len() < REMEMBERED) {
            let leg = LaterLeg {
                ends: (facts.client(), facts.server()),
                outcome: facts.outcome(),
                was_answered,
            };
            self.add_leg(key, leg);
        }
    }

    fn add_backend(&mut self, server: Endpoint, backend: Backend) {
        match self.backends.get_mut(&server) {
            Some(known) => known.merge(backend),
            None => add_bounded(&mut self.backends, server, backend),
        }
    }

    fn add_leg(&mut self, key: u64, leg: LaterLeg) {
        self.legs.entry(key).or_insert(leg).merge(leg);
    }

    fn note_passed_on(&mut self, at: Timestamp) {
        if self.passed_on.len() < REMEMBERED {
            self.passed_on.insert(step(at));
        }
    }

    /// Whether others were passed on about this time.
    pub(super) fn passed_on_about(&self, at: Timestamp) -> bool {
        let step = step(at);
        self.passed_on.range(step - 1..=step + 1).next().is_some()
    }

    /// The later leg of a connect, if it has one.
    pub(super) fn later_leg(&self, key: Option<u64>) -> Option<LaterLeg> {
        self.legs.get(&key?).copied()
    }

    /// As whom a connect that failed went on.
    pub(super) fn leg_of_failure(&self, attempt: AttemptId) -> Option<LaterLeg> {
        self.later_leg(self.failures.get(&attempt).copied())
    }

    /// How connects ended that went on to this server.
    pub(super) fn backend(&self, server: Endpoint) -> Backend {
        self.backends.get(&server).copied().unwrap_or_default()
    }

    /// Whether the attempt came in and never left, under its own addresses or others.
    pub(super) fn never_left(&self, attempt: AttemptId) -> bool {
        let found = self.never_left.get(&attempt);
        found.is_some_and(|found| self.later_leg(found.key).is_none())
    }

    /// Whether the SYN of such an attempt was passed on, so that its answers come by here as well.
    pub(super) fn is_other_way_seen(&self, attempt: AttemptId) -> bool {
        let found = self.never_left.get(&attempt);
        found.is_some_and(|found| found.is_other_way_seen)
    }
}

/// Of more than are remembered those go that come last.
fn add_bounded<K: Ord, V>(known: &mut BTreeMap<K, V>, key: K, value: V) {
    known.insert(key, value);
    if known.len() > REMEMBERED {
        known.pop_last();
    }
}

fn step(at: Timestamp) -> i64 {
    at.nanoseconds() / (STEP_SECONDS * 1_000_000_000)
}

impl Facts for Forwarding {
    fn merge(&mut self, other: Self) {
        self.passed_on.extend(other.passed_on);
        for (key, leg) in other.legs {
            self.add_leg(key, leg);
        }
        self.never_left.extend(other.never_left);
        for (attempt, key) in other.failures {
            add_bounded(&mut self.failures, attempt, key);
        }
        for (server, backend) in other.backends {
            self.add_backend(server, backend);
        }
    }
}
