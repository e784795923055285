//! Clients that tried once in vain while there are more of these than are remembered.
//!
//! A flood forges a new address for each SYN: to remember each until it is let go again would cost
//! more than all else that is done with it. So only those of a sample are remembered at once, which
//! a fixed hash draws; another is remembered when it comes again, before many others came.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::diagnosis::fixed_hash;

/// So many of the latest are known again, 4 bytes each.
const KNOWN_AGAIN: usize = 1 << 17;

/// Who passed lately, and was not remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Passers {
    /// Those with a lower hash are remembered.
    sample_below: u64,
    /// By the lower bits of their hashes, the upper ones; 0 for nobody.
    latest: Box<[u32]>,
    /// A bit for each that may be remembered, by its hash: the table in which it stands need not be
    /// asked for most others.
    remembered: Box<[u64]>,
}

/// As many bits as eight times what is remembered: one in nine others is taken for remembered, and
/// looked up in vain.
const BITS_OF_REMEMBERED: usize = 1 << 20;

/// What becomes of one that is not remembered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// It is remembered, as everybody is of the sample, and who did not try in vain.
    OfSample,
    /// It is remembered, having tried once before.
    Again,
    /// It passes.
    Passes,
}

impl Default for Passers {
    /// Of all hashes that are less than the largest.
    fn default() -> Self {
        Self {
            sample_below: u64::MAX,
            latest: vec![0; KNOWN_AGAIN].into(),
            remembered: vec![0; BITS_OF_REMEMBERED / 64].into(),
        }
    }
}

impl Passers {
    /// These are remembered, and no others.
    pub(super) fn remember_only(&mut self, clients: impl Iterator<Item = IpAddr>) {
        self.remembered.fill(0);
        clients.for_each(|client| self.remember(client));
    }

    /// This one is remembered from now on.
    pub(super) fn remember(&mut self, client: IpAddr) {
        let (word, bit) = place_of_bit(fixed_hash::of_address(client));
        if let Some(word) = self.remembered.get_mut(word) {
            *word |= bit;
        }
    }

    /// Whether one is surely not remembered.
    pub(super) fn is_unknown(&self, client: IpAddr) -> bool {
        let (word, bit) = place_of_bit(fixed_hash::of_address(client));
        self.remembered
            .get(word)
            .is_some_and(|word| word & bit == 0)
    }

    /// Those that tried once, with a hash from there on, are of no sample any more.
    pub(super) fn limit_sample(&mut self, hash: u64) {
        self.sample_below = self.sample_below.min(hash);
    }

    /// Takes note of one that is not remembered.
    pub(super) fn pass(&mut self, client: IpAddr) -> Passing {
        let hash = fixed_hash::of_address(client);
        if hash < self.sample_below {
            return Passing::OfSample;
        }
        let [place, tag] = [hash, hash >> 32].map(|bits| {
            let low = bits & u64::from(u32::MAX);
            u32::try_from(low).unwrap_or(0)
        });
        let tag = tag | 1;
        match self.latest.get_mut(place as usize % KNOWN_AGAIN) {
            Some(latest) if *latest == tag => {
                *latest = 0;
                Passing::Again
            }
            Some(latest) => {
                *latest = tag;
                Passing::Passes
            }
            None => Passing::Passes,
        }
    }

    /// From where on hashes are of no sample.
    pub(super) fn sample_below(&self) -> u64 {
        self.sample_below
    }
}

/// Word and bit, by other bits of the hash than those that make the sample.
fn place_of_bit(hash: u64) -> (usize, u64) {
    let bit = usize::try_from(hash & (BITS_OF_REMEMBERED as u64 - 1)).unwrap_or(0);
    (bit / 64, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn who_comes_again_is_remembered_and_of_the_others_a_sample() {
        let mut passers = Passers::default();
        passers.limit_sample(u64::MAX / 4);
        let clients = || (0..10_000_u32).map(|low| IpAddr::V4(Ipv4Addr::from_bits(low)));
        let mut of_sample = 0;
        let mut passed = Vec::new();
        for client in clients() {
            match passers.pass(client) {
                Passing::OfSample => of_sample += 1,
                Passing::Passes => passed.push(client),
                Passing::Again => panic!("{client} comes for the first time"),
            }
        }
        assert!((2_300..2_700).contains(&of_sample), "{of_sample}");
        let again = |passers: &mut Passers| {
            let again = passed
                .iter()
                .filter(|client| passers.pass(**client) == Passing::Again);
            again.count()
        };
        let known_again = again(&mut passers);
        assert!(known_again * 10 > passed.len() * 9, "{known_again}");
        passers.limit_sample(0);
        let (known, unknown) = passed.split_at(100);
        passers.remember_only(known.iter().copied());
        assert!(!known.iter().any(|client| passers.is_unknown(*client)));
        let taken_for_known = unknown
            .iter()
            .filter(|client| !passers.is_unknown(**client));
        assert!(taken_for_known.count() < 20);
        let still_of_sample = clients().filter(|client| passers.pass(*client) == Passing::OfSample);
        assert_eq!(still_of_sample.count(), 0);
    }
}
