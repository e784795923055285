//! Which pages a term, a number or a line of an application's log is about.

use std::ops::Range;

use super::phrases::{self, Strength};
use super::proxy_codes;
use super::{Kind, Page, page, pages};

/// Numbers of programs that are no errno: exit statuses of curl, errors of database clients.
const PROGRAM_CODES: [(u32, &str); 14] = [
    (5, "name_not_resolved"),
    (6, "name_not_resolved"),
    (7, "connect_failed"),
    (28, "connect_timeout"),
    (35, "tls_failure"),
    (52, "connection_closed"),
    (56, "ECONNRESET"),
    (1040, "above_tcp"),
    (1045, "above_tcp"),
    (1129, "above_tcp"),
    (1130, "above_tcp"),
    (2002, "connect_failed"),
    (2003, "connect_failed"),
    (2013, "connection_closed"),
];

/// What may stand before a number that is all there is.
const BEFORE_A_LONE_NUMBER: [&str; 15] = [
    "",
    "errno",
    "error",
    "err",
    "code",
    "error code",
    "os error",
    "winerror",
    "winsock",
    "curl",
    "curl error",
    "curl exit code",
    "exit code",
    "exit status",
    "mysql error",
];

/// What says that the number behind it is an errno.
const BEFORE_AN_ERRNO: [&str; 10] = [
    "errno",
    "error",
    "err",
    "code",
    "winerror",
    "so_error",
    "so_error)",
    "socketexception",
    "nativeerrorcode",
    "errorcode",
];

/// Numbers below this mean much else: a plain "error 13" does not make them an errno.
const SMALLEST_TELLING_NUMBER: u32 = 32;

/// The pages that the text is about, the most specific first; none when it says nothing that is
/// known.
///
/// The text is a term, a number, or any line that holds what an application printed.
pub fn find(text: &str) -> Vec<&'static Page> {
    let as_it_stands = text;
    let text = normalised(text);
    if let Some(page) = named_by(&text).or_else(|| proxy_codes::alone(as_it_stands)) {
        return vec![page];
    }
    if let Some(number) = lone_number(&text) {
        return pages_of_number(number, text.contains("curl"));
    }
    let hits = hits(&text);
    let says_a_reason = hits.iter().any(|hit| hit.strength > Strength::Hint);
    match proxy_codes::in_line(as_it_stands) {
        Some(page) if !says_a_reason => vec![page],
        _ => strongest(hits),
    }
}

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

/// The page whose term is the whole text, in any spelling.
fn named_by(text: &str) -> Option<&'static Page> {
    let term = text
        .trim_matches(|character: char| !character.is_alphanumeric())
        .replace([' ', '-'], "_");
    let without_wsa = term.strip_prefix("wsa").unwrap_or(&term);
    pages().find(|page| {
        page.term.eq_ignore_ascii_case(&term) || page.term.eq_ignore_ascii_case(without_wsa)
    })
}

/// The number, where the text is a number and at most a word for it.
fn lone_number(text: &str) -> Option<u32> {
    let is_between = |character: char| " =:#()[]".contains(character);
    let text = text.trim_matches(is_between);
    let (before, number) = text
        .rsplit_once(is_between)
        .map_or(("", text), |(before, number)| {
            (before.trim_end_matches(is_between), number)
        });
    BEFORE_A_LONE_NUMBER
        .contains(&before)
        .then(|| number.parse().ok())
        .flatten()
}

fn pages_of_number(number: u32, is_curl: bool) -> Vec<&'static Page> {
    let mut found = Vec::new();
    if !is_curl {
        found.extend(pages_of_errno(number));
    }
    found.extend(
        PROGRAM_CODES
            .iter()
            .filter(|(code, _)| *code == number)
            .filter_map(|(_, term)| page(term)),
    );
    found
}

/// The pages of an errno, Linux's meaning first.
fn pages_of_errno(number: u32) -> Vec<&'static Page> {
    let mut found: Vec<&Page> = pages().filter(|page| page.has_number(number)).collect();
    found.sort_by_key(|page| {
        page.numbers
            .is_none_or(|numbers| numbers.linux != Some(number))
    });
    found
}

/// A page that a part of the text is about.
#[derive(Debug)]
struct Hit {
    page: &'static Page,
    strength: Strength,
    /// Where in the text.
    part: Range<usize>,
}

fn hits(text: &str) -> Vec<Hit> {
    let mut hits = hits_of_phrases(text);
    hits.extend(hits_of_terms(text));
    hits.extend(hits_of_numbers(text));
    hits
}

fn hits_of_phrases(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (strength, phrases) in phrases::ALL {
        for phrases in *phrases {
            let parts = phrases.texts.iter().filter_map(|words| place(text, words));
            let Some(page) = page(phrases.term) else {
                continue;
            };
            hits.extend(parts.map(|part| Hit {
                page,
                strength: *strength,
                part,
            }));
        }
    }
    hits
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
    let joins = |outside: Option<char>, inside: Option<char>| {
        outside.is_some_and(is_of_word) && inside.is_some_and(is_of_word)
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
        let digits = token.trim_end_matches(|character: char| !is_of_word(character));
        let part = start..start + digits.len();
        start += token.len();
        let Ok(number) = digits.parse() else { continue };
        if is_errno(text, &part, number) {
            hits.extend(pages_of_errno(number).into_iter().map(|page| Hit {
                page,
                strength: Strength::Number,
                part: part.clone(),
            }));
        }
    }
    hits
}

/// `[errno 111]`, `error: 111`, `(111: ...)`, `(111)`; not a port, a date or a part of an address.
fn is_errno(text: &str, part: &Range<usize>, number: u32) -> bool {
    let before = text.get(..part.start).unwrap_or_default();
    let after = text.get(part.end..).unwrap_or_default();
    let said = before.trim_end_matches([' ', ':', '=', '(', '[', '#', '"', '\'']);
    let word = said.rsplit([' ', '(', '[', '.', ',', '"']).next();
    let is_said = word.is_some_and(|word| BEFORE_AN_ERRNO.contains(&word));
    let is_in_brackets = before.ends_with('(') && after.starts_with([')', ':']);
    if number < SMALLEST_TELLING_NUMBER {
        return said.ends_with("errno") || said.ends_with("os error");
    }
    is_said || (is_in_brackets && !before.trim_end_matches(['(', ' ']).ends_with("curl:"))
}

/// The pages of the strongest hits: of those that lie within each other the longest, of the others
/// the last first, which is where the root of a chain of errors stands.
fn strongest(mut hits: Vec<Hit>) -> Vec<&'static Page> {
    let Some(strength) = hits.iter().map(|hit| hit.strength).max() else {
        return Vec::new();
    };
    hits.retain(|hit| hit.strength == strength);
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.part.len()));
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
    kept.sort_by_key(|hit| std::cmp::Reverse(hit.part.end));
    let mut found: Vec<&Page> = Vec::new();
    for hit in kept {
        if !found.iter().any(|page| page.term == hit.page.term) {
            found.push(hit.page);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

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
