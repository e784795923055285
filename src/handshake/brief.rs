//! An attempt that fails as most do, in less than half the room: its SYN, perhaps repeated, and perhaps the one answer that
//! ends it, or a SYN-ACK that nobody acknowledges.

use smallvec::SmallVec;

use super::attempt::{Attempt, AttemptId};
use super::flow::Flow;
use super::further::Further;
use super::lone_syn::LoneSyn;
use super::outcome::{Judgement, Outcome, Watch, judge, judge_silence};
use super::place_index::Tag;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{IcmpError, Segment};

/// So many packets after the SYN stand in the attempt itself: the SYN thrice more takes a client 7 s.
const INLINE: usize = 3;

/// Of so many packets after the SYN, an attempt is kept in brief.
const MOST: usize = 16;

/// A SYN and what came after it. Nothing is told here that [`Self::attempt`] would not tell: that is made by the rules for
/// all packets.
#[derive(Clone, Debug)]
pub(super) struct Brief {
    pub(super) syn: LoneSyn,
    tag: Tag,
    further: SmallVec<[Further; INLINE]>,
}

impl Brief {
    /// Of a SYN and the packet after it, when that goes on as expected.
    pub(super) fn begun(
        syn: &LoneSyn,
        tag: Tag,
        segment: &Segment,
        place: PacketPlace,
    ) -> Option<Self> {
        let further = Further::of_segment(syn, syn.at(), segment, place)?;
        Some(Self::of(syn, tag, further))
    }

    /// Of a SYN and the SYN-ACK that answers it. Most are acknowledged soon: it is worth while where many are not.
    pub(super) fn answered(
        syn: &LoneSyn,
        tag: Tag,
        segment: &Segment,
        place: PacketPlace,
    ) -> Option<Self> {
        let further = Further::of_syn_ack(syn, None, segment, place)?;
        Some(Self::of(syn, tag, further))
    }

    /// Of a SYN and the ICMP error about it.
    pub(super) fn rejected(
        syn: &LoneSyn,
        tag: Tag,
        error: &IcmpError,
        place: PacketPlace,
    ) -> Option<Self> {
        let further = Further::of_icmp_error(syn, error, place)?;
        Some(Self::of(syn, tag, further))
    }

    fn of(syn: &LoneSyn, tag: Tag, further: Further) -> Self {
        let mut brief = Self {
            syn: syn.clone(),
            tag,
            further: SmallVec::new(),
        };
        brief.further.push(further);
        brief
    }

    /// Takes the next segment in, when it goes on as expected; whether it does.
    pub(super) fn goes_on(&mut self, segment: &Segment, place: PacketPlace) -> bool {
        let further = if self.is_accepted() && self.further.len() < MOST {
            Further::of_syn_ack(&self.syn, self.further.last(), segment, place)
        } else if self.may_go_on() {
            Further::of_segment(&self.syn, self.latest_at(), segment, place)
        } else {
            None
        };
        self.further.extend(further);
        further.is_some()
    }

    /// Takes the ICMP error in, when it is the first answer; whether it is.
    pub(super) fn is_rejected(&mut self, error: &IcmpError, place: PacketPlace) -> bool {
        if !self.may_go_on() {
            return false;
        }
        let further = Further::of_icmp_error(&self.syn, error, place);
        self.further.extend(further);
        further.is_some()
    }

    /// Whether a SYN-ACK came: it may come again.
    fn is_accepted(&self) -> bool {
        self.further.last().is_some_and(Further::is_syn_ack)
    }

    /// What comes after another answer is nothing that all do.
    fn may_go_on(&self) -> bool {
        self.further.len() < MOST && self.answer().is_none()
    }

    /// What answered.
    fn answer(&self) -> Option<&Further> {
        self.further.last().filter(|last| !last.is_syn())
    }

    /// Something of its last packet: a look there brings it into the cache.
    pub(super) fn touch(&self) -> u64 {
        self.further.last().map_or(0, Further::touch)
    }

    /// The tag of its 4-tuple.
    pub(super) fn tag(&self) -> Tag {
        self.tag
    }

    /// The attempt's number.
    pub(super) fn id(&self) -> AttemptId {
        self.syn.id()
    }

    /// Whether nothing came back.
    pub(super) fn is_unanswered(&self) -> bool {
        self.answer().is_none()
    }

    /// The capture time of the latest packet.
    pub(super) fn latest_at(&self) -> Timestamp {
        let all = self.further.iter().map(Further::at);
        all.fold(self.syn.at(), Timestamp::max)
    }

    /// The SYN, and what came after it.
    pub(super) fn packets(&self) -> (&LoneSyn, &[Further]) {
        (&self.syn, &self.further)
    }

    /// As [`judge`] judges the whole attempt.
    pub(super) fn judge(&self, watch: &Watch) -> Judgement {
        match self.answer() {
            Some(answer) if answer.is_syn_ack() => judge(&self.attempt(), watch),
            Some(answer) => Judgement {
                outcome: if answer.is_reset() {
                    Outcome::Refused
                } else {
                    Outcome::Rejected
                },
                at: answer.at(),
            },
            None => judge_silence(self.syn.at(), Outcome::Dropped, watch),
        }
    }

    /// The whole attempt.
    pub(super) fn attempt(&self) -> Attempt {
        let mut flow = Flow::default();
        flow.open.push(self.syn.attempt());
        for further in &self.further {
            further.replay(&self.syn, &mut flow);
        }
        // Regular packets begin no attempt of their own.
        flow.open.pop().unwrap_or_else(|| self.syn.attempt())
    }
}

#[cfg(test)]
mod tests;
