//! A table of the latest entries.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Keeps so many entries; of more, the first ones go.
#[derive(Clone, Debug)]
pub(crate) struct Remembered<K, V> {
    entries: HashMap<K, V, foldhash::fast::RandomState>,
    order: VecDeque<K>,
    limit: usize,
}

impl<K: Copy + Eq + Hash, V> Remembered<K, V> {
    pub(crate) fn of_latest(limit: usize) -> Self {
        Self {
            entries: HashMap::default(),
            order: VecDeque::new(),
            limit,
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    /// What is known under this key, to be changed.
    #[cfg(feature = "live")]
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    /// Replaces what is known under this key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.entries.insert(key, value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > self.limit
            && let Some(first) = self.order.pop_front()
        {
            self.entries.remove(&first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept() {
        let mut remembered = Remembered::of_latest(2);
        for (key, value) in [(1, 'a'), (2, 'b'), (1, 'c'), (3, 'd')] {
            remembered.insert(key, value);
        }
        let known: Vec<_> = (1..=3).map(|key| remembered.get(&key).copied()).collect();
        assert_eq!(known, [None, Some('b'), Some('d')]);
    }
}
