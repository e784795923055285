//! Which records stay when there are too many: those that are worth most, not those that came
//! first.

use std::hash::Hash;

use super::known_ends::Table;

/// Lets records go until so many are left: those with the highest rank first. How many went. Who
/// knows where something stands in the table does no longer.
pub(super) fn keep_worthiest<K: Hash + Eq, V, R: Ord + Copy>(
    table: &mut Table<K, V>,
    kept: usize,
    rank: impl Fn(&K, &V) -> R,
) -> u64 {
    let before = table.len();
    let _first_to_go = keep_below_rank(table, kept, rank);
    (before - table.len()) as u64
}

/// The same; the lowest rank that went.
pub(super) fn keep_below_rank<K: Hash + Eq, V, R: Ord + Copy>(
    table: &mut Table<K, V>,
    kept: usize,
    rank: impl Fn(&K, &V) -> R,
) -> Option<R> {
    let mut ranks: Vec<R> = table.iter().map(|(key, value)| rank(key, value)).collect();
    if kept >= ranks.len() {
        return None;
    }
    let (_, first_to_go, _) = ranks.select_nth_unstable(kept);
    let first_to_go = *first_to_go;
    table.retain(|key, value| rank(key, value) < first_to_go);
    Some(first_to_go)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worthiest_stay_in_their_order() {
        let mut table: Table<u32, u32> = (0..10).map(|key| (key, (key * 7) % 10)).collect();
        assert_eq!(keep_worthiest(&mut table, 3, |_, value| *value), 7);
        let kept: Vec<(u32, u32)> = table.into_iter().collect();
        assert_eq!(kept, [(0, 0), (3, 1), (6, 2)]);
    }
}
