//! An attempt with what explains how it ended.

use serde::{Deserialize, Serialize};

use super::cause::Judged;
use super::comparison::Vantage;
use super::noise::Noise;
use super::note::Note;
use super::testimony::Testimony;
use crate::handshake::{DecidedAttempt, Outcome};

/// An attempt with what explains how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DiagnosedAttempt {
    /// What was seen, and how it ended.
    pub decided: DecidedAttempt,
    /// The causes that hold, the surest first.
    pub causes: Vec<Judged>,
    /// Where it was captured, where that can be told.
    pub vantage: Option<Vantage>,
    /// What it is part of, when it says nothing about the service.
    pub noise: Option<Noise>,
    /// What else the packets tell, one fact each.
    pub notes: Vec<Note>,
    /// What is known of it from elsewhere than packets.
    pub testimony: Vec<Testimony>,
}

impl DiagnosedAttempt {
    /// Without a cause: for what needs none.
    #[cfg(feature = "live")]
    pub(crate) fn unexplained(decided: DecidedAttempt) -> Self {
        Self {
            decided,
            causes: Vec::new(),
            vantage: None,
            noise: None,
            notes: Vec::new(),
            testimony: Vec::new(),
        }
    }

    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        self.decided.judgement.outcome
    }

    /// The cause: the surest of those that hold.
    pub fn cause(&self) -> Option<Judged> {
        self.causes.first().copied()
    }
}

/// Whether the attempt did not simply succeed.
pub(super) fn is_worth_a_look(decided: &DecidedAttempt) -> bool {
    let judgement = &decided.judgement;
    judgement.outcome != Outcome::Established || !judgement.troubles.is_empty()
}
