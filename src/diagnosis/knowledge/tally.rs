//! What many lines say together: how many are about which page.

use std::collections::HashMap;

use super::explanation::{Explanation, Reading, explain_line};
use super::places::Places;
use super::{Page, pages};

/// How many readings, and how many servers, are told apart for a page.
const MOST_KEPT: usize = 64;

/// How much of a line is kept as an example.
const LONGEST_EXAMPLE: usize = 400;

/// Counts lines by what they are about.
#[derive(Debug, Default)]
pub struct Tally {
    lines: u64,
    known_lines: u64,
    by_term: HashMap<&'static str, TalliedPage>,
}

/// A page, and the lines that are about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TalliedPage {
    /// The page.
    pub page: &'static Page,
    /// How many lines.
    pub lines: u64,
    /// The first of them.
    pub first: ExampleLine,
    /// The last of them.
    pub last: ExampleLine,
    /// What was read in them, with how many lines; of the first 64 kinds.
    pub read_as: Vec<(Reading, u64)>,
    /// Whom they name, with how many lines; of the first 64.
    pub places: Vec<(Places, u64)>,
    /// What all that name somebody name alike.
    pub agreed: Option<Places>,
}

/// A line, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExampleLine {
    /// Its number, from 1.
    pub number: u64,
    /// Its beginning.
    pub text: String,
}

impl Tally {
    /// Counts a line.
    pub fn add(&mut self, line: &str) {
        self.lines += 1;
        let Explanation {
            pages,
            read_as,
            places,
        } = explain_line(line);
        let Some(page) = pages.first().copied() else {
            return;
        };
        self.known_lines += 1;
        let example = ExampleLine {
            number: self.lines,
            text: line.trim().chars().take(LONGEST_EXAMPLE).collect(),
        };
        let tallied = self
            .by_term
            .entry(page.term)
            .or_insert_with(|| TalliedPage::new(page, example.clone()));
        tallied.lines += 1;
        tallied.last = example;
        for reading in read_as {
            count(&mut tallied.read_as, reading);
        }
        if !places.is_empty() {
            tallied.agreed = Some(match tallied.agreed.take() {
                Some(agreed) => agreed.shared_with(&places),
                None => places.clone(),
            });
            // Each client is another one; what they share is the server.
            let server = Places {
                client: places.client.filter(|_| places.server.is_none()),
                ..places
            };
            count(&mut tallied.places, server);
        }
    }

    /// How many lines were counted.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// How many of them were about something known.
    pub const fn known_lines(&self) -> u64 {
        self.known_lines
    }

    /// The pages, those of most lines first.
    pub fn into_pages(mut self) -> Vec<TalliedPage> {
        let in_order = pages().filter_map(|page| self.by_term.remove(page.term));
        let mut tallied: Vec<TalliedPage> = in_order.collect();
        for page in &mut tallied {
            page.read_as
                .sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
            page.places
                .sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
        }
        tallied.sort_by_key(|page| std::cmp::Reverse(page.lines));
        tallied
    }
}

impl TalliedPage {
    const fn new(page: &'static Page, first: ExampleLine) -> Self {
        Self {
            page,
            lines: 0,
            last: ExampleLine {
                number: 0,
                text: String::new(),
            },
            first,
            read_as: Vec::new(),
            places: Vec::new(),
            agreed: None,
        }
    }
}

fn count<T: PartialEq>(counted: &mut Vec<(T, u64)>, what: T) {
    if let Some((_, lines)) = counted.iter_mut().find(|(known, _)| *known == what) {
        *lines += 1;
    } else if counted.len() < MOST_KEPT {
        counted.push((what, 1));
    }
}
