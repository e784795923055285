//! Where it stands what is known of the ends of attempts, looked up for many of them at once.
//!
//! Measured on captures of millions of attempts by thousands of clients, nearly all time of this
//! room went into looking up the two ends of an attempt in half a dozen tables, each of which is
//! waited for: 600 ns an attempt. So each end is looked up once, for a thousand attempts together,
//! and that a client is known at a server, and the server at the client, is found in one line of
//! memory that was asked for beforehand. The general way, which looks up what it needs, is
//! [`KnownEnds::default`].

use std::hash::{BuildHasher, Hash};
use std::hint::black_box;
use std::net::IpAddr;

use indexmap::IndexMap;

use super::fixed_hash;
use crate::decode::Endpoint;

/// What is known of clients or servers. Places in it stay while nothing is taken out.
pub(super) type Table<K, V> = IndexMap<K, V, foldhash::fast::RandomState>;

/// Where something stands in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// It was not looked up, or not found.
    #[default]
    Unknown,
    /// There.
    At(u32),
}

impl Place {
    /// Of what was looked up in a table.
    pub(super) fn of(found: Option<usize>) -> Self {
        let place = found.and_then(|place| u32::try_from(place).ok());
        place.map_or(Self::Unknown, Self::At)
    }

    /// What is in the table for this key: where it stands, or looked up.
    pub(super) fn get_mut<'a, K: Hash + Eq, V>(
        self,
        table: &'a mut Table<K, V>,
        key: &K,
    ) -> Option<&'a mut V> {
        match self {
            Self::At(place) => table.get_index_mut(place as usize).map(|(_, known)| known),
            Self::Unknown => table.get_mut(key),
        }
    }

    /// As [`Self::get_mut`]; made `new` when there is nothing.
    pub(super) fn get_or_add<K: Hash + Eq, V>(
        self,
        table: &mut Table<K, V>,
        key: K,
        new: impl FnOnce() -> V,
    ) -> Option<&mut V> {
        match self {
            Self::At(_) => self.get_mut(table, &key),
            Self::Unknown => Some(table.entry(key).or_insert_with(new)),
        }
    }

    /// What stands there, if that is known.
    pub(super) fn get<K, V>(self, table: &Table<K, V>) -> Option<&V> {
        let (_, known) = table.get_index(self.found()?)?;
        Some(known)
    }

    /// Whose place it is, if that is known.
    pub(super) fn key<K, V>(self, table: &Table<K, V>) -> Option<&K> {
        let (key, _) = table.get_index(self.found()?)?;
        Some(key)
    }

    /// Where it stands, if that is known.
    pub(super) fn found(self) -> Option<usize> {
        match self {
            Self::At(place) => Some(place as usize),
            Self::Unknown => None,
        }
    }
}

/// What was looked up of the ends of one attempt.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownEnds {
    /// Among the clients.
    pub(super) client: Place,
    /// Among the servers that attempts are compared with.
    pub(super) service: Place,
    /// Among the servers of the report.
    pub(super) endpoint: Place,
}

impl KnownEnds {
    fn pair(&self) -> Option<u64> {
        match (self.client, self.endpoint) {
            (Place::At(client), Place::At(endpoint)) => {
                Some(u64::from(client) << 32 | u64::from(endpoint))
            }
            _ => None,
        }
    }
}

/// Where clients and servers stand that were looked up lately: most attempts are of clients and to
/// servers that others were of just before.
///
/// Measured on a capture of four thousand clients, a look-up waited for three lines of memory, one
/// after the other. One slot for each remainder of a hash: who comes later takes it.
#[derive(Clone, Debug, Default)]
pub(super) struct LatestPlaces {
    /// Of clients no more than a guess: four bytes each, so that many fit the caches.
    clients: Vec<Place>,
    servers: Vec<Option<(Endpoint, ServerPlaces)>>,
}

/// Among the servers that attempts are compared with, and among those of the report.
type ServerPlaces = (Place, Place);

const LATEST_CLIENTS: usize = 1 << 14;
const LATEST_SERVERS: usize = 1 << 8;

impl LatestPlaces {
    /// What was looked up of this server, or is by `look_up`.
    pub(super) fn of_server(
        &mut self,
        server: Endpoint,
        look_up: impl FnOnce() -> ServerPlaces,
    ) -> ServerPlaces {
        self.servers.resize(LATEST_SERVERS, None);
        let slot =
            usize::try_from(fixed_hash::of_endpoint(server) >> 32).unwrap_or(0) % LATEST_SERVERS;
        let slot = self.servers.get_mut(slot);
        if let Some(Some((known, places))) = &slot
            && *known == server
        {
            return *places;
        }
        let places = look_up();
        let are_found = places.0.found().is_some() && places.1.found().is_some();
        if let Some(slot) = slot.filter(|_| are_found) {
            *slot = Some((server, places));
        }
        places
    }

