//! Parts of the flows, and what waits to be tracked of each.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::analysis::attempt_spool::AttemptSpool;
use crate::analysis::part::Shard;
use crate::analysis::{lock, unlocked};
use crate::decode::RowBatch;
use crate::diagnosis::Diagnostician;

/// How many batches wait for one shard at most.
const WAITING_BATCHES: usize = 4;

/// All shards, the work that waits for them, and whoever does it.
pub(super) struct Shards {
    parts: Vec<Mutex<Shard>>,
    spool: Option<Mutex<AttemptSpool>>,
    board: Mutex<Board>,
    changed: Condvar,
}

/// What is to be done.
#[derive(Default)]
struct Board {
    /// For each shard.
    queues: Vec<Queue>,
    /// Their room is used again.
    emptied: Vec<RowBatch>,
    is_closed: bool,
    /// Attempts could not be put aside: what is still read is read in vain.
    is_in_vain: bool,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<RowBatch>,
    /// Whether a thread works for this shard: batches are tracked in the order of the capture.
    is_taken: bool,
}

impl Board {
    /// A shard for which there is work that nobody does, and the first piece of it.
    fn next(&mut self) -> Option<(usize, RowBatch)> {
        let free = self.queues.iter_mut().enumerate();
        let longest = free
            .filter(|(_, queue)| !queue.is_taken && !queue.waiting.is_empty())
            .max_by_key(|(_, queue)| queue.waiting.len());
        let (shard, queue) = longest?;
        let rows = queue.waiting.pop_front()?;
        queue.is_taken = true;
        Some((shard, rows))
    }

    fn is_done(&self) -> bool {
        let is_idle = |queue: &Queue| !queue.is_taken && queue.waiting.is_empty();
        self.is_closed && self.queues.iter().all(is_idle)
    }

    fn is_full(&self, shard: usize) -> bool {
        let queue = self.queues.get(shard);
        queue.is_some_and(|queue| queue.waiting.len() >= WAITING_BATCHES)
    }
}

/// Tells at its end, be it a panic, that no more work comes.
pub(super) struct End<'a>(&'a Shards);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.board().is_closed = true;
        self.0.changed.notify_all();
    }
}

/// Ends the work for a shard, be it by a panic.
struct Work<'a> {
    shards: &'a Shards,
    shard: usize,
    rows: Option<RowBatch>,
    is_in_vain: bool,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut board = self.shards.board();
        if let Some(queue) = board.queues.get_mut(self.shard) {
            queue.is_taken = false;
        }
        board.emptied.extend(self.rows.take());
        board.is_in_vain |= self.is_in_vain;
        drop(board);
        self.shards.changed.notify_all();
    }
}

impl Shards {
    pub(super) fn new(shards: Vec<Shard>, spool: Option<AttemptSpool>) -> Self {
        let queues = shards.iter().map(|_| Queue::default()).collect();
        Self {
            parts: shards.into_iter().map(Mutex::new).collect(),
            spool: spool.map(Mutex::new),
            board: Mutex::new(Board {
                queues,
                ..Board::default()
            }),
            changed: Condvar::new(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// To be held while batches are given.
    pub(super) fn end_of_giving(&self) -> End<'_> {
        End(self)
    }

    /// An empty batch.
    pub(super) fn take_emptied(&self) -> RowBatch {
        self.board().emptied.pop().unwrap_or_default()
    }

    /// Whether what is still read is read in vain.
    pub(super) fn are_in_vain(&self) -> bool {
        self.board().is_in_vain
    }

    /// Gives a batch to a shard; while that has no room for it, does work, or waits until others
    /// did.
    pub(super) fn give(&self, shard: usize, rows: RowBatch) {
        let mut board = self.board();
        while board.is_full(shard) {
            board = match board.next() {
                Some(work) => {
                    drop(board);
                    self.work(work);
                    self.board()
                }
                None => self.wait(board),
            };
        }
        if let Some(queue) = board.queues.get_mut(shard) {
            queue.waiting.push_back(rows);
        }
        drop(board);
        self.changed.notify_all();
    }

    /// Does what there is to do until no more comes.
    pub(super) fn work_to_the_end(&self) {
        let mut board = self.board();
        while !board.is_done() {
            board = match board.next() {
                Some(work) => {
                    drop(board);
                    self.work(work);
                    self.board()
                }
                None => self.wait(board),
            };
        }
        drop(board);
        self.changed.notify_all();
    }

    fn work(&self, (shard, rows): (usize, RowBatch)) {
        let mut work = Work {
            shards: self,
            shard,
            rows: None,
            is_in_vain: false,
        };
        if let Some(shard) = self.parts.get(shard) {
            let mut shard = lock(shard);
            shard.take(&rows);
            if let Some(spool) = &self.spool {
                work.is_in_vain = relieve(spool, &mut shard.facts, self.parts.len());
            }
        }
        work.rows = Some(rows);
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        lock(&self.board)
    }

    fn wait<'a>(&self, board: MutexGuard<'a, Board>) -> MutexGuard<'a, Board> {
        let waited = self.changed.wait(board);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// The shards, and where attempts are put aside.
    pub(super) fn into_parts(self) -> (Vec<Shard>, Option<AttemptSpool>) {
        let shards = self.parts.into_iter().map(unlocked);
        (shards.collect(), self.spool.map(unlocked))
    }
}

/// Puts aside what a shard keeps too many of; whether nothing can be put aside any more.
fn relieve(spool: &Mutex<AttemptSpool>, facts: &mut Diagnostician, shards: usize) -> bool {
    let mut spool = lock(spool);
    spool.relieve(facts, shards);
    spool.has_failed()
}
