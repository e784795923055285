//! In which order open attempts are looked at, and taken out.

use super::{FlowTable, Followed, KeptAddresses, Place, State};
use crate::capture::Timestamp;
use crate::decode::{Endpoint, Row};
use crate::handshake::attempt::{Attempt, AttemptId};
use crate::handshake::flow_key::Sought;
use crate::handshake::open_attempt::OpenAttempt;
use crate::handshake::regular::Regular;

/// An open attempt in the order in which they are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) place: Place,
    pub(super) id: AttemptId,
    /// It need not be looked at before then.
    pub(super) until: Timestamp,
}

impl FlowTable {
    /// Puts an attempt behind all others that wait for their time.
    pub(super) fn wait(&mut self, place: Place, id: AttemptId, until: Timestamp) {
        self.open_count += 1;
        self.open_order.push_back(Waiting { place, id, until });
        if self.open_order.len() > 2 * self.open_count + 1024 {
            let mut order = std::mem::take(&mut self.open_order);
            order.retain(|waiting| self.is_open(waiting));
            self.open_order = order;
        }
    }

    fn is_open(&self, waiting: &Waiting) -> bool {
        match waiting.place.state() {
            State::Regular => self.regular_with(waiting).is_some(),
            State::Full => {
                let slot = self.slots.get(waiting.place.index());
                let is_it = |attempt: &Attempt| attempt.id == waiting.id;
                slot.is_some_and(|slot| slot.flow.open.iter().any(is_it))
            }
            State::Syn | State::Settled => false,
        }
    }

    pub(super) fn regular_with(&self, waiting: &Waiting) -> Option<&Regular> {
        let regular = self.regular(waiting.place)?;
        (AttemptId::of(regular.syn().place()) == waiting.id).then_some(regular)
    }

    /// Looks at the open attempt that was not looked at for the longest time: takes it out when it
    /// `is_over` by `now`, or puts it behind the others. Looked at with every new attempt, all are
    /// in turn. `over_after` tells before when it cannot be over, whatever comes: until then nobody
    /// looks. A regular one is over then.
    pub(in crate::handshake) fn take_if(
        &mut self,
        now: Timestamp,
        is_over: impl Fn(&Attempt) -> bool,
        over_after: impl Fn(&Attempt) -> Timestamp,
        regular_over_after: impl Fn(&Regular) -> Timestamp,
    ) -> Option<Followed> {
        let mut waiting = self.open_order.pop_front()?;
        if waiting.until < now {
            if waiting.place.state() == State::Regular {
                waiting.until = regular_over_after(self.regular_with(&waiting)?);
                if waiting.until < now {
                    return self.take_regular_out(waiting.place);
                }
            } else {
                let mut open = self.slots.get(waiting.place.index())?.flow.open.iter();
                let attempt = open.find(|attempt| attempt.id == waiting.id)?;
                if is_over(attempt) {
                    let settled = self.settle_at(waiting.place, waiting.id);
                    return settled.map(Followed::Attempt);
                }
                waiting.until = over_after(attempt);
            }
        }
        self.open_order.push_back(waiting);
        None
    }

    /// Takes a regular attempt out; nothing of it is remembered.
    fn take_regular_out(&mut self, place: Place) -> Option<Followed> {
        let regular = self.take_regular(place)?;
        self.index.remove(regular.tag, |found| found == place.0);
        let pair = self.addresses.take(regular.syn());
        Some(Followed::Regular(regular, pair))
    }

    /// Takes the oldest open attempt out that is more than a lone SYN; of very many, the one that
    /// was not looked at for the longest time.
    pub(in crate::handshake) fn take_oldest(&mut self) -> Option<Followed> {
        let followed = self.first_in_order();
        let is_parked_older = match (self.parked.front(), followed) {
            (Some(parked), Some(waiting)) => Some(parked.first_seen_at) <= self.began_at(&waiting),
            (parked, _) => parked.is_some(),
        };
        if is_parked_older {
            self.open_count -= 1;
            return self.parked.pop_front().map(Followed::Attempt);
        }
        self.open_order.pop_front();
        let Waiting { place, id, .. } = followed?;
        if place.state() == State::Regular {
            return self.take_regular_out(place);
        }
        let attempt = self.take_at(place, id);
        self.forget_if_empty(place);
        attempt.map(Followed::Attempt)
    }

