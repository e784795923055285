//! What the next packets will need is brought into the cache before they come.

use std::hint::black_box;

use super::{FlowTable, INDEX, Place, Remembered, State};
use crate::capture::Timestamp;
use crate::decode::Row;
use crate::handshake::place_index::Tag;

/// Tables with fewer entries are in the caches anyway.
const WORTH_TOUCHING: usize = 1 << 14;

/// With each packet so many of the oldest attempts are looked at.
const PER_PACKET: usize = 2;

impl FlowTable {
    /// Brings into the cache what the packets of these 4-tuples, the next ones to come, will need,
    /// and what must be looked at while they are followed.
    ///
    /// Measured on captures of millions of flows, nearly all time went into waiting for memory, one
    /// line after the other (180 ns each). Lines that do not depend on each other arrive together
    /// (15 ns each): so for many packets at once first the index is asked, then what it points to,
    /// then what that points to.
    pub(in crate::handshake) fn expect(&mut self, tags: &[Tag], now: Timestamp) {
        let followed = self.slots.len() + self.regular.len();
        if self.syns.room() <= WORTH_TOUCHING && followed <= WORTH_TOUCHING {
            return;
        }
        let count = tags.len();
        self.index.touch(tags.iter().copied());
        let mut places = std::mem::take(&mut self.upcoming);
        places.clear();
        places.extend(
            tags.iter()
                .filter_map(|tag| self.index.guess(*tag))
                .map(Place),
        );
        // From inside, a ring goes through its two halves; asked for one after the other, it has to
        // find out each time in which half it is.
        let upcoming = self.open_order.iter().take(PER_PACKET * count);
        upcoming.for_each(|waiting| {
            if waiting.until < now {
                places.push(waiting.place);
            }
        });
        let forgotten = self.remembered.iter().take(count);
        forgotten.for_each(|remembered| match remembered {
            Remembered::Syn(place, _)
            | Remembered::Settled(place, _)
            | Remembered::Probe(place) => places.push(*place),
        });
        let seen = places.iter().map(|place| self.touch(*place));
        black_box(seen.fold(0, |all, one| all ^ one));
        let regular = places
            .iter()
            .filter(|place| place.state() == State::Regular);
        let tags = regular.filter_map(|place| self.regular.get(place.index()));
        self.index.touch(tags.map(|regular| regular.tag));
        self.touch_attempts(&places);
        self.upcoming = places;
    }

    /// Something of each line that stands at this place: nothing depends on what is read.
    fn touch(&self, place: Place) -> u8 {
        match place.state() {
            State::Syn => self.syns.get(place.0 & INDEX).map_or(0, Row::ttl),
            State::Settled => self.settled.get(place.index()).map_or(0, Row::ttl),
            State::Regular => self.regular(place).map_or(0, |regular| {
                let latest = regular.further().last();
                regular.syn().ttl() ^ latest.map_or(0, Row::ttl)
            }),
            State::Full => {
                let slot = self.slots.get(place.index());
                slot.map_or(0, |slot| u8::from(slot.flow.was_probed))
            }
        }
    }

    /// The latest attempts of flows in full, and then the latest packets of these.
    fn touch_attempts(&self, places: &[Place]) {
        let full = places.iter().filter(|place| place.state() == State::Full);
        let latest = || {
            full.clone()
                .filter_map(|place| self.slots.get(place.index())?.flow.open.last())
        };
        black_box(
            latest()
                .map(|attempt| attempt.copies)
                .fold(0, u32::wrapping_add),
        );
        let packets = latest().filter_map(|attempt| attempt.evidence.packets().last());
        black_box(
            packets
                .map(|packet| packet.place.source.0)
                .fold(0, u32::wrapping_add),
        );
    }
}
