//! A ring of capture files: what verdicts need of the packets that a watch saw, for later.
//!
//! Packets are put into blocks here, between the watch's other work, and written by a thread of
//! their own: a disk that is slow, full or gone costs packets of the ring, never of the watch.
//! Everything that was seen is handed over twice a second, so that a crash of this program loses
//! less than a second; what a crash of the host loses is up to its file system.

mod blocks;
mod directory;
mod files;
mod keeper;
mod ring_file;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{GoOn, LiveEvent, LiveObserver, LiveWatch};
use crate::capture::{Packet, SourceFacts, Timestamp};
use crate::decode::Observation;
use crate::report::evidence::NeededPackets;
use blocks::Blocks;
pub use directory::RingDirectory;
use keeper::{Keeper, Work};
pub use ring_file::RingFileName;

/// How a ring is kept.
#[derive(Clone, Copy, Debug)]
pub struct RingSettings {
    /// All its files together hold at most so many bytes: [`SMALLEST_RING`] at least.
    pub size: u64,
    /// How long silence is watched: for so long after a packet the files say that nothing came.
    pub patience: Duration,
}

/// The smallest ring: sixteen files of 64 KiB.
pub const SMALLEST_RING: u64 = 1 << 20;

/// A ring is made of so many files: the oldest gives way for a new one.
const FILES: u64 = 16;

/// Why there is no ring.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RingError {
    /// The directory cannot be made, opened, or written to.
    #[error("cannot keep a ring in {}: {source}", path.display())]
    Directory {
        /// As named.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process keeps its ring there.
    #[error("cannot keep a ring in {}: another tcpwhy keeps one there", path.display())]
    Taken {
        /// As named.
        path: PathBuf,
    },
    /// What stands at the head of each file takes the room of packets.
    #[error("cannot keep a ring of {size} bytes: the head of each file alone has {head}")]
    TooSmall {
        /// What was asked for.
        size: u64,
        /// Interfaces, with their names and the filter.
        head: u64,
    },
}

/// What happened to a ring.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RingNews {
    /// It cannot be written; packets are not kept meanwhile.
    CannotWrite(String),
    /// The disk is slower than the packets come; so far nothing else is wrong.
    TooSlow,
    /// It is written again; so many packets were not kept meanwhile.
    GoesOn(u64),
    /// An old file stays, and the ring grows beyond its size.
    CannotRemove {
        /// The file's name.
        name: String,
        /// What the system said.
        message: String,
    },
}

/// What a ring has kept so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RingTotals {
    /// Packets written.
    pub packets: u64,
    /// Packets that belong into the ring, and could not be written.
    pub not_kept: u64,
    /// Files there are, those of earlier watches among them.
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
}

/// Everything is handed over to be written after this long.
const BETWEEN_WRITES: Duration = Duration::from_millis(500);

/// How many connections, hosts and names are remembered of one file, to choose what is kept.
const REMEMBERED: usize = 1 << 17;

/// As soon as there is so much, it is handed over.
const WRITTEN_AT_ONCE: usize = 256 << 10;

/// When nothing comes, the files say so this often.
const BETWEEN_SIGNS: Duration = Duration::from_secs(60);

/// For so long after the patience is over it may take to be said that nothing came.
const SLACK: Duration = Duration::from_secs(2);

/// Keeps packets in a ring of files.
pub struct Ring {
    needed: NeededPackets,
    blocks: Blocks,
    keeper: Keeper,
    settings: RingSettings,
    longest_file: u64,
    /// Bytes of the current file that were handed over.
    handed_over: u64,
    written: Duration,
    signed: Duration,
    /// The time of the latest packet, and now.
    latest: Timestamp,
    now: Timestamp,
    slow: Option<Slow>,
    tell: Box<dyn FnMut(RingNews)>,
}

/// What is known since the disk was too slow.
#[derive(Clone, Copy)]
struct Slow {
    /// When it was so last, in the time of the watch.
    latest: Duration,
    not_kept_before: u64,
}

impl Ring {
    /// Begins the first file. To be called when all rights have been given up that the watch does
    /// not keep: what can be written now can be written later. `sources` are the interfaces, `tell`
    /// hears what happens to the ring.
    ///
    /// # Errors
    ///
    /// When the directory cannot be used.
    pub fn begin(
        directory: RingDirectory,
        settings: RingSettings,
        sources: &[SourceFacts],
        now: Timestamp,
        tell: Box<dyn FnMut(RingNews)>,
    ) -> Result<Self, RingError> {
        let size = settings.size.max(SMALLEST_RING);
        let longest_file = size / FILES;
        let blocks = Blocks::new(sources);
        let head = blocks.length() as u64;
        if head > longest_file / 2 {
            return Err(RingError::TooSmall { size, head });
        }
        let keeper = Keeper::begin(directory, size, longest_file, now)?;
        let mut ring = Self {
            needed: NeededPackets::remembering(REMEMBERED),
            blocks,
            keeper,
            settings,
            longest_file,
            handed_over: 0,
            written: Duration::ZERO,
            signed: Duration::ZERO,
            latest: now,
            now,
            slow: None,
            tell,
        };
        ring.hand_over();
        Ok(ring)
    }

