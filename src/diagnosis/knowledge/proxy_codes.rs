//! The letters by which proxies write down how a request ended: Envoy's response flags, `HAProxy`'s
//! termination states.
//!
//! Both as their documentation has them. Case counts: `sC` is a time-out where `SC` is a failure.

use super::{Page, page};

/// Envoy's response flags that tell of connections, and what they are about.
const ENVOY_FLAGS: [(&str, &str); 16] = [
    ("UF", "upstream_failure"),
    ("UH", "upstream_failure"),
    ("UO", "upstream_failure"),
    ("URX", "upstream_failure"),
    ("UR", "upstream_failure"),
    ("LH", "upstream_failure"),
    ("UC", "connection_closed"),
    ("UT", "read_timeout"),
    ("DC", "aborted"),
    ("DF", "name_not_resolved"),
    ("NC", "above_tcp"),
    ("NR", "above_tcp"),
    ("RL", "above_tcp"),
    ("UAEX", "above_tcp"),
    ("UPE", "above_tcp"),
    ("DPE", "above_tcp"),
];

/// The first two letters of `HAProxy`'s termination states: what ended it, and when.
const HAPROXY_STATES: [(&str, &str); 11] = [
    ("SC", "upstream_failure"),
    ("sC", "connect_timeout"),
    ("CC", "upstream_failure"),
    ("cC", "upstream_failure"),
    ("sQ", "upstream_failure"),
    ("SH", "connection_closed"),
    ("SD", "connection_closed"),
    ("sH", "read_timeout"),
    ("sD", "read_timeout"),
    ("PR", "above_tcp"),
    ("PH", "above_tcp"),
];

/// What stands in front of Envoy's flags where a log names its fields.
const FIELD_OF_FLAGS: &str = "response_flags";

/// The page of the codes, where the text is nothing else.
pub(super) fn alone(text: &str) -> Option<&'static Page> {
    let text = text.trim();
    of_envoy(text).or_else(|| of_haproxy(text))
}

/// The page of the codes that a line of a proxy's log holds.
pub(super) fn in_line(text: &str) -> Option<&'static Page> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let named = text.rsplit_once(FIELD_OF_FLAGS).and_then(|(_, after)| {
        let after = after.trim_start_matches(|character: char| " =:\"'".contains(character));
        of_envoy(after.split([' ', '"', '\'', '}']).next()?)
    });
    named.or_else(|| {
        words.windows(3).find_map(|around| match around {
            [before, status, flags] if before.ends_with('"') && is_status(status) => {
                of_envoy(flags)
            }
            [_, state, counts] if is_counts(counts) => of_haproxy(state),
            _ => None,
        })
    })
}

/// `UF`, `UF,URX`: the first that tells of a connection.
fn of_envoy(flags: &str) -> Option<&'static Page> {
    flags.split(',').find_map(|flag| {
        let (_, term) = ENVOY_FLAGS.iter().find(|(known, _)| *known == flag)?;
        page(term)
    })
}

/// `SC`, or with what became of the cookie `SC--`.
fn of_haproxy(state: &str) -> Option<&'static Page> {
    let (ended, cookie) = state.split_at_checked(2)?;
    let is_cookie = |letter: char| "-NIDEVOUPR".contains(letter);
    if !(cookie.is_empty() || cookie.len() == 2 && cookie.chars().all(is_cookie)) {
        return None;
    }
    let (_, term) = HAPROXY_STATES.iter().find(|(known, _)| *known == ended)?;
    page(term)
}

/// An HTTP status, as an access log has it: 0 where there was none.
fn is_status(word: &str) -> bool {
    word == "0" || (word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `1/1/0/0/3`: the counts of connections that follow `HAProxy`'s states.
fn is_counts(word: &str) -> bool {
    let is_count = |part: &str| {
        let digits = part.trim_start_matches('+');
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    word.split('/').count() == 5 && word.split('/').all(is_count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_counts() {
        assert_eq!(alone("SC--").unwrap().term, "upstream_failure");
        assert_eq!(alone("sC--").unwrap().term, "connect_timeout");
        assert_eq!(alone("uf"), None);
    }

    #[test]
    fn letters_elsewhere_are_no_codes() {
        for text in ["PR 4711 merged", "the UF of it", "SC1A", "503 UF", "é"] {
            assert_eq!(in_line(text), None, "{text}");
            assert_eq!(alone(text), None, "{text}");
        }
    }

    #[test]
    fn all_codes_have_a_page() {
        for (_, term) in ENVOY_FLAGS.iter().chain(&HAPROXY_STATES) {
            assert!(page(term).is_some(), "{term}");
        }
    }
}
