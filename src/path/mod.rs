//! **Between handshake and diagnosis: the path.** What several places saw of the same connects
//! comes in; for each connect goes out where on the path its packets were lost, made or changed.
//!
//! A place is a set of captures of one clock ([`Place`]). Clocks need not agree: how far each is
//! ahead follows from the packets themselves. Connects are matched by their packets, through
//! translations, and nothing is guessed: what fits several alike is left alone. A place is a
//! witness only of what it was watching.
//!
//! This room has no clock, does no input or output and has no words for people.

mod altered;
mod clock;
mod confidence;
mod contradictions;
mod coverage;
mod delays;
mod finder;
mod findings;
mod journey;
mod mappings;
mod matching;
mod new_connections;
mod order;
mod pairing;
mod place;
mod sameness;
mod seen;
mod verdict;
mod verdicts;

pub use altered::{Change, Field};
pub use clock::ClockEstimate;
pub use confidence::Confidence;
pub use coverage::Uncovered;
pub use findings::{Detail, PathFinding, PathFindingKind};
pub use journey::PacketJourney;
pub use matching::{Connect, MatchStrength};
pub use place::{Kept, Place, PlaceRecorder, PlaceSettings};
pub use seen::{PacketKind, PathPacket, PlaceAttempt, Way};
pub use verdict::{Beginning, JudgedConnect, PathVerdict, VerdictKind};

use coverage::Coverage;
use order::Relations;
use verdicts::Judge;

/// What all places together show.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The places, the one nearest to the client first.
    pub places: Vec<Place>,
    /// The clock of each, against that of the first.
    pub clocks: Vec<ClockEstimate>,
    /// How the order came about.
    pub order: Order,
    /// Every connect that is compared, in the order of time.
    pub connects: Vec<JudgedConnect>,
    /// Those that were not asked for: they are compared with, and not told of.
    pub others: Vec<JudgedConnect>,
    /// What they say together, the worst first.
    pub findings: Vec<PathFinding>,
    /// Attempts that fit several others alike.
    pub ambiguous: u64,
    /// The places that have no connect in common with any other.
    pub alone: Vec<usize>,
}

impl Comparison {
    /// When a connect began, on the first place's clock, in nanoseconds.
    pub fn started(&self, judged: &JudgedConnect) -> Option<i64> {
        started(judged, &self.places, &self.clocks)
    }

    /// Leaves only the connects that are asked for; they keep their numbers. What is said of places
    /// and clocks is said by all, and whoever is a witness was found by all.
    pub fn select(&mut self, is_meant: impl Fn(&Self, &JudgedConnect) -> bool) {
        let all = std::mem::take(&mut self.connects);
        let (meant, others) = all.into_iter().partition(|judged| is_meant(self, judged));
        self.connects = meant;
        self.others.extend::<Vec<_>>(others);
        self.findings = finder::findings(self);
    }
}

/// How the order of the places came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// As named.
    Given,
    /// As hops and times tell: nobody named one.
    Inferred,
    /// As hops and times tell: two places, by name, stand otherwise than they were named.
    Corrected(String, String),
}

/// Whether two captures show the same packets at two points of one path: not one capture in two
/// parts, and not one capture twice.
pub fn are_two_points(one: &Place, other: &Place) -> bool {
    let pairs = pairing::sure_pairs(one, other);
    pairs.into_iter().any(|(index, other_index)| {
        let pair = one.attempts.get(index);
        let pair = pair.zip(other.attempts.get(other_index));
        pair.is_some_and(|(attempt, other)| {
            let mut common = pairing::common_packets(attempt, other);
            common.any(|(packet, same)| packet.place.at != same.place.at || packet.ttl != same.ttl)
        })
    })
}

