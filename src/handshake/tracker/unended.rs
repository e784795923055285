//! What is left of a tracker when its packets have ended.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::{Tracker, TrackerSettings};
use crate::capture::Timestamp;
use crate::decode::Contexts;
use crate::handshake::decided::Decisions;
use crate::handshake::filter_signs::FilterSigns;
use crate::handshake::flow_table::{FlowTable, OpenAttempts};

/// What is left of a tracker when its packets have ended: the attempts that are still open, and
/// whatever an [`Ending`](super::Ending) needs to judge them.
///
/// It can be written and read again (serde), to be ended elsewhere: it brings along what its rows
/// were wrapped in, whose numbers mean something in one process only.
#[derive(Debug, Deserialize)]
#[serde(from = "Read")]
pub struct Unended {
    pub(super) settings: TrackerSettings,
    pub(super) contexts: Arc<Contexts>,
    pub(super) flows: FlowTable,
    pub(super) decided: Decisions,
    pub(super) latest: Timestamp,
    pub(super) filter_signs: FilterSigns,
    pub(super) duplicates: u64,
    pub(super) set_aside_undecided: u64,
}

impl Unended {
    /// Takes all that is open out of a tracker.
    pub(super) fn taken_from(tracker: &mut Tracker) -> Self {
        tracker.finish_midway();
        let mut flows = tracker.flows.taken();
        flows.find_nothing_more();
        Self {
            settings: tracker.settings,
            contexts: Arc::clone(&tracker.contexts),
            flows,
            decided: std::mem::replace(
                &mut tracker.decided,
                Decisions::of_contexts(&tracker.contexts),
            ),
            latest: tracker.latest,
            filter_signs: tracker.filter_signs,
            duplicates: tracker.duplicates,
            set_aside_undecided: tracker.set_aside_undecided,
        }
    }
}

impl From<Tracker> for Unended {
    fn from(mut tracker: Tracker) -> Self {
        Self::taken_from(&mut tracker)
    }
}

/// As it is written.
#[derive(Serialize)]
struct Written<'a> {
    settings: TrackerSettings,
    contexts: &'a Contexts,
    flows: &'a FlowTable,
    decided: &'a Decisions,
    latest: Timestamp,
    filter_signs: FilterSigns,
    duplicates: u64,
    set_aside_undecided: u64,
}

/// As it is read.
#[derive(Deserialize)]
struct Read {
    settings: TrackerSettings,
    contexts: Contexts,
    flows: OpenAttempts,
    decided: Decisions,
    latest: Timestamp,
    filter_signs: FilterSigns,
    duplicates: u64,
    set_aside_undecided: u64,
}

impl Serialize for Unended {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            settings: self.settings,
            contexts: &self.contexts,
            flows: &self.flows,
            decided: &self.decided,
            latest: self.latest,
            filter_signs: self.filter_signs,
            duplicates: self.duplicates,
            set_aside_undecided: self.set_aside_undecided,
        };
        written.serialize(serializer)
    }
}

impl From<Read> for Unended {
    fn from(read: Read) -> Self {
        let contexts = Arc::new(read.contexts);
        let mut decided = read.decided;
        decided.adopt(&contexts);
        Self {
            settings: read.settings,
            flows: FlowTable::of_written(read.flows, Arc::clone(&contexts)),
            contexts,
            decided,
            latest: read.latest,
            filter_signs: read.filter_signs,
            duplicates: read.duplicates,
            set_aside_undecided: read.set_aside_undecided,
        }
    }
}