    /// Where this client may stand: to be held against who stands there.
    pub(super) fn guess_client(&self, client: IpAddr) -> Place {
        let place = self.clients.get(slot_of_client(client));
        place.copied().unwrap_or_default()
    }

    /// There it stands.
    pub(super) fn remember_client(&mut self, client: IpAddr, place: Place) {
        self.clients.resize(LATEST_CLIENTS, Place::Unknown);
        if let Some(slot) = self.clients.get_mut(slot_of_client(client))
            && place != Place::Unknown
        {
            *slot = place;
        }
    }
}

fn slot_of_client(client: IpAddr) -> usize {
    usize::try_from(fixed_hash::of_address(client) >> 32).unwrap_or(0) % LATEST_CLIENTS
}

/// Pairs of a client and a server that know each other: nothing has to be added to what is known of
/// either.
///
/// Open addressing with linear probing. Most pairs that are looked for are there: so it may be
/// rather full.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownPairs {
    /// A power of two of them, or none. 0 is a free one; else the pair plus one.
    slots: Vec<u64>,
    count: usize,
    hasher: foldhash::fast::RandomState,
}

const FREE: u64 = 0;
const FEWEST_SLOTS: usize = 64;

impl KnownPairs {
    /// Brings into the cache where these pairs are looked for: without waiting for one before the
    /// next.
    pub(super) fn touch(&self, ends: &[KnownEnds]) {
        let pairs = ends.iter().filter_map(KnownEnds::pair);
        let slots = pairs.map(|pair| self.slots.get(self.home(pair + 1)));
        black_box(slots.fold(0, |all, slot| all ^ slot.copied().unwrap_or(FREE)));
    }

    /// Whether these ends know each other.
    pub(super) fn has(&self, ends: &KnownEnds) -> bool {
        let Some(pair) = ends.pair() else {
            return false;
        };
        let slot = pair + 1;
        let mut position = self.home(slot);
        while let Some(here) = self.slots.get(position) {
            if *here == slot {
                return true;
            }
            if *here == FREE {
                return false;
            }
            position = self.after(position);
        }
        false
    }

    /// From now on they do; they did not before.
    pub(super) fn add(&mut self, ends: &KnownEnds) {
        let Some(pair) = ends.pair() else {
            return;
        };
        if (self.count + 1) * 5 > self.slots.len() * 4 {
            let size = (self.slots.len() * 2).max(FEWEST_SLOTS);
            let old = std::mem::replace(&mut self.slots, vec![FREE; size]);
            for slot in old.into_iter().filter(|slot| *slot != FREE) {
                self.put(slot);
            }
        }
        self.count += 1;
        self.put(pair + 1);
    }

    fn put(&mut self, slot: u64) {
        let mut position = self.home(slot);
        while let Some(here) = self.slots.get_mut(position) {
            if *here == FREE {
                *here = slot;
                return;
            }
            position = self.after(position);
        }
    }

    fn home(&self, slot: u64) -> usize {
        let hash = self.hasher.hash_one(slot) >> 32;
        usize::try_from(hash).unwrap_or(0) & self.mask()
    }

    fn mask(&self) -> usize {
        self.slots.len().wrapping_sub(1)
    }

    fn after(&self, position: usize) -> usize {
        (position + 1) & self.mask()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn pairs_are_a_set(pairs in proptest::collection::vec((0_u32..40, 0_u32..40), 0..400)) {
            let mut known = HashSet::new();
            let mut set = KnownPairs::default();
            for (client, endpoint) in pairs {
                let ends = KnownEnds {
                    client: Place::At(client),
                    endpoint: Place::At(endpoint),
                    ..KnownEnds::default()
                };
                set.touch(&[ends]);
                prop_assert_eq!(set.has(&ends), known.contains(&(client, endpoint)));
                if known.insert((client, endpoint)) {
                    set.add(&ends);
                }
                prop_assert!(set.has(&ends));
            }
        }
    }

    #[test]
    fn what_was_not_found_is_in_no_pair() {
        let mut set = KnownPairs::default();
        let ends = KnownEnds {
            client: Place::At(0),
            ..KnownEnds::default()
        };
        set.add(&ends);
        assert!(!set.has(&ends));
    }
}
