//! The first failures of each client, of those that a list leaves out.

use std::collections::HashMap;

use super::Ranked;
use crate::diagnosis::compact_sets::Host;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::fixed_hash;
use crate::handshake::DecidedAttempt;

/// How many are kept of one client.
const OF_ONE: usize = 2;

/// Of so many clients; of more, of a sample drawn by a fixed hash.
const CLIENTS: usize = 4096;

/// The first failures of each client.
#[derive(Clone, Debug, Default)]
pub(super) struct FirstOfClients {
    of_client: HashMap<Host, Vec<Ranked>, foldhash::fast::RandomState>,
    /// With how many zeros the hash of a client begins of which any are kept.
    zeros: u32,
}

impl Facts for FirstOfClients {
    fn merge(&mut self, other: Self) {
        if other.zeros > self.zeros {
            self.zeros = other.zeros;
            self.keep_sample();
        }
        for ranked in other.of_client.into_values().flatten() {
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
        let first = self.of_client.entry(client).or_default();
        let place = first.partition_point(|known| *known < ranked);
        if place < OF_ONE {
            first.truncate(OF_ONE - 1);
            first.reserve_exact(1);
            first.insert(place, ranked);
        }
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
    pub(super) fn leaves_out<R>(&self, client: Host, is_behind: R) -> bool
    where
        R: Fn(&Ranked) -> bool,
    {
        !self.is_of_sample(client)
            || self
                .of_client
                .get(&client)
                .is_some_and(|first| first.len() >= OF_ONE && first.iter().all(is_behind))
    }

    fn is_of_sample(&self, client: Host) -> bool {
        self.zeros == 0 || fixed_hash::of_address(client.0).leading_zeros() >= self.zeros
    }

    /// All of them, in no order.
    pub(super) fn into_attempts(self) -> impl Iterator<Item = DecidedAttempt> {
        let all = self.of_client.into_values().flatten();
        all.map(|ranked| ranked.decided)
    }
}
