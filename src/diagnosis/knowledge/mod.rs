//! What is known of outcomes, causes, findings and errors: what is on the wire, what brings it
//! about, what looks like it, what to check, and what applications print.
//!
//! The pages are static data; [`find`] tells which of them a term, a number or a line of an
//! application's log is about.

mod aliases;
mod codes;
mod devices;
mod explanation;
mod nearest;
mod numbers;
mod pages;
mod phrases;
mod places;
mod proxy_codes;
mod search;
mod slow_connects;
mod tally;

pub use explanation::{Explanation, Reading, explain, explain_line};
pub use nearest::nearest;
pub use places::Places;
pub use tally::{ExampleLine, TalliedPage, Tally};

/// What is known of one term.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The term, as reports and systems spell it.
    pub term: &'static str,
    /// What the term names.
    pub kinds: &'static [Kind],
    /// Its numbers, where it is a system's error.
    pub numbers: Option<Numbers>,
    /// What it means, in one line.
    pub title: &'static str,
    /// What the packets look like.
    pub on_the_wire: &'static str,
    /// What brings it about, the commonest first.
    pub brought_about_by: &'static [&'static str],
    /// What looks like it, and how it differs.
    pub told_apart: &'static [LookAlike],
    /// What to look at.
    pub check: &'static [Check],
    /// What applications print for it.
    pub applications: &'static [Sayings],
    /// The command of `tcpwhy` that shows it.
    pub shown_by: &'static str,
    /// The terms of related pages.
    pub see_also: &'static [&'static str],
}

/// What a term names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// What the packets show of one attempt.
    Outcome,
    /// What went wrong with an attempt that was established.
    Trouble,
    /// Why an attempt ended as it did.
    Cause,
    /// What many attempts say together.
    Finding,
    /// What a system or an application reports.
    Error,
    /// What became of packets of a connect between two places of a path.
    PathVerdict,
    /// What many connects, seen from several places, say together.
    PathFinding,
    /// What kernels, firewalls and tools say of packets and connections.
    Sign,
}

/// The numbers of a system's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Numbers {
    /// On Linux.
    pub linux: Option<u32>,
    /// On macOS; mostly the same on other BSDs.
    pub macos: Option<u32>,
    /// On Windows.
    pub windows: Option<u32>,
}

/// What looks like a page's term, and how it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookAlike {
    /// The other term.
    pub other: &'static str,
    /// How to tell.
    pub by: &'static str,
}

/// Something to look at. SERVER, CLIENT, PORT and other words in capitals stand for the case's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// On which machine.
    pub on: &'static str,
    /// What to type there; `None` where no command tells it.
    pub run: Option<&'static str>,
    /// What the result says.
    pub tells: &'static str,
}

/// What applications print in one situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sayings {
    /// The situation, as in "when it is reset"; empty where there is only one.
    pub when: &'static str,
    /// What they print.
    pub says: &'static [Saying],
}

/// What one system, language or program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Saying {
    /// Which.
    pub system_or_language: &'static str,
    /// Its words.
    pub text: &'static str,
}

impl Kind {
    /// All kinds, in the order of the list of terms.
    pub const ALL: [Self; 8] = [
        Self::Outcome,
        Self::Trouble,
        Self::Cause,
        Self::Finding,
        Self::Error,
        Self::PathVerdict,
        Self::PathFinding,
        Self::Sign,
    ];

    /// The kind's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Trouble => "trouble",
            Self::Cause => "cause",
            Self::Finding => "finding",
            Self::Error => "error",
            Self::PathVerdict => "path verdict",
            Self::PathFinding => "path finding",
            Self::Sign => "sign",
        }
    }
}

impl Page {
    /// Whether one of the systems gives it this number.
    pub fn has_number(&self, number: u32) -> bool {
        self.numbers.is_some_and(|numbers| {
            [numbers.linux, numbers.macos, numbers.windows].contains(&Some(number))
        })
    }

    /// What applications print, of all situations.
    pub fn sayings(&self) -> impl Iterator<Item = &'static Saying> {
        self.applications.iter().flat_map(|group| group.says)
    }
}

/// The pages that the text is about, the most specific first: those of [`explain`].
pub fn find(text: &str) -> Vec<&'static Page> {
    explain(text).pages
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

/// All pages, in the order of the list of terms.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    pages::ALL.iter().copied().flatten()
}

/// The page of a term, as reports spell it.
pub fn page(term: &str) -> Option<&'static Page> {
    pages().find(|page| page.term == term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_term_has_two_pages() {
        let mut terms: Vec<&str> = pages().map(|page| page.term).collect();
        let count = terms.len();
        terms.sort_unstable();
        terms.dedup();
        assert_eq!(terms.len(), count);
    }

    #[test]
    fn phrases_lead_to_pages_and_can_be_met() {
        for entry in phrases::entries() {
            assert!(page(entry.term).is_some(), "{entry:?}");
            assert_eq!(entry.words, search::normalised(&entry.words));
            assert!(entry.words.len() >= 3, "{entry:?}");
        }
        for words in phrases::TOGETHER {
            assert!(page(words.term).is_some(), "{words:?}");
        }
    }

    #[test]
    fn pages_name_pages() {
        for page in pages() {
            let others = page.told_apart.iter().map(|look_alike| look_alike.other);
            for other in others.chain(page.see_also.iter().copied()) {
                assert!(super::page(other).is_some(), "{}: {other}", page.term);
                assert_ne!(other, page.term);
            }
        }
    }
}
