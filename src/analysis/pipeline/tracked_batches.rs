//! What was tracked and waits to be diagnosed, in its order, by whoever has time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{Batch, Diagnosing, WAITING_BATCHES};

/// Batches between tracking and diagnosis, and the diagnosis itself.
pub(super) struct TrackedBatches {
    /// Who holds it takes batches from the queue: so they are diagnosed in the order in which they were tracked.
    diagnosing: Mutex<Diagnosing>,
    queue: Mutex<Queue>,
    changed: Condvar,
    is_in_vain: AtomicBool,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Batch>,
    /// Their room is used again.
    emptied: Vec<Batch>,
    has_ended: bool,
}

/// Tells at its end, be it a panic, that nothing more is tracked.
pub(super) struct EndOfTracking<'a>(&'a TrackedBatches);

impl Drop for EndOfTracking<'_> {
    fn drop(&mut self) {
        self.0.queue().has_ended = true;
        self.0.changed.notify_all();
    }
}

impl TrackedBatches {
    pub(super) fn new(diagnosing: Diagnosing) -> Self {
        Self {
            diagnosing: Mutex::new(diagnosing),
            queue: Mutex::default(),
            changed: Condvar::new(),
            is_in_vain: AtomicBool::new(false),
        }
    }

    /// Adds a batch that was tracked; when too many wait, diagnoses one, or waits until another thread did.
    pub(super) fn hand_over(&self, batch: Batch) {
        let is_full = |queue: &Queue| queue.waiting.len() >= WAITING_BATCHES;
        while is_full(&self.queue()) && self.diagnose_next() {}
        let wait = self
            .changed
            .wait_while(self.queue(), |queue| is_full(queue));
        wait.unwrap_or_else(PoisonError::into_inner)
            .waiting
            .push_back(batch);
        self.changed.notify_all();
    }

    /// Diagnoses the next batch; whether there was one, and no other thread diagnoses.
    pub(super) fn diagnose_next(&self) -> bool {
        let Ok(mut diagnosing) = self.diagnosing.try_lock() else {
            return false;
        };
        let next = self.queue().waiting.pop_front();
        let is_there = next.is_some();
        if let Some(batch) = next {
            self.diagnose(&mut diagnosing, batch);
        }
        is_there
    }

    /// Diagnoses all that is tracked until tracking ends.
    pub(super) fn diagnose_all(&self) {
        let mut diagnosing = self.diagnosing();
        loop {
            let nothing_yet = |queue: &mut Queue| queue.waiting.is_empty() && !queue.has_ended;
            let queue = self.changed.wait_while(self.queue(), nothing_yet);
            let next = queue
                .unwrap_or_else(PoisonError::into_inner)
                .waiting
                .pop_front();
            match next {
                Some(batch) => self.diagnose(&mut diagnosing, batch),
                None => return,
            }
        }
    }

    fn diagnose(&self, diagnosing: &mut Diagnosing, mut batch: Batch) {
        // It was taken from the queue: there is room for another.
        self.changed.notify_all();
        diagnosing.take(&mut batch);
        if batch.is_in_vain {
            self.is_in_vain.store(true, Ordering::Relaxed);
        }
        let mut queue = self.queue();
        if queue.emptied.len() < 2 * WAITING_BATCHES {
            queue.emptied.push(batch);
        }
    }

    /// An empty batch.
    pub(super) fn take_emptied(&self) -> Batch {
        self.queue().emptied.pop().unwrap_or_default()
    }

    /// Attempts could not be put aside: what is still read is read in vain.
    pub(super) fn is_in_vain(&self) -> bool {
        self.is_in_vain.load(Ordering::Relaxed)
    }

    /// To be held while something is tracked.
    pub(super) fn end_of_tracking(&self) -> EndOfTracking<'_> {
        EndOfTracking(self)
    }

    /// The diagnosis, once there are no more threads.
    pub(super) fn into_diagnosing(self) -> Diagnosing {
        let diagnosing = self.diagnosing.into_inner();
        diagnosing.unwrap_or_else(PoisonError::into_inner)
    }

    fn diagnosing(&self) -> MutexGuard<'_, Diagnosing> {
        let diagnosing = self.diagnosing.lock();
        diagnosing.unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
