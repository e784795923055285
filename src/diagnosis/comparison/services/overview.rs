//! What all remembered attempts to one server say, looked up once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use super::divided;
use super::moment::Moment;
use super::thinning::LetGo;
use crate::capture::Timestamp;
use crate::diagnosis::compact_sets::AddressSet;
use crate::diagnosis::comparison::{SAME_SECONDS, is_about_the_same_time};
use crate::handshake::Outcome;

/// What all remembered attempts to one server say, looked up once.
#[derive(Clone, Debug, Default)]
pub(super) struct Overview {
    /// When those that were accepted began, in order of time.
    pub(super) accepted_at: Vec<Timestamp>,
    pub(super) accepted_clients: AddressSet,
    pub(super) dropped_clients: AddressSet,
    pub(super) shut_out: HashSet<IpAddr, foldhash::fast::RandomState>,
    /// Clients that are never accepted, where each other client always is.
    pub(super) told_apart: BTreeSet<IpAddr>,
    /// Clients of whom it drops just those SYNs that are older by their timestamps.
    pub(super) ordered_by_timestamps: HashSet<IpAddr, foldhash::fast::RandomState>,
}

impl Overview {
    /// Of these, and of what is known of those that were let go.
    pub(super) fn of(moments: &[Moment], let_go: Option<&LetGo>) -> Self {
        let accepted = || moments.iter().filter(|moment| moment.was_accepted());
        let dropped = moments
            .iter()
            .filter(|moment| moment.outcome == Outcome::Dropped);
        let mut accepted_at: Vec<Timestamp> = accepted().map(|moment| moment.started).collect();
        accepted_at.sort_unstable();
        let mut overview = Self {
            accepted_at,
            accepted_clients: accepted()
                .map(|moment| moment.client)
                .chain(
                    let_go
                        .iter()
                        .flat_map(|let_go| let_go.accepted_clients.iter()),
                )
                .collect(),
            dropped_clients: dropped.map(|moment| moment.client).collect(),
            shut_out: HashSet::default(),
            told_apart: BTreeSet::new(),
            ordered_by_timestamps: HashSet::default(),
        };
        overview.shut_out = overview.shut_out_of(moments, let_go);
        // Of clients that are only counted it is not known whether they were ever accepted.
        if let_go.is_none() {
            overview.told_apart = divided::shut_out(moments);
            overview.shut_out.extend(&overview.told_apart);
        }
        overview.ordered_by_timestamps = overview.ordered_of(moments);
        overview
    }

    /// Clients that are never accepted, while others are before and after each of their attempts:
    /// but for a few, where there are several, before which or after which nobody was at all.
    fn shut_out_of(
        &self,
        moments: &[Moment],
        let_go: Option<&LetGo>,
    ) -> HashSet<IpAddr, foldhash::fast::RandomState> {
        let is_stranger = |client: IpAddr| {
            !self.accepted_clients.contains(client)
                && let_go.is_none_or(|let_go| !let_go.may_have_accepted(client))
        };
        let mut among: HashMap<IpAddr, (u32, u32), foldhash::fast::RandomState> =
            HashMap::default();
        let strangers = moments.iter().filter(|moment| is_stranger(moment.client));
        for moment in strangers {
            let is_undecided = matches!(moment.outcome, Outcome::Pending | Outcome::Partial);
            let is_among = !is_undecided && self.is_between_acceptances(moment.started, let_go);
            let (inside, outside) = among.entry(moment.client).or_default();
            *inside += u32::from(is_among);
            if !is_among {
                let is_at_an_end = !is_undecided && self.is_at_an_end(moment.started, let_go);
                *outside = outside.saturating_add(if is_at_an_end { 1 } else { u32::MAX });
            }
        }
        let is_shut_out = |(_, (inside, outside)): &(IpAddr, (u32, u32))| {
            *outside == 0 || *inside / FEWEST_INSIDE_FOR_EACH_OUTSIDE >= *outside
        };
        let shut_out = among.into_iter().filter(is_shut_out);
        shut_out.map(|(client, _)| client).collect()
    }

    /// Clients of whom every dropped SYN is older than the last accepted one, and every accepted
    /// one newer than that before: at least two of each, so that it is hardly chance.
    fn ordered_of(&self, moments: &[Moment]) -> HashSet<IpAddr, foldhash::fast::RandomState> {
        let is_both = |client: &IpAddr| self.accepted_clients.contains(*client);
        let clients: AddressSet = self.dropped_clients.iter().filter(is_both).collect();
        let mut in_order: HashMap<IpAddr, Vec<&Moment>, foldhash::fast::RandomState> =
            HashMap::default();
        for moment in moments
            .iter()
            .filter(|moment| clients.contains(moment.client))
        {
            in_order.entry(moment.client).or_default().push(moment);
        }
        in_order
            .into_iter()
            .filter_map(|(client, mut moments)| {
                moments.sort_by_key(|moment| moment.order());
                is_ordered(&moments).then_some(client)
            })
            .collect()
    }

    /// Whether somebody was accepted before, and after, within the same seconds.
    pub(super) fn acceptances_around(&self, at: Timestamp, let_go: Option<&LetGo>) -> (bool, bool) {
        let later = self.accepted_at.partition_point(|accepted| *accepted < at);
        let not_later = self.accepted_at.partition_point(|accepted| *accepted <= at);
        let is_close = |index: Option<usize>| {
            index
                .and_then(|index| self.accepted_at.get(index))
                .is_some_and(|accepted| is_about_the_same_time(*accepted, at))
        };
        let was_let_go =
            |from, until| let_go.is_some_and(|let_go| let_go.accepted.is_between(from, until));
        (
            is_close(not_later.checked_sub(1)) || was_let_go(at.before(SAME_SECONDS), at),
            is_close(Some(later)) || was_let_go(at, at.after(SAME_SECONDS)),
        )
    }

    /// Whether nobody was accepted before that in the whole capture, or nobody after it.
    fn is_at_an_end(&self, at: Timestamp, let_go: Option<&LetGo>) -> bool {
        let is_first = self.accepted_at.first().is_none_or(|first| at < *first);
        let is_last = self.accepted_at.last().is_none_or(|last| at > *last);
        let_go.is_none() && (is_first || is_last)
    }

    fn is_between_acceptances(&self, at: Timestamp, let_go: Option<&LetGo>) -> bool {
        self.acceptances_around(at, let_go) == (true, true)
    }
}

/// The capture begins and ends: there, nobody is accepted before or after.
const FEWEST_INSIDE_FOR_EACH_OUTSIDE: u32 = 4;

/// How often dropped and accepted SYNs must be in order.
const FEWEST_IN_ORDER: usize = 2;

fn is_ordered(moments: &[&Moment]) -> bool {
    let mut newest: Option<&Moment> = None;
    let (mut dropped, mut accepted) = (0, 0);
    for moment in moments {
        let is_older = newest.and_then(|newest| moment.is_older_than(newest));
        match (moment.was_accepted(), moment.outcome, is_older) {
            (true, _, Some(false)) => accepted += 1,
            (true, _, None) if newest.is_none() => {}
            (false, Outcome::Dropped, Some(true)) => dropped += 1,
            (false, Outcome::Pending, _) => {}
            _ => return false,
        }
        if moment.was_accepted() {
            newest = Some(moment);
        }
    }
    dropped >= FEWEST_IN_ORDER && accepted >= FEWEST_IN_ORDER
}
