//! What is known of 4-tuples, bounded, and found by their tags.
//!
//! A 4-tuple is in one of four states, each kept in a table of its own: a lone SYN (one row), a
//! regular attempt (a few rows), a settled one (its SYN), or whatever else, in full. The upper bits
//! of a place tell which.

use std::collections::VecDeque;
use std::net::Ipv6Addr;
use std::sync::Arc;

use slab::Slab;

use super::attempt::{Attempt, AttemptId};
use super::decided::AddressPair;
use super::flow::{Flow, Settled};
use super::flow_key::{FlowKey, Sought};
use super::place_index::{PlaceIndex, Tag};
use super::regular::{Regular, Taken};
use super::syn_queue::SynQueue;
use crate::capture::Timestamp;
use crate::decode::{AddressPairs, Addresses, Contexts, Direction, Endpoint, FlowHasher, Row};

mod expected;
mod order;
mod place;
mod remembered;
mod written;

use order::Waiting;
use place::INDEX;
pub(super) use place::{Place, State};
use remembered::Remembered;
pub(super) use written::OpenAttempts;

/// A 4-tuple of which all is kept, and its attempts.
#[derive(Debug)]
struct Slot {
    key: FlowKey,
    tag: Tag,
    flow: Flow,
}

/// An attempt as it is taken out.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it goes from hand to hand only: a box would be an allocation for each attempt"
)]
pub(super) enum Followed {
    /// In full.
    Attempt(Attempt),
    /// As rows, with their IPv6 addresses.
    Regular(Regular, Option<AddressPair>),
    /// One SYN, with its IPv6 addresses.
    Syn(Row, Option<AddressPair>),
}

/// IPv6 addresses of rows that are kept, each pair as long as its flow.
#[derive(Debug, Default)]
pub(super) struct KeptAddresses(Slab<AddressPair>);

impl Addresses for KeptAddresses {
    fn pair(&self, place: u32) -> [Ipv6Addr; 2] {
        let found = self.0.get(place as usize);
        found.copied().unwrap_or([Ipv6Addr::UNSPECIFIED; 2])
    }
}

impl KeptAddresses {
    /// Where the pair stands that a new flow's first row speaks of; 0 for IPv4.
    fn keep(&mut self, row: &Row, addresses: &AddressPairs) -> u32 {
        let pair = row.address_pair(addresses);
        let place = pair.map_or(0, |pair| self.0.insert(pair));
        u32::try_from(place).unwrap_or_default()
    }

    fn take(&mut self, row: &Row) -> Option<AddressPair> {
        self.0.try_remove(row.address_place()? as usize)
    }
}

/// The attempts of all 4-tuples, bounded.
#[derive(Debug)]
pub(super) struct FlowTable {
    contexts: Arc<Contexts>,
    hasher: FlowHasher,
    /// Places by their keys.
    index: PlaceIndex,
    slots: Slab<Slot>,
    regular: Slab<Regular>,
    syns: SynQueue,
    settled: Slab<Row>,
    addresses: KeptAddresses,
    /// Open attempts but for lone SYNs.
    open_count: usize,
    /// Open attempts of 4-tuples with too many of them: nothing more is matched to these.
    parked: VecDeque<Attempt>,
    /// Open attempts, and where they are, in the order of their creation or of the latest look at
    /// them; some may have been settled since.
    open_order: VecDeque<Waiting>,
    /// What is remembered besides, oldest first.
    remembered: VecDeque<Remembered>,
    /// Room for what the next packets need.
    upcoming: Vec<Place>,
}

/// How many attempts of one 4-tuple are followed at once; of more, the oldest is parked.
pub(super) const OPEN_PER_FLOW: usize = 64;

impl FlowTable {
    pub(super) fn new(contexts: Arc<Contexts>, hasher: FlowHasher) -> Self {
        Self {
            contexts,
            hasher,
            index: PlaceIndex::default(),
            slots: Slab::new(),
            regular: Slab::new(),
            syns: SynQueue::default(),
            settled: Slab::new(),
            addresses: KeptAddresses::default(),
            open_count: 0,
            parked: VecDeque::new(),
            open_order: VecDeque::new(),
            remembered: VecDeque::new(),
            upcoming: Vec::new(),
        }
    }

