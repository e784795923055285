//! Which attempts to one server are remembered singly when they are too many.
//!
//! What is kept depends on the attempts alone, not on the order in which they came or on when room
//! was made: of plain successes the first and the last of each step of time, in the narrowest steps
//! that leave few enough; of all others, class by class, the earliest, the latest, and a sample
//! drawn by a fixed hash. The rest is counted.

use std::collections::{BTreeSet, VecDeque};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::moment::{Class, Moment};
use super::presence::Presence;
use crate::capture::Timestamp;
use crate::diagnosis::client_sketch::ClientSketch;
use crate::diagnosis::compact_sets::AddressSet;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::fixed_hash;
use crate::diagnosis::key_filter::KeyFilter;
use crate::diagnosis::time_line::BucketWidth;
use crate::handshake::Outcome;

/// So many clients are known to have been accepted, besides those of the remembered attempts.
pub(in crate::diagnosis::comparison) const KNOWN_CLIENTS: usize = 65_536;

/// A block is 64 bytes.
const BLOCKS_OF_HALF_OPEN: usize = 1 << 10;

/// More kinds of answers than this tell nothing.
const KNOWN_ANSWERS: usize = 64;

/// How many attempts of one class there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) class: Class,
    pub(super) count: u64,
    /// Which others of the class would not be remembered: none as long as all are.
    pub(super) beyond: Option<Box<Beyond>>,
}

/// What lies between the earliest and the latest, with a larger hash than the sample, is not
/// remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beyond {
    after: Timestamp,
    before: Timestamp,
    sample_key: u64,
    /// Of those that are not remembered.
    pub(super) clients: ClientSketch,
    /// The latest that came since then, in order: as many as are remembered for being the latest.
    /// A flood comes in order, so that each is the latest for a while.
    pub(super) latest: VecDeque<Moment>,
}

/// What becomes of an attempt of a class of which not all are remembered.
#[derive(Debug)]
pub(super) enum Room {
    /// There is room for it among the latest.
    Latest,
    /// This one may be remembered: it, or the one that is no longer among the latest.
    Remembered(Moment),
    /// This one is counted, and no more.
    Counted(Moment),
}

impl Beyond {
    /// Finds room for an attempt, where `share` of its class are remembered.
    pub(super) fn take(&mut self, moment: Moment, share: usize) -> Room {
        let is_latest = match self.latest.back() {
            // Hardly two begin at the same time.
            Some(back) => {
                back.started < moment.started
                    || (back.started == moment.started && back.order() < moment.order())
            }
            None => self.before < moment.started,
        };
        if !is_latest {
            return self.remembered_or_counted(moment);
        }
        let at_most = latest_of(share);
        if self.latest.len() < at_most {
            if self.latest.is_empty() {
                self.latest.reserve_exact(at_most);
            }
            self.latest.push_back(moment);
            return Room::Latest;
        }
        // The new one takes the very room of the oldest: memory of few servers stays in the cache.
        let oldest = self.latest.pop_front();
        self.latest.push_back(moment);
        match oldest {
            // So many came after it that it is none of the latest, whatever else comes.
            Some(moment) if self.is_beyond_sample(moment.started, || moment.sample_key()) => {
                Room::Counted(moment)
            }
            Some(moment) => Room::Remembered(moment),
            None => Room::Latest,
        }
    }

    fn remembered_or_counted(&self, moment: Moment) -> Room {
        if self.holds(moment.started, || moment.sample_key()) {
            Room::Counted(moment)
        } else {
            Room::Remembered(moment)
        }
    }

    fn is_beyond_sample(&self, started: Timestamp, sample_key: impl FnOnce() -> u64) -> bool {
        started > self.after && sample_key() > self.sample_key
    }

    /// Whether an attempt with this beginning and hash would not be remembered.
    pub(super) fn holds(&self, started: Timestamp, sample_key: impl FnOnce() -> u64) -> bool {
        started < self.before && self.is_beyond_sample(started, sample_key)
    }
}

/// What is known of attempts that were let go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LetGo {
    /// How wide the steps are of whose plain successes the first and the last are remembered.
    step: BucketWidth,
    /// Clients that were accepted, and went on.
    pub(super) accepted_clients: AddressSet,
    /// Clients that were accepted, and perhaps some others: of a flood they are many.
    half_open_clients: KeyFilter,
    /// There were more: nobody is known not to be accepted.
    pub(super) accepts_anybody: bool,
    /// What told the origin of the acceptances.
    pub(super) answers: BTreeSet<Fingerprint>,
    /// When somebody was accepted.
    pub(super) accepted: Presence,
}

impl LetGo {
    pub(super) fn new(share: usize) -> Self {
        Self {
            step: BucketWidth::default(),
            accepted_clients: AddressSet::default(),
            half_open_clients: KeyFilter::with_blocks(BLOCKS_OF_HALF_OPEN),
            accepts_anybody: false,
            answers: BTreeSet::new(),
            accepted: Presence::with_at_most(share),
        }
    }

    /// Takes note of an attempt that is no longer remembered singly, or that is remembered beside
    /// such.
    pub(super) fn note(&mut self, moment: &Moment) {
        if !moment.was_accepted() {
            return;
        }
        self.accepted.insert(moment.started);
        self.answers.extend(moment.answer);
        self.limit_answers();
        if moment.outcome == Outcome::HalfOpen {
            let client = fixed_hash::of_address(moment.client);
            self.half_open_clients.insert(client);
        } else {
            self.note_accepted(moment.client);
        }
    }

    fn note_accepted(&mut self, client: IpAddr) {
        if self.accepted_clients.len() < KNOWN_CLIENTS {
            self.accepted_clients.insert(client);
        } else if !self.accepted_clients.contains(client) {
            self.accepts_anybody = true;
        }
    }

