//! The terms that an unknown one may have meant.

use super::pages;
use super::search::normalised;

/// How many terms are named.
const NAMED_TERMS: usize = 3;

/// How much of a long text is looked at.
const LONGEST_TEXT: usize = 200;

/// How many words a mistyped term has at most; what is longer is a text of its own.
const MOST_WORDS: usize = 3;

/// How far a term may be, in percent of the letters: about two wrong letters of seven.
const FARTHEST: usize = 34;

/// The terms near to a text that is no term, the nearest first; none where none is near.
pub fn nearest(text: &str) -> Vec<&'static str> {
    let text: String = normalised(text).chars().take(LONGEST_TEXT).collect();
    if text.split_whitespace().count() > MOST_WORDS {
        return Vec::new();
    }
    let mut terms: Vec<(usize, &str)> = pages()
        .map(|page| (distance_to_term(&text, page.term), page.term))
        .filter(|(distance, _)| *distance <= FARTHEST)
        .collect();
    terms.sort_by_key(|(distance, _)| *distance);
    terms
        .into_iter()
        .take(NAMED_TERMS)
        .map(|(_, term)| term)
        .collect()
}

/// How far the text is from a term: its whole or one of its words, from the whole term or one of
/// its words.
///
/// In percent of the letters; a word of the term counts as farther than the term.
fn distance_to_term(text: &str, term: &str) -> usize {
    const WORD_OF_TERM: usize = 5;
    /// "tcp", "full" and "port" stand in terms of all kinds.
    const SHORTEST_PART: usize = 5;
    let term = term.to_lowercase();
    let whole = relative_distance(&text.replace([' ', '-'], "_"), &term);
    let by_words = words(text).flat_map(|word| {
        let to_term = relative_distance(word, &term);
        let parts = words(&term).filter(|part| part.len() >= SHORTEST_PART);
        let to_words = parts.map(move |part| WORD_OF_TERM + relative_distance(word, part));
        to_words.chain([to_term]).collect::<Vec<_>>()
    });
    by_words.chain([whole]).min().unwrap_or(usize::MAX)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    const SHORTEST_WORD: usize = 3;
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| word.len() >= SHORTEST_WORD)
}

fn relative_distance(one: &str, other: &str) -> usize {
    let longest = one.chars().count().max(other.chars().count()).max(1);
    100 * edit_distance(one, other) / longest
}

/// How many letters have to be put in, left out or changed.
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (above, other_letter) in row.iter().skip(1).zip(other.chars()) {
            left = (diagonal + usize::from(letter != other_letter))
                .min(left + 1)
                .min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("abc", ""), 3);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("refused", "refused"), 0);
    }

    #[test]
    fn mistyped_terms_are_recognised() {
        assert_eq!(nearest("refusd").first(), Some(&"refused"));
        assert_eq!(nearest("closed prot").first(), Some(&"closed_port"));
        assert_eq!(nearest("ECONREFUSED").first(), Some(&"ECONNREFUSED"));
        assert!(nearest("flood").contains(&"syn_flood"));
    }

    #[test]
    fn what_is_far_from_all_terms_has_no_neighbours() {
        for text in [
            "4242",
            "xyzzy",
            "the quick brown fox",
            "usb 1-1: new device",
            "...",
        ] {
            assert_eq!(nearest(text), Vec::<&str>::new(), "{text}");
        }
    }
}
