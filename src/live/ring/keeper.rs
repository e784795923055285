//! Writing the files, on a thread of its own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::blocks::Written;
use super::directory::RingDirectory;
use super::files::Files;
use super::{RingError, RingNews, RingTotals};
use crate::capture::Timestamp;

/// So many pieces wait to be written at most, each 256 KiB: what a disk that stands still for a
/// while may hold up.
const WAITING: usize = 64;

/// At the end, what waits to be written is waited for so long: a network file system may never
/// answer.
const LONGEST_END: Duration = Duration::from_secs(10);

/// More news are not kept until they are asked for.
const NEWS: usize = 16;

/// Something to be written.
pub(super) struct Work {
    pub(super) written: Written,
    /// The time of its last packet.
    pub(super) at: Timestamp,
}

/// The thread that writes, from outside.
pub(super) struct Keeper {
    work: Option<SyncSender<Work>>,
    is_done: Receiver<()>,
    shared: Arc<Shared>,
}

/// What both sides know.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) packets: AtomicU64,
    pub(super) not_kept: AtomicU64,
    pub(super) files: AtomicU64,
    pub(super) bytes: AtomicU64,
    news: Mutex<VecDeque<RingNews>>,
}

impl Shared {
    fn totals(&self) -> RingTotals {
        RingTotals {
            packets: self.packets.load(Ordering::Relaxed),
            not_kept: self.not_kept.load(Ordering::Relaxed),
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    pub(super) fn tell(&self, news: RingNews) {
        let mut waiting = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < NEWS {
            waiting.push_back(news);
        }
    }
}

impl Keeper {
    /// Makes the first file, and starts the thread.
    pub(super) fn begin(
        directory: RingDirectory,
        size: u64,
        longest_file: u64,
        now: Timestamp,
    ) -> Result<Self, RingError> {
        directory.lock()?;
        let path = directory.path().to_owned();
        let shared = Arc::new(Shared::default());
        let mut files = Files::begin(directory, size, longest_file, now, Arc::clone(&shared))?;
        let (work, waiting) = sync_channel::<Work>(WAITING);
        let (done, is_done) = channel();
        let thread = thread::Builder::new().name("ring".to_owned());
        let run = move || {
            for work in waiting {
                files.take(work);
            }
            files.close();
            // With it the lock goes: whoever was told that all is written may begin anew there.
            drop(files);
            // Nobody listens any more when the end was not waited for.
            let _ = done.send(());
        };
        thread
            .spawn(run)
            .map_err(|source| RingError::Directory { path, source })?;
        Ok(Self {
            work: Some(work),
            is_done,
            shared,
        })
    }

    /// Has something written; whether there was room for it.
    pub(super) fn give(&self, work: Work) -> bool {
        let Some(sender) = &self.work else {
            return false;
        };
        match sender.try_send(work) {
            Ok(()) => true,
            Err(TrySendError::Full(work) | TrySendError::Disconnected(work)) => {
                let lost = work.written.packets;
                self.shared.not_kept.fetch_add(lost, Ordering::Relaxed);
                false
            }
        }
    }

    /// Packets that could not be kept so far.
    pub(super) fn not_kept(&self) -> u64 {
        self.shared.not_kept.load(Ordering::Relaxed)
    }

    pub(super) fn totals(&self) -> Arc<dyn Fn() -> RingTotals + Send + Sync> {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || shared.totals())
    }

    /// What happened since the last call.
    pub(super) fn news(&self) -> VecDeque<RingNews> {
        let mut news = self
            .shared
            .news
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *news)
    }

    /// Waits until everything is written.
    pub(super) fn finish(mut self, tell: &mut dyn FnMut(RingNews)) -> RingTotals {
        self.work = None;
        let done = self.is_done.recv_timeout(LONGEST_END);
        for news in self.news() {
            tell(news);
        }
        if done == Err(RecvTimeoutError::Timeout) {
            tell(RingNews::CannotWrite("the disk does not answer".to_owned()));
        }
        self.shared.totals()
    }
}
