//! What parts of the work find out, wherever they are done, and how that is put together.
//!
//! The flows of a capture are divided into shards. A [`Shard`] takes the packets of its flows and
//! becomes a [`Part`] when there are no more; what other packets say is collected [`Beside`] them,
//! and what the sources themselves tell in [`SourcesRead`]. Each of these three can become bytes
//! and travel; [`judge`] puts them together, and it does not show how the work was divided: it says
//! what [`analyse`](super::analyse) says of the same packets, which itself works this way.

mod bytes;
mod judging;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::AnalysisSettings;
use crate::capture::{CaptureSet, PacketComment, ResolvedName, Timestamp};
use crate::decode::{Answering, Contexts, Observation, RowBatch, RowDecoder};
use crate::diagnosis::{Diagnostician, Facts};
use crate::handshake::{Decisions, Tracker, Unended};
use crate::report::CaptureTotals;
pub use bytes::PartError;
pub(super) use judging::{AllRead, put_together};
pub use judging::{judge, judge_spooled};

/// Some of the flows, while packets come: tracks them, and counts what that decides.
#[derive(Debug)]
pub struct Shard {
    tracker: Tracker,
    pub(super) facts: Diagnostician,
    decided: Decisions,
}

impl Shard {
    /// One of so many `shards` that together follow as much as `settings` allow. It takes rows of
    /// this decoder. The capture may leave out the third step of handshakes on purpose, as an
    /// interface of its sources tells
    /// ([`Interface::leaves_out_third_step`](crate::capture::Interface::leaves_out_third_step)).
    pub fn new(
        settings: &AnalysisSettings,
        decoder: &RowDecoder,
        shards: NonZeroU32,
        leaves_out_third_step: bool,
    ) -> Self {
        let mut tracker = Tracker::for_decoder(settings.tracker.divided(shards), decoder);
        if leaves_out_third_step {
            tracker.leave_out_third_step();
        }
        Self {
            tracker,
            facts: diagnostician(settings),
            decided: Decisions::default(),
        }
    }

    /// Tracks the packets of a piece of the capture, and counts what that decides. Pieces come in
    /// the order of their capture.
    pub fn take(&mut self, rows: &RowBatch) {
        self.tracker.observe_batch(rows);
        self.tracker.swap_decided(&mut self.decided);
        self.facts.add_all(&mut self.decided);
    }

    /// Takes note that the capture went on at least until `at`, although no packet of these flows
    /// shows it.
    pub fn watched_until(&mut self, at: Timestamp) {
        self.tracker.watched_until(at);
    }

    /// There are no more packets.
    pub fn end(self) -> Part {
        Part {
            left: self.tracker.into(),
            facts: self.facts,
        }
    }
}

/// What one shard found out: the facts that it collected, and the attempts that are still open,
/// which only the whole capture can judge.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    left: Unended,
    facts: Diagnostician,
}

/// What the packets of a piece of the capture say beside connects: who is there, who is asked for,
/// who sent what.
#[derive(Debug, Serialize, Deserialize)]
pub struct Beside {
    facts: Diagnostician,
}

impl Beside {
    /// Nothing yet.
    pub fn new(settings: &AnalysisSettings) -> Self {
        Self {
            facts: diagnostician(settings),
        }
    }

    /// Takes note of a packet that is not about connects.
    pub fn observe(&mut self, observation: &Observation) {
        self.facts.observe(observation);
    }

    /// Takes note of who stands behind an address, as answers show.
    pub fn observe_answering(&mut self, answering: Answering) {
        self.facts.observe_answering(answering);
    }

    /// Takes note of packets about connects, of whichever shard: who sent them, and what records of
    /// a filter's log among them say.
    pub fn observe_batch(&mut self, rows: &RowBatch, contexts: &Contexts) {
        self.facts.observe_rows(rows);
        self.facts.observe_records(rows, contexts);
    }

    /// Adds what another piece says.
    pub fn merge(&mut self, other: Self) {
        self.facts.merge(other.facts);
    }
}

/// What reading sources told beside their packets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcesRead {
    /// What was read, as [`fill_rows`](super::fill_rows) counts it.
    pub totals: CaptureTotals,
    /// What people wrote about packets, and earlier evidence says.
    pub comments: Vec<PacketComment>,
    /// The names of addresses that stand in the sources.
    pub names: Vec<ResolvedName>,
}

impl SourcesRead {
    /// Of sources of which all packets were read; `totals` counts these.
    pub fn of(totals: CaptureTotals, captures: &mut CaptureSet) -> Self {
        Self {
            totals,
            comments: captures.take_packet_comments(),
            names: captures.take_resolved_names(),
        }
    }

    /// Adds what the sources with the next ids told
    /// ([`CaptureSet::numbered_from`](crate::capture::CaptureSet::numbered_from)): as many comments
    /// and names are kept as of one set.
    pub fn merge(&mut self, later: Self) {
        self.totals.merge(later.totals);
        let room = PacketComment::KEPT.saturating_sub(self.comments.len());
        self.comments.extend(later.comments.into_iter().take(room));
        let room = ResolvedName::KEPT.saturating_sub(self.names.len());
        self.names.extend(later.names.into_iter().take(room));
    }
}

fn diagnostician(settings: &AnalysisSettings) -> Diagnostician {
    let mut diagnostician =
        Diagnostician::new(settings.selection.clone(), settings.listed_attempts);
    diagnostician.keep_for_evidence(settings.evidence_attempts);
    diagnostician
}
