//! In which order the places stand on the path: as given, or as hops and times tell.

use super::pairing::{Pair, nearness, sure_pairs};
use super::place::Place;

/// The surely common connects of every two places, and which of both is nearer to the client.
pub(super) struct Relations {
    relations: Vec<Relation>,
}

/// What two places have in common.
struct Relation {
    /// Their indices, the lower one first.
    places: (usize, usize),
    pairs: Vec<Pair>,
    /// Whether the first of them is nearer to the client.
    is_nearer: Option<bool>,
}

impl Relations {
    pub(super) fn of(places: &[Place]) -> Self {
        let mut relations = Vec::new();
        for (index, place) in places.iter().enumerate() {
            for (other_index, other) in places.iter().enumerate().skip(index + 1) {
                let pairs = sure_pairs(place, other);
                let is_nearer = nearness((place, other), &pairs).is_nearer();
                relations.push(Relation {
                    places: (index, other_index),
                    pairs,
                    is_nearer,
                });
            }
        }
        Self { relations }
    }

    /// The order of the places as hops and times tell it, as indices; where nothing tells, as they
    /// were given.
    pub(super) fn order(&self, places: usize) -> Vec<usize> {
        let mut order = Vec::with_capacity(places);
        let mut left: Vec<usize> = (0..places).collect();
        while !left.is_empty() {
            // The first one that nobody left must precede; in a contradiction, the first.
            let is_first = |place: &usize| left.iter().all(|other| !self.precedes(*other, *place));
            let next = left.iter().position(is_first).unwrap_or(0);
            order.push(left.remove(next));
        }
        order
    }

    /// Two places that stand otherwise than they were named.
    pub(super) fn contradiction(&self) -> Option<(usize, usize)> {
        let mut relations = self.relations.iter();
        let wrong = relations.find(|relation| relation.is_nearer == Some(false));
        wrong.map(|relation| relation.places)
    }

    fn precedes(&self, one: usize, other: usize) -> bool {
        self.relations.iter().any(|relation| {
            let (first, second) = relation.places;
            match relation.is_nearer {
                Some(true) => (first, second) == (one, other),
                Some(false) => (second, first) == (one, other),
                None => false,
            }
        })
    }

    /// The surely common connects of two places.
    pub(super) fn common(&self, one: usize, other: usize) -> Vec<Pair> {
        let sought = (one.min(other), one.max(other));
        let mut relations = self.relations.iter();
        let found = relations.find(|relation| relation.places == sought);
        let pairs = found.map_or(&[][..], |relation| &relation.pairs);
        if one <= other {
            return pairs.to_vec();
        }
        let turned = pairs.iter().map(|(first, second)| (*second, *first));
        turned.collect()
    }
}
