//! An open attempt as it can be looked at, whatever is kept of it.

use std::borrow::Cow;

use super::attempt::{Attempt, AttemptId};
use super::filter_signs::Progress;
use super::outcome::{Judgement, Outcome, Watch, judge, judge_unanswered};
use super::regular::Regular;
use crate::capture::Timestamp;
use crate::decode::{Addresses, Contexts, Row};

/// One open attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum OpenAttempt<'a, A> {
    /// In full.
    Full(&'a Attempt),
    /// As rows.
    Rows {
        syn: &'a Row,
        regular: Option<&'a Regular>,
        contexts: &'a Contexts,
        addresses: &'a A,
    },
}

impl<'a, A: Addresses> OpenAttempt<'a, A> {
    /// By its first packet.
    pub(super) fn id(&self) -> AttemptId {
        match self {
            Self::Full(attempt) => attempt.id,
            Self::Rows { syn, .. } => AttemptId::of(syn.place()),
        }
    }

    /// Whether it is known by a RST only, and reported only if its SYN comes after all.
    pub(super) fn is_held(&self) -> bool {
        match self {
            Self::Full(attempt) => attempt.is_held,
            Self::Rows { .. } => false,
        }
    }

    /// When the first acceptable SYN-ACK came.
    pub(super) fn syn_ack_at(&self) -> Option<Timestamp> {
        match self {
            Self::Full(attempt) => attempt.answered_at,
            Self::Rows { regular, .. } => {
                let syn_ack = regular.and_then(Regular::syn_ack);
                syn_ack.map(Row::at)
            }
        }
    }

    /// How far it came, as what is left out of a capture is told by it: whether a step was repeated
    /// matters, and nothing else. `None` when its SYN was not captured.
    pub(super) fn progress(&self) -> Option<Progress> {
        let of_syn = |syn: &Row, addresses: &A| Progress {
            server: syn.ends(addresses).1.address,
            syns: 1,
            syn_acks: 0,
            syn_at: syn.at(),
            answered_at: None,
            offered: syn.options(),
            outcome: Outcome::Dropped,
        };
        match self {
            Self::Full(attempt) => Progress::of(attempt),
            Self::Rows {
                syn,
                regular,
                addresses,
                ..
            } => {
                let of_syn = of_syn(syn, addresses);
                Some(regular.map_or(of_syn, |regular| regular.progress(of_syn)))
            }
        }
    }

    /// How it stands.
    pub(super) fn judge(&self, watch: &Watch) -> Judgement {
        match self {
            Self::Full(attempt) => judge(attempt, watch),
            Self::Rows {
                regular: Some(regular),
                ..
            } => regular.judge(watch),
            Self::Rows { syn, .. } => judge_unanswered(syn.at(), 1, watch),
        }
    }

    /// All that is known of it.
    pub(super) fn whole(&self) -> Cow<'a, Attempt> {
        match *self {
            Self::Full(attempt) => Cow::Borrowed(attempt),
            Self::Rows {
                regular: Some(regular),
                contexts,
                addresses,
                ..
            } => Cow::Owned(regular.attempt(contexts, addresses)),
            Self::Rows {
                syn,
                contexts,
                addresses,
                ..
            } => {
                let segment = syn.segment(contexts, addresses);
                Cow::Owned(Attempt::of_syn(&segment, syn.place()))
            }
        }
    }
}
