//! Which connects of different places are one.
//!
//! Strongest first: the same ends and initial sequence number; the same number and enough else in
//! common where addresses or ports were translated; or another number, and what no box invents:
//! timestamp, identification, time. Two that fit alike are left alone and counted, never guessed.

mod indices;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::clock::ClockEstimate;
use super::place::Place;
use super::sameness::{ENOUGH, Likeness, likeness};
use super::seen::{PacketKind, PlaceAttempt};
use crate::decode::SequenceNumber;
use indices::{Indices, ends};

/// How a connect at one place is known to be one of another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchStrength {
    /// The same ends and numbers.
    Exact,
    /// Addresses or ports were translated.
    Translated,
    /// Its numbers were rewritten: timestamp, identification, order and time say so.
    ByTime,
}

impl MatchStrength {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Translated => "translated",
            Self::ByTime => "by_time",
        }
    }
}

/// A connect, wherever it was seen.
#[derive(Clone, Debug)]
pub struct Connect {
    /// For each place the attempts there: the legs of a place that translates. Empty where it was
    /// not seen.
    pub members: Vec<Vec<usize>>,
    /// For each place how it is known there; of the first one `Exact`.
    pub strengths: Vec<Option<MatchStrength>>,
    /// For each place whether several attempts there fit it alike, or it is one of several that fit
    /// one attempt alike.
    pub unclear: Vec<bool>,
}

impl Connect {
    fn beginning(places: usize, place: usize, attempt: usize) -> Self {
        let mut connect = Self {
            members: vec![Vec::new(); places],
            strengths: vec![None; places],
            unclear: vec![false; places],
        };
        connect.join(place, attempt, MatchStrength::Exact);
        connect
    }

    fn join(&mut self, place: usize, attempt: usize, strength: MatchStrength) {
        if let Some(members) = self.members.get_mut(place) {
            members.push(attempt);
        }
        if let Some(known) = self.strengths.get_mut(place) {
            known.get_or_insert(strength);
        }
    }

    fn set_unclear(&mut self, place: usize) {
        if let Some(unclear) = self.unclear.get_mut(place) {
            *unclear = true;
        }
    }

    /// Whether it was not found at this place because several fit alike.
    pub fn is_unclear_at(&self, place: usize) -> bool {
        !self.is_seen_at(place) && self.unclear.get(place).copied().unwrap_or(false)
    }

    /// Whether it was seen at this place.
    pub fn is_seen_at(&self, place: usize) -> bool {
        self.members
            .get(place)
            .is_some_and(|members| !members.is_empty())
    }
}

/// All connects, and how many could not be told apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Matched {
    /// Each once.
    pub(super) connects: Vec<Connect>,
    /// How many attempts fit several others alike.
    pub(super) ambiguous: u64,
}

/// So long a connect may take from one place to the next, beyond what the clocks are off.
const EXACT_WITHIN: Duration = Duration::from_secs(3);
const TRANSLATED_WITHIN: Duration = Duration::from_millis(500);
const RENUMBERED_WITHIN: Duration = Duration::from_millis(100);
/// So much earlier it may seem, beyond what the clocks are off.
const EARLIER_BY: Duration = Duration::from_millis(2);

/// Of more connects with one number, nothing is told apart by what else they have in common.
const MOST_OF_ONE_NUMBER: usize = 64;

/// Matches the connects of all places.
pub(super) fn matched(places: &[Place], clocks: &[ClockEstimate]) -> Matched {
    let mut all = Matched::default();
    let counts: Vec<HashMap<SequenceNumber, u32>> = places.iter().map(count_numbers).collect();
    for (index, place) in places.iter().enumerate() {
        let matcher = Matcher {
            places,
            clocks,
            index,
            by: Indices::of(place),
            counts: &counts,
        };
        matcher.join(&mut all);
    }
    let unclear = all.connects.iter().filter(|connect| {
        let mut seen = 0..places.len();
        seen.any(|place| connect.is_unclear_at(place))
    });
    all.ambiguous = u64::try_from(unclear.count()).unwrap_or(u64::MAX);
    all
}

/// How many connects of a place begin with each number, legs of one counted once.
fn count_numbers(place: &Place) -> HashMap<SequenceNumber, u32> {
    let mut counts = HashMap::new();
    for attempt in place
        .attempts
        .iter()
        .filter(|attempt| !attempt.is_later_leg)
    {
        *counts.entry(attempt.isn).or_default() += 1;
    }
    counts
}

