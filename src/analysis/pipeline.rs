//! What is done with packets once they are read: shards track them, and count what is decided, each
//! by itself. A flow belongs to one shard, whichever packet of it comes; what the shards found out
//! is put together at the end, and says the same however many there are.
//!
//! One thread reads. The others take from the shards what waits for them; so does the reader when a
//! shard has more waiting than it may.

mod shard;

use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::thread;

use super::AnalysisSettings;
use super::attempt_spool::{AttemptSpool, SpoolError, SpoolSettings};
use crate::decode::{Answering, Contexts, Observation, RowBatch, RowDecoder};
use crate::diagnosis::{AttemptsPutAside, CaptureQuality, Diagnosis, Diagnostician, Facts};
use crate::handshake::{Ending, Tracker, Tracking, finish_all};
use shard::{Shard, Shards};

/// A piece of a capture: the packets about connects, for each shard, and what the others say.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<RowBatch>,
    pub(super) beside: Vec<Observation>,
    /// Who stands behind addresses, as answers show.
    pub(super) answering: Vec<Answering>,
    /// Whether some packets of the capture are no TCP segments; known with the last piece.
    pub(super) holds_others: bool,
}

/// What was found out when everything was read.
pub(super) struct Finished {
    pub(super) diagnostician: Diagnostician,
    pub(super) tracking: Tracking,
    spool: Option<AttemptSpool>,
}

impl Finished {
    /// What all attempts say, those put aside included, and what is testified of them by whom they
    /// are shown to.
    pub(super) fn diagnosis(
        self,
        quality: &CaptureQuality,
        testify: impl FnOnce(&mut Diagnostician, Option<&dyn AttemptsPutAside>) -> io::Result<()>,
    ) -> Result<Diagnosis, SpoolError> {
        let mut diagnostician = self.diagnostician;
        let put_aside = match self.spool {
            Some(spool) => spool.finish(&mut diagnostician)?,
            None => None,
        };
        let testified = testify(
            &mut diagnostician,
            put_aside.as_deref().map(|attempts| attempts as _),
        );
        match put_aside {
            Some(attempts) => {
                testified.map_err(|error| attempts.failure(error))?;
                let diagnosis = diagnostician.finish_put_aside(attempts.clone(), quality);
                diagnosis.map_err(|error| attempts.failure(error))
            }
            None => Ok(diagnostician.finish(quality)),
        }
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
) -> Finished {
    let count = shard_count(settings.threads);
    let new_shard = |_| {
        let mut tracker = Tracker::for_decoder(settings.tracker.divided(count), decoder);
        if leaves_out_third_step {
            tracker.leave_out_third_step();
        }
        Shard::new(tracker, diagnostician(settings))
    };
    let shards = (0..count.get()).map(new_shard).collect();
    let shards = Shards::new(shards, spool.cloned().map(AttemptSpool::new));
    let mut beside = diagnostician(settings);
    let mut holds_others = true;
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
        holds_others = feed(&shards, &mut beside, decoder.contexts(), &mut fill);
        drop(end);
        shards.work_to_the_end();
        for worker in workers {
            worker.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
    put_together(shards, beside, holds_others)
}

fn diagnostician(settings: &AnalysisSettings) -> Diagnostician {
    let mut diagnostician =
        Diagnostician::new(settings.selection.clone(), settings.listed_attempts);
    diagnostician.keep_for_evidence(settings.evidence_attempts);
    diagnostician
}

/// Reads piece by piece, until there are no more or it is in vain; whether some of the packets are
/// no TCP segments.
fn feed(
    shards: &Shards,
    beside: &mut Diagnostician,
    contexts: &Contexts,
    mut fill: impl FnMut(&mut Batch) -> bool,
) -> bool {
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
            beside.observe_rows(&rows);
            beside.observe_records(&rows, contexts);
            shards.give(shard, rows);
        }
        if !has_more {
            return batch.holds_others;
        }
    }
    true
}

/// Judges what is left, and joins what all shards found out.
fn put_together(shards: Shards, mut beside: Diagnostician, holds_others: bool) -> Finished {
    let (shards, spool) = shards.into_parts();
    let spool = spool.map(Mutex::new);
    let count = shards.len();
    let relieve = |facts: &mut Diagnostician| {
        if let Some(spool) = &spool {
            shard::lock(spool).relieve(facts, count);
        }
    };
    let parts = shards.into_iter().map(|shard| (shard.tracker, shard.facts));
    let (mut trackers, mut facts): (Vec<Tracker>, Vec<Diagnostician>) = parts.unzip();
    let ending = Ending::of(&trackers, holds_others);
    if ending.is_separate() {
        finish_side_by_side(&ending, &mut trackers, &mut facts, &relieve);
    } else {
        finish_all(&mut trackers, &ending, |shard, decided| {
            if let Some(facts) = facts.get_mut(shard) {
                facts.add_all(decided);
                relieve(facts);
            }
        });
    }
    let tracking = ending.tracking(&trackers);
    drop(trackers);
    for other in facts {
        beside.merge(other);
    }
    Finished {
        diagnostician: beside,
        tracking,
        spool: spool.map(shard::unlocked),
    }
}

/// Ends each shard on a thread of its own: there are as many as there were to read.
fn finish_side_by_side(
    ending: &Ending,
    trackers: &mut [Tracker],
    facts: &mut [Diagnostician],
    relieve: &(impl Fn(&mut Diagnostician) + Sync),
) {
    let finish = |tracker: &mut Tracker, facts: &mut Diagnostician| {
        ending.finish(tracker, |decided| {
            facts.add_all(decided);
            relieve(facts);
        });
    };
    let mut shards = trackers.iter_mut().zip(facts);
    let own = shards.next();
    thread::scope(|scope| {
        let others: Vec<_> = shards
            .map(|(tracker, facts)| scope.spawn(move || finish(tracker, facts)))
            .collect();
        if let Some((tracker, facts)) = own {
            finish(tracker, facts);
        }
        for other in others {
            other.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
}
