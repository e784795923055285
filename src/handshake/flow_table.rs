//! The attempts that are being followed, found by their 4-tuple.

use std::collections::VecDeque;
use std::hint::black_box;

use slab::Slab;

use super::attempt::{Attempt, AttemptId};
use super::brief::Brief;
use super::flow::{Flow, Settled};
use super::flow_key::{FlowKey, TaggedKey};
use super::lone_syn::LoneSyn;
use super::lone_syns::LoneSyns;
use super::place_index::{PlaceIndex, Tag, Tagger};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{IcmpError, Segment};

/// A 4-tuple and its attempts.
#[derive(Debug)]
struct Slot {
    at: TaggedKey,
    flow: Flow,
}

/// An open attempt in the order in which they are looked at.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    place: u32,
    id: AttemptId,
    /// It need not be looked at before then.
    until: Timestamp,
}

/// Set in the places of lone SYNs, and in those of attempts kept in brief; without either, a place is one among the slots.
const LONE: u32 = 1 << 31;
const BRIEF: u32 = 1 << 30;

/// How many places of one kind there can be; far fewer are followed at once.
const PLACES: u32 = 1 << 30;

/// An attempt as it is taken out.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it goes from hand to hand only: a box would be an allocation for each attempt"
)]
pub(super) enum Followed {
    Attempt(Attempt),
    Brief(Brief),
}

impl Followed {
    /// The whole attempt.
    pub(super) fn whole(self) -> Attempt {
        match self {
            Self::Attempt(attempt) => attempt,
            Self::Brief(brief) => brief.attempt(),
        }
    }
}

/// The attempts of all 4-tuples, bounded.
#[derive(Debug)]
pub(super) struct FlowTable {
    tagger: Tagger,
    /// Places among the slots, the attempts in brief and the lone SYNs, by their keys.
    index: PlaceIndex,
    slots: Slab<Slot>,
    /// Open attempts of 4-tuples of which nothing but what most failing ones show was seen.
    briefs: Slab<Brief>,
    /// Open attempts of 4-tuples of which nothing but one SYN was seen.
    lone: LoneSyns,
    open_count: usize,
    /// Open attempts of 4-tuples with too many of them: nothing more is matched to these.
    parked: VecDeque<Attempt>,
    /// Open attempts, and where they are, in the order of their creation or of the latest look at them; some may have been
    /// settled since.
    open_order: VecDeque<Waiting>,
    /// What is remembered besides, oldest first: settled attempts, and with the id 0 probed flows.
    remembered: VecDeque<(u32, AttemptId)>,
    /// Room for what the next packets need.
    expected: Vec<u32>,
}

/// Tables with fewer entries are in the caches anyway.
const WORTH_TOUCHING: usize = 1 << 14;

/// How many settled attempts are remembered for their late packets (copies, repeated SYN-ACKs), and flows for a probe.
const REMEMBERED: usize = 1 << 16;

/// How many of them on one 4-tuple.
const SETTLED_PER_FLOW: usize = 8;

/// How many attempts of one 4-tuple are followed at once; of more, the oldest is parked.
pub(super) const OPEN_PER_FLOW: usize = 64;

impl FlowTable {
    pub(super) fn new() -> Self {
        Self {
            tagger: Tagger::default(),
            index: PlaceIndex::default(),
            slots: Slab::new(),
            briefs: Slab::new(),
            lone: LoneSyns::default(),
            open_count: 0,
            parked: VecDeque::new(),
            open_order: VecDeque::new(),
            remembered: VecDeque::new(),
            expected: Vec::new(),
        }
    }

    /// The 4-tuple with its tag.
    pub(super) fn tagged(&self, key: FlowKey) -> TaggedKey {
        TaggedKey::of(key, &self.tagger)
    }

    /// What is known of a 4-tuple; what is kept there in brief becomes an attempt like others.
    pub(super) fn get_mut(&mut self, at: TaggedKey) -> Option<&mut Flow> {
        let place = self.place(at)?;
        self.flow(at, place)
    }

