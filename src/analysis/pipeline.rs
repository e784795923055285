//! What is done with packets once they are read: each is tracked, and what is decided is diagnosed. On one thread, or on two or
//! three, with the same result to the byte: every stage does the same work in the same order.
//!
//! Tracking has a thread of its own. What is tracked waits in a queue until it is diagnosed: by a third thread, or, when there are
//! two, by whichever of them would have to wait for the other. On long downloads reading takes longest, on floods tracking.

mod tracked_batches;

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::AnalysisSettings;
use super::attempt_spool::{AttemptSpool, SpoolError, SpoolSettings};
use crate::capture::PacketPlace;
use crate::decode::Observation;
use crate::diagnosis::{CaptureQuality, Diagnosis, Diagnostician};
use crate::handshake::{Decisions, Tracker};
use tracked_batches::TrackedBatches;

/// How many packets go from one stage to the next at once: enough that handing them over costs nothing, few enough that they
/// stay in the cache of a core.
pub(super) const PACKETS_AT_ONCE: usize = 1024;

/// How many batches wait to be tracked, and how many to be diagnosed.
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
    mut fill: impl FnMut(&mut Batch) -> bool,
) -> (Tracker, Diagnosing) {
    let threads = settings.threads.get();
    if threads == 1 {
        return one_after_the_other(settings, spool, fill);
    }
    let between = TrackedBatches::new(Diagnosing::new(settings, spool));
    let tracker = thread::scope(|scope| {
        let (filled, to_track) = sync_channel(WAITING_BATCHES);
        let tracking = start_tracking(scope, settings, &between, (to_track, threads == 2))?;
        let is_diagnosed_elsewhere = threads > 2 && {
            let diagnosing = thread::Builder::new().name("diagnosis".to_owned());
            let diagnosing = diagnosing.spawn_scoped(scope, || between.diagnose_all());
            diagnosing.is_ok()
        };
        feed(&filled, &between, is_diagnosed_elsewhere, &mut fill);
        drop(filled);
        between.diagnose_all();
        Some(tracking.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let diagnosing = between.into_diagnosing();
    match tracker {
        Some(tracker) => (tracker, diagnosing),
        None => one_after_the_other(settings, spool, fill),
    }
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
        std::mem::swap(&mut batch.decided, decided);
        give(&mut batch);
        std::mem::swap(&mut batch.decided, decided);
    });
}

/// Empties the batch.
fn diagnose(diagnostician: &mut Diagnostician, batch: &mut Batch) {
    for (observation, _) in batch.observations.drain(..) {
        diagnostician.observe(&observation);
    }
    diagnostician.add_all(&mut batch.decided);
}

/// Tracks on a thread of its own, which `helps` to diagnose when nothing waits to be tracked. `None` where the system has no more
/// threads.
fn start_tracking<'scope>(
    scope: &'scope Scope<'scope, '_>,
    settings: &AnalysisSettings,
    between: &'scope TrackedBatches,
    (to_track, helps): (Receiver<Batch>, bool),
) -> Option<ScopedJoinHandle<'scope, Tracker>> {
    let mut tracker = Tracker::new(settings.tracker);
    let tracking = thread::Builder::new().name("tracking".to_owned());
    let tracking = tracking.spawn_scoped(scope, move || {
        let _end = between.end_of_tracking();
        while let Some(mut batch) = next_to_track(&to_track, between, helps) {
            track(&mut tracker, &mut batch);
            between.hand_over(batch);
        }
        finish(&mut tracker, |batch| {
            between.hand_over(std::mem::take(batch));
        });
        tracker
    });
    tracking.ok()
}

fn next_to_track(
    to_track: &Receiver<Batch>,
    between: &TrackedBatches,
    helps: bool,
) -> Option<Batch> {
    if !helps {
        return to_track.recv().ok();
    }
    loop {
        match to_track.try_recv() {
            Ok(batch) => return Some(batch),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if between.diagnose_next() => {}
            Err(TryRecvError::Empty) => return to_track.recv().ok(),
        }
    }
}

/// Fills batches until there are no more packets, or it is in vain; diagnoses when tracking takes no more of them.
fn feed(
    filled: &SyncSender<Batch>,
    between: &TrackedBatches,
    is_diagnosed_elsewhere: bool,
    mut fill: impl FnMut(&mut Batch) -> bool,
) {
    while !between.is_in_vain() {
        let mut batch = between.take_emptied();
        let has_more = fill(&mut batch);
        let is_taken = give(filled, batch, || {
            !is_diagnosed_elsewhere && between.diagnose_next()
        });
        if !has_more || !is_taken {
            return;
        }
    }
}

/// Gives a batch to be tracked, and does other work, while there is some, until there is room for it; whether it was taken.
fn give(filled: &SyncSender<Batch>, mut batch: Batch, do_other_work: impl Fn() -> bool) -> bool {
    loop {
        match filled.try_send(batch) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(waiting)) => batch = waiting,
        }
        if !do_other_work() {
            return filled.send(batch).is_ok();
        }
    }
}
