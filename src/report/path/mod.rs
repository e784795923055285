//! What several places say of the same connects, as a report.

#[cfg(feature = "evidence")]
pub mod evidence;
#[cfg(feature = "html")]
pub mod html;
mod json;
mod ladder;
pub mod markdown;
mod overview;
mod steps;
mod text;
mod words;

use crate::diagnosis::Selection;
use crate::handshake::{Outcome, TrackerSettings};
use crate::path::{Comparison, JudgedConnect, PathVerdict, VerdictKind};

#[cfg(feature = "json-schema")]
pub use json::schema;
pub use json::{SCHEMA, write as write_json};
pub use text::{write as write_text, write_ladder};

use super::model::Tool;

/// Everything that a report of a comparison is made of.
#[derive(Debug)]
pub struct PathReport {
    /// What made it.
    pub tool: Tool,
    /// What the places show.
    pub comparison: Comparison,
    /// By what attempts were judged.
    pub tracker: TrackerSettings,
    /// The capture filter that was applied to every packet.
    pub filter: Option<String>,
    /// Which connects were asked for.
    pub selection: Selection,
    /// How many connects are listed at most; `None` for all.
    pub listed: Option<usize>,
}

impl PathReport {
    /// The connects in the order in which they are listed, numbered by time from 1: those with
    /// which something is wrong, then those that changed on the way, then all others.
    pub(crate) fn listed(&self) -> Vec<(u64, &JudgedConnect)> {
        let mut connects: Vec<(u64, &JudgedConnect)> = self
            .may_be_listed()
            .map(|judged| (judged.number, judged))
            .collect();
        connects.sort_by_key(|(number, judged)| (worth(judged), *number));
        connects.truncate(self.listed.unwrap_or(usize::MAX));
        connects
    }

    /// Those that ended as is asked for.
    pub(crate) fn may_be_listed(&self) -> impl Iterator<Item = &JudgedConnect> {
        let is_asked_for = |judged: &&JudgedConnect| {
            let Some(outcomes) = &self.selection.listed else {
                return true;
            };
            let mut troubles = judged.troubles.iter();
            outcomes.contains(&judged.outcome)
                || troubles.any(|trouble| self.selection.listed_troubles.contains(&trouble))
        };
        self.comparison.connects.iter().filter(is_asked_for)
    }

    /// What a place is called.
    pub(crate) fn name(&self, place: usize) -> &str {
        let place = self.comparison.places.get(place);
        place.map_or("", |place| place.name.as_str())
    }

    /// How many connects ended so.
    pub(crate) fn count(&self, outcome: Outcome) -> u64 {
        let mut count = 0;
        for judged in &self.comparison.connects {
            count += u64::from(judged.outcome == outcome);
        }
        count
    }
}

fn worth(judged: &JudgedConnect) -> u8 {
    let says = |kind: VerdictKind| {
        let mut verdicts = judged.verdicts.iter();
        verdicts.any(|verdict: &PathVerdict| verdict.kind == kind)
    };
    if !judged.is_sound() {
        u8::from(judged.outcome == Outcome::Established)
    } else if says(VerdictKind::Altered) {
        2
    } else {
        3
    }
}