    /// As [`Self::get_mut`], where it stands.
    pub(super) fn flow(&mut self, at: TaggedKey, place: u32) -> Option<&mut Flow> {
        let place = self.in_full(at, place)?;
        self.flow_at(place)
    }

    /// Where it stands what is known of a 4-tuple, until the next change.
    pub(super) fn place(&self, at: TaggedKey) -> Option<u32> {
        self.index.find(at.tag(), |place| {
            if place & LONE != 0 {
                let syn = self.lone.get(place & !LONE);
                syn.is_some_and(|syn| syn.is_of(at.key()))
            } else if place & BRIEF != 0 {
                let brief = brief(&self.briefs, place);
                brief.is_some_and(|brief| brief.syn.is_of(at.key()))
            } else {
                slot(&self.slots, place).is_some_and(|slot| slot.at.key() == at.key())
            }
        })
    }

    /// The place among the slots; what is kept in brief gets one.
    fn followed_place(&mut self, at: TaggedKey) -> Option<u32> {
        let place = self.place(at)?;
        self.in_full(at, place)
    }

    fn in_full(&mut self, at: TaggedKey, place: u32) -> Option<u32> {
        if place & (LONE | BRIEF) == 0 {
            return Some(place);
        }
        let attempt = if place & LONE != 0 {
            self.lone.take(place & !LONE)?.attempt()
        } else {
            let brief = self.briefs.try_remove((place & !BRIEF) as usize)?;
            self.open_count -= 1;
            brief.attempt()
        };
        let new = self.new_slot(at);
        self.index.relocate(at.tag(), place, new);
        self.open(new, attempt);
        Some(new)
    }

    /// Adds a segment to what is kept in brief of its 4-tuple, which stands at `place`, when it is what most failing attempts go
    /// on with; whether it is. Before `until` it need not be looked at. `keeps_accepted` tells whether a SYN-ACK is among what they
    /// may go on with.
    pub(super) fn goes_on_in_brief(
        &mut self,
        at: TaggedKey,
        place: u32,
        (segment, captured): (&Segment, PacketPlace),
        until: Timestamp,
        keeps_accepted: bool,
    ) -> bool {
        self.in_brief(
            at,
            place,
            until,
            |syn| {
                if keeps_accepted && segment.flags.is_syn_ack() {
                    Brief::answered(syn, at.tag(), segment, captured)
                } else {
                    Brief::begun(syn, at.tag(), segment, captured)
                }
            },
            |brief| brief.goes_on(segment, captured),
        )
    }

    /// The same for an ICMP error.
    pub(super) fn is_rejected_in_brief(
        &mut self,
        at: TaggedKey,
        place: u32,
        (error, captured): (&IcmpError, PacketPlace),
        until: Timestamp,
    ) -> bool {
        self.in_brief(
            at,
            place,
            until,
            |syn| Brief::rejected(syn, at.tag(), error, captured),
            |brief| brief.is_rejected(error, captured),
        )
    }

    fn in_brief(
        &mut self,
        at: TaggedKey,
        place: u32,
        until: Timestamp,
        begin: impl Fn(&LoneSyn) -> Option<Brief>,
        go_on: impl Fn(&mut Brief) -> bool,
    ) -> bool {
        if place & BRIEF != 0 {
            let brief = self.briefs.get_mut((place & !BRIEF) as usize);
            return brief.is_some_and(go_on);
        }
        let lone = self.lone.get(place & !LONE).filter(|_| place & LONE != 0);
        let Some(brief) = lone.and_then(begin) else {
            return false;
        };
        self.lone.take(place & !LONE);
        let id = brief.id();
        let new = u32::try_from(self.briefs.insert(brief)).unwrap_or(PLACES - 1) | BRIEF;
        self.index.relocate(at.tag(), place, new);
        self.wait(new, id, until);
        true
    }

