//! Where things stand, found by the hash of their keys.

use std::hint::black_box;

use crate::decode::FlowHash;

/// What an index knows of a key: 32 bits of its hash. Two keys may have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag(u32);

impl Tag {
    /// Of the hash of a flow. Strangers choose the flows: that is seeded, so that they cannot make
    /// them collide.
    pub(super) fn of(hash: FlowHash) -> Self {
        // The upper half: the lower bits of a fast hash are the weaker ones.
        Self(u32::try_from(hash.0 >> 32).unwrap_or_default())
    }
}

/// Places by their tags: open addressing with linear probing.
///
/// A slot holds a tag and a place in 8 bytes, eight slots a cache line. A look-up that finds
/// nothing so needs one line of memory and no key, growing needs no key at all, and [`Self::touch`]
/// can ask for the line of a key long before it is needed: in a table that does not fit the caches,
/// waiting for memory is nearly all that a look-up costs.
///
/// What leaves in great numbers is not taken out one by one, which would move what stands behind
/// it: whoever lets go of a place leaves it here, answers that it is not what is looked for, and
/// says that it is gone when there is no room for more.
#[derive(Debug, Default)]
pub(super) struct PlaceIndex {
    /// A power of two of them, or none. 0 is a free one; else the tag, and the place plus one.
    slots: Vec<u64>,
    /// How many are not free.
    used: usize,
}

const FREE: u64 = 0;
const FEWEST_SLOTS: usize = 64;

fn slot_of(tag: Tag, place: u32) -> u64 {
    u64::from(tag.0) << 32 | (u64::from(place) + 1)
}

fn tag_of(slot: u64) -> Tag {
    Tag(u32::try_from(slot >> 32).unwrap_or_default())
}

fn place_of(slot: u64) -> u32 {
    u32::try_from((slot & u64::from(u32::MAX)) - 1).unwrap_or_default()
}

impl PlaceIndex {
    /// How many places it knows, those that are gone among them.
    #[cfg(test)]
    fn used(&self) -> usize {
        self.used
    }

    /// Adds a place. At most 2³² - 2 is a place. `in_use` tells how many places need to be found,
    /// and `is_gone` which of those before need not any more.
    pub(super) fn insert(
        &mut self,
        tag: Tag,
        place: u32,
        in_use: usize,
        is_gone: impl Fn(u32) -> bool,
    ) {
        // Half empty after this, so that gaps are near wherever one starts.
        if (self.used + 1) * 5 > self.slots.len() * 3 {
            if in_use * 2 < self.slots.len() {
                self.sweep(is_gone);
            }
            if (self.used + 1) * 2 > self.slots.len() {
                self.grow();
            }
        }
        self.used += 1;
        self.put(slot_of(tag, place));
    }

    /// The place with this tag that `is_it`.
    pub(super) fn find(&self, tag: Tag, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        self.position(tag, is_it).map(|(_, place)| place)
    }

    /// As [`Self::find`], and takes it out.
    pub(super) fn remove(&mut self, tag: Tag, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let (position, place) = self.position(tag, is_it)?;
        self.close_gap(position);
        self.used -= 1;
        Some(place)
    }

    /// What stood at one place with this tag stands at another from now on.
    pub(super) fn relocate(&mut self, tag: Tag, from: u32, to: u32) {
        if let Some((position, _)) = self.position(tag, |place| place == from) {
            self.set(position, slot_of(tag, to));
        }
    }

    /// Brings into the cache where these tags are looked for. Nothing here depends on what is read:
    /// so no guess of the processor can be wrong, and it asks for many lines of memory at the same
    /// time.
    pub(super) fn touch(&self, tags: impl Iterator<Item = Tag>) {
        let slots = tags.map(|tag| self.slots.get(self.home(tag)));
        black_box(slots.fold(0, |all, slot| all ^ slot.copied().unwrap_or(FREE)));
    }

    /// A place that may be of a key with this tag.
    pub(super) fn guess(&self, tag: Tag) -> Option<u32> {
        self.position(tag, |_| true).map(|(_, place)| place)
    }

    fn position(&self, tag: Tag, mut is_it: impl FnMut(u32) -> bool) -> Option<(usize, u32)> {
        let mut position = self.home(tag);
        loop {
            let slot = *self.slots.get(position)?;
            if slot == FREE {
                return None;
            }
            if tag_of(slot) == tag && is_it(place_of(slot)) {
                return Some((position, place_of(slot)));
            }
            position = self.after(position);
        }
    }

    fn home(&self, tag: Tag) -> usize {
        tag.0 as usize & self.mask()
    }

    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    fn after(&self, position: usize) -> usize {
        (position + 1) & self.mask()
    }

