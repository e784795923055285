//! Which pages a term, a number or a line of an application's log is about.

use std::cmp::Reverse;
use std::ops::Range;

use super::explanation::Reading;
use super::numbers;
use super::phrases::{self, Strength};
use super::{Kind, Page, page, pages};

/// The text in lower case, with one space between words and plain quotation marks.
pub(super) fn normalised(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|character| match character {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// A page that a part of the text is about.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) page: &'static Page,
    pub(super) strength: Strength,
    /// Where in the text.
    part: Range<usize>,
    /// What the part says, beyond what the page does.
    means: Option<String>,
    /// A counter at 0: what it counts did not happen.
    pub(super) is_nothing: bool,
}

/// The pages that parts of the text are about; the text as [`normalised`] makes it.
pub(super) fn hits(text: &str) -> Vec<Hit> {
    let mut hits = hits_of_phrases(text);
    hits.extend(
        phrases::TOGETHER
            .iter()
            .filter_map(|words| together(text, words)),
    );
    hits.extend(hits_of_terms(text));
    hits.extend(hits_of_numbers(text));
    hits
}

/// One hit for all words that stand in the text, where they stand last.
fn hits_of_phrases(text: &str) -> Vec<Hit> {
    let mut found: Vec<(&'static phrases::Entry, Range<usize>)> = Vec::new();
    for start in 0..text.len() {
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        for entry in phrases::starting_like(rest) {
            let part = start..start + entry.words.len();
            let stands_here = rest.starts_with(entry.words.as_bytes());
            if stands_here && is_whole(text, &part, &entry.words) {
                found.retain(|(other, _)| !std::ptr::eq(*other, entry));
                found.push((entry, part));
            }
        }
    }
    let hit = |(entry, part): (&phrases::Entry, Range<usize>)| {
        let is_nothing = entry.is_counter && is_zero(text.get(part.end..).unwrap_or_default());
        Some(Hit {
            page: page(entry.term)?,
            strength: if is_nothing {
                Strength::Hint
            } else {
                entry.strength
            },
            part,
            means: if is_nothing {
                Some("0: it has not happened since the system started".to_owned())
            } else {
                entry.means.clone()
            },
            is_nothing,
        })
    };
    found.into_iter().filter_map(hit).collect()
}

/// Whether what follows a counter is the number 0.
fn is_zero(after: &str) -> bool {
    let number = after.trim_start_matches([' ', '=', ':', '"']);
    let end = number.find(|character: char| !character.is_ascii_digit());
    number.get(..end.unwrap_or(number.len())) == Some("0")
}

/// Where all the words stand in the text, each behind the one before.
fn together(text: &str, words: &phrases::Together) -> Option<Hit> {
    let mut from = 0;
    let mut start = None;
    for part in words.all {
        let at = from + text.get(from..)?.find(part)?;
        start = start.or(Some(at));
        from = at + part.len();
    }
    Some(Hit {
        page: page(words.term)?,
        strength: Strength::Deciding,
        part: start?..from,
        means: Some(words.means.to_owned()),
        is_nothing: false,
    })
}

/// Terms of this program's reports in the text: only those that are no common word.
fn hits_of_terms(text: &str) -> impl Iterator<Item = Hit> {
    let terms =
        pages().filter(|page| page.term.contains('_') && !page.kinds.contains(&Kind::Error));
    terms.filter_map(|page| {
        Some(Hit {
            page,
            strength: Strength::Reason,
            part: place(text, page.term)?,
            means: None,
            is_nothing: false,
        })
    })
}

/// Where the words stand last in the text, as whole words.
fn place(text: &str, words: &str) -> Option<Range<usize>> {
    text.rmatch_indices(words)
        .map(|(start, _)| start..start + words.len())
        .find(|part| is_whole(text, part, words))
}

fn is_whole(text: &str, part: &Range<usize>, words: &str) -> bool {
    let before = text.get(..part.start).and_then(|text| text.chars().last());
    let after = text.get(part.end..).and_then(|text| text.chars().next());
    // Chinese and Japanese put no space between words, and Korean hangs on to them.
    let ends_words = |character: char| is_of_word(character) && character < '\u{2e80}';
    let joins = |outside: Option<char>, inside: Option<char>| {
        outside.is_some_and(ends_words) && inside.is_some_and(ends_words)
    };
    !joins(before, words.chars().next()) && !joins(after, words.chars().last())
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Numbers in the text that something beside them makes an errno.
fn hits_of_numbers(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut start = 0;
    for token in text.split_inclusive(|character: char| !is_of_word(character)) {
        let word = token.trim_end_matches(|character: char| !is_of_word(character));
        let part = start..start + word.len();
        start += token.len();
        let before = text.get(..part.start).unwrap_or_default();
        let after = text.get(part.end..).unwrap_or_default();
        let Some(found) = numbers::in_text(before, word, after) else {
            continue;
        };
        hits.extend(found.pages.into_iter().map(|page| Hit {
            page,
            strength: Strength::Number,
            part: part.clone(),
            means: found.means.clone(),
            is_nothing: false,
        }));
    }
    hits
}

/// The pages of the strongest hits, and what they say: of those that lie within each other the
/// longest, of the others the last first, which is where the root of a chain of errors stands.
pub(super) fn strongest(text: &str, mut hits: Vec<Hit>) -> (Vec<&'static Page>, Vec<Reading>) {
    let Some(strength) = hits.iter().map(|hit| hit.strength).max() else {
        return Default::default();
    };
    hits.retain(|hit| hit.strength == strength);
    hits.sort_by_key(|hit| Reverse(hit.part.len()));
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        let is_part_of_another = kept.iter().any(|longer| {
            longer.part != hit.part
                && hit.part.start < longer.part.end
                && longer.part.start < hit.part.end
        });
        if !is_part_of_another {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|hit| Reverse(hit.part.end));
    let mut pages: Vec<&Page> = Vec::new();
    let mut read_as: Vec<Reading> = Vec::new();
    for hit in kept {
        if !pages.iter().any(|page| page.term == hit.page.term) {
            pages.push(hit.page);
        }
        let part = text.get(hit.part).unwrap_or_default();
        read_as.extend(hit.means.map(|means| Reading::new(part, means)));
    }
    read_as.dedup();
    (pages, read_as)
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::knowledge::find;

    fn first(text: &str) -> Option<&'static str> {
        find(text).first().map(|page| page.term)
    }

    #[test]
    fn words_count_as_whole_words_only() {
        assert_eq!(first("xeconnrefused"), None);
        assert_eq!(first("(ECONNREFUSED)"), Some("ECONNREFUSED"));
    }

    #[test]
    fn ports_dates_and_addresses_are_no_errno() {
        assert_eq!(first("GET 10.0.0.111:111 2026-11-10 111 ms"), None);
        assert_eq!(first("poll: errno=110"), Some("ETIMEDOUT"));
    }

    #[test]
    fn the_root_of_a_chain_of_errors_comes_first() {
        let text = "Connection to db:5432 refused. Check that the hostname ... \
                    Caused by: java.net.ConnectException: Connection timed out";
        assert_eq!(first(text), Some("ETIMEDOUT"));
    }
}