    fn flow_at(&mut self, place: u32) -> Option<&mut Flow> {
        self.slots
            .get_mut(place as usize)
            .map(|slot| &mut slot.flow)
    }

    /// The place of a 4-tuple, made where there is none.
    fn place_or_new(&mut self, at: TaggedKey) -> u32 {
        if let Some(place) = self.followed_place(at) {
            return place;
        }
        let place = self.new_slot(at);
        self.find_from_now_on(at.tag(), place);
        place
    }

    fn new_slot(&mut self, at: TaggedKey) -> u32 {
        let flow = Flow::default();
        u32::try_from(self.slots.insert(Slot { at, flow })).unwrap_or(PLACES - 1)
    }

    /// Lets go of a 4-tuple of which nothing is left.
    fn forget_if_empty(&mut self, place: u32) {
        if !slot(&self.slots, place).is_some_and(|slot| slot.flow.is_forgotten()) {
            return;
        }
        if let Some(slot) = self.slots.try_remove(place as usize) {
            self.index.remove(slot.at.tag(), |found| found == place);
        }
    }

    /// Brings into the cache what the packets of these 4-tuples, the next ones to come, will need, and what must be looked at
    /// while they are followed.
    ///
    /// Measured on captures of millions of flows, nearly all time went into waiting for memory, one line after the other
    /// (180 ns each). Lines that do not depend on each other arrive together (15 ns each): so for many packets at once first
    /// the index is asked, then what it points to, then what that points to.
    pub(super) fn expect(&mut self, tags: &[Tag], now: Timestamp) {
        let is_lone_large = self.lone.room() > WORTH_TOUCHING;
        let is_large = self.slots.len() + self.briefs.len() > WORTH_TOUCHING;
        if !is_lone_large && !is_large {
            return;
        }
        let count = tags.len();
        self.index.touch(tags.iter().copied());
        let places = &mut self.expected;
        places.clear();
        places.extend(tags.iter().filter_map(|tag| self.index.guess(*tag)));
        if is_lone_large {
            let lone = places.iter().filter(|place| **place & LONE != 0);
            let is_there = |place: &&u32| self.lone.get(**place & !LONE).is_some();
            black_box(lone.filter(is_there).count());
        }
        if is_large {
            let upcoming = self.open_order.iter().take(PER_PACKET * count);
            let upcoming = upcoming.filter(|waiting| waiting.until < now);
            places.extend(upcoming.map(|waiting| waiting.place));
            let forgotten = self.remembered.iter().take(count);
            places.extend(forgotten.map(|(place, _)| *place));
            touch_briefs(&self.briefs, places);
            self.index
                .touch(briefs_at(&self.briefs, places).map(Brief::tag));
            places.retain(|place| place & (LONE | BRIEF) == 0);
            touch_slots(&self.slots, places);
        }
    }

    /// What is known of a 4-tuple, as long as that is kept in full.
    pub(super) fn followed(&self, key: FlowKey) -> Option<&Flow> {
        let place = self
            .place(self.tagged(key))
            .filter(|place| place & (LONE | BRIEF) == 0)?;
        slot(&self.slots, place).map(|slot| &slot.flow)
    }

    /// The lone SYN of a 4-tuple; it stays one.
    pub(super) fn lone_syn(&self, key: FlowKey) -> Option<LoneSyn> {
        let place = self
            .place(self.tagged(key))
            .filter(|place| place & LONE != 0)?;
        self.lone.get(place & !LONE).cloned()
    }

    /// Open attempts that are kept in brief, in no order.
    pub(super) fn briefs(&self) -> impl Iterator<Item = &Brief> {
        self.briefs.iter().map(|(_, brief)| brief)
    }

    /// How many attempts are open.
    pub(super) fn open_count(&self) -> usize {
        self.open_count + self.lone.count()
    }

