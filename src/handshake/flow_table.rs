//! The attempts that are being followed, found by their 4-tuple.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::attempt::{Acceptable, Attempt, AttemptId, Fit};
use super::lone_syn::LoneSyn;
use super::lone_syns::LoneSyns;
use super::seen_packet::Sender;
use crate::capture::PacketPlace;
use crate::decode::{Endpoint, Segment, SequenceNumber};

/// A 4-tuple without direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FlowKey {
    lower: Endpoint,
    higher: Endpoint,
}

impl FlowKey {
    pub(super) fn between(one: Endpoint, other: Endpoint) -> Self {
        if one <= other {
            Self {
                lower: one,
                higher: other,
            }
        } else {
            Self {
                lower: other,
                higher: one,
            }
        }
    }
}

/// All that is remembered of an attempt that was handed out: enough to know its late packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    pub(super) id: AttemptId,
    pub(super) client: Endpoint,
    pub(super) isn: SequenceNumber,
    /// What the answer to its SYN acknowledges.
    pub(super) expected: Acceptable,
}

/// The attempts of one 4-tuple, oldest first.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Not yet decided.
    pub(super) open: Vec<Attempt>,
    /// Handed out a short while ago.
    pub(super) settled: Vec<Settled>,
    /// Whether a segment with neither SYN nor ACK was seen: a closed port answers it as it answers a SYN.
    pub(super) was_probed: bool,
}

impl Flow {
    /// The open attempt that a packet fits best, by `fit`; the newest of equal ones.
    pub(super) fn best_fit(
        &mut self,
        fit: impl Fn(&Self, &Attempt) -> Option<(Fit, Sender)>,
    ) -> Option<(&mut Attempt, (Fit, Sender))> {
        let fits = self
            .open
            .iter()
            .enumerate()
            .filter_map(|(index, attempt)| Some((index, fit(self, attempt)?)));
        let (index, best) = fits.max_by_key(|(_, (fit, _))| *fit)?;
        self.open.get_mut(index).map(|attempt| (attempt, best))
    }

    /// Whether a SYN of it was captured lately.
    pub(super) fn has_known_syn(&self) -> bool {
        !self.settled.is_empty() || self.open.iter().any(|attempt| attempt.isn.is_some())
    }

    /// Whether a later attempt of the same client has been settled: what goes on now belongs to that one.
    pub(super) fn has_settled_later(&self, attempt: &Attempt) -> bool {
        self.settled
            .iter()
            .any(|settled| settled.client == attempt.client && settled.id > attempt.id)
    }

    /// The newest attempt whose client waits for an answer, and that an answer may be meant for although its numbers do
    /// not fit: its SYN was sent a moment ago.
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
        let index = self.open.iter().rposition(is_waiting)?;
        self.open.get_mut(index)
    }

    fn is_forgotten(&self) -> bool {
        self.open.is_empty() && self.settled.is_empty() && !self.was_probed
    }
}

/// The attempts of all 4-tuples, bounded.
#[derive(Debug)]
pub(super) struct FlowTable {
    // Strangers choose the keys: the hasher is seeded, so that they cannot make them collide.
    flows: HashMap<FlowKey, Flow, foldhash::fast::RandomState>,
    /// Open attempts of 4-tuples of which nothing but one SYN was seen.
    lone: LoneSyns,
    open_count: usize,
    /// Open attempts of 4-tuples with too many of them: nothing more is matched to these.
    parked: VecDeque<Attempt>,
    /// Open attempts in the order of their creation, or of the latest look at them; some may have been settled since.
    open_order: VecDeque<(FlowKey, AttemptId)>,
    /// What is remembered besides, oldest first: settled attempts, and with the id 0 probed flows.
    remembered: VecDeque<(FlowKey, AttemptId)>,
}

/// How many settled attempts are remembered for their late packets (copies, repeated SYN-ACKs), and flows for a probe.
const REMEMBERED: usize = 1 << 16;

/// How many of them on one 4-tuple.
const SETTLED_PER_FLOW: usize = 8;

/// How many attempts of one 4-tuple are followed at once; of more, the oldest is parked.
pub(super) const OPEN_PER_FLOW: usize = 64;

impl FlowTable {
    pub(super) fn new() -> Self {
        Self {
            flows: HashMap::default(),
            lone: LoneSyns::default(),
            open_count: 0,
            parked: VecDeque::new(),
            open_order: VecDeque::new(),
            remembered: VecDeque::new(),
        }
    }

    /// What is known of a 4-tuple; a lone SYN there becomes an attempt like others.
    pub(super) fn get_mut(&mut self, key: FlowKey) -> Option<&mut Flow> {
        if let Some(syn) = self.lone.take(key) {
            self.add(key, syn.attempt());
        }
        self.flows.get_mut(&key)
    }

    /// How many attempts are open.
    pub(super) fn open_count(&self) -> usize {
        self.open_count + self.lone.count()
    }

    /// Follows a new attempt of a 4-tuple of which nothing is known, by its SYN.
    pub(super) fn add_lone(&mut self, key: FlowKey, syn: LoneSyn) {
        self.lone.add(key, syn);
    }

    /// How many of them are lone SYNs.
    pub(super) fn lone_count(&self) -> usize {
        self.lone.count()
    }

    /// Lone SYNs, the oldest first.
    pub(super) fn lone(&self) -> impl Iterator<Item = &LoneSyn> {
        self.lone.iter()
    }

