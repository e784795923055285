//! What is done with packets once they are read: shards track them, and count what is decided, each
//! by itself. A flow belongs to one shard, whichever packet of it comes; what the shards found out
//! is put together at the end, and says the same however many there are.
//!
//! One thread reads. The others take from the shards what waits for them; so does the reader when a
//! shard has more waiting than it may.

mod shard;

use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::thread;

use super::attempt_spool::{AttemptSpool, SpoolSettings};
use super::part::{AllRead, Beside, Part, Shard, SourcesRead, put_together};
use super::{AnalysisSettings, lock, unlocked};
use crate::decode::{Answering, Contexts, Observation, RowBatch, RowDecoder};
use crate::diagnosis::Diagnostician;
use shard::Shards;

/// A piece of a capture: the packets about connects, for each shard, and what the others say.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<RowBatch>,
    pub(super) beside: Vec<Observation>,
    /// Who stands behind addresses, as answers show.
    pub(super) answering: Vec<Answering>,
}

/// What was found out when everything was read.
pub(super) struct Tracked {
    parts: Vec<Part>,
    beside: Beside,
    spool: Option<AttemptSpool>,
}

impl Tracked {
    /// Judges what is left, and joins what all shards and the sources told; and where attempts were
    /// put aside.
    pub(super) fn put_together(
        self,
        read: SourcesRead,
        settings: &AnalysisSettings,
    ) -> (AllRead, Option<AttemptSpool>) {
        let spool = self.spool.map(Mutex::new);
        let count = self.parts.len();
        let relieve = |facts: &mut Diagnostician| {
            if let Some(spool) = &spool {
                lock(spool).relieve(facts, count);
            }
        };
        let read = put_together(self.parts, vec![self.beside], read, settings, &relieve);
        (read, spool.map(unlocked))
    }
}

/// Into how many shards flows are divided: as many as there are threads.
fn shard_count(threads: NonZeroUsize) -> NonZeroU32 {
    let threads = u32::try_from(threads.get()).ok().and_then(NonZeroU32::new);
    threads.unwrap_or(NonZeroU32::MIN).min(MOST_SHARDS)
}

/// One thread reads for all: more shards than this would wait for it.
const MOST_SHARDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(15);

/// Feeds all pieces that `fill` fills through tracking and diagnosis. `fill` tells whether there
/// are more.
pub(super) fn run(
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
    decoder: &RowDecoder,
    leaves_out_third_step: bool,
    mut fill: impl FnMut(&mut Batch) -> bool,
) -> Tracked {
    let count = shard_count(settings.threads);
    let new_shard = |_| Shard::new(settings, decoder, count, leaves_out_third_step);
    let shards = (0..count.get()).map(new_shard).collect();
    let shards = Shards::new(shards, spool.cloned().map(AttemptSpool::new));
    let mut beside = Beside::new(settings);
    thread::scope(|scope| {
        let work = || shards.work_to_the_end();
        // Where the system has no more threads, those that there are do the work.
        let workers: Vec<_> = (1..settings.threads.get())
            .map_while(|_| {
                let worker = thread::Builder::new().name("shards".to_owned());
                worker.spawn_scoped(scope, work).ok()
            })
            .collect();
        let end = shards.end_of_giving();
        feed(&shards, &mut beside, decoder.contexts(), &mut fill);
        drop(end);
        shards.work_to_the_end();
        for worker in workers {
            worker.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
    let (shards, spool) = shards.into_parts();
    Tracked {
        parts: shards.into_iter().map(Shard::end).collect(),
        beside,
        spool,
    }
}

/// Reads piece by piece, until there are no more or it is in vain.
fn feed(
    shards: &Shards,
    beside: &mut Beside,
    contexts: &Contexts,
    mut fill: impl FnMut(&mut Batch) -> bool,
) {
    let mut batch = Batch::default();
    while !shards.are_in_vain() {
        let emptied = std::iter::repeat_with(|| shards.take_emptied());
        batch.rows.extend(emptied.take(shards.count()));
        let has_more = fill(&mut batch);
        for observation in batch.beside.drain(..) {
            beside.observe(&observation);
        }
        for answering in batch.answering.drain(..) {
            beside.observe_answering(answering);
        }
        for (shard, rows) in batch.rows.drain(..).enumerate() {
            beside.observe_batch(&rows, contexts);
            shards.give(shard, rows);
        }
        if !has_more {
            return;
        }
    }
}