/// What fits a connect best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Best {
    Nothing,
    One(usize, MatchStrength, Likeness),
    Several,
}

struct Matcher<'a> {
    places: &'a [Place],
    clocks: &'a [ClockEstimate],
    /// The place whose attempts join the connects of places before it.
    index: usize,
    by: Indices,
    counts: &'a [HashMap<SequenceNumber, u32>],
}

impl Matcher<'_> {
    fn join(&self, all: &mut Matched) {
        let attempts = self.attempts(self.index);
        let mut taken = vec![false; attempts.len()];
        for strength in [
            MatchStrength::Exact,
            MatchStrength::Translated,
            MatchStrength::ByTime,
        ] {
            self.join_by(strength, all, &mut taken);
        }
        self.join_legs(all, &mut taken);
        let doubted = self.doubted_numbers(all);
        for (attempt, _) in taken.iter().enumerate().filter(|(_, taken)| !**taken) {
            let mut connect = Connect::beginning(self.places.len(), self.index, attempt);
            let number = attempts.get(attempt).map(|attempt| attempt.isn);
            if number.is_some_and(|number| doubted.contains(&number)) {
                (0..self.index).for_each(|place| connect.set_unclear(place));
            }
            all.connects.push(connect);
        }
        // The first of several legs is often the later one of a place before it.
        self.join_legs_to_new(all);
    }

    /// The numbers of connects that fit several attempts here alike: each of those may be one of
    /// them.
    fn doubted_numbers(&self, all: &Matched) -> HashSet<SequenceNumber> {
        let doubted = all.connects.iter();
        let doubted = doubted.filter(|connect| connect.is_unclear_at(self.index));
        let numbers = doubted.flat_map(|connect| {
            let members = (0..self.index).zip(&connect.members);
            let first =
                members.filter_map(|(place, members)| self.attempts(place).get(*members.first()?));
            first.map(|attempt| attempt.isn)
        });
        numbers.collect()
    }

    fn join_by(&self, strength: MatchStrength, all: &mut Matched, taken: &mut [bool]) {
        let mut wanted: HashMap<usize, Vec<(usize, Likeness)>> = HashMap::new();
        let mut unclear = Vec::new();
        for (connect_index, connect) in all.connects.iter().enumerate() {
            if connect.is_seen_at(self.index) {
                continue;
            }
            match self.best(connect, strength, taken) {
                Best::Nothing => {}
                Best::Several => unclear.push(connect_index),
                Best::One(attempt, _, likeness) => {
                    let wants = wanted.entry(attempt).or_default();
                    wants.push((connect_index, likeness));
                }
            }
        }
        for (attempt, wants) in wanted {
            let best = wants.iter().map(|(_, likeness)| *likeness).max();
            let mut fitting = wants.iter().filter(|(_, likeness)| Some(*likeness) == best);
            let (Some((connect, _)), None) = (fitting.next(), fitting.next()) else {
                unclear.extend(wants.iter().map(|(connect, _)| *connect));
                continue;
            };
            if let Some(connect) = all.connects.get_mut(*connect) {
                connect.join(self.index, attempt, strength);
            }
            if let Some(taken) = taken.get_mut(attempt) {
                *taken = true;
            }
        }
        for connect in unclear {
            if let Some(connect) = all.connects.get_mut(connect) {
                connect.set_unclear(self.index);
            }
        }
    }

    /// What fits this connect best, of those that fit in this way.
    fn best(&self, connect: &Connect, strength: MatchStrength, taken: &[bool]) -> Best {
        let mut best = Best::Nothing;
        let nearest = (0..self.index)
            .rev()
            .filter(|place| connect.is_seen_at(*place));
        for place in nearest {
            let members = connect.members.get(place).into_iter().flatten();
            for member in members.filter_map(|member| self.attempts(place).get(*member)) {
                let found = self.best_for(member, place, strength, taken);
                best = better(best, found);
            }
            if best != Best::Nothing {
                break;
            }
        }
        best
    }

    fn best_for(
        &self,
        member: &PlaceAttempt,
        place: usize,
        strength: MatchStrength,
        taken: &[bool],
    ) -> Best {
        let candidates = match strength {
            MatchStrength::Exact => self.by.ends.get(&ends(member)),
            MatchStrength::Translated => self.by.number.get(&member.isn),
            MatchStrength::ByTime => {
                let value = member
                    .first_syn()
                    .and_then(super::seen::PathPacket::timestamp);
                value.and_then(|value| self.by.timestamp.get(&value))
            }
        };
        let candidates = candidates.map_or(&[][..], Vec::as_slice);
        if candidates.len() > MOST_OF_ONE_NUMBER {
            return Best::Several;
        }
        let is_lone_number = candidates.len() == 1 && self.is_lone_number(member, place);
        let attempts = self.attempts(self.index);
        let mut best = Best::Nothing;
        let mut may_be_more = false;
        for candidate in candidates {
            let is_free = !taken.get(*candidate).copied().unwrap_or(true);
            let Some(attempt) = attempts.get(*candidate).filter(|_| is_free) else {
                continue;
            };
            let likeness = likeness(member, attempt);
            let needed = match strength {
                MatchStrength::Exact => Likeness(0),
                // The number alone is one of four thousand million.
                MatchStrength::Translated if is_lone_number => Likeness(1),
                MatchStrength::Translated | MatchStrength::ByTime => ENOUGH,
            };
            if !self.is_in_time(member, place, attempt, strength) {
                continue;
            }
            if likeness >= needed {
                best = better(best, Best::One(*candidate, strength, likeness));
            }
            may_be_more |= likeness > Likeness(0);
        }
        // With the same number, too little in common to be told apart is no difference either.
        match best {
            Best::Nothing if may_be_more && strength == MatchStrength::Translated => Best::Several,
            best => best,
        }
    }

    /// Whether no other connect of its place begins with this number.
    fn is_lone_number(&self, member: &PlaceAttempt, place: usize) -> bool {
        let counts = self.counts.get(place);
        let count = counts.and_then(|counts| counts.get(&member.isn));
        count.is_none_or(|count| *count <= 1)
    }

    fn is_in_time(
        &self,
        member: &PlaceAttempt,
        place: usize,
        attempt: &PlaceAttempt,
        strength: MatchStrength,
    ) -> bool {
        let within = match strength {
            MatchStrength::Exact => EXACT_WITHIN,
            MatchStrength::Translated => TRANSLATED_WITHIN,
            MatchStrength::ByTime => RENUMBERED_WITHIN,
        };
        let of_one_kind = |one: PacketKind, other: PacketKind| one == other;
        let mut differences = self
            .differences((member, place), attempt, of_one_kind)
            .peekable();
        if differences.peek().is_none() {
            if self.is_without_clock(place) {
                // Time says nothing; a number that was rewritten needs it.
                return strength != MatchStrength::ByTime;
            }
            // One place may show one direction only.
            let mut any = self.differences((member, place), attempt, |_, _| true);
            let within = nanoseconds(EXACT_WITHIN);
            return strength == MatchStrength::Exact
                && any.any(|(later, off)| later.abs() <= within.saturating_add(off));
        }
        differences.any(|(later, off)| {
            let latest = nanoseconds(within).saturating_add(off);
            let earliest = nanoseconds(EARLIER_BY).saturating_add(off);
            later <= latest && later >= -earliest
        })
    }

    fn is_without_clock(&self, place: usize) -> bool {
        let is_unknown = |place| self.clocks.get(place).is_none_or(ClockEstimate::is_unknown);
        is_unknown(place) || is_unknown(self.index)
    }

    /// How much later packets were captured here than there, and how much that may be off; only of
    /// kinds that are compared.
    fn differences<'a>(
        &'a self,
        (member, place): (&'a PlaceAttempt, usize),
        attempt: &'a PlaceAttempt,
        is_compared: impl Fn(PacketKind, PacketKind) -> bool + Copy + 'a,
    ) -> impl Iterator<Item = (i64, i64)> + 'a {
        let (before, here) = (self.clocks.get(place), self.clocks.get(self.index));
        let clocks = before.zip(here);
        member.packets.iter().flat_map(move |packet| {
            let others = attempt.packets.iter();
            let others = others.filter(move |other| is_compared(packet.kind, other.kind));
            others.filter_map(move |other| {
                let (before, here) = clocks?;
                let (earlier, off) = before.to_reference(packet.place.at)?;
                let (later, other_off) = here.to_reference(other.place.at)?;
                Some((later.saturating_sub(earlier), off.saturating_add(other_off)))
            })
        })
    }

    /// Legs of a connect inside this place: what it translates itself.
    fn join_legs(&self, all: &mut Matched, taken: &mut [bool]) {
        let attempts = self.attempts(self.index);
        let by_number = self.by_member_number(all);
        for (index, attempt) in attempts.iter().enumerate() {
            let is_taken = taken.get(index).copied().unwrap_or(true);
            if is_taken || !attempt.is_later_leg {
                continue;
            }
            let known = by_number.get(&attempt.isn).map_or(&[][..], Vec::as_slice);
            let fitting = known.iter().filter(|(_, member)| {
                let member = attempts.get(*member);
                member.is_some_and(|member| likeness(member, attempt) >= Likeness(1))
            });
            let mut fitting = fitting.map(|(connect, _)| *connect);
            if let (Some(connect), None) = (fitting.next(), fitting.next())
                && let Some(connect) = all.connects.get_mut(connect)
            {
                connect.join(self.index, index, MatchStrength::Translated);
                if let Some(taken) = taken.get_mut(index) {
                    *taken = true;
                }
            }
        }
    }

    /// The same for connects that begin at this place: a later leg is no connect of its own.
    fn join_legs_to_new(&self, all: &mut Matched) {
        let attempts = self.attempts(self.index);
        let is_new = |connect: &Connect| (0..self.index).all(|place| !connect.is_seen_at(place));
        let leg_of = |connect: &Connect| {
            let members = connect.members.get(self.index)?;
            let [member] = members.as_slice() else {
                return None;
            };
            let attempt = attempts.get(*member)?;
            (is_new(connect) && attempt.is_later_leg).then_some(*member)
        };
        let by_number = self.by_member_number(all);
        let mut moved = Vec::new();
        for (index, connect) in all.connects.iter().enumerate() {
            let Some(leg) = leg_of(connect) else {
                continue;
            };
            let Some(attempt) = attempts.get(leg) else {
                continue;
            };
            let known = by_number.get(&attempt.isn).map_or(&[][..], Vec::as_slice);
            let mut others = known.iter().filter(|(other, member)| {
                let member = attempts.get(*member);
                *other != index && member.is_some_and(|member| !member.is_later_leg)
            });
            if let (Some((other, _)), None) = (others.next(), others.next()) {
                moved.push((index, *other, leg));
            }
        }
        for (_, other, leg) in &moved {
            if let Some(connect) = all.connects.get_mut(*other) {
                connect.join(self.index, *leg, MatchStrength::Translated);
            }
        }
        let gone: HashSet<usize> = moved.iter().map(|(index, _, _)| *index).collect();
        let mut index = 0..;
        all.connects
            .retain(|_| index.next().is_none_or(|index| !gone.contains(&index)));
    }

    /// The attempts of this place that belong to a connect, by their number.
    fn by_member_number(&self, all: &Matched) -> HashMap<SequenceNumber, Vec<(usize, usize)>> {
        let attempts = self.attempts(self.index);
        let mut found: HashMap<SequenceNumber, Vec<(usize, usize)>> = HashMap::new();
        for (index, connect) in all.connects.iter().enumerate() {
            for member in connect.members.get(self.index).into_iter().flatten() {
                if let Some(attempt) = attempts.get(*member) {
                    found.entry(attempt.isn).or_default().push((index, *member));
                }
            }
        }
        found
    }

    fn attempts(&self, place: usize) -> &[PlaceAttempt] {
        self.places.get(place).map_or(&[], |place| &place.attempts)
    }
}

fn better(one: Best, other: Best) -> Best {
    match (one, other) {
        (Best::Nothing, other) => other,
        (one, Best::Nothing) => one,
        (Best::One(first, _, likeness), Best::One(second, _, others)) if first != second => {
            match likeness.cmp(&others) {
                std::cmp::Ordering::Less => other,
                std::cmp::Ordering::Equal => Best::Several,
                std::cmp::Ordering::Greater => one,
            }
        }
        (Best::Several, _) | (_, Best::Several) => Best::Several,
        (one, _) => one,
    }
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
