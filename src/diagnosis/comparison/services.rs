//! How the attempts to one server ended, one after the other.

mod closings;
mod connection_limit;
mod divided;
mod live;
mod moment;
mod overview;
mod presence;
mod thinning;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::capture::Timestamp;
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::client_sketch::ClientSketch;
use crate::diagnosis::compact_sets::AddressSet;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::fixed_hash;
use crate::handshake::{Closing, Outcome};
use closings::Closings;
pub(crate) use connection_limit::{BeyondLimit, ConnectionLimit};
use moment::Class;
pub(crate) use moment::Moment;
use overview::Overview;
pub(super) use thinning::KNOWN_CLIENTS;
use thinning::{LetGo, Room, Tally};

/// So many attempts of one class to one server are remembered singly; fewer when those to all
/// servers would be too many.
pub(super) const LARGEST_SHARE: usize = 8192;
pub(super) const SMALLEST_SHARE: usize = thinning::FEWEST;

/// So many attempts that nobody completes may be a flood.
const FEWEST_OF_A_FLOOD: u64 = 50;

/// What a server is worth, of which so many attempts failed: the least, the more it is worth.
pub(crate) fn worth_of_server(failed: u64, attempts: u64) -> u8 {
    match (failed, attempts) {
        (_, ..=1) => 2,
        (1.., _) => 0,
        _ => 1,
    }
}

/// The attempts to one server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ServiceHistory {
    moments: Vec<Moment>,
    /// How many there were of each class.
    tallies: Vec<Tally>,
    let_go: Option<Box<LetGo>>,
    closings: Closings,
    #[serde(skip)]
    connection_limit: Option<Box<ConnectionLimit>>,
    #[serde(skip)]
    overview: Option<Box<Overview>>,
    /// How many moments are not as they were when `overview` was made.
    changes: u32,
    /// How many there were when the last ones were let go.
    after_thinning: u32,
}

/// How much there is of which no more than the count is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OnlyCounted {
    /// Attempts that succeeded, and nothing more.
    pub(super) successes: u64,
    /// All others.
    pub(super) others: u64,
    /// Servers of which more clients were accepted than are known.
    pub(super) accepting_anybody: u64,
}

impl Facts for ServiceHistory {
    /// To be thinned, and looked at, anew.
    fn merge(&mut self, mut other: Self) {
        other.gather();
        self.moments.extend(other.moments);
        for others in other.tallies {
            let own = self
                .tallies
                .iter_mut()
                .find(|own| own.class == others.class);
            match own {
                Some(own) => own.merge(others),
                None => self.tallies.push(others),
            }
        }
        match (&mut self.let_go, other.let_go) {
            (Some(own), Some(others)) => own.merge(*others),
            (own @ None, others) => *own = others,
            (Some(_), None) => {}
        }
        self.closings.merge(other.closings);
        self.changes = self.changes.saturating_add(other.changes);
    }
}

impl ServiceHistory {
    /// Takes note that a connection ended, before or after its attempt is added.
    pub(super) fn note_closing(&mut self, closing: &Closing, share: usize) {
        self.closings.note(closing);
        if self.closings.has_too_many(share) {
            let latest = self
                .tallies
                .iter()
                .filter_map(|tally| tally.beyond.as_ref());
            let latest = latest.flat_map(|beyond| &beyond.latest);
            let known = self.moments.iter().chain(latest);
            self.closings.let_go_but_of(known);
        }
    }

    /// Takes note of an attempt.
    pub(super) fn add(&mut self, facts: &impl AttemptFacts, share: usize) {
        if facts.is_plainly_unanswered() && self.only_counts(facts) {
            return;
        }
        let Some(moment) = Moment::of(facts) else {
            return;
        };
        match self.room_for(moment, share) {
            Room::Latest => self.changes = self.changes.saturating_add(1),
            Room::Remembered(moment) => self.push(moment),
            Room::Counted(moment) => {
                if let Some(let_go) = &mut self.let_go {
                    let_go.note(&moment);
                }
            }
        }
        if self.moments.len() > self.after_thinning as usize + share {
            self.thin(share);
        }
    }

    /// Counts an attempt; what becomes of it, or of another of its class.
    fn room_for(&mut self, moment: Moment, share: usize) -> Room {
        let tally = self.tally_mut(moment.class());
        tally.count += 1;
        let Some(beyond) = &mut tally.beyond else {
            return Room::Remembered(moment);
        };
        let room = beyond.take(moment, share);
        if let Room::Counted(moment) = &room {
            beyond.clients.insert(moment.client);
        }
        room
    }

