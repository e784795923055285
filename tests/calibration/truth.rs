//! What really happened in a story: written down by whoever set it up, never read from a report.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;

use super::tally::{Sureness, Tally};

/// The words that are right: names of causes and kinds of findings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    of_all: Option<BTreeSet<String>>,
    of_ends: Vec<((SocketAddr, SocketAddr), BTreeSet<String>)>,
}

impl Truth {
    /// These words are right of whatever the story tells.
    pub(crate) fn of_all<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut truth = Self::default();
        truth.add(None, words);
        truth
    }

    /// These words are right as well: of one pair of ends, or of all others.
    pub(crate) fn add<'a>(
        &mut self,
        ends: Option<(SocketAddr, SocketAddr)>,
        words: impl IntoIterator<Item = &'a str>,
    ) {
        // `nothing` is said where no word is right.
        let words = words.into_iter().filter(|word| *word != "nothing");
        let words = words.map(str::to_owned);
        match ends {
            None => self.of_all.get_or_insert_default().extend(words),
            Some(ends) => self.of_ends.push((ends, words.collect())),
        }
    }

    fn is_told(&self) -> bool {
        self.of_all.is_some() || !self.of_ends.is_empty()
    }

    fn allows_cause(&self, attempt: &Value, cause: &str) -> bool {
        let is_meant = |ends: &(SocketAddr, SocketAddr)| {
            attempt["client"] == ends.0.to_string() && attempt["server"] == ends.1.to_string()
        };
        let of_ends: Vec<_> = self
            .of_ends
            .iter()
            .filter(|(ends, _)| is_meant(ends))
            .collect();
        if of_ends.is_empty() {
            let of_all = self.of_all.as_ref();
            return of_all.is_some_and(|words| words.contains(cause));
        }
        of_ends.iter().any(|(_, words)| words.contains(cause))
    }

    fn allows_finding(&self, kind: &str) -> bool {
        let of_ends = self.of_ends.iter().map(|(_, words)| words);
        self.of_all
            .iter()
            .chain(of_ends)
            .any(|words| words.contains(kind))
    }

    /// Holds a report against it.
    pub(crate) fn judge(&self, story: (&'static str, &str), report: &Value, tally: &mut Tally) {
        let attempts = report["attempts"].as_array().unwrap();
        let causes = attempts.iter().filter_map(|attempt| {
            let said = said(attempt, "cause")?;
            Some((said, self.allows_cause(attempt, said.0)))
        });
        let findings = report["findings"].as_array().unwrap().iter();
        let findings = findings.filter_map(|finding| {
            let said = said(finding, "kind")?;
            Some((said, self.allows_finding(said.0)))
        });
        for ((word, sureness), is_right) in causes.chain(findings) {
            if self.is_told() {
                tally.note(story, word, sureness, is_right);
            } else {
                tally.note_untold(story.0, story.1);
            }
        }
    }
}

/// What is said so surely that it must be right.
fn said<'a>(value: &'a Value, name: &str) -> Option<(&'a str, Sureness)> {
    let word = value[name].as_str()?;
    let sureness = Sureness::of(value["confidence"].as_str()?)?;
    Some((word, sureness))
}
