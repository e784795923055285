//! Where one stands in a list that changes meanwhile.

/// Stands on an entry, not on a line: when others come and go, it stays on it.
#[derive(Clone, Debug)]
pub(super) struct Cursor<Key> {
    /// `None` for whatever is first.
    key: Option<Key>,
    line: usize,
}

impl<Key> Default for Cursor<Key> {
    fn default() -> Self {
        Self { key: None, line: 0 }
    }
}

impl<Key: Clone + PartialEq> Cursor<Key> {
    /// The line of its entry; when that is gone, the line where it was.
    pub(super) fn line(&self, keys: &[Key]) -> usize {
        let last = keys.len().saturating_sub(1);
        match &self.key {
            None => 0,
            Some(key) => {
                let found = keys.iter().position(|known| known == key);
                found.unwrap_or(self.line).min(last)
            }
        }
    }

    /// Goes so many lines down, or up, as far as there are any. Above the first entry it stands on
    /// whatever is first.
    pub(super) fn go(&mut self, keys: &[Key], lines: isize) {
        let line = self.line(keys).saturating_add_signed(lines);
        self.line = line.min(keys.len().saturating_sub(1));
        let is_at_top = self.line == 0 && lines < 0;
        self.key = keys.get(self.line).filter(|_| !is_at_top).cloned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_on_its_entry() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.line(&['a', 'b', 'c']), 0);
        cursor.go(&['a', 'b', 'c'], 1);
        assert_eq!(cursor.line(&['x', 'a', 'b', 'c']), 2);
        assert_eq!(cursor.line(&['x', 'c']), 1, "b is gone");
        cursor.go(&['x', 'a', 'b', 'c'], 100);
        assert_eq!(cursor.line(&['x', 'a', 'b', 'c']), 3);
    }

    #[test]
    fn at_the_top_it_follows_what_comes() {
        let mut cursor = Cursor::default();
        cursor.go(&['b', 'a'], 1);
        cursor.go(&['b', 'a'], -1);
        assert_eq!(cursor.line(&['c', 'b', 'a']), 0);
        let nothing: [char; 0] = [];
        cursor.go(&nothing, 1);
        assert_eq!(cursor.line(&nothing), 0);
    }
}