    fn push(&mut self, moment: Moment) {
        if self.moments.capacity() == self.moments.len() {
            // Most servers of a scan are asked once; twice the room of very many is much.
            self.moments.reserve_exact(self.moments.len() / 4 + 1);
        }
        self.moments.push(moment);
        self.changes = self.changes.saturating_add(1);
    }

    /// Puts the latest of each class to the others: [`Self::moments`] shows all then.
    pub(super) fn gather(&mut self) {
        for tally in &mut self.tallies {
            if let Some(beyond) = &mut tally.beyond {
                self.moments.extend(beyond.latest.drain(..));
            }
        }
    }

    /// How many attempts are remembered singly.
    pub(super) fn remembered(&self) -> usize {
        let beyond = self
            .tallies
            .iter()
            .filter_map(|tally| tally.beyond.as_ref());
        self.moments.len() + beyond.map(|beyond| beyond.latest.len()).sum::<usize>()
    }

    /// Counts an attempt that nobody accepted, if it would not be remembered; whether that is so.
    fn only_counts(&mut self, facts: &impl AttemptFacts) -> bool {
        let class = Class::of_unanswered(facts.outcome(), facts.syn_count() == 1);
        let (started, client) = facts.beginning();
        let tally = self.tally_mut(class);
        let sample_key = || fixed_hash::of_beginning(started, client);
        let beyond = tally.beyond.as_mut();
        let Some(beyond) = beyond.filter(|beyond| beyond.holds(started, sample_key)) else {
            return false;
        };
        beyond.clients.insert(client);
        tally.count += 1;
        true
    }

