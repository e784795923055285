//! What is known of one 4-tuple: its attempts.

use std::time::Duration;

use smallvec::SmallVec;

use super::attempt::{Acceptable, Attempt, AttemptId, Fit};
use super::seen_packet::Sender;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{Encapsulation, Endpoint, Segment, SequenceNumber};

/// All that is remembered of an attempt that was handed out: enough to know its late packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    pub(super) id: AttemptId,
    /// When its first packet was captured.
    pub(super) first_seen_at: Timestamp,
    pub(super) client: Endpoint,
    pub(super) isn: SequenceNumber,
    /// What the answer to its SYN acknowledges.
    pub(super) expected: Acceptable,
}

impl Settled {
    pub(super) fn of(attempt: &Attempt) -> Option<Self> {
        attempt.isn.map(|isn| Self {
            id: attempt.id,
            first_seen_at: attempt.first_seen_at,
            client: attempt.client,
            isn,
            expected: attempt.expected,
        })
    }

    fn is_later_than(&self, attempt: &Attempt) -> bool {
        (self.first_seen_at, self.id) > (attempt.first_seen_at, attempt.id)
    }
}

/// The attempts of one 4-tuple, oldest first.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Not yet decided.
    pub(super) open: Vec<Attempt>,
    /// Handed out a short while ago.
    pub(super) settled: SmallVec<[Settled; 1]>,
    /// Whether a segment with neither SYN nor ACK was seen: a closed port answers it as it answers
    /// a SYN.
    pub(super) was_probed: bool,
}

impl Flow {
    /// The open attempt that a packet fits best, by `fit`; of equal ones that in whose surroundings
    /// it was captured, and of these the newest.
    pub(super) fn best_fit(
        &mut self,
        segment: &Segment,
        fit: impl Fn(&Self, &Attempt) -> Option<(Fit, Sender)>,
    ) -> Option<(&mut Attempt, (Fit, Sender))> {
        let fits = self.open.iter().enumerate().filter_map(|(index, attempt)| {
            let is_near = attempt.is_near(segment.source, &segment.encapsulation);
            Some((index, is_near, fit(self, attempt)?))
        });
        let (index, _, best) = fits.max_by_key(|(_, is_near, (fit, _))| (*is_near, *fit))?;
        self.open.get_mut(index).map(|attempt| (attempt, best))
    }

    /// The newest open attempt that `is_it`, for a packet of `sender` in these surroundings: rather
    /// one that was seen there, else another, because the two directions of a connection may travel
    /// in different VLANs.
    pub(super) fn newest(
        &mut self,
        sender: Endpoint,
        surroundings: &Encapsulation,
        is_it: impl Fn(&Attempt) -> bool,
    ) -> Option<&mut Attempt> {
        let is_near = |attempt: &Attempt| is_it(attempt) && attempt.is_near(sender, surroundings);
        let near = self.open.iter().rposition(is_near);
        let index = near.or_else(|| self.open.iter().rposition(&is_it))?;
        self.open.get_mut(index)
    }

    /// Whether a SYN of it was captured lately.
    pub(super) fn has_known_syn(&self) -> bool {
        !self.settled.is_empty() || self.open.iter().any(|attempt| attempt.isn.is_some())
    }

    /// Whether a later attempt of the same client has been settled: what goes on now belongs to
    /// that one.
    pub(super) fn has_settled_later(&self, attempt: &Attempt) -> bool {
        self.settled
            .iter()
            .any(|settled| settled.client == attempt.client && settled.is_later_than(attempt))
    }

    /// The newest attempt whose client waits for an answer, and that an answer may be meant for
    /// although its numbers do not fit: its SYN was sent a moment ago.
    pub(super) fn waiting_for_answer(
        &mut self,
        answer: &Segment,
        place: PacketPlace,
        patience: Duration,
    ) -> Option<&mut Attempt> {
        let is_waiting = |attempt: &Attempt| {
            attempt.client == answer.destination
                && attempt.established_at.is_none()
                && attempt.refused_at.is_none()
                && attempt
                    .last_syn_at
                    .is_some_and(|last| place.at.since(last) <= patience)
                && !self.has_settled_later(attempt)
        };
        let is_near = |attempt: &Attempt| {
            is_waiting(attempt) && attempt.is_near(answer.source, &answer.encapsulation)
        };
        let near = self.open.iter().rposition(is_near);
        let index = near.or_else(|| self.open.iter().rposition(is_waiting))?;
        self.open.get_mut(index)
    }

    /// Whether nothing is left of it.
    pub(super) fn is_forgotten(&self) -> bool {
        self.open.is_empty() && self.settled.is_empty() && !self.was_probed
    }
}