    fn began_at(&self, waiting: &Waiting) -> Option<Timestamp> {
        if let Some(regular) = self.regular_with(waiting) {
            return Some(regular.syn().at());
        }
        let mut open = self.slots.get(waiting.place.index())?.flow.open.iter();
        let attempt = open.find(|attempt| attempt.id == waiting.id)?;
        Some(attempt.first_seen_at)
    }

    /// The first in the order of looks that is still open.
    fn first_in_order(&mut self) -> Option<Waiting> {
        while let Some(waiting) = self.open_order.front().copied() {
            if self.is_open(&waiting) {
                return Some(waiting);
            }
            self.open_order.pop_front();
        }
        None
    }

    /// When the oldest open attempt began that is more than a lone SYN.
    fn oldest_but_syns(&mut self) -> Option<Timestamp> {
        let parked = self.parked.front().map(|parked| parked.first_seen_at);
        let followed = self.first_in_order();
        let followed = followed.and_then(|waiting| self.began_at(&waiting));
        parked.into_iter().chain(followed).min()
    }

    /// Takes the oldest open attempt of the whole table out.
    pub(in crate::handshake) fn take_oldest_of_all(&mut self) -> Option<Followed> {
        let other = self.oldest_but_syns();
        let is_older = |syn: &Row| other.is_none_or(|other| syn.at() <= other);
        self.take_syn_if(is_older).or_else(|| self.take_oldest())
    }

    /// Takes all open attempts out, the oldest first.
    pub(in crate::handshake) fn take_all(&mut self, mut take: impl FnMut(Followed)) {
        loop {
            let other = self.oldest_but_syns();
            let is_older = |syn: &Row| other.is_none_or(|other| syn.at() <= other);
            while let Some(syn) = self.take_syn_if(is_older) {
                take(syn);
            }
            match self.take_oldest() {
                Some(followed) => take(followed),
                None if self.syns.count() == 0 => return,
                None => {}
            }
        }
    }

    /// All open attempts that are kept in full, in no order.
    pub(in crate::handshake) fn open_in_full(&self) -> impl Iterator<Item = &Attempt> {
        let slots = self.slots.iter();
        slots
            .flat_map(|(_, slot)| slot.flow.open.iter())
            .chain(&self.parked)
    }

    /// The SYNs of all other open attempts that nothing has answered, or whose answer nobody has
    /// acknowledged.
    pub(in crate::handshake) fn unestablished_syns(&self) -> impl Iterator<Item = &Row> {
        let regular = self.regular.iter().map(|(_, regular)| regular);
        let waiting = regular.filter(|regular| regular.is_unanswered() || regular.is_half_open());
        self.syns.iter().chain(waiting.map(Regular::syn))
    }

    /// Who sent a row that is kept here, and to whom.
    pub(in crate::handshake) fn ends_of(&self, row: &Row) -> (Endpoint, Endpoint) {
        row.ends(&self.addresses)
    }

    /// All open attempts, in no order.
    pub(in crate::handshake) fn for_each_open(
        &self,
        mut look: impl FnMut(OpenAttempt<'_, KeptAddresses>),
    ) {
        self.open_in_full()
            .for_each(|attempt| look(OpenAttempt::Full(attempt)));
        for (_, regular) in &self.regular {
            look(self.as_rows(regular.syn(), Some(regular)));
        }
        self.syns
            .iter()
            .for_each(|syn| look(self.as_rows(syn, None)));
    }

    /// The open attempts of one 4-tuple.
    pub(in crate::handshake) fn for_each_open_of(
        &self,
        sought: &Sought<'_>,
        mut look: impl FnMut(OpenAttempt<'_, KeptAddresses>),
    ) {
        let Some((place, _)) = self.find(sought) else {
            return;
        };
        match place.state() {
            State::Full => {
                let slot = self.slots.get(place.index());
                let open = slot.into_iter().flat_map(|slot| &slot.flow.open);
                open.for_each(|attempt| look(OpenAttempt::Full(attempt)));
            }
            State::Regular => {
                if let Some(regular) = self.regular(place) {
                    look(self.as_rows(regular.syn(), Some(regular)));
                }
            }
            State::Syn => {
                if let Some(syn) = self.syn(place) {
                    look(self.as_rows(syn, None));
                }
            }
            State::Settled => {}
        }
    }

    fn as_rows<'a>(
        &'a self,
        syn: &'a Row,
        regular: Option<&'a Regular>,
    ) -> OpenAttempt<'a, KeptAddresses> {
        OpenAttempt::Rows {
            syn,
            regular,
            contexts: &self.contexts,
            addresses: &self.addresses,
        }
    }
}
