//! The first failures of each client, of those that a list leaves out.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{ListingKey, Ranked, Weight};
use crate::diagnosis::compact_sets::Host;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::fixed_hash;
use crate::handshake::DecidedAttempt;

/// How many are kept of one client.
const OF_ONE: usize = 2;

/// Of so many clients; of more, of a sample drawn by a fixed hash.
const CLIENTS: usize = 4096;

/// The first failures of each client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct FirstOfClients {
    of_client: HashMap<Host, FirstOfOne, foldhash::fast::RandomState>,
    /// With how many zeros the hash of a client begins of which any are kept.
    zeros: u32,
}

/// The first failures of one client, in their order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct FirstOfOne {
    ranked: Vec<Ranked>,
    /// The rank of the last one, once there are as many as are kept: asked for with every failure,
    /// so it stands where the client does.
    last: Option<(Weight, ListingKey)>,
}

impl FirstOfOne {
    fn add(&mut self, ranked: Ranked) {
        let place = self.ranked.partition_point(|known| *known < ranked);
        if place < OF_ONE {
            self.ranked.truncate(OF_ONE - 1);
            self.ranked.reserve_exact(1);
            self.ranked.insert(place, ranked);
        }
        let last = self.ranked.get(OF_ONE - 1);
        self.last = last.map(|ranked| ranked.rank);
    }
}

impl Facts for FirstOfClients {
    fn merge(&mut self, other: Self) {
        if other.zeros > self.zeros {
            self.zeros = other.zeros;
            self.keep_sample();
        }
        for ranked in other.into_ranked() {
            self.add(ranked);
        }
    }
}

impl FirstOfClients {
    /// Takes a failure, if it is one of the first of its client.
    pub(super) fn add(&mut self, ranked: Ranked) {
        let client = Host(ranked.decided.attempt.client.address);
        if !self.is_of_sample(client) {
            return;
        }
        self.of_client.entry(client).or_default().add(ranked);
        while self.of_client.len() > CLIENTS && self.zeros < u64::BITS {
            self.zeros += 1;
            self.keep_sample();
        }
    }

    fn keep_sample(&mut self) {
        let zeros = self.zeros;
        self.of_client
            .retain(|client, _| fixed_hash::of_address(client.0).leading_zeros() >= zeros);
    }

    /// Whether a failure of this client, with such a rank, is left out.
    pub(super) fn leaves_out(&self, client: Host, rank: (Weight, ListingKey)) -> bool {
        let is_behind = |first: &FirstOfOne| first.last.is_some_and(|last| last <= rank);
        !self.is_of_sample(client) || self.of_client.get(&client).is_some_and(is_behind)
    }

    fn is_of_sample(&self, client: Host) -> bool {
        self.zeros == 0 || fixed_hash::of_address(client.0).leading_zeros() >= self.zeros
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &DecidedAttempt> {
        let ranked = self.of_client.values().flat_map(|first| &first.ranked);
        ranked.map(|ranked| &ranked.decided)
    }

    /// All of them, in no order.
    pub(super) fn into_attempts(self) -> impl Iterator<Item = DecidedAttempt> {
        self.into_ranked().map(|ranked| ranked.decided)
    }

    fn into_ranked(self) -> impl Iterator<Item = Ranked> {
        let clients = self.of_client.into_values();
        clients.flat_map(|first| first.ranked)
    }
}
