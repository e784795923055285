//! What the host that captures passed on, and what came in and never left.

use std::collections::{BTreeSet, HashMap};

use super::REMEMBERED;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::facts::Facts;
use crate::handshake::AttemptId;

/// SYNs passed on within such a step of time are compared.
const STEP_SECONDS: i64 = 2;

/// A connect after a translation: of several the one with the lowest addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::diagnosis) struct LaterLeg {
    /// Its client and its server.
    pub(in crate::diagnosis) ends: (Endpoint, Endpoint),
    /// Whether one was answered.
    pub(in crate::diagnosis) was_answered: bool,
}

impl Facts for LaterLeg {
    fn merge(&mut self, other: Self) {
        self.ends = self.ends.min(other.ends);
        self.was_answered |= other.was_answered;
    }
}

/// Bounded: of more than are remembered nothing is concluded.
#[derive(Clone, Debug, Default)]
pub(super) struct Forwarding {
    /// Steps of time in which something was passed on.
    passed_on: BTreeSet<i64>,
    /// Later legs, by what their SYNs share with the first.
    legs: HashMap<u64, LaterLeg, foldhash::fast::RandomState>,
    /// Attempts that came in and never left under their own addresses.
    /// By what their SYNs share with other legs.
    never_left: HashMap<AttemptId, Option<u64>, foldhash::fast::RandomState>,
}

impl Forwarding {
    /// Takes note of an attempt.
    pub(super) fn note(&mut self, facts: &impl AttemptFacts) {
        if facts.is_later_leg() {
            self.note_leg(facts);
            return;
        }
        let (syns, _) = facts.ways();
        if syns.came_in && syns.went_out {
            self.note_passed_on(facts.started_at());
        }
        if facts.never_left() && self.never_left.len() < REMEMBERED {
            self.never_left.insert(facts.id(), facts.connect_key());
        }
    }

    fn note_leg(&mut self, facts: &impl AttemptFacts) {
        if facts.ways().0.went_out {
            self.note_passed_on(facts.started_at());
        }
        let key = facts.connect_key();
        let was_answered = facts.answer_time().is_some() || facts.was_accepted();
        if let Some(key) = key.filter(|_| self.legs.len() < REMEMBERED) {
            let leg = LaterLeg {
                ends: (facts.client(), facts.server()),
                was_answered,
            };
            self.add_leg(key, leg);
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

    /// Whether the attempt came in and never left, under its own addresses or others.
    pub(super) fn never_left(&self, attempt: AttemptId) -> bool {
        let found = self.never_left.get(&attempt);
        found.is_some_and(|key| self.later_leg(*key).is_none())
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
    }
}
