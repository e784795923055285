//! How the attempts to one server ended, one after the other.

use std::net::IpAddr;

use crate::capture::Timestamp;
use crate::diagnosis::causes::was_feature_dropped;
use crate::handshake::{Attempt, AttemptId, Content, DecidedAttempt, Outcome, Role, SeenPacket};

/// How many attempts to one server are remembered singly.
const REMEMBERED: usize = 4096;

/// One attempt, as far as others are compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Its number.
    pub(crate) id: AttemptId,
    /// When it began.
    pub(crate) started: Timestamp,
    /// Who tried.
    pub(crate) client: IpAddr,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Whether the server answered with a SYN-ACK.
    pub(crate) was_accepted: bool,
    /// Time to live of the first answer.
    pub(crate) answer_ttl: Option<u8>,
    /// Whether something of it is worth telling besides its outcome.
    pub(crate) sign: Option<Sign>,
}

/// What an attempt shows besides its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// An ACK of an older connection answered the SYN.
    StaleTuple,
    /// The SYN-ACK has window 0: a SYN proxy's.
    ProxyAnswer,
    /// The SYN was answered only without a feature that it offered first.
    FeatureDropped,
}

impl Sign {
    fn of(attempt: &Attempt) -> Option<Self> {
        let has_no_window = |packet: &SeenPacket| {
            matches!(
                packet.content,
                Content::Segment {
                    window: Some(0),
                    ..
                }
            )
        };
        if attempt.packets_as(&[Role::BareAck]).next().is_some() {
            Some(Self::StaleTuple)
        } else if attempt.packets_as(&[Role::SynAck]).any(has_no_window) {
            Some(Self::ProxyAnswer)
        } else if was_feature_dropped(attempt) {
            Some(Self::FeatureDropped)
        } else {
            None
        }
    }
}

/// The attempts to one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceHistory {
    moments: Vec<Moment>,
}

impl ServiceHistory {
    pub(super) fn add(&mut self, decided: &DecidedAttempt) {
        if self.moments.len() < REMEMBERED {
            let attempt = &decided.attempt;
            self.moments.push(Moment {
                id: attempt.id,
                started: attempt.started_at(),
                client: attempt.client.address,
                outcome: decided.judgement.outcome,
                answer_ttl: attempt
                    .packets_as(&[Role::SynAck, Role::Reset])
                    .next()
                    .map(|packet| packet.ip.ttl),
                sign: Sign::of(attempt),
                was_accepted: attempt.answered_at.is_some() || attempt.established_at.is_some(),
            });
        }
    }

    /// The remembered attempts, in the order in which they were decided.
    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Whether the port ever answered, with whatever.
    pub(crate) fn has_answered(&self) -> bool {
        self.moments
            .iter()
            .any(|moment| moment.was_accepted || moment.outcome == Outcome::Refused)
    }

    /// Whether the port ever accepted.
    pub(crate) fn has_accepted(&self) -> bool {
        self.moments.iter().any(|moment| moment.was_accepted)
    }

    /// Whether it ever accepted this client.
    pub(crate) fn has_accepted_from(&self, client: IpAddr) -> bool {
        self.moments
            .iter()
            .any(|moment| moment.client == client && moment.was_accepted)
    }

    /// Whether it met another client with silence.
    pub(crate) fn drops_others_than(&self, client: IpAddr) -> bool {
        self.moments
            .iter()
            .any(|moment| moment.client != client && moment.outcome == Outcome::Dropped)
    }

    /// Whether it accepted somebody within the same seconds.
    pub(crate) fn accepted_about(&self, at: Timestamp) -> bool {
        self.moments
            .iter()
            .any(|moment| moment.was_accepted && super::is_about_the_same_time(moment.started, at))
    }

    /// Whether it never accepts this client, and accepts others before and after each of this client's attempts, within
    /// the same seconds.
    pub(crate) fn shuts_out(&self, client: IpAddr) -> bool {
        let of_client = |moment: &&Moment| moment.client == client;
        let accepts_others_around = |at: Timestamp| {
            let others = || {
                self.moments.iter().filter(|moment| {
                    moment.client != client
                        && moment.was_accepted
                        && super::is_about_the_same_time(moment.started, at)
                })
            };
            others().any(|moment| moment.started <= at)
                && others().any(|moment| moment.started >= at)
        };
        let mut of_this_client = self.moments.iter().filter(of_client).peekable();
        of_this_client.peek().is_some()
            && of_this_client
                .all(|moment| !moment.was_accepted && accepts_others_around(moment.started))
    }
}