    /// Looks for a 4-tuple by its ends.
    pub(super) fn sought(&self, key: FlowKey) -> Sought<'static> {
        let (lower, higher) = key.ends();
        Sought::of_key(key, Tag::of(self.hasher.hash(lower, higher)))
    }

    /// The tag of the 4-tuple of a row.
    pub(super) fn tag_of_row(&self, row: &Row, addresses: &impl Addresses) -> Tag {
        tag_of_row(&self.hasher, row, addresses)
    }

    /// Where it stands what is known of a 4-tuple, and which way the packet goes.
    pub(super) fn find(&self, sought: &Sought<'_>) -> Option<(Place, Direction)> {
        let mut found = Direction::Same;
        let mut is_it = |row: &Row| {
            let direction = sought.against(row, &self.addresses);
            found = direction.unwrap_or(found);
            direction.is_some()
        };
        let place = self.index.find(sought.tag(), |place| {
            let place = Place(place);
            match place.state() {
                State::Full => {
                    let slot = self.slots.get(place.index());
                    slot.is_some_and(|slot| sought.is(&slot.key))
                }
                State::Regular => {
                    let slot = self.regular.get(place.index());
                    slot.is_some_and(|regular| is_it(regular.syn()))
                }
                State::Syn => self.syn(place).is_some_and(&mut is_it),
                State::Settled => self.settled.get(place.index()).is_some_and(&mut is_it),
            }
        })?;
        Some((Place(place), found))
    }

    /// The lone SYN, or the SYN of a settled attempt, at this place.
    pub(super) fn syn(&self, place: Place) -> Option<&Row> {
        match place.state() {
            State::Syn => self.syns.get(place.0 & INDEX),
            State::Settled => self.settled.get(place.index()),
            State::Regular => Some(self.regular.get(place.index())?.syn()),
            State::Full => None,
        }
    }

    /// All that is known of a 4-tuple; what is kept there as rows becomes an attempt like others.
    pub(super) fn flow(&mut self, sought: &Sought<'_>) -> Option<&mut Flow> {
        let (place, _) = self.find(sought)?;
        let place = self.in_full(sought, place)?;
        self.flow_at(place)
    }

    /// As [`Self::flow`], where it stands.
    pub(super) fn flow_in_full(&mut self, sought: &Sought<'_>, place: Place) -> Option<&mut Flow> {
        let place = self.in_full(sought, place)?;
        self.flow_at(place)
    }

    fn in_full(&mut self, sought: &Sought<'_>, place: Place) -> Option<Place> {
        let mut flow = Flow::default();
        let contexts = Arc::clone(&self.contexts);
        let open = match place.state() {
            State::Full => return Some(place),
            State::Syn => {
                let syn = self.syns.take(place.0 & INDEX)?;
                let attempt = Regular::of_syn(syn).attempt(&contexts, &self.addresses);
                self.addresses.take(&syn);
                Some(attempt)
            }
            State::Regular => {
                let regular = self.take_regular(place)?;
                let attempt = regular.attempt(&contexts, &self.addresses);
                self.addresses.take(regular.syn());
                Some(attempt)
            }
            State::Settled => {
                let syn = self.settled.try_remove(place.index())?;
                let attempt = Regular::of_syn(syn).attempt(&contexts, &self.addresses);
                self.addresses.take(&syn);
                flow.settled.extend(Settled::of(&attempt));
                None
            }
        };
        let slot = Slot {
            key: sought.key(),
            tag: sought.tag(),
            flow,
        };
        let new = Place::new(State::Full, self.slots.insert(slot));
        self.index.relocate(sought.tag(), place.0, new.0);
        if let Some(attempt) = open {
            self.open(new, attempt);
        } else if let Some(id) = self.settled_id(new) {
            // Its place among the remembered is found no more: it goes there anew.
            self.remember(Remembered::Settled(new, id));
        }
        Some(new)
    }

    fn settled_id(&self, place: Place) -> Option<AttemptId> {
        let settled = &self.slots.get(place.index())?.flow.settled;
        settled.first().map(|settled| settled.id)
    }

    fn take_regular(&mut self, place: Place) -> Option<Regular> {
        let regular = self.regular.try_remove(place.index())?;
        self.open_count -= 1;
        Some(regular)
    }

    /// Holds a row against the lone SYN of its 4-tuple, and makes that a regular attempt when it
    /// goes on as one; whether it does. Before `until` it need not be looked at.
    pub(super) fn go_on_from_syn(
        &mut self,
        (place, tag): (Place, Tag),
        row: &Row,
        direction: Direction,
        until: Timestamp,
    ) -> bool {
        let Some(syn) = self.syn(place).copied() else {
            return false;
        };
        if !Regular::may_follow(&syn, row, direction) {
            return false;
        }
        self.syns.take(place.0 & INDEX);
        let mut regular = Regular::of_syn(syn);
        regular.take(row, direction, syn.address_place().unwrap_or_default());
        let id = AttemptId::of(syn.place());
        regular.tag = tag;
        let index = self.regular.insert(regular);
        let new = Place::new(State::Regular, index);
        self.index.relocate(tag, place.0, new.0);
        self.wait(new, id, until);
        true
    }

    /// Holds a row against the regular attempt of its 4-tuple.
    pub(super) fn go_on(&mut self, place: Place, row: &Row, direction: Direction) -> Taken {
        let Some(regular) = self.regular.get_mut(place.index()) else {
            return Taken::Irregular;
        };
        let addresses = regular.syn().address_place().unwrap_or_default();
        regular.take(row, direction, addresses)
    }

    /// The regular attempt at this place.
    pub(super) fn regular(&self, place: Place) -> Option<&Regular> {
        self.regular.get(place.index())
    }

    /// Takes a regular attempt out that is settled, and remembers its SYN.
    pub(super) fn settle_regular(&mut self, place: Place) -> Option<Followed> {
        let regular = self.take_regular(place)?;
        let syn = *regular.syn();
        let pair = syn.address_pair(&self.addresses);
        let settled = Place::new(State::Settled, self.settled.insert(syn));
        self.index.relocate(regular.tag, place.0, settled.0);
        self.remember(Remembered::Syn(settled, AttemptId::of(syn.place())));
        Some(Followed::Regular(regular, pair))
    }

    /// Which attempt of a 4-tuple that is kept in full began its connection, and its client: the
    /// latest that was accepted.
    pub(super) fn begun_at(&self, place: Place) -> Option<(AttemptId, Endpoint)> {
        let slot = self.slots.get(place.index());
        let flow = &slot.filter(|_| place.state() == State::Full)?.flow;
        let is_accepted = |attempt: &&Attempt| attempt.established_at.is_some();
        let open = flow.open.iter().rfind(is_accepted);
        let open = open.map(|attempt| (attempt.id, attempt.client));
        open.or_else(|| {
            let settled = flow.settled.last()?;
            Some((settled.id, settled.client))
        })
    }

    fn flow_at(&mut self, place: Place) -> Option<&mut Flow> {
        let slot = self.slots.get_mut(place.index());
        slot.filter(|_| place.state() == State::Full)
            .map(|slot| &mut slot.flow)
    }

    /// The place of a 4-tuple among those that are kept in full, made where there is none.
    fn place_or_new(&mut self, sought: &Sought<'_>) -> Place {
        let known = self.find(sought);
        if let Some(place) = known.and_then(|(place, _)| self.in_full(sought, place)) {
            return place;
        }
        let slot = Slot {
            key: sought.key(),
            tag: sought.tag(),
            flow: Flow::default(),
        };
        let place = Place::new(State::Full, self.slots.insert(slot));
        self.find_from_now_on(sought.tag(), place);
        place
    }

    /// Lets go of a 4-tuple of which nothing is left.
    fn forget_if_empty(&mut self, place: Place) {
        let is_forgotten = |slot: &Slot| slot.flow.is_forgotten();
        if place.state() != State::Full || !self.slots.get(place.index()).is_some_and(is_forgotten)
        {
            return;
        }
        if let Some(slot) = self.slots.try_remove(place.index()) {
            self.index.remove(slot.tag, |found| found == place.0);
        }
    }

    /// How many attempts are open.
    pub(super) fn open_count(&self) -> usize {
        self.open_count + self.syns.count()
    }

    /// How many of them are more than lone SYNs.
    pub(super) fn followed_count(&self) -> usize {
        self.open_count
    }

    /// How many of them are lone SYNs.
    pub(super) fn syn_count(&self) -> usize {
        self.syns.count()
    }

    /// Follows a new attempt of a 4-tuple of which nothing is known, by its SYN.
    pub(super) fn add_syn(&mut self, tag: Tag, syn: &Row, addresses: &AddressPairs) {
        if self.syns.is_full_of_gaps() {
            let (index, hasher) = (&mut self.index, &self.hasher);
            let kept = &self.addresses;
            self.syns.close_gaps(|syn, from, to| {
                let tag = tag_of_row(hasher, syn, kept);
                let place = |index| Place::new(State::Syn, index as usize);
                index.relocate(tag, place(from).0, place(to).0);
            });
        }
        let kept_at = self.addresses.keep(syn, addresses);
        let place = self.syns.push(syn.kept_at(kept_at, Direction::Same));
        self.find_from_now_on(tag, Place::new(State::Syn, place as usize));
    }

    /// Lone SYNs leave the index when it needs room: all others at once.
    fn find_from_now_on(&mut self, tag: Tag, place: Place) {
        let syns = &self.syns;
        let others = self.slots.len() + self.regular.len() + self.settled.len();
        self.index
            .insert(tag, place.0, syns.count() + others, |place| {
                Place(place).state() == State::Syn && syns.is_outside(place & INDEX)
            });
    }

    /// The oldest lone SYN.
    pub(super) fn oldest_syn(&mut self) -> Option<&Row> {
        self.syns.oldest()
    }

    /// Takes the oldest lone SYN out when `is_over`: their clients repeat them sooner than that, or
    /// never.
    pub(super) fn take_syn_if(&mut self, is_over: impl FnOnce(&Row) -> bool) -> Option<Followed> {
        let syn = self.syns.take_oldest_if(is_over)?;
        Some(Followed::Syn(syn, self.addresses.take(&syn)))
    }

    /// Takes an attempt out and remembers it as settled.
    pub(super) fn settle(&mut self, sought: &Sought<'_>, id: AttemptId) -> Option<Attempt> {
        let (place, _) = self.find(sought)?;
        let place = self.in_full(sought, place)?;
        self.settle_at(place, id)
    }

    /// All that it holds; nothing is left here.
    pub(super) fn taken(&mut self) -> Self {
        let empty = Self::new(Arc::clone(&self.contexts), self.hasher.clone());
        std::mem::replace(self, empty)
    }

    /// From now on nothing is looked for, only taken out: the memory that finding things takes is
    /// given back.
    pub(super) fn find_nothing_more(&mut self) {
        self.index = PlaceIndex::default();
    }

    /// Makes room on a 4-tuple with too many open attempts: its oldest goes on waiting for its
    /// time, but nothing more is matched to it.
    pub(super) fn park_oldest_of(&mut self, sought: &Sought<'_>) {
        let flow = self.flow(sought);
        let Some(id) = flow.and_then(|flow| flow.open.first().map(|attempt| attempt.id)) else {
            return;
        };
        if let Some(attempt) = self.settle(sought, id) {
            self.open_count += 1;
            let age = |attempt: &Attempt| (attempt.first_seen_at, attempt.id);
            let position = self
                .parked
                .partition_point(|parked| age(parked) < age(&attempt));
            self.parked.insert(position, attempt);
        }
    }

    /// Takes an attempt out. The 4-tuple stays, even when nothing is left of it.
    fn take_at(&mut self, place: Place, id: AttemptId) -> Option<Attempt> {
        let flow = self.flow_at(place)?;
        let position = flow.open.iter().position(|attempt| attempt.id == id)?;
        let attempt = flow.open.remove(position);
        if flow.open.is_empty() {
            flow.open = Vec::new();
        }
        self.open_count -= 1;
        Some(attempt)
    }

    /// Follows a new attempt.
    pub(super) fn add(&mut self, sought: &Sought<'_>, attempt: Attempt) {
        let place = self.place_or_new(sought);
        self.open(place, attempt);
    }

    fn open(&mut self, place: Place, attempt: Attempt) {
        let id = attempt.id;
        if let Some(flow) = self.flow_at(place) {
            if flow.open.capacity() == 0 {
                flow.open.reserve_exact(1);
            }
            flow.open.push(attempt);
        }
        self.wait(place, id, Timestamp::EARLIEST);
    }
}

fn tag_of_row(hasher: &FlowHasher, row: &Row, addresses: &impl Addresses) -> Tag {
    let (source, destination) = row.ends(addresses);
    Tag::of(hasher.hash(source, destination))
}
