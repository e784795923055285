//! The way of each packet of a connect: where it was seen, when, and how it looked.

use super::clock::ClockEstimate;
use super::matching::Connect;
use super::place::Place;
use super::sameness::{Identity, Numbers, identity};
use super::seen::{PacketKind, PathPacket, PlaceAttempt, Way};

/// One packet, wherever it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketJourney {
    /// What it is.
    pub kind: PacketKind,
    /// Which way it went.
    pub way: Way,
    /// For each place, how it looked there; `None` where it was not seen.
    pub seen: Vec<Option<PathPacket>>,
}

impl PacketJourney {
    /// How it looked at a place.
    pub fn at(&self, place: usize) -> Option<&PathPacket> {
        self.seen.get(place).and_then(Option::as_ref)
    }

    /// The places that saw it, the one nearest to the client first.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let seen = self.seen.iter().enumerate();
        seen.filter(|(_, packet)| packet.is_some())
            .map(|(place, _)| place)
    }

    /// The same in the order in which it passed them.
    pub fn passed(&self) -> Vec<usize> {
        match self.way {
            Way::Forth => self.places().collect(),
            Way::Back => self.places().rev().collect(),
        }
    }
}

/// The way of every packet of a connect, each place's in the order of its capture.
pub(super) fn journeys(
    connect: &Connect,
    places: &[Place],
    clocks: &[ClockEstimate],
) -> Vec<PacketJourney> {
    let mut journeys: Vec<PacketJourney> = Vec::new();
    for kind in PacketKind::ALL {
        for way in [Way::Forth, Way::Back] {
            let of_kind = Joining {
                connect,
                places,
                clocks,
                kind,
                way,
            };
            journeys.extend(of_kind.joined());
        }
    }
    journeys.sort_by_key(|journey| {
        let times = journey.places().filter_map(|place| {
            let packet = journey.at(place)?;
            let (at, _) = clocks.get(place)?.to_reference(packet.place.at)?;
            Some(at)
        });
        times.min()
    });
    journeys
}

struct Joining<'a> {
    connect: &'a Connect,
    places: &'a [Place],
    clocks: &'a [ClockEstimate],
    kind: PacketKind,
    way: Way,
}

/// A packet at a place, and the numbers that it counts from.
type Sighting<'a> = (&'a PathPacket, &'a PlaceAttempt);

/// A packet of which nothing but time tells which one it is takes so long at most, beyond what the
/// clocks are off, in nanoseconds.
const BY_TIME_WITHIN_NS: i64 = 500_000_000;
/// Of packets that are so close together, a place may take one for the other captured again.
const COPY_WITHIN_NS: i64 = 100_000_000;
const EARLIER_BY_NS: i64 = 2_000_000;

