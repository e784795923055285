//! The newest failures.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::decode::Endpoint;
use crate::diagnosis::DiagnosedAttempt;
use crate::handshake::{AttemptId, Outcome};
use crate::report::words::headline_with_cause;

use super::servers::named;

/// How many are kept; a report lists more.
const KEPT: usize = 500;

/// An attempt that failed, or was told to have failed.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    /// What explains it.
    pub(super) diagnosed: DiagnosedAttempt,
    /// What was told before, when later evidence overturned it.
    pub(super) before: Option<Outcome>,
    /// Whether packets were being lost, so that its silence may have been an answer.
    pub(super) is_doubtful: bool,
    /// The names of client and server as they are shown: safe for a terminal.
    pub(super) names: (Option<String>, Option<String>),
}

impl Failure {
    /// Its number.
    pub(super) fn id(&self) -> AttemptId {
        self.diagnosed.decided.attempt.id
    }

    /// The server.
    pub(super) fn server(&self) -> Endpoint {
        self.diagnosed.decided.attempt.server
    }

    /// How it ended.
    pub(super) fn outcome(&self) -> Outcome {
        self.diagnosed.decided.judgement.outcome
    }

    /// Whether it was established, and failed for its user all the same.
    fn is_troubled(&self) -> bool {
        !self.diagnosed.decided.judgement.troubles.is_empty()
    }

    /// Name, address and port of the client.
    pub(super) fn client_title(&self) -> String {
        named(
            self.names.0.as_deref(),
            self.diagnosed.decided.attempt.client,
        )
    }

    /// Name, address and port of the server.
    pub(super) fn server_title(&self) -> String {
        named(self.names.1.as_deref(), self.server())
    }

    /// How it ended and why; what was told before.
    pub(super) fn what(&self) -> String {
        let mut what = headline_with_cause(&self.diagnosed);
        if let Some(before) = self.before.filter(|before| *before != self.outcome()) {
            let before = before.name().replace('_', "-");
            what = format!("{what} (not {before})");
        }
        if self.is_doubtful {
            what.push_str("; packets are being lost");
        }
        what
    }
}

/// The newest of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Failures {
    /// The newest last.
    kept: VecDeque<Rc<Failure>>,
}

impl Failures {
    /// An attempt was decided, or decided anew: one that is kept stays in its place.
    pub(super) fn note(&mut self, failure: Failure) {
        let id = failure.id();
        let known = failure.before.and_then(|_| {
            let mut kept = self.kept.iter_mut().rev();
            kept.find(|known| known.id() == id)
        });
        if let Some(known) = known {
            *known = Rc::new(failure);
        } else if failure.outcome().is_failure() || failure.is_troubled() {
            if self.kept.len() >= KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(Rc::new(failure));
        }
    }

    /// The newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Rc<Failure>> {
        self.kept.iter().rev()
    }
}