    fn tally_mut(&mut self, class: Class) -> &mut Tally {
        let known = self.tallies.iter().position(|tally| tally.class == class);
        let index = known.unwrap_or_else(|| {
            self.tallies.reserve_exact(1);
            self.tallies.push(Tally {
                class,
                count: 0,
                beyond: None,
            });
            self.tallies.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was found there, or was pushed")]
        &mut self.tallies[index]
    }

    /// Lets attempts go of which there are more than the share of their class; how many are
    /// remembered then.
    pub(super) fn thin(&mut self, share: usize) -> usize {
        self.gather();
        // They come nearly in order, after those that are: a stable sort merges such runs.
        self.moments.sort_by(Moment::compare_in_classes);
        let is_same = |one: &Moment, other: &Moment| one.class() == other.class();
        let of_classes = self.moments.chunk_by(is_same);
        if let Some(let_go) = &mut self.let_go {
            let_go.accepted.limit_to(share);
        }
        // Where there were more than the share, what is kept depends on them alone, not on how
        // often room was made.
        let is_much = |tally: &Tally| tally.count > share as u64;
        if self.tallies.iter().any(is_much) {
            let let_go = self
                .let_go
                .get_or_insert_with(|| Box::new(LetGo::new(share)));
            let mut kept = Vec::with_capacity(self.moments.len());
            for moments in of_classes {
                let Some(class) = moments.first().map(Moment::class) else {
                    continue;
                };
                let mut tallies = self.tallies.iter_mut();
                match tallies.find(|tally| tally.class == class) {
                    Some(tally) if is_much(tally) => {
                        let before = (class, tally.beyond.take());
                        tally.beyond = let_go.thin(before, moments, share, &mut kept);
                    }
                    _ => kept.extend(moments),
                }
            }
            self.changes = self.changes.saturating_add(1);
            self.moments.clear();
            self.moments.append(&mut kept);
            // As many come again before the next are let go.
            self.moments.shrink_to(self.moments.len() + share);
        }
        self.closings.let_go_but_of(&self.moments);
        self.weigh(share);
        self.after_thinning = u32::try_from(self.moments.len()).unwrap_or(u32::MAX);
        self.moments.len()
    }

    /// How many attempts are remembered at most with such a share, whether or not it was thinned to
    /// it.
    pub(super) fn claim(&self, share: usize) -> usize {
        let of_class = |tally: &Tally| usize::try_from(tally.count).unwrap_or(share).min(share);
        self.tallies.iter().map(of_class).sum()
    }

    /// Tells each remembered attempt for how many it stands; they are in the order of their
    /// classes.
    fn weigh(&mut self, share: usize) {
        let is_same = |one: &Moment, other: &Moment| one.class() == other.class();
        for moments in self.moments.chunk_by_mut(is_same) {
            let class = moments.first().map(Moment::class);
            let tallies = &self.tallies;
            let tally = tallies.iter().find(|tally| Some(tally.class) == class);
            if let Some(tally) = tally.filter(|tally| !tally.class.is_plain_success()) {
                thinning::weigh(moments, tally.count, share);
            }
        }
    }

    /// Looks at all attempts together, once there are no more.
    pub(super) fn settle(&mut self, share: usize) {
        self.thin(share);
        self.moments.sort_unstable_by_key(Moment::order);
        let is_alone = self.moments.len() == 1 && self.let_go.is_none();
        if is_alone && !self.moments.iter().any(Moment::was_accepted) {
            // Nothing to compare it with: of a scan most servers are so.
            self.overview = None;
        } else {
            let let_go = self.let_go.as_deref();
            self.overview = Some(Box::new(Overview::of(&self.moments, let_go)));
        }
        let are_all_remembered = self.let_go.is_none();
        let limit = are_all_remembered.then(|| ConnectionLimit::of(&self.moments, &self.closings));
        self.connection_limit = limit.flatten().map(Box::new);
        self.changes = 0;
    }

    /// The remembered attempts, in the order they began, once they were looked at together.
    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Servers that failed again and again are worth most, those that were asked once least.
    pub(super) fn worth(&self) -> u8 {
        let failed = self
            .tallies
            .iter()
            .filter(|tally| tally.class.outcome.is_failure());
        let failed: u64 = failed.map(|tally| tally.count).sum();
        let all: u64 = self.tallies.iter().map(|tally| tally.count).sum();
        worth_of_server(failed, all)
    }

    /// Of how many no more than the count is known.
    pub(super) fn only_counted(&self) -> OnlyCounted {
        let Some(let_go) = &self.let_go else {
            return OnlyCounted::default();
        };
        let kept = self.moments.iter();
        let kept_successes = kept
            .filter(|moment| moment.class().is_plain_success())
            .count();
        let kept_others = self.moments.len() - kept_successes;
        let is_success = |tally: &&Tally| tally.class.is_plain_success();
        let tallies = || self.tallies.iter();
        let successes: u64 = tallies().filter(is_success).map(|tally| tally.count).sum();
        let all: u64 = tallies().map(|tally| tally.count).sum();
        OnlyCounted {
            successes: successes.saturating_sub(kept_successes as u64),
            others: (all - successes).saturating_sub(kept_others as u64),
            accepting_anybody: u64::from(let_go.accepts_anybody),
        }
    }

    /// How many clients tried what ended so: about, when not all of these attempts are remembered.
    pub(crate) fn clients_of(&self, is_meant: impl Fn(Outcome, bool) -> bool) -> usize {
        let is_of = |class: Class| is_meant(class.outcome, class.is_unfinished());
        let moments = self.moments.iter();
        let clients = moments
            .filter(|moment| is_of(moment.class()))
            .map(|moment| moment.client);
        let tallies = self.tallies.iter().filter(|tally| is_of(tally.class));
        let beyond: Vec<&ClientSketch> = tallies
            .filter_map(|tally| Some(&tally.beyond.as_ref()?.clients))
            .collect();
        if beyond.is_empty() {
            return clients.collect::<AddressSet>().len();
        }
        let mut sketch = ClientSketch::default();
        clients.for_each(|client| sketch.insert(client));
        for others in beyond {
            sketch.merge(others.clone());
        }
        sketch.count()
    }

    /// How many attempts ended so.
    pub(crate) fn attempts_of(&self, is_meant: impl Fn(Outcome, bool) -> bool) -> u64 {
        let is_of = |class: Class| is_meant(class.outcome, class.is_unfinished());
        let tallies = self.tallies.iter().filter(|tally| is_of(tally.class));
        tallies.map(|tally| tally.count).sum()
    }

    /// Clients whose accepted attempts are only counted.
    pub(crate) fn clients_only_counted(&self) -> impl Iterator<Item = IpAddr> {
        let let_go = self.let_go.iter();
        let_go.flat_map(|let_go| let_go.accepted_clients.iter())
    }

    /// What told the origin of acceptances that are only counted.
    pub(crate) fn answers_only_counted(&self) -> BTreeSet<Fingerprint> {
        let let_go = self.let_go.as_ref();
        let_go.map_or_else(BTreeSet::new, |let_go| let_go.answers.clone())
    }

    /// Whether it accepted, between these times, somebody whose attempt is only counted.
    pub(crate) fn accepted_uncounted_between(&self, from: Timestamp, until: Timestamp) -> bool {
        let let_go = self.let_go.as_ref();
        let_go.is_some_and(|let_go| let_go.accepted.is_between(from, until))
    }

    /// Whom it does not take for having too many connections open.
    pub(crate) fn connection_limit(&self, beyond: BeyondLimit) -> Option<&ConnectionLimit> {
        let limit = self.connection_limit.as_deref();
        limit.filter(|limit| limit.beyond == beyond)
    }

    /// Whether most attempts so far are such as nobody completes.
    pub(crate) fn is_mostly_unfinished(&self) -> bool {
        let unfinished = |tally: &&Tally| tally.class.is_unfinished();
        let of_those = self.tallies.iter().filter(unfinished);
        let unfinished: u64 = of_those.map(|tally| tally.count).sum();
        let all: u64 = self.tallies.iter().map(|tally| tally.count).sum();
        unfinished >= FEWEST_OF_A_FLOOD && unfinished * 2 > all
    }

    /// Whether the port ever answered, with whatever.
    pub(crate) fn has_answered(&self) -> bool {
        self.has_accepted()
            || self
                .moments
                .iter()
                .any(|moment| moment.outcome == Outcome::Refused)
    }

    /// Whether the port ever accepted.
    pub(crate) fn has_accepted(&self) -> bool {
        let overview = self.overview.as_ref();
        overview.is_some_and(|overview| !overview.accepted_at.is_empty())
    }

    /// Whether a filter's own log says of others that were refused that it was the filter.
    pub(crate) fn is_refused_by_filter(&self) -> bool {
        // Of each class some are remembered: looking through them all takes too long in a flood.
        let those = self.tallies.iter().filter(|tally| tally.count > 0);
        those
            .map(|tally| tally.class)
            .any(Class::is_refused_by_filter)
    }

    /// Whether it ever accepted this client.
    pub(crate) fn has_accepted_from(&self, client: IpAddr) -> bool {
        let (let_go, overview) = (self.let_go.as_ref(), self.overview.as_ref());
        let_go.is_some_and(|let_go| let_go.may_have_accepted(client))
            || overview.is_some_and(|overview| overview.accepted_clients.contains(client))
    }

    /// Whether it met another client with silence.
    pub(crate) fn drops_others_than(&self, client: IpAddr) -> bool {
        self.overview.as_ref().is_some_and(|overview| {
            let own = usize::from(overview.dropped_clients.contains(client));
            overview.dropped_clients.len() > own
        })
    }

    /// Whether it accepted somebody within the same seconds.
    pub(crate) fn accepted_about(&self, at: Timestamp) -> bool {
        let (before, after) = self.acceptances_around(at);
        before || after
    }

    /// Whether it accepted somebody before and after then, within the same seconds.
    pub(crate) fn accepted_around(&self, at: Timestamp) -> bool {
        self.acceptances_around(at) == (true, true)
    }

    fn acceptances_around(&self, at: Timestamp) -> (bool, bool) {
        let overview = self.overview.as_ref();
        overview.map_or((false, false), |overview| {
            overview.acceptances_around(at, self.let_go.as_deref())
        })
    }

    /// Whether it never accepts this client, and accepts others before and after each of this
    /// client's attempts, within the same seconds.
    pub(crate) fn shuts_out(&self, client: IpAddr) -> bool {
        let overview = self.overview.as_ref();
        overview.is_some_and(|overview| overview.shut_out.contains(&client))
    }

    /// Whether it never accepts this client and some others, and always accepts all the rest, which
    /// is hardly chance.
    pub(crate) fn tells_apart(&self, client: IpAddr) -> bool {
        let overview = self.overview.as_ref();
        overview.is_some_and(|overview| overview.told_apart.contains(&client))
    }

    /// Whether it drops just those SYNs of this client that are older by their timestamps than the
    /// last accepted one: as servers did that recycle `TIME_WAIT`, to hosts behind one NAT.
    pub(crate) fn is_ordered_by_timestamps(&self, client: IpAddr) -> bool {
        let overview = self.overview.as_ref();
        overview.is_some_and(|overview| overview.ordered_by_timestamps.contains(&client))
    }

    /// How many connections were accepted about then on which the client sent payload and the
    /// server never a byte.
    pub(crate) fn mute_about(&self, at: Timestamp) -> u64 {
        let is_mute = |moment: &&Moment| {
            moment.was_mute() && moment.started.distance(at) <= MUTE_SIBLINGS_WITHIN
        };
        let mute = self.moments.iter().filter(is_mute);
        mute.map(Moment::stands_for).sum()
    }
}

/// Connections that an overloaded application does not serve were accepted in the same minute.
const MUTE_SIBLINGS_WITHIN: Duration = Duration::from_secs(60);