    /// Counts that go on while the ring is kept.
    pub fn totals(&self) -> Arc<dyn Fn() -> RingTotals + Send + Sync> {
        self.keeper.totals()
    }

    /// Writes what is left, and ends; what was kept in all.
    pub fn finish(mut self, watch: &LiveWatch) -> RingTotals {
        self.sign(watch.sources(), watch.seen_until());
        self.hand_over();
        self.keeper.finish(&mut *self.tell)
    }

    /// Says of each interface until when it was watched, and what it lost.
    fn sign(&mut self, sources: &[SourceFacts], until: Timestamp) {
        self.blocks.note_losses(sources, self.keeper.not_kept());
        self.blocks.statistics(until.max(self.latest));
    }

    /// Gives everything there is to be written; what cannot be taken is lost, and a new file begins
    /// behind it.
    fn hand_over(&mut self) {
        let Some(written) = self.blocks.take() else {
            return;
        };
        self.handed_over = self.handed_over.saturating_add(written.length());
        let not_kept = self.keeper.not_kept();
        if !self.keeper.give(Work {
            written,
            at: self.now,
        }) {
            if self.slow.is_none() {
                (self.tell)(RingNews::TooSlow);
            }
            let not_kept = self.slow.map_or(not_kept, |slow| slow.not_kept_before);
            self.slow = Some(Slow {
                latest: self.written,
                not_kept_before: not_kept,
            });
            self.begin_file();
        }
    }

    /// From now on, packets go to a new file, which has to make sense without those before it.
    fn begin_file(&mut self) {
        self.blocks.begin_file();
        self.needed.begin_file();
        self.handed_over = 0;
    }

    fn is_file_full(&self, packet: &Packet<'_>) -> bool {
        let length = self.handed_over + self.blocks.length_with(packet) as u64;
        length > self.longest_file && self.blocks.has_packets()
    }
}

impl LiveObserver for Ring {
    fn event(&mut self, event: &LiveEvent<'_>) {
        // Within a file, time goes on.
        if let LiveEvent::ClockWasSet(_) = event {
            self.hand_over();
            self.begin_file();
            self.latest = Timestamp::EARLIEST;
            self.now = Timestamp::EARLIEST;
        }
    }

    fn packet(&mut self, packet: &Packet<'_>, observation: &Observation) {
        if !self.needed.takes(observation) {
            return;
        }
        let is_new_interface = self.blocks.learn_interface(packet);
        if is_new_interface || self.is_file_full(packet) {
            self.blocks.statistics(self.latest);
            self.hand_over();
            self.begin_file();
            // What the new file has seen of this packet's host is this packet.
            self.needed.takes(observation);
        }
        self.latest = self.latest.max(packet.place.at);
        self.now = packet.place.at;
        self.blocks.packet(packet);
        if self.blocks.length() >= WRITTEN_AT_ONCE {
            self.hand_over();
        }
    }

    fn turn(&mut self, watch: &LiveWatch, running: Duration) -> GoOn {
        for news in self.keeper.news() {
            (self.tell)(news);
        }
        if running.saturating_sub(self.written) < BETWEEN_WRITES {
            return GoOn::Yes;
        }
        self.written = running;
        if let Some(slow) = self.slow
            && running.saturating_sub(slow.latest) >= files::WORKS_AGAIN
        {
            self.slow = None;
            let missed = self.keeper.not_kept().saturating_sub(slow.not_kept_before);
            (self.tell)(RingNews::GoesOn(missed));
        }
        let until = watch.seen_until();
        self.now = self.now.max(until);
        let is_silence_watched = until.since(self.latest) < self.settings.patience + SLACK;
        let has_lost_more = self
            .blocks
            .note_losses(watch.sources(), self.keeper.not_kept());
        let is_sign_due = running.saturating_sub(self.signed) >= BETWEEN_SIGNS
            || is_silence_watched
            || has_lost_more;
        if is_sign_due {
            self.signed = running;
            self.sign(watch.sources(), until);
        }
        self.hand_over();
        GoOn::Yes
    }
}