impl<'a> Joining<'a> {
    fn joined(&self) -> Vec<PacketJourney> {
        let places = 0..self.places.len();
        let in_order: Vec<usize> = match self.way {
            Way::Forth => places.collect(),
            Way::Back => places.rev().collect(),
        };
        let mut joined: Vec<(PacketJourney, usize, Sighting<'a>)> = Vec::new();
        for place in in_order {
            let here = self.sightings(place);
            let mut left: Vec<bool> = vec![true; here.len()];
            for pass in [Pass::Told, Pass::ByTime, Pass::InOrder] {
                self.join_in(pass, &mut joined, place, &here, &mut left);
            }
            self.join_copies(&mut joined, place, &here);
            for (sighting, _) in here.iter().zip(&left).filter(|(_, left)| **left) {
                let mut seen = self.seen_as_copies(&joined, place, *sighting);
                if let Some(seen) = seen.get_mut(place) {
                    *seen = Some(*sighting.0);
                }
                let journey = PacketJourney {
                    kind: self.kind,
                    way: self.way,
                    seen,
                };
                joined.push((journey, place, *sighting));
            }
        }
        joined.into_iter().map(|(journey, _, _)| journey).collect()
    }

    /// The packets of this kind at a place; where it has several legs, each packet once: as it came
    /// in.
    fn sightings(&self, place: usize) -> Vec<Sighting<'a>> {
        let attempts = self
            .places
            .get(place)
            .map_or(&[][..], |place| &place.attempts);
        let members = self.connect.members.get(place).into_iter().flatten();
        let mut sightings: Vec<Sighting<'a>> = Vec::new();
        for attempt in members.filter_map(|member| attempts.get(*member)) {
            let packets = attempt.packets_of(self.kind);
            for packet in packets.filter(|packet| packet.way == self.way) {
                let is_other_leg = |known: &&Sighting<'a>| {
                    known.1.id != attempt.id && is_same(**known, (packet, attempt))
                };
                if sightings.iter().any(|known| is_other_leg(&known)) {
                    continue;
                }
                sightings.push((packet, attempt));
            }
        }
        sightings
    }

    /// Joins what fits in this pass.
    fn join_in(
        &self,
        pass: Pass,
        joined: &mut [(PacketJourney, usize, Sighting<'a>)],
        place: usize,
        here: &[Sighting<'a>],
        left: &mut [bool],
    ) {
        for (sighting, is_left) in here.iter().zip(left.iter_mut()) {
            if !*is_left {
                continue;
            }
            let fitting = joined.iter_mut().filter(|(journey, before, known)| {
                journey.at(place).is_none()
                    && self.fits(pass, (*before, *known), (place, *sighting))
            });
            // Of packets that nothing else tells apart, one that was seen by the place before this
            // one is the likelier than one that must have come by there unseen.
            let nearest = fitting.min_by_key(|(_, before, known)| {
                let later = self.later((*before, known.0), (place, sighting.0));
                let apart = later.map_or(0, |(later, _)| later.unsigned_abs());
                (before.abs_diff(place), apart)
            });
            let Some((journey, latest, known)) = nearest else {
                continue;
            };
            if let Some(seen) = journey.seen.get_mut(place) {
                *seen = Some(*sighting.0);
            }
            (*latest, *known) = (place, *sighting);
            *is_left = false;
        }
    }

    /// Where this place took two packets for one, both were seen here.
    fn join_copies(
        &self,
        joined: &mut [(PacketJourney, usize, Sighting<'a>)],
        place: usize,
        here: &[Sighting<'a>],
    ) {
        for (journey, before, known) in joined {
            if journey.at(place).is_some() {
                continue;
            }
            let copied = here.iter().find(|sighting| {
                sighting.0.copies > 0 && self.is_alike((*before, *known), (place, **sighting))
            });
            if let (Some(copied), Some(seen)) = (copied, journey.seen.get_mut(place)) {
                *seen = Some(*copied.0);
            }
        }
    }

    /// Where places before this one took it and another packet for one.
    fn seen_as_copies(
        &self,
        joined: &[(PacketJourney, usize, Sighting<'a>)],
        place: usize,
        sighting: Sighting<'a>,
    ) -> Vec<Option<PathPacket>> {
        let alike = joined.iter().find(|(journey, before, known)| {
            let mut seen = journey.seen.iter().flatten();
            seen.any(|packet| packet.copies > 0)
                && self.is_alike((*before, *known), (place, sighting))
        });
        let seen = alike.map_or(&[][..], |(journey, _, _)| &journey.seen);
        let mut seen: Vec<Option<PathPacket>> = seen
            .iter()
            .map(|packet| packet.filter(|packet| packet.copies > 0))
            .collect();
        seen.resize(self.places.len(), None);
        seen
    }

    /// Whether nothing tells two packets apart, and a place may have taken them for one.
    fn is_alike(
        &self,
        (before, known): (usize, Sighting<'a>),
        (place, sighting): (usize, Sighting<'a>),
    ) -> bool {
        let later = self.later((before, known.0), (place, sighting.0));
        have_numbers_in_common(known, sighting)
            && identity(known.0, sighting.0) != Identity::Other
            && later.is_none_or(|(later, off)| later.abs() <= COPY_WITHIN_NS.saturating_add(off))
    }

    fn fits(
        &self,
        pass: Pass,
        (before, known): (usize, Sighting<'a>),
        (place, sighting): (usize, Sighting<'a>),
    ) -> bool {
        if !have_numbers_in_common(known, sighting) {
            return false;
        }
        let identity = identity(known.0, sighting.0);
        let later = self.later((before, known.0), (place, sighting.0));
        let is_in_time = later.is_none_or(|(later, off)| {
            let latest = BY_TIME_WITHIN_NS.saturating_add(off);
            later <= latest && later >= -EARLIER_BY_NS.saturating_add(off)
        });
        match pass {
            Pass::Told => identity == Identity::Same,
            Pass::ByTime => identity != Identity::Other && later.is_some() && is_in_time,
            // A box that rewrites what tells transmissions apart, or clocks that tell nothing.
            Pass::InOrder => {
                let is_rewritten = known.0.kind != PacketKind::Reset;
                is_in_time && (is_rewritten || identity != Identity::Other)
            }
        }
    }

    /// How much later the second was captured, and how much that may be off.
    fn later(
        &self,
        (before, known): (usize, &PathPacket),
        (place, packet): (usize, &PathPacket),
    ) -> Option<(i64, i64)> {
        let (earlier, off) = self.clocks.get(before)?.to_reference(known.place.at)?;
        let (later, other_off) = self.clocks.get(place)?.to_reference(packet.place.at)?;
        Some((later.saturating_sub(earlier), off.saturating_add(other_off)))
    }
}

/// What tells that two packets are one, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Told,
    ByTime,
    InOrder,
}

/// Whether both are one packet before and after this place translated it.
fn is_same(one: Sighting<'_>, other: Sighting<'_>) -> bool {
    let numbers = (Numbers { attempt: one.1 }, Numbers { attempt: other.1 });
    let apart = one.0.place.at.distance(other.0.place.at);
    numbers.0.may_be(one.0, numbers.1, other.0)
        && identity(one.0, other.0) != Identity::Other
        && apart < std::time::Duration::from_millis(50)
}

/// Whether the numbers of two packets are those that their connects have for one packet.
fn have_numbers_in_common(known: Sighting<'_>, sighting: Sighting<'_>) -> bool {
    let numbers = Numbers { attempt: known.1 };
    let others = Numbers {
        attempt: sighting.1,
    };
    numbers.may_be(known.0, others, sighting.0)
}
