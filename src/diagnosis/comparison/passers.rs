//! Clients that tried once in vain while there are more of these than are remembered.
//!
//! A flood forges a new address for each SYN: to remember each until it is let go again would cost
//! more than all else that is done with it. So only those of a sample are remembered at once, which
//! a fixed hash draws; another is remembered when it comes again, before many others came.

use crate::diagnosis::fixed_hash;
use std::net::IpAddr;

/// So many of the latest are known again, 4 bytes each.
const KNOWN_AGAIN: usize = 1 << 17;

/// Who passed lately, and was not remembered.
#[derive(Clone, Debug)]
pub(super) struct Passers {
    /// Those with a lower hash are remembered.
    sample_below: u64,
    /// By the lower bits of their hashes, the upper ones; 0 for nobody.
    latest: Box<[u32]>,
}

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

impl Passers {
    /// When those that tried once, with a hash from there on, are remembered no more.
    pub(super) fn with_sample_below(hash: u64) -> Self {
        Self {
            sample_below: hash,
            latest: vec![0; KNOWN_AGAIN].into(),
        }
    }

    /// The sample becomes smaller.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn who_comes_again_is_remembered_and_of_the_others_a_sample() {
        let mut passers = Passers::with_sample_below(u64::MAX / 4);
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
        let still_of_sample = clients().filter(|client| passers.pass(*client) == Passing::OfSample);
        assert_eq!(still_of_sample.count(), 0);
    }
}
