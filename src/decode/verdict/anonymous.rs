//! What stands in anonymous reports for the prefix that somebody gave to a rule: its word for what
//! the rule does, of those that are known, and a number by which it is told from others.

use std::fmt;
use std::sync::Arc;

use super::nflog::word_of;

/// Gives prefixes numbers; the same prefix has the same, and nobody can tell the prefix by it.
#[derive(Clone)]
pub struct PrefixNumbers(Arc<dyn Fn(&str) -> u16 + Send + Sync>);

impl PrefixNumbers {
    /// By this function.
    pub fn new(number_of: impl Fn(&str) -> u16 + Send + Sync + 'static) -> Self {
        Self(Arc::new(number_of))
    }

    /// The number of this prefix.
    pub(super) fn of(&self, prefix: &str) -> u16 {
        (self.0)(prefix)
    }
}

impl fmt::Debug for PrefixNumbers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrefixNumbers")
    }
}

/// `drop 4821` for `acme-DROP `: never longer than the prefix, so that it has room where that
/// stands. A prefix that says nothing of what its rule does is a number alone.
pub(crate) fn anonymous_prefix(prefix: &str, number: Option<u16>) -> String {
    let word = word_of(prefix).map_or("", |(_, word)| word);
    let number = number.map(|number| format!("{:04}", number % 10_000));
    let mut shown = [word, number.as_deref().unwrap_or_default()].join(" ");
    shown = shown.trim().to_owned();
    shown.truncate(prefix.len());
    shown.truncate(shown.trim_end().len());
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::said_by;

    #[test]
    fn what_is_kept_of_a_prefix_says_what_it_said() {
        for (prefix, shown) in [
            ("acme-DROP ", "drop 4821"),
            ("[UFW BLOCK] ", "block 4821"),
            ("DROP", "drop"),
            ("DROP:x", "drop 4"),
            ("DROP: ", "drop 4"),
            ("DROP:", "drop"),
            ("customer REJ: or drop", "rej 4821"),
            ("would drop, acme", "4821"),
            ("new acme", "4821"),
            ("x", "4"),
            ("", ""),
        ] {
            let kept = anonymous_prefix(prefix, Some(14821));
            assert_eq!(kept, shown, "{prefix}");
            assert_eq!(said_by(&kept), said_by(prefix), "{prefix}");
        }
        assert_eq!(anonymous_prefix("acme-DROP ", None), "drop");
        assert_eq!(anonymous_prefix("acme", None), "");
    }
}
