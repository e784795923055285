//! What a text is about, what is read in it, and whom it names.

use super::phrases::Strength;
use super::places::{Places, places};
use super::search::{self, Hit};
use super::{Kind, Page, aliases, codes, devices, named_by, numbers, proxy_codes, slow_connects};

/// What is known of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The pages that it is about, the most specific first; none when it says nothing that is
    /// known.
    pub pages: Vec<&'static Page>,
    /// What is read in it.
    pub read_as: Vec<Reading>,
    /// Whom it names.
    pub places: Places,
}

/// A piece of a text, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// The piece, as it is read.
    pub text: String,
    /// What it says.
    pub means: String,
}

impl Reading {
    pub(super) fn new(text: impl Into<String>, means: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            means: means.into(),
        }
    }
}

/// How much of a text is looked at: more than any line of a log that people paste.
const LONGEST_TEXT: usize = 64 * 1024;

/// How many readings are given at most.
const MOST_READINGS: usize = 8;

/// What is known of a text: a term, a number, or any line that holds what a program, a kernel or a
/// device wrote.
pub fn explain(text: &str) -> Explanation {
    explained(text, |_| true)
}

/// As [`explain`], for one of many lines: only what says by itself that it is about connects.
pub fn explain_line(text: &str) -> Explanation {
    let text = beginning(text);
    let is_of_connects = is_of_connects(&search::normalised(text));
    explained(text, |hit| {
        let says_so = hit.strength == Strength::Deciding
            || (hit.strength == Strength::Reason && is_of_connects_alone(hit.page));
        !hit.is_nothing && (is_of_connects || says_so)
    })
}

/// Whether a reason is one of connects, wherever it stands: not so "permission denied".
fn is_of_connects_alone(page: &Page) -> bool {
    const TERMS: [&str; 10] = [
        "ECONNREFUSED",
        "ETIMEDOUT",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "ECONNRESET",
        "ECONNABORTED",
        "EADDRNOTAVAIL",
        "EHOSTDOWN",
        "ENETDOWN",
        "name_not_resolved",
    ];
    page.kinds.contains(&Kind::Sign) || TERMS.contains(&page.term)
}

fn explained(text: &str, is_wanted: impl Fn(&Hit) -> bool) -> Explanation {
    let text = beginning(text);
    let normal = search::normalised(text);
    if let Some(record) = devices::record(text, &normal) {
        return Explanation {
            pages: record.pages,
            read_as: record.read_as,
            places: record.places.unwrap_or_else(|| places(text)),
        };
    }
    let (pages, read_as) = pages_and_readings(text, &normal, is_wanted);
    if pages.is_empty() {
        return Explanation::default();
    }
    Explanation {
        pages,
        read_as,
        places: places(text),
    }
}

fn beginning(text: &str) -> &str {
    let mut end = LONGEST_TEXT.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

type PagesAndReadings = (Vec<&'static Page>, Vec<Reading>);

fn pages_and_readings(
    text: &str,
    normal: &str,
    is_wanted: impl Fn(&Hit) -> bool,
) -> PagesAndReadings {
    if let Some(page) = named_by(normal).or_else(|| aliases::named(normal)) {
        return (vec![page], Vec::new());
    }
    let (mut pages, mut read_as) = codes::alone(text);
    if let Some(page) = proxy_codes::alone(text) {
        pages.insert(0, page);
    }
    if !pages.is_empty() {
        return (pages, read_as);
    }
    if let Some(found) = numbers::alone(normal) {
        read_as.extend(found.means.map(|means| Reading::new(normal.trim(), means)));
        return (found.pages, read_as);
    }
    in_line(text, normal, is_wanted)
}

/// What a line of a log says.
fn in_line(text: &str, normal: &str, is_wanted: impl Fn(&Hit) -> bool) -> PagesAndReadings {
    let mut hits = search::hits(normal);
    hits.retain(is_wanted);
    let says_a_reason = hits.iter().any(|hit| hit.strength > Strength::Hint);
    if let Some(page) = proxy_codes::in_line(text).filter(|_| !says_a_reason) {
        return (vec![page], Vec::new());
    }
    let (mut pages, mut read_as) = search::strongest(normal, hits);
    if !says_a_reason && let Some((page, reading)) = slow_connects::by_its_time(normal) {
        pages.push(page);
        read_as.push(reading);
    }
    read_as.truncate(MOST_READINGS);
    (pages, read_as)
}

/// Whether a line says that it is about connects: words such as "error -110" or "permission denied"
/// stand in lines about disks and files as well.
fn is_of_connects(normal: &str) -> bool {
    const WORDS: [&str; 25] = [
        "connect",
        "socket",
        "accept",
        "tcp",
        "dial",
        "upstream",
        "peer",
        "curl",
        "http",
        "ssh:",
        "rpc",
        "refused",
        "unreachable",
        "winerror 100",
        "econn",
        "etimedout",
        "sqlstate",
        "listen",
        "syn_",
        "syn-",
        "no route to host",
        "reset by",
        "0x80072",
        "redis",
        "deadline",
    ];
    WORDS.iter().any(|word| normal.contains(word))
}
