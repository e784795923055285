//! What all targets of one run share.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::pace::Pace;

/// When connects may begin, and which ports have shown that their hosts answer.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pace: Pace,
    answered: Mutex<BTreeSet<SocketAddr>>,
    traces: Mutex<()>,
}

impl Shared {
    pub(super) fn new(between_connects: Duration) -> Self {
        Self {
            pace: Pace::new(between_connects),
            answered: Mutex::default(),
            traces: Mutex::default(),
        }
    }

    /// Traces take turns: their first hops are the same.
    pub(super) fn trace_turn(&self) -> MutexGuard<'_, ()> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A host accepted or refused there.
    pub(super) fn note_answer(&self, at: SocketAddr) {
        // A thread that ended badly leaves what it knew.
        let answered = self.answered.lock();
        answered.unwrap_or_else(PoisonError::into_inner).insert(at);
    }

    /// Whether the same host answered on another port.
    pub(super) fn answers_elsewhere(&self, than: SocketAddr) -> bool {
        let answered = self.answered.lock();
        let answered = answered.unwrap_or_else(PoisonError::into_inner);
        let mut others = answered.iter();
        others.any(|other| other.ip() == than.ip() && other.port() != than.port())
    }
}