/// Compares what the places saw. They are given in the order of the path, unless it is to be
/// inferred.
pub fn compare(places: Vec<Place>, infers_order: bool) -> Comparison {
    let relations = Relations::of(&places);
    let (places, relations, order) = ordered(places, relations, infers_order);
    let clocks = clocks(&places, &relations);
    let matched = matching::matched(&places, &clocks);
    let with_journeys: Vec<(Connect, Vec<PacketJourney>)> = matched
        .connects
        .into_iter()
        .map(|connect| {
            let journeys = journey::journeys(&connect, &places, &clocks);
            (connect, journeys)
        })
        .collect();
    let coverage = Coverage::of(&places, &clocks, &with_journeys);
    let judge = Judge {
        places: &places,
        clocks: &clocks,
        coverage,
    };
    let mut connects: Vec<JudgedConnect> = with_journeys
        .into_iter()
        .map(|(connect, journeys)| judge.judged(connect, journeys))
        .collect();
    confidence::settle(&mut connects);
    connects.sort_by_key(|judged| started(judged, &places, &clocks));
    for (number, judged) in (1..).zip(&mut connects) {
        judged.number = number;
    }
    new_connections::tell(&places, &clocks, &mut connects);
    delays::tell(&clocks, &mut connects);
    let alone = places_alone(places.len(), &connects);
    let mut comparison = Comparison {
        places,
        clocks,
        order,
        connects,
        others: Vec::new(),
        findings: Vec::new(),
        ambiguous: matched.ambiguous,
        alone,
    };
    comparison.findings = finder::findings(&comparison);
    comparison
}

/// The places that have no connect in common with any other.
fn places_alone(places: usize, connects: &[JudgedConnect]) -> Vec<usize> {
    let is_alone = |place: &usize| {
        !connects.iter().any(|judged| {
            let mut others = (0..places).filter(|other| other != place);
            judged.connect.is_seen_at(*place)
                && others.any(|other| judged.connect.is_seen_at(other))
        })
    };
    (0..places).filter(is_alone).collect()
}

/// When a connect began, on the first place's clock.
fn started(judged: &JudgedConnect, places: &[Place], clocks: &[ClockEstimate]) -> Option<i64> {
    let mut seen = (0..places.len()).filter(|place| judged.connect.is_seen_at(*place));
    let place = seen.next()?;
    let first = judged.at(places, place)?.packets.first()?.place.at;
    let clock = clocks.get(place)?;
    clock
        .to_reference(first)
        .map(|(at, _)| at)
        .or(Some(first.nanoseconds()))
}

fn ordered(
    places: Vec<Place>,
    relations: Relations,
    infers_order: bool,
) -> (Vec<Place>, Relations, Order) {
    let contradiction = relations.contradiction();
    let Some((one, other)) = contradiction else {
        let order = if infers_order {
            Order::Inferred
        } else {
            Order::Given
        };
        return (places, relations, order);
    };
    let order = if infers_order {
        Order::Inferred
    } else {
        let name = |place: usize| {
            let place = places.get(place);
            place.map_or_else(String::new, |place| place.name.clone())
        };
        Order::Corrected(name(one), name(other))
    };
    let indices = relations.order(places.len());
    let mut left: Vec<Option<Place>> = places.into_iter().map(Some).collect();
    let places: Vec<Place> = indices
        .into_iter()
        .filter_map(|index| left.get_mut(index)?.take())
        .collect();
    let relations = Relations::of(&places);
    (places, relations, order)
}

/// The clock of each place against that of the first: by the packets in common with it and with
/// all places before it. One of these may have ended before a clock was set, and another not.
fn clocks(places: &[Place], relations: &Relations) -> Vec<ClockEstimate> {
    let mut clocks: Vec<ClockEstimate> = Vec::with_capacity(places.len());
    for (index, place) in places.iter().enumerate() {
        if index == 0 {
            clocks.push(ClockEstimate::reference());
            continue;
        }
        let samples_by = |is_used: fn(&ClockEstimate) -> bool| {
            let before = clocks.iter().zip(places).enumerate();
            let used = before.filter(|(_, (known, _))| is_used(known));
            let samples = used.flat_map(|(before, (known, other))| {
                let pairs = relations.common(before, index);
                pairing::samples((other, place), &pairs, |at| known.to_reference(at))
            });
            samples.collect::<Vec<_>>()
        };
        let by_known = samples_by(|known| known.uncertainty_ns().is_some());
        clocks.push(if by_known.is_empty() {
            // What is compared with a clock that is bounded from one side only is no better known.
            let by_others = samples_by(|known| !known.is_unknown());
            ClockEstimate::of(by_others).bounded_from_one_side()
        } else {
            ClockEstimate::of(by_known)
        });
    }
    clocks
}
