//! What a reader of the capture must find: how many attempts end how.

use std::collections::{BTreeMap, VecDeque};

use tcpwhy::handshake::Outcome;

use super::capture_file::Written;

/// For how long silence must be watched before it counts, in microseconds: the tool's default.
const PATIENCE: u64 = 3_000_000;

/// What was made.
#[derive(Clone, Debug)]
pub(crate) struct Generated {
    /// How many packets.
    pub(crate) packets: u64,
    /// How many bytes the file has.
    pub(crate) bytes: u64,
    /// How many attempts end how; outcomes that do not occur are left out. Empty for corners.
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
}

/// Keeps account of the attempts while they are written.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    begun: u64,
    decided: BTreeMap<Outcome, u64>,
    /// Since when unanswered SYNs are silent, in microseconds; not yet for as long as the patience.
    unanswered: Silence,
    /// The same of SYN-ACKs without an ACK.
    half_open: Silence,
}

impl Ledger {
    /// An attempt begins; it is pending until something else is said.
    pub(super) fn begin(&mut self) {
        self.begun += 1;
    }

    /// A packet decides an attempt.
    pub(super) fn decide(&mut self, outcome: Outcome) {
        *self.decided.entry(outcome).or_default() += 1;
    }

    /// Nothing will ever come after this SYN, sent `at`.
    pub(super) fn leave_unanswered(&mut self, at: u64) {
        self.unanswered.begin(at);
    }

    /// Nothing will ever come after this SYN-ACK, sent `at`.
    pub(super) fn leave_half_open(&mut self, at: u64) {
        self.half_open.begin(at);
    }

    /// Ends the capture with its last packet.
    pub(super) fn close(mut self, written: Written) -> Generated {
        let mut outcomes = self.decided;
        outcomes.insert(Outcome::Dropped, self.unanswered.watched_at(written.last));
        outcomes.insert(Outcome::HalfOpen, self.half_open.watched_at(written.last));
        let certain: u64 = outcomes.values().sum();
        outcomes.insert(Outcome::Pending, self.begun - certain);
        outcomes.retain(|_, count| *count > 0);
        Generated {
            packets: written.packets,
            bytes: written.bytes,
            outcomes,
        }
    }
}

/// Silences that begin one after the other.
#[derive(Debug, Default)]
struct Silence {
    /// Those that were watched for the patience.
    watched: u64,
    /// When the others began, in order.
    since: VecDeque<u64>,
}

impl Silence {
    fn begin(&mut self, at: u64) {
        self.watched_at(at);
        self.since.push_back(at);
    }

    /// How many were watched for the patience when it is `now`.
    fn watched_at(&mut self, now: u64) -> u64 {
        while self
            .since
            .front()
            .is_some_and(|since| now - since >= PATIENCE)
        {
            self.since.pop_front();
            self.watched += 1;
        }
        self.watched
    }
}
