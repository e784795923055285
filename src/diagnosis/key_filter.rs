//! Whether something was ever met, in a room that does not grow: exact while it is little, then a
//! Bloom filter. What was met is always known; what was not is taken for met so seldom that it
//! hardly ever costs a finding, and never makes one.

use std::collections::HashSet;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::facts::Facts;

/// So many are known exactly.
const KNOWN_EXACTLY: usize = 1 << 15;

/// So many words of 64 bits make a block: one line of memory, so that one look is one wait.
const WORDS_OF_A_BLOCK: usize = 8;

/// How many bits of its block each key sets.
const BITS_OF_A_KEY: u32 = 6;

/// So many keys for each word, and less than one in a thousand others is taken for known: 21 bits a
/// key are left.
const KEYS_OF_A_WORD: u64 = 3;

/// Keys, each a hash over all 64 bits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeyFilter {
    few: HashSet<u64, foldhash::fast::RandomState>,
    /// A power of two of blocks, once there are many.
    many: Option<Box<[u64]>>,
    #[serde(deserialize_with = "count_of_blocks")]
    blocks: usize,
}

/// No filter is larger: 64 MB.
const MOST_BLOCKS: usize = 1 << 20;

fn count_of_blocks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let blocks = usize::deserialize(deserializer)?;
    if blocks.is_power_of_two() && blocks <= MOST_BLOCKS {
        Ok(blocks)
    } else {
        Err(D::Error::custom("a filter of an impossible size"))
    }
}

impl KeyFilter {
    /// With so many blocks of 64 bytes, a power of two, once it is needed.
    pub(super) fn with_blocks(blocks: usize) -> Self {
        Self {
            few: HashSet::default(),
            many: None,
            blocks: blocks.next_power_of_two(),
        }
    }

    /// Adds a key.
    pub(super) fn insert(&mut self, key: u64) {
        if self.many.is_some() {
            self.insert_among_many(key);
        } else if self.few.insert(key) && self.few.len() > KNOWN_EXACTLY {
            self.become_many();
        }
    }

    fn become_many(&mut self) {
        self.many = Some(vec![0; self.blocks * WORDS_OF_A_BLOCK].into());
        for key in std::mem::take(&mut self.few) {
            self.insert_among_many(key);
        }
    }

    /// Whether the key was added, or, seldom, is taken for one that was.
    pub(super) fn contains(&self, key: u64) -> bool {
        let Some(words) = &self.many else {
            return self.few.contains(&key);
        };
        let block = self.block_of(key);
        bits_of(key).all(|(word, bit)| {
            let word = words.get(block + word);
            word.is_some_and(|word| word & bit != 0)
        })
    }

    /// About how many keys there are more than it can tell apart from others: then one in a
    /// thousand others is taken for known.
    pub(super) fn beyond_room(&self) -> u64 {
        self.count().saturating_sub(self.room())
    }

    /// About how many keys there are, by the bits that they set.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate, which is positive and far below 2^52"
    )]
    fn count(&self) -> u64 {
        let Some(words) = &self.many else {
            return self.few.len() as u64;
        };
        let bits = (words.len() * 64) as f64;
        let set: u64 = words.iter().map(|word| u64::from(word.count_ones())).sum();
        let clear = (bits - set as f64).max(1.0);
        (-(clear / bits).ln() * bits / f64::from(BITS_OF_A_KEY)) as u64
    }

    /// How many keys it is made for.
    pub(super) fn room(&self) -> u64 {
        (self.blocks * WORDS_OF_A_BLOCK) as u64 * KEYS_OF_A_WORD
    }

    fn insert_among_many(&mut self, key: u64) {
        let block = self.block_of(key);
        let Some(words) = &mut self.many else {
            return;
        };
        for (word, bit) in bits_of(key) {
            if let Some(word) = words.get_mut(block + word) {
                *word |= bit;
            }
        }
    }

    /// Where its block begins.
    fn block_of(&self, key: u64) -> usize {
        let high = usize::try_from(key >> 32).unwrap_or(0);
        (high & (self.blocks - 1)) * WORDS_OF_A_BLOCK
    }
}

impl Facts for KeyFilter {
    fn merge(&mut self, other: Self) {
        if other.many.is_some() && self.many.is_none() {
            self.become_many();
        }
        if let (Some(own), Some(others)) = (&mut self.many, other.many) {
            for (own, others) in own.iter_mut().zip(others) {
                *own |= others;
            }
        }
        for key in other.few {
            self.insert(key);
        }
    }
}

/// Word and bit in the block, for each bit of a key.
fn bits_of(key: u64) -> impl Iterator<Item = (usize, u64)> {
    // Other bits than those that choose the block.
    let spread = super::fixed_hash::mix(key);
    (0..BITS_OF_A_KEY).map(move |index| {
        let nine = (spread >> (9 * index)) & 0x1ff;
        let word = usize::try_from(nine >> 6).unwrap_or(0);
        (word, 1 << (nine & 63))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::fixed_hash::mix;

    #[test]
    fn what_was_met_is_known_and_hardly_anything_else() {
        for count in [1000, 190_000_u64] {
            let mut filter = KeyFilter::with_blocks(1 << 13);
            (0..count).for_each(|number| filter.insert(mix(number)));
            assert!((0..count).all(|number| filter.contains(mix(number))));
            let others = count..count + 20_000;
            let taken = others.filter(|number| filter.contains(mix(*number)));
            assert!(taken.count() <= 20, "of 20000");
            assert_eq!(filter.beyond_room(), 0);
            (count..400_000).for_each(|number| filter.insert(mix(number)));
            assert!(filter.beyond_room() > 100_000);
        }
    }
}