    /// Takes the oldest lone SYN out when `is_over`: their clients repeat them sooner than that, or never.
    pub(super) fn take_lone_if(&mut self, is_over: impl Fn(&LoneSyn) -> bool) -> Option<Attempt> {
        self.lone.oldest().filter(|syn| is_over(syn))?;
        self.lone.take_oldest().map(|syn| syn.attempt())
    }

    /// All open attempts but lone SYNs, in no order.
    pub(super) fn open_attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.flows
            .values()
            .flat_map(|flow| flow.open.iter())
            .chain(&self.parked)
    }

    /// Follows a new attempt.
    pub(super) fn add(&mut self, key: FlowKey, attempt: Attempt) {
        self.open_count += 1;
        self.open_order.push_back((key, attempt.id));
        let flow = self.flows.entry(key).or_default();
        if flow.open.capacity() == 0 {
            flow.open.reserve_exact(1);
        }
        flow.open.push(attempt);
        if self.open_order.len() > 2 * self.open_count + 1024 {
            let flows = &self.flows;
            self.open_order
                .retain(|(key, id)| is_open(flows, *key, *id));
        }
    }

    /// Takes an attempt out and remembers it as settled.
    pub(super) fn settle(&mut self, key: FlowKey, id: AttemptId) -> Option<Attempt> {
        let attempt = self.take(key, id)?;
        if let Some(isn) = attempt.isn {
            let settled = &mut self.flows.entry(key).or_default().settled;
            if settled.len() >= SETTLED_PER_FLOW {
                settled.remove(0);
            }
            settled.push(Settled {
                id,
                client: attempt.client,
                isn,
                expected: attempt.expected,
            });
            self.remember(key, id);
        }
        Some(attempt)
    }

    /// Looks at the open attempt that was not looked at for the longest time: takes it out when `is_over`, or puts it behind
    /// the others. Looked at with every new attempt, all are in turn.
    pub(super) fn take_if(&mut self, is_over: impl Fn(&Attempt) -> bool) -> Option<Attempt> {
        let (key, id) = self.open_order.pop_front()?;
        let flow = self.flows.get(&key)?;
        let attempt = flow.open.iter().find(|attempt| attempt.id == id)?;
        if is_over(attempt) {
            return self.settle(key, id);
        }
        self.open_order.push_back((key, id));
        None
    }

    /// Takes the oldest open attempt of the whole table out; of very many, the one that was not looked at for the longest time.
    pub(super) fn take_oldest(&mut self) -> Option<Attempt> {
        let flows = &self.flows;
        while let Some((key, id)) = self.open_order.front()
            && !is_open(flows, *key, *id)
        {
            self.open_order.pop_front();
        }
        let followed = self.open_order.front().copied();
        let lone = self.lone.oldest().map(LoneSyn::id);
        let is_lone_older = lone.is_some_and(|lone| {
            let others = [
                self.parked.front().map(|parked| parked.id),
                followed.map(|(_, id)| id),
            ];
            others.into_iter().flatten().all(|other| lone < other)
        });
        if is_lone_older {
            return self.lone.take_oldest().map(|syn| syn.attempt());
        }
        let is_parked_older = match (self.parked.front(), followed) {
            (Some(parked), Some((_, id))) => parked.id < id,
            (parked, _) => parked.is_some(),
        };
        if is_parked_older {
            self.open_count -= 1;
            return self.parked.pop_front();
        }
        self.open_order.pop_front();
        followed.and_then(|(key, id)| self.take(key, id))
    }

    /// Makes room on a 4-tuple with too many open attempts: its oldest goes on waiting for its time, but nothing more is
    /// matched to it.
    pub(super) fn park_oldest_of(&mut self, key: FlowKey) {
        let Some(id) = self
            .flows
            .get(&key)
            .and_then(|flow| flow.open.first())
            .map(|attempt| attempt.id)
        else {
            return;
        };
        if let Some(attempt) = self.settle(key, id) {
            self.open_count += 1;
            let position = self.parked.partition_point(|parked| parked.id < attempt.id);
            self.parked.insert(position, attempt);
        }
    }

    fn take(&mut self, key: FlowKey, id: AttemptId) -> Option<Attempt> {
        let flow = self.flows.get_mut(&key)?;
        let position = flow.open.iter().position(|attempt| attempt.id == id)?;
        let attempt = flow.open.remove(position);
        self.open_count -= 1;
        if flow.is_forgotten() {
            self.flows.remove(&key);
        }
        Some(attempt)
    }

    /// Remembers for a while that the flow had a segment with neither SYN nor ACK.
    pub(super) fn note_probe(&mut self, key: FlowKey) {
        let flow = self.flows.entry(key).or_default();
        if !flow.was_probed {
            flow.was_probed = true;
            self.remember(key, PROBE);
        }
    }

    fn remember(&mut self, key: FlowKey, id: AttemptId) {
        self.remembered.push_back((key, id));
        if self.remembered.len() > REMEMBERED {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((key, id)) = self.remembered.pop_front() else {
            return;
        };
        let Some(flow) = self.flows.get_mut(&key) else {
            return;
        };
        if id == PROBE {
            flow.was_probed = false;
        } else {
            flow.settled.retain(|settled| settled.id != id);
        }
        if flow.is_forgotten() {
            self.flows.remove(&key);
        }
    }
}

/// Stands for a probe among the ids of attempts, which count from 1.
const PROBE: AttemptId = AttemptId(0);

fn is_open(
    flows: &HashMap<FlowKey, Flow, foldhash::fast::RandomState>,
    key: FlowKey,
    id: AttemptId,
) -> bool {
    flows
        .get(&key)
        .is_some_and(|flow| flow.open.iter().any(|attempt| attempt.id == id))
}