    /// How many of them are more than lone SYNs.
    pub(super) fn followed_count(&self) -> usize {
        self.open_count
    }

    /// Follows a new attempt of a 4-tuple of which nothing is known, by its SYN.
    pub(super) fn add_lone(&mut self, tag: Tag, syn: LoneSyn) {
        if self.lone.is_full_of_gaps() {
            let (index, tagger) = (&mut self.index, &self.tagger);
            self.lone.close_gaps(|syn, from, to| {
                let tag = tagger.tag(FlowKey::between(syn.client(), syn.server()));
                index.relocate(tag, from | LONE, to | LONE);
            });
        }
        let place = self.lone.push(syn);
        self.find_from_now_on(tag, place | LONE);
    }

    /// Lone SYNs leave the index when it needs room: all others at once.
    fn find_from_now_on(&mut self, tag: Tag, place: u32) {
        let lone = &self.lone;
        self.index.insert(tag, place, |place| {
            place & LONE != 0 && lone.is_outside(place & !LONE)
        });
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
    pub(super) fn take_lone_if(
        &mut self,
        is_over: impl FnOnce(&LoneSyn) -> bool,
    ) -> Option<LoneSyn> {
        self.lone.take_oldest_if(is_over)
    }

    /// All open attempts but lone SYNs and those in brief, in no order.
    pub(super) fn open_attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.slots
            .iter()
            .flat_map(|(_, slot)| slot.flow.open.iter())
            .chain(&self.parked)
    }

    /// Follows a new attempt.
    pub(super) fn add(&mut self, at: TaggedKey, attempt: Attempt) {
        let place = self.place_or_new(at);
        self.open(place, attempt);
    }

    fn open(&mut self, place: u32, attempt: Attempt) {
        let id = attempt.id;
        if let Some(flow) = self.flow_at(place) {
            if flow.open.capacity() == 0 {
                flow.open.reserve_exact(1);
            }
            flow.open.push(attempt);
        }
        self.wait(place, id, Timestamp::EARLIEST);
    }

    /// Puts an attempt behind all others that wait for their time.
    fn wait(&mut self, place: u32, id: AttemptId, until: Timestamp) {
        self.open_count += 1;
        self.open_order.push_back(Waiting { place, id, until });
        if self.open_order.len() > 2 * self.open_count + 1024 {
            let (slots, briefs) = (&self.slots, &self.briefs);
            self.open_order
                .retain(|waiting| is_open(slots, briefs, waiting.place, waiting.id));
        }
    }

    /// Takes an attempt out and remembers it as settled.
    pub(super) fn settle(&mut self, at: TaggedKey, id: AttemptId) -> Option<Attempt> {
        let place = self.followed_place(at)?;
        self.settle_at(place, id)
    }

    fn settle_at(&mut self, place: u32, id: AttemptId) -> Option<Attempt> {
        let attempt = self.take_at(place, id)?;
        let flow = self.flow_at(place)?;
        if let Some(isn) = attempt.isn {
            if flow.settled.len() >= SETTLED_PER_FLOW {
                flow.settled.remove(0);
            }
            flow.settled.push(Settled {
                id,
                client: attempt.client,
                isn,
                expected: attempt.expected,
            });
            self.remember(place, id);
        } else {
            self.forget_if_empty(place);
        }
        Some(attempt)
    }

