//! The attempts that a report lists singly, one after the other: from memory, or, when they are too
//! many for that, from where they were put aside.

use std::borrow::Cow;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::attempt_facts::AttemptFacts;
use super::diagnosed_attempt::DiagnosedAttempt;
use super::explainer::Explainer;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::DecidedAttempt;

/// In which order attempts are listed. No two have the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingOrder {
    /// By the time of the first packet, then by who, to whom and with which number.
    ByStart,
    /// By the time when it was certain how they ended.
    ByDecision,
}

/// The place of an attempt in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListingKey {
    pub(super) at: Timestamp,
    /// Client, server and initial sequence number, where the order asks for them.
    who: Option<(Endpoint, Endpoint, Option<u32>)>,
    id: u64,
}

impl ListingOrder {
    /// Attempts are listed by ascending keys.
    pub fn key(self, decided: &DecidedAttempt) -> ListingKey {
        let attempt = &decided.attempt;
        let (at, who) = match self {
            Self::ByStart => {
                let isn = attempt.isn.map(|isn| isn.0);
                let who = (attempt.client, attempt.server, isn);
                (attempt.started_at(), Some(who))
            }
            Self::ByDecision => (decided.judgement.at, None),
        };
        ListingKey {
            at,
            who,
            id: attempt.id.0,
        }
    }
}

impl ListingKey {
    /// By the time of the first packet.
    pub(super) fn of_facts(facts: &impl AttemptFacts) -> Self {
        Self {
            at: facts.started_at(),
            who: Some((facts.client(), facts.server(), facts.isn())),
            id: facts.id().0,
        }
    }
}

/// Attempts that were put aside, to be given again: see
/// [`Diagnostician::take_run`](super::Diagnostician::take_run).
pub trait AttemptsPutAside: Debug + Send + Sync {
    /// The order in which they are given.
    fn order(&self) -> ListingOrder;

    /// All of them, from the first one on. Nothing comes after an error.
    fn replay(&self) -> AttemptReplay<'_>;
}

/// Attempts that were put aside, one after the other; or why there are no more.
pub type AttemptReplay<'a> = Box<dyn Iterator<Item = io::Result<DecidedAttempt>> + 'a>;

/// Attempts that were put aside, and what explains them.
#[derive(Clone, Debug)]
pub(super) struct UnexplainedAttempts {
    pub(super) attempts: Arc<dyn AttemptsPutAside>,
    pub(super) explainer: Explainer,
}

/// The listed attempts one after the other; or why there are no more.
pub type ListedAttempts<'a> = Box<dyn Iterator<Item = io::Result<Cow<'a, DiagnosedAttempt>>> + 'a>;