    fn limit_answers(&mut self) {
        while self.answers.len() > KNOWN_ANSWERS {
            self.answers.pop_last();
        }
    }

    /// Whether this client may have been accepted.
    pub(super) fn may_have_accepted(&self, client: IpAddr) -> bool {
        self.accepts_anybody
            || self.accepted_clients.contains(client)
            || self
                .half_open_clients
                .contains(fixed_hash::of_address(client))
    }

    /// Lets all go but a share of the attempts of one class, which are in order; what is known of
    /// the class besides, if that is what is kept by more than time.
    pub(super) fn thin(
        &mut self,
        (class, before): (Class, Option<Box<Beyond>>),
        moments: &[Moment],
        share: usize,
        kept: &mut Vec<Moment>,
    ) -> Option<Box<Beyond>> {
        if class.is_plain_success() {
            self.thin_successes(moments, share, kept);
            return None;
        }
        let share = share.max(FEWEST);
        if moments.len() <= share {
            kept.extend(moments);
            return before;
        }
        let earliest = earliest_of(share);
        let latest = moments.len().saturating_sub(latest_of(share));
        let of_sample = share - earliest - latest_of(share);
        let between = moments.get(earliest..latest)?;
        let mut sample: Vec<(u64, usize)> = (earliest..)
            .zip(between)
            .map(|(index, moment)| (moment.sample_key(), index))
            .collect();
        let last_of_sample = of_sample.checked_sub(1)?;
        let (_, (sample_key, _), _) = sample.select_nth_unstable(last_of_sample);
        let sample_key = *sample_key;
        sample.truncate(of_sample);
        let is_at_an_end = |index: usize| index < earliest || index >= latest;
        let mut is_kept: Vec<bool> = (0..moments.len()).map(is_at_an_end).collect();
        for (_, index) in sample {
            if let Some(is_kept) = is_kept.get_mut(index) {
                *is_kept = true;
            }
        }
        let mut clients = before.map(|before| before.clients).unwrap_or_default();
        for (moment, is_kept) in moments.iter().zip(is_kept) {
            if is_kept {
                kept.push(*moment);
            } else {
                clients.insert(moment.client);
                self.note(moment);
            }
        }
        Some(Box::new(Beyond {
            after: moments.get(earliest.checked_sub(1)?)?.started,
            before: moments.get(latest)?.started,
            sample_key,
            clients,
            latest: VecDeque::new(),
        }))
    }

    /// Of each step the first and the last, which stands for all between.
    fn thin_successes(&mut self, moments: &[Moment], share: usize, kept: &mut Vec<Moment>) {
        let share = share.max(FEWEST);
        while left_in_steps(moments, self.step) > share && self.step < BucketWidth::WIDEST {
            self.step = self.step.doubled();
        }
        let step = self.step;
        let is_same = |one: &Moment, other: &Moment| {
            step.bucket_of(one.started) == step.bucket_of(other.started)
        };
        for of_step in moments.chunk_by(is_same) {
            let [first, between @ .., last] = of_step else {
                kept.extend(of_step);
                continue;
            };
            let others = of_step.iter().map(Moment::stands_for).sum::<u64>() - 1;
            for moment in between {
                self.note(moment);
            }
            kept.extend([first.for_so_many(1), last.for_so_many(others)]);
        }
    }
}

impl Facts for Tally {
    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.beyond = match (self.beyond.take(), other.beyond) {
            // What lies beyond either lies beyond both.
            (Some(mut own), Some(others)) => {
                own.clients.merge(others.clients);
                Some(own)
            }
            (own, others) => own.or(others),
        };
    }
}

impl Facts for LetGo {
    fn merge(&mut self, other: Self) {
        self.step = self.step.max(other.step);
        self.accepts_anybody |= other.accepts_anybody;
        for client in other.accepted_clients.iter() {
            self.note_accepted(client);
        }
        self.half_open_clients.merge(other.half_open_clients);
        self.answers.extend(other.answers);
        self.limit_answers();
        self.accepted.merge(other.accepted);
    }
}

/// The fewest that are remembered of a class: the earliest, the latest, and two between.
pub(super) const FEWEST: usize = 4;

/// So many are remembered for being the earliest.
fn earliest_of(share: usize) -> usize {
    share.max(FEWEST) / 4
}

/// So many for being the latest: fewer, as nearly every attempt is that for a while, and with many
/// servers all of these together are to fit the caches.
fn latest_of(share: usize) -> usize {
    (share / 16).max(1)
}

fn left_in_steps(moments: &[Moment], step: BucketWidth) -> usize {
    let is_same =
        |one: &Moment, other: &Moment| step.bucket_of(one.started) == step.bucket_of(other.started);
    let of_steps = moments.chunk_by(is_same);
    of_steps.map(|of_step| of_step.len().min(2)).sum()
}

/// Tells those of a class that are remembered, which are in order, for how many each stands: those
/// between the earliest and the latest, which are a sample, for all that are not remembered.
pub(super) fn weigh(moments: &mut [Moment], count: u64, share: usize) {
    let earliest = earliest_of(share);
    let omitted = count.saturating_sub(moments.len() as u64);
    let before_latest = moments.len().saturating_sub(latest_of(share));
    let between = earliest..before_latest.max(earliest);
    for moment in &mut *moments {
        *moment = moment.for_so_many(1);
    }
    let sample = match moments.get_mut(between) {
        Some(sample) if !sample.is_empty() => sample,
        _ => moments,
    };
    let each = omitted / (sample.len() as u64).max(1);
    let more = omitted % (sample.len() as u64).max(1);
    for (index, moment) in (0..).zip(sample) {
        let others = each + u64::from(index < more);
        *moment = moment.for_so_many(others + 1);
    }
}
