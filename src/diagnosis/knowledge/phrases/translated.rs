//! What systems print in other languages than English: data of their own message catalogues.

use super::Strength;
use super::index::Entry;
use crate::diagnosis::knowledge::search::normalised;

/// Lines of system, language, term and text, divided by tabs.
const TEXTS: &str = include_str!("translated.tsv");

pub(super) fn entries() -> impl Iterator<Item = Entry> {
    TEXTS.lines().filter_map(entry)
}

fn entry(line: &'static str) -> Option<Entry> {
    let mut fields = line.split('\t');
    let system = fields.next().filter(|system| !system.starts_with('#'))?;
    let language = fields.next()?;
    let term = fields.next()?;
    let text = fields.next()?;
    Some(Entry {
        term,
        strength: Strength::Reason,
        words: normalised(text),
        means: Some(format!("{term}, as {system} says it in {language}")),
        is_counter: false,
    })
}
