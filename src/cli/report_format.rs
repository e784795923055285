//! The formats of a report, and how much each of them lists.

use clap::ValueEnum;

/// Formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: everything, one document
    Json,
    /// To look at and to hand over: one page that loads nothing
    Html,
    /// For a ticket: short, with what it was made from
    Markdown,
    /// For programs: everything, each attempt on a line of its own
    Ndjson,
    /// For spreadsheets: one attempt a row
    Csv,
    /// For what takes in the Elastic Common Schema: each attempt and finding on a line of its own
    Ecs,
}

/// How many attempts are listed for people, unless told otherwise.
const LISTED_FOR_PEOPLE: usize = 1000;

/// How many of these, those that are alike together, text and Markdown show, unless told otherwise.
const SHOWN_FOR_PEOPLE: usize = 20;

/// How many attempts JSON and CSV list, unless told otherwise.
const LISTED_FOR_PROGRAMS: usize = 100_000;

impl Format {
    /// How many attempts it lists, unless told otherwise; 0 for all.
    pub(super) fn usual_attempts(self) -> usize {
        match self {
            Self::Text | Self::Markdown | Self::Html => LISTED_FOR_PEOPLE,
            Self::Json | Self::Csv => LISTED_FOR_PROGRAMS,
            Self::Ndjson | Self::Ecs => 0,
        }
    }

    /// How many of the listed attempts, those that are alike together, it shows: all of them, when
    /// somebody said how many to list.
    pub(super) fn shown_attempts(self, asked_for: Option<usize>) -> Option<usize> {
        match self {
            Self::Text | Self::Markdown if asked_for.is_none() => Some(SHOWN_FOR_PEOPLE),
            _ => None,
        }
    }

    /// Whether it is made for somebody who was not there: then it says from which bytes it was
    /// made.
    pub(super) fn is_handed_over(self) -> bool {
        match self {
            Self::Html | Self::Markdown => true,
            Self::Text | Self::Json | Self::Ndjson | Self::Csv | Self::Ecs => false,
        }
    }
}
