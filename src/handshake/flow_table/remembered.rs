//! What is remembered of a 4-tuple for a while: attempts that were handed out, for their late
//! packets, and that it was probed.

use super::{FlowTable, Place};
use crate::decode::Row;
use crate::handshake::attempt::{Attempt, AttemptId};
use crate::handshake::flow::Settled;
use crate::handshake::flow_key::Sought;

/// What is remembered of a 4-tuple for a while.
#[derive(Clone, Copy, Debug)]
pub(super) enum Remembered {
    /// The SYN of an attempt that was handed out; its first packet, because places are used again.
    Syn(Place, AttemptId),
    /// An attempt that was handed out of a flow that is kept in full.
    Settled(Place, AttemptId),
    /// That it was probed.
    Probe(Place),
}

/// How many settled attempts are remembered for their late packets (duplicates, repeated SYN-ACKs),
/// and flows for a probe.
const REMEMBERED: usize = 1 << 16;

/// How many of them on one 4-tuple.
const SETTLED_PER_FLOW: usize = 8;
impl FlowTable {
    pub(super) fn settle_at(&mut self, place: Place, id: AttemptId) -> Option<Attempt> {
        let attempt = self.take_at(place, id)?;
        let settled = Settled::of(&attempt);
        let flow = self.flow_at(place)?;
        if let Some(settled) = settled {
            if flow.settled.len() >= SETTLED_PER_FLOW {
                flow.settled.remove(0);
            }
            flow.settled.push(settled);
            self.remember(Remembered::Settled(place, id));
        } else {
            self.forget_if_empty(place);
        }
        Some(attempt)
    }

    /// Remembers for a while that the flow had a segment with neither SYN nor ACK.
    pub(in crate::handshake) fn note_probe(&mut self, sought: &Sought<'_>) {
        let place = self.place_or_new(sought);
        let was_probed = self
            .flow_at(place)
            .is_some_and(|flow| std::mem::replace(&mut flow.was_probed, true));
        if !was_probed {
            self.remember(Remembered::Probe(place));
        }
    }

    pub(super) fn remember(&mut self, what: Remembered) {
        self.remembered.push_back(what);
        if self.remembered.len() > REMEMBERED {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        match self.remembered.pop_front() {
            Some(Remembered::Syn(place, id)) => self.forget_settled_syn(place, id),
            Some(Remembered::Settled(place, id)) => {
                if let Some(flow) = self.flow_at(place) {
                    flow.settled.retain(|settled| settled.id != id);
                }
                self.forget_if_empty(place);
            }
            Some(Remembered::Probe(place)) => {
                if let Some(flow) = self.flow_at(place) {
                    flow.was_probed = false;
                }
                self.forget_if_empty(place);
            }
            None => {}
        }
    }

    fn forget_settled_syn(&mut self, place: Place, id: AttemptId) {
        let is_it = |syn: &&Row| AttemptId::of(syn.place()) == id;
        let Some(syn) = self.settled.get(place.index()).filter(is_it).copied() else {
            return;
        };
        let tag = self.tag_of_row(&syn, &self.addresses);
        self.index.remove(tag, |found| found == place.0);
        self.settled.remove(place.index());
        self.addresses.take(&syn);
    }
}
