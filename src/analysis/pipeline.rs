//! What is done with packets once they are read: each is tracked, and what is decided is diagnosed. On one thread, or as a
//! pipeline of three, with the same result to the byte: every stage does the same work in the same order.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::AnalysisSettings;
use super::attempt_spool::{AttemptSpool, SpoolError, SpoolSettings};
use crate::capture::PacketPlace;
use crate::decode::Observation;
use crate::diagnosis::{CaptureQuality, Diagnosis, Diagnostician};
use crate::handshake::{Decisions, Tracker};

/// How many packets go from one stage to the next at once: enough that handing them over costs nothing, few enough that they
/// stay in the cache of a core.
pub(super) const PACKETS_AT_ONCE: usize = 1024;

/// How many batches wait between two stages.
const WAITING_BATCHES: usize = 4;

/// For how many packets memory is asked for at once: what they need shall fit the nearest cache.
const EXPECTED_AT_ONCE: usize = 128;

/// Packets, and what tracking them decided.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) observations: Vec<(Observation, PacketPlace)>,
    /// Whether the capture leaves out the third step of handshakes on purpose.
    pub(super) leaves_out_third_step: bool,
    decided: Decisions,
    /// Attempts could not be put aside: what is still read is read in vain.
    is_in_vain: bool,
}

/// What diagnoses, and where it puts attempts aside, if it may.
pub(super) struct Diagnosing {
    pub(super) diagnostician: Diagnostician,
    spool: Option<AttemptSpool>,
}

impl Diagnosing {
    fn new(settings: &AnalysisSettings, spool: Option<&SpoolSettings>) -> Self {
        let mut diagnostician =
            Diagnostician::new(settings.selection.clone(), settings.listed_attempts);
        diagnostician.keep_for_evidence(settings.evidence_attempts);
        Self {
            diagnostician,
            spool: spool.cloned().map(AttemptSpool::new),
        }
    }

    /// Empties the batch.
    fn take(&mut self, batch: &mut Batch) {
        diagnose(&mut self.diagnostician, batch);
        if let Some(spool) = &mut self.spool {
            spool.relieve(&mut self.diagnostician);
            batch.is_in_vain = spool.has_failed();
        }
    }

    /// What all attempts say, those put aside included.
    pub(super) fn finish(self, quality: &CaptureQuality) -> Result<Diagnosis, SpoolError> {
        let mut diagnostician = self.diagnostician;
        let put_aside = match self.spool {
            Some(spool) => spool.finish(&mut diagnostician)?,
            None => None,
        };
        match put_aside {
            Some(attempts) => {
                let diagnosis = diagnostician.finish_put_aside(attempts.clone(), quality);
                diagnosis.map_err(|error| attempts.failure(error))
            }
            None => Ok(diagnostician.finish(quality)),
        }
    }
}

/// Feeds all batches that `fill` fills through tracking and diagnosis. `fill` tells whether there are more.
pub(super) fn run(
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
    fill: impl FnMut(&mut Batch) -> bool,
) -> (Tracker, Diagnosing) {
    if settings.threads.get() == 1 {
        return one_after_the_other(settings, spool, fill);
    }
    thread::scope(|scope| match Stages::start(scope, settings, spool) {
        Some(stages) => stages.feed(fill),
        None => one_after_the_other(settings, spool, fill),
    })
}

fn one_after_the_other(
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
    mut fill: impl FnMut(&mut Batch) -> bool,
) -> (Tracker, Diagnosing) {
    let mut tracker = Tracker::new(settings.tracker);
    let mut diagnosing = Diagnosing::new(settings, spool);
    let mut batch = Batch::default();
    loop {
        let has_more = fill(&mut batch);
        track(&mut tracker, &mut batch);
        diagnosing.take(&mut batch);
        if !has_more || batch.is_in_vain {
            break;
        }
    }
    finish(&mut tracker, |batch| diagnosing.take(batch));
    (tracker, diagnosing)
}

fn track(tracker: &mut Tracker, batch: &mut Batch) {
    if batch.leaves_out_third_step {
        tracker.leave_out_third_step();
    }
    for packets in batch.observations.chunks(EXPECTED_AT_ONCE) {
        tracker.observe_all(packets);
    }
    tracker.swap_decided(&mut batch.decided);
}

/// Judges what is left, in batches like those before.
fn finish(tracker: &mut Tracker, mut give: impl FnMut(&mut Batch)) {
    let mut batch = Batch::default();
    tracker.finish(|decided| {
        batch.decided.push(decided);
        if batch.decided.len() == PACKETS_AT_ONCE {
            give(&mut batch);
        }
    });
    give(&mut batch);
}

/// Empties the batch.
fn diagnose(diagnostician: &mut Diagnostician, batch: &mut Batch) {
    for (observation, _) in batch.observations.drain(..) {
        diagnostician.observe(&observation);
    }
    diagnostician.add_all(&mut batch.decided);
}

/// The threads, and the way to and from them.
struct Stages<'scope> {
    filled: SyncSender<Batch>,
    emptied: Receiver<Batch>,
    tracking: ScopedJoinHandle<'scope, Tracker>,
    diagnosing: ScopedJoinHandle<'scope, Diagnosing>,
}

impl<'scope> Stages<'scope> {
    /// `None` where the system has no more threads.
    fn start(
        scope: &'scope Scope<'scope, '_>,
        settings: &AnalysisSettings,
        spool: Option<&SpoolSettings>,
    ) -> Option<Self> {
        let (filled, to_track) = sync_channel::<Batch>(WAITING_BATCHES);
        let (tracked, to_diagnose) = sync_channel::<Batch>(WAITING_BATCHES);
        let (give_back, emptied) = sync_channel(2 * WAITING_BATCHES);
        let mut judge_together = Diagnosing::new(settings, spool);
        let diagnosing = thread::Builder::new().name("diagnosis".to_owned());
        let diagnosing = diagnosing.spawn_scoped(scope, move || {
            for mut batch in to_diagnose {
                judge_together.take(&mut batch);
                // When enough wait there already, it is let go.
                let _ = give_back.try_send(batch);
            }
            judge_together
        });
        let mut judge = Tracker::new(settings.tracker);
        let tracking = thread::Builder::new().name("tracking".to_owned());
        let tracking = tracking.spawn_scoped(scope, move || {
            // The next stage ends only after this one: sending does not fail.
            for mut batch in to_track {
                track(&mut judge, &mut batch);
                let _ = tracked.send(batch);
            }
            finish(&mut judge, |batch| {
                let _ = tracked.send(std::mem::take(batch));
            });
            judge
        });
        Some(Self {
            filled,
            emptied,
            tracking: tracking.ok()?,
            diagnosing: diagnosing.ok()?,
        })
    }

    fn feed(self, mut fill: impl FnMut(&mut Batch) -> bool) -> (Tracker, Diagnosing) {
        loop {
            let mut batch = self.emptied.try_recv().unwrap_or_default();
            if batch.is_in_vain {
                break;
            }
            let has_more = fill(&mut batch);
            if self.filled.send(batch).is_err() || !has_more {
                break;
            }
        }
        drop(self.filled);
        let (tracker, diagnosing) = (self.tracking.join(), self.diagnosing.join());
        (
            tracker.unwrap_or_else(|panic| resume_unwind(panic)),
            diagnosing.unwrap_or_else(|panic| resume_unwind(panic)),
        )
    }
}
