//! Where which words stand in a text: one pass over the text, however many words are known.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{ALL, SIGNS, Sign, Strength, kernels, translated};

/// Words, what they say, and how much.
#[derive(Debug)]
pub(in crate::diagnosis::knowledge) struct Entry {
    /// The page's term.
    pub(in crate::diagnosis::knowledge) term: &'static str,
    pub(in crate::diagnosis::knowledge) strength: Strength,
    /// The words, as texts are made before they are searched.
    pub(in crate::diagnosis::knowledge) words: String,
    /// What these words say, beyond what the page does.
    pub(in crate::diagnosis::knowledge) means: Option<String>,
    /// A counter: the number behind it says whether it happened at all.
    pub(in crate::diagnosis::knowledge) is_counter: bool,
}

/// The words that start alike.
type Index = HashMap<[u8; 3], Vec<Entry>>;

static INDEX: OnceLock<Index> = OnceLock::new();

/// The known words that may stand at this place, as they begin with the same bytes.
pub(in crate::diagnosis::knowledge) fn starting_like(text: &[u8]) -> &'static [Entry] {
    let Some(start) = text.first_chunk() else {
        return &[];
    };
    let found = INDEX.get_or_init(index).get(start);
    found.map_or(&[], Vec::as_slice)
}

/// All words that are known.
pub(in crate::diagnosis::knowledge) fn entries() -> impl Iterator<Item = Entry> {
    let plain = ALL.iter().flat_map(|(strength, phrases)| {
        let texts = phrases
            .iter()
            .flat_map(|phrases| phrases.texts.iter().map(|words| (phrases.term, *words)));
        texts.map(|(term, words)| Entry {
            term,
            strength: *strength,
            words: words.to_owned(),
            means: None,
            is_counter: false,
        })
    });
    let signs = SIGNS.iter().flat_map(|(strength, signs)| {
        signs
            .iter()
            .map(|sign| of_sign(sign, *strength, sign.words.to_owned(), false))
    });
    // As /proc/net/netstat and `netstat -s` have them, and as `nstat` does.
    let counters = kernels::COUNTERS.iter().flat_map(|sign| {
        let of_nstat = format!("tcpext{}", sign.words);
        [sign.words.to_owned(), of_nstat].map(|words| of_sign(sign, Strength::Reason, words, true))
    });
    plain
        .chain(signs)
        .chain(counters)
        .chain(translated::entries())
}

fn of_sign(sign: &Sign, strength: Strength, words: String, is_counter: bool) -> Entry {
    Entry {
        term: sign.term,
        strength,
        words,
        means: Some(sign.means.to_owned()),
        is_counter,
    }
}

fn index() -> Index {
    let mut index = Index::new();
    for entry in entries() {
        if let Some(start) = entry.words.as_bytes().first_chunk() {
            index.entry(*start).or_default().push(entry);
        }
    }
    index
}