    fn put(&mut self, slot: u64) {
        let mut position = self.home(tag_of(slot));
        while let Some(here) = self.slots.get_mut(position) {
            if *here == FREE {
                *here = slot;
                return;
            }
            position = self.after(position);
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(FEWEST_SLOTS);
        let old = std::mem::replace(&mut self.slots, vec![FREE; size]);
        for slot in old.into_iter().filter(|slot| *slot != FREE) {
            self.put(slot);
        }
    }

    /// Takes all out that are gone. Goes through the slots in their order, behind a free one, and
    /// moves what stays to where it is found from its home: that is never behind where it stood,
    /// and all before it are done. So memory is read and written in order, some nanoseconds a slot.
    fn sweep(&mut self, is_gone: impl Fn(u32) -> bool) {
        let Some(start) = self.slots.iter().position(|slot| *slot == FREE) else {
            return;
        };
        for step in 1..self.slots.len() {
            let position = (start + step) & self.mask();
            let slot = self.slots.get(position).copied().unwrap_or(FREE);
            if slot == FREE {
                continue;
            }
            self.set(position, FREE);
            if is_gone(place_of(slot)) {
                self.used -= 1;
            } else {
                self.put(slot);
            }
        }
    }

    /// Moves back what stands behind a slot that becomes free, so that it is still found from its
    /// home.
    fn close_gap(&mut self, mut gap: usize) {
        let mut position = gap;
        loop {
            position = self.after(position);
            let slot = self.slots.get(position).copied().unwrap_or(FREE);
            if slot == FREE {
                break;
            }
            let from_home = position.wrapping_sub(self.home(tag_of(slot))) & self.mask();
            let from_gap = position.wrapping_sub(gap) & self.mask();
            if from_home >= from_gap {
                self.set(gap, slot);
                gap = position;
            }
        }
        self.set(gap, FREE);
    }

    fn set(&mut self, position: usize, slot: u64) {
        if let Some(here) = self.slots.get_mut(position) {
            *here = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{HashMap, HashSet};

    proptest! {
        /// Few tags, so that most collide and run over the end of the table.
        #[test]
        fn it_does_what_a_map_does(steps in proptest::collection::vec((0_u8..4, 0_u32..200), 0..600)) {
            let mut index = PlaceIndex::default();
            let mut map: HashMap<u32, Tag> = HashMap::new();
            let mut gone: HashSet<u32> = HashSet::new();
            for (step, place) in steps {
                let tag = Tag(u32::MAX - place % 7);
                let is_known = map.contains_key(&place) || gone.contains(&place);
                match step {
                    0 | 1 if !is_known => {
                        index.insert(tag, place, map.len(), |place| gone.contains(&place));
                        map.insert(place, tag);
                        // Some of what is gone may have left.
                        gone.retain(|place| {
                            let tag = Tag(u32::MAX - place % 7);
                            index.find(tag, |found| found == *place).is_some()
                        });
                    }
                    2 => {
                        let is_it = |found| found == place && !gone.contains(&place);
                        let removed = index.remove(tag, is_it);
                        prop_assert_eq!(removed, map.remove(&place).map(|_| place));
                    }
                    3 if map.remove(&place).is_some() => {
                        gone.insert(place);
                    }
                    _ => {}
                }
                prop_assert_eq!(index.used(), map.len() + gone.len());
                for (place, tag) in &map {
                    prop_assert_eq!(index.find(*tag, |found| found == *place), Some(*place));
                }
            }
        }
    }

    #[test]
    fn an_empty_one_knows_nothing() {
        let mut index = PlaceIndex::default();
        assert_eq!(index.find(Tag(7), |_| true), None);
        assert_eq!(index.guess(Tag(7)), None);
        assert_eq!(index.remove(Tag(7), |_| true), None);
    }

    #[test]
    fn what_moves_is_found_where_it_went() {
        let mut index = PlaceIndex::default();
        for place in 0..100 {
            index.insert(Tag(place % 3), place, 100, |_| false);
        }
        index.relocate(Tag(7 % 3), 7, 1000);
        assert_eq!(index.find(Tag(7 % 3), |place| place == 7), None);
        assert_eq!(index.find(Tag(7 % 3), |place| place == 1000), Some(1000));
        assert_eq!(index.used(), 100);
    }

    #[test]
    fn a_guess_is_by_the_tag_alone() {
        let mut index = PlaceIndex::default();
        index.insert(Tag(5), 11, 2, |_| false);
        index.insert(Tag(6), 12, 2, |_| false);
        assert_eq!(index.guess(Tag(5)), Some(11));
        assert_eq!(index.guess(Tag(6)), Some(12));
        assert_eq!(index.guess(Tag(7)), None);
    }
}