    /// Looks at the open attempt that was not looked at for the longest time: takes it out when it `is_over` by `now`, or puts
    /// it behind the others. Looked at with every new attempt, all are in turn. `over_after` tells before when it cannot be
    /// over, whatever comes: until then nobody looks. One in brief is over then.
    pub(super) fn take_if(
        &mut self,
        now: Timestamp,
        is_over: impl Fn(&Attempt) -> bool,
        over_after: impl Fn(&Attempt) -> Timestamp,
        brief_over_after: impl Fn(&Brief) -> Timestamp,
    ) -> Option<Followed> {
        let mut waiting = self.open_order.pop_front()?;
        if waiting.until < now {
            let Waiting { place, id, .. } = waiting;
            if place & BRIEF != 0 {
                let brief = brief(&self.briefs, place).filter(|brief| brief.id() == id)?;
                waiting.until = brief_over_after(brief);
                if waiting.until < now {
                    return self.take_brief(place).map(Followed::Brief);
                }
            } else {
                let mut open = slot(&self.slots, place)?.flow.open.iter();
                let attempt = open.find(|attempt| attempt.id == id)?;
                if is_over(attempt) {
                    return self.settle_at(place, id).map(Followed::Attempt);
                }
                waiting.until = over_after(attempt);
            }
        }
        self.open_order.push_back(waiting);
        None
    }

    /// From now on nothing is looked for, only taken out: the memory that finding things takes is given back.
    pub(super) fn find_nothing_more(&mut self) {
        self.index = PlaceIndex::default();
    }

    /// Takes one in brief out; nothing of it is remembered.
    fn take_brief(&mut self, place: u32) -> Option<Brief> {
        let brief = self.briefs.try_remove((place & !BRIEF) as usize)?;
        self.index.remove(brief.tag(), |found| found == place);
        self.open_count -= 1;
        Some(brief)
    }

    /// Takes the oldest open attempt out that is more than a lone SYN; of very many, the one that was not looked at for the longest
    /// time.
    pub(super) fn take_oldest(&mut self) -> Option<Followed> {
        let followed = self.first_in_order();
        let is_parked_older = match (self.parked.front(), followed) {
            (Some(parked), Some(waiting)) => parked.id < waiting.id,
            (parked, _) => parked.is_some(),
        };
        if is_parked_older {
            self.open_count -= 1;
            return self.parked.pop_front().map(Followed::Attempt);
        }
        self.open_order.pop_front();
        let Waiting { place, id, .. } = followed?;
        if place & BRIEF != 0 {
            return self.take_brief(place).map(Followed::Brief);
        }
        let attempt = self.take_at(place, id);
        self.forget_if_empty(place);
        attempt.map(Followed::Attempt)
    }

    /// Takes the oldest open attempt of the whole table out, be it a lone SYN.
    pub(super) fn take_oldest_of_all(&mut self) -> Option<Attempt> {
        if self.is_oldest_lone() {
            return self.take_lone_if(|_| true).map(|syn| syn.attempt());
        }
        self.take_oldest().map(Followed::whole)
    }

    /// The first in the order of looks that is still open.
    fn first_in_order(&mut self) -> Option<Waiting> {
        let (slots, briefs) = (&self.slots, &self.briefs);
        while let Some(waiting) = self.open_order.front()
            && !is_open(slots, briefs, waiting.place, waiting.id)
        {
            self.open_order.pop_front();
        }
        self.open_order.front().copied()
    }

    /// Whether the oldest open attempt of the whole table is a lone SYN.
    pub(super) fn is_oldest_lone(&mut self) -> bool {
        let other = self.oldest_followed();
        let lone = self.lone.oldest().map(LoneSyn::id);
        lone.is_some_and(|lone| other.is_none_or(|other| lone < other))
    }

    /// The oldest open attempt that is more than a lone SYN.
    pub(super) fn oldest_followed(&mut self) -> Option<AttemptId> {
        let parked = self.parked.front().map(|parked| parked.id);
        let followed = self.first_in_order().map(|waiting| waiting.id);
        parked.into_iter().chain(followed).min()
    }

    /// Makes room on a 4-tuple with too many open attempts: its oldest goes on waiting for its time, but nothing more is
    /// matched to it.
    pub(super) fn park_oldest_of(&mut self, at: TaggedKey) {
        let flow = self.get_mut(at);
        let Some(id) = flow.and_then(|flow| flow.open.first().map(|attempt| attempt.id)) else {
            return;
        };
        if let Some(attempt) = self.settle(at, id) {
            self.open_count += 1;
            let position = self.parked.partition_point(|parked| parked.id < attempt.id);
            self.parked.insert(position, attempt);
        }
    }

    /// Takes an attempt out. The 4-tuple stays, even when nothing is left of it.
    fn take_at(&mut self, place: u32, id: AttemptId) -> Option<Attempt> {
        let flow = self.flow_at(place)?;
        let position = flow.open.iter().position(|attempt| attempt.id == id)?;
        let attempt = flow.open.remove(position);
        if flow.open.is_empty() {
            flow.open = Vec::new();
        }
        self.open_count -= 1;
        Some(attempt)
    }

    /// Remembers for a while that the flow had a segment with neither SYN nor ACK.
    pub(super) fn note_probe(&mut self, at: TaggedKey) {
        let place = self.place_or_new(at);
        let was_probed = self
            .flow_at(place)
            .is_some_and(|flow| std::mem::replace(&mut flow.was_probed, true));
        if !was_probed {
            self.remember(place, PROBE);
        }
    }

    fn remember(&mut self, place: u32, id: AttemptId) {
        self.remembered.push_back((place, id));
        if self.remembered.len() > REMEMBERED {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((place, id)) = self.remembered.pop_front() else {
            return;
        };
        let Some(flow) = self.flow_at(place) else {
            return;
        };
        if id == PROBE {
            flow.was_probed = false;
        } else {
            flow.settled.retain(|settled| settled.id != id);
        }
        self.forget_if_empty(place);
    }
}

/// Stands for a probe among the ids of attempts, which count from 1.
const PROBE: AttemptId = AttemptId(0);

/// With each packet so many of the oldest attempts are looked at.
const PER_PACKET: usize = 2;

/// Brings attempts in brief into the cache, of which each stands in three or four lines of memory.
fn touch_briefs(briefs: &Slab<Brief>, places: &[u32]) {
    let ends = briefs_at(briefs, places)
        .map(|brief| u64::from(brief.syn.ttl()) ^ brief.id().0 ^ brief.touch());
    black_box(ends.fold(0, |all, end| all ^ end));
}

fn briefs_at<'a>(briefs: &'a Slab<Brief>, places: &'a [u32]) -> impl Iterator<Item = &'a Brief> {
    let places = places.iter().filter(|place| **place & BRIEF != 0);
    places.filter_map(|place| brief(briefs, *place))
}

/// Brings slots, their latest attempts and the latest packets of these into the cache: each only when the one before it is
/// there for all.
fn touch_slots(slots: &Slab<Slot>, places: &[u32]) {
    let latest = |place: &u32| slot(slots, *place)?.flow.open.last();
    let is_open = |place: &&u32| latest(place).is_some();
    black_box(places.iter().filter(is_open).count());
    let copies = places
        .iter()
        .filter_map(latest)
        .map(|attempt| attempt.copies);
    black_box(copies.fold(0, u32::wrapping_add));
    let packets = places
        .iter()
        .filter_map(latest)
        .filter_map(|attempt| attempt.evidence.packets().last());
    black_box(
        packets
            .map(|packet| packet.place.source.0)
            .fold(0, u32::wrapping_add),
    );
}

fn slot(slots: &Slab<Slot>, place: u32) -> Option<&Slot> {
    slots.get(place as usize)
}

fn brief(briefs: &Slab<Brief>, place: u32) -> Option<&Brief> {
    briefs.get((place & !BRIEF) as usize)
}

fn is_open(slots: &Slab<Slot>, briefs: &Slab<Brief>, place: u32, id: AttemptId) -> bool {
    if place & BRIEF != 0 {
        return brief(briefs, place).is_some_and(|brief| brief.id() == id);
    }
    slot(slots, place).is_some_and(|slot| slot.flow.open.iter().any(|attempt| attempt.id == id))
}
