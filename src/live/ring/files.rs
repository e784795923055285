//! The files of a ring, one after the other.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::directory::{KeptFile, RingDirectory};
use super::keeper::{Shared, Work};
use super::ring_file::RingFileName;
use super::{RingError, RingNews};
use crate::capture::Timestamp;
use crate::capture::live::HostClock;

/// When a file could not be written, the next is tried after this.
const BETWEEN_TRIES: Duration = Duration::from_secs(10);

/// When everything could be written for so long, what went wrong is over.
pub(super) const WORKS_AGAIN: Duration = Duration::from_secs(60);

/// The files, the oldest of which gives way for a new one.
pub(super) struct Files {
    directory: RingDirectory,
    size: u64,
    longest_file: u64,
    number: u64,
    /// Those that are complete, the oldest first.
    kept: VecDeque<KeptFile>,
    current: Option<(File, KeptFile)>,
    /// What every file starts with.
    head: Vec<u8>,
    failing: Option<Failing>,
    clock: HostClock,
    shared: Arc<Shared>,
}

/// What is known since something could not be written.
struct Failing {
    next_try: Duration,
    not_kept: u64,
    /// Since when it can be written again.
    works_since: Option<Duration>,
}

impl Files {
    /// Makes the first file.
    pub(super) fn begin(
        directory: RingDirectory,
        size: u64,
        longest_file: u64,
        now: Timestamp,
        shared: Arc<Shared>,
    ) -> Result<Self, RingError> {
        let kept = directory.files().map_err(|error| directory.error(error))?;
        let mut files = Self {
            number: kept.last().map_or(0, |file| file.name.number()),
            kept: kept.into(),
            current: None,
            head: Vec::new(),
            failing: None,
            clock: HostClock::new(),
            shared,
            directory,
            size,
            longest_file,
        };
        let opened = files.open_next(now);
        opened.map_err(|error| files.directory.error(error))?;
        Ok(files)
    }

    /// Writes what was handed over, or counts it as lost.
    pub(super) fn take(&mut self, work: Work) {
        let Work { written, at } = work;
        if let Some(head) = written.head {
            // The first file was made before there was anything to be written.
            if !self.head.is_empty() {
                self.close();
            }
            self.head = head;
        }
        let done = self.append(&written.blocks, at);
        let packets = written.packets;
        match done {
            Ok(true) => {
                self.shared.packets.fetch_add(packets, Ordering::Relaxed);
                self.tell_if_it_goes_on();
            }
            Ok(false) => self.lose(packets),
            Err(error) => {
                self.fail(&error);
                self.lose(packets);
            }
        }
        self.count();
    }

    /// A disk that is nearly full works now and then: that is no news.
    fn tell_if_it_goes_on(&mut self) {
        let running = self.clock.running();
        let Some(failing) = &mut self.failing else {
            return;
        };
        let since = *failing.works_since.get_or_insert(running);
        if running.saturating_sub(since) >= WORKS_AGAIN {
            self.shared.tell(RingNews::GoesOn(failing.not_kept));
            self.failing = None;
        }
    }

    /// Writes behind what is there, in a new file when there is none; false when it is too early to
    /// try again.
    fn append(&mut self, blocks: &[u8], at: Timestamp) -> io::Result<bool> {
        if self.current.is_none() {
            let is_too_early = |failing: &Failing| self.clock.running() < failing.next_try;
            if self.failing.as_ref().is_some_and(is_too_early) {
                return Ok(false);
            }
            self.open_next(at)?;
        }
        if let Some((file, kept)) = &mut self.current {
            if kept.bytes == 0 {
                file.write_all(&self.head)?;
                kept.bytes = self.head.len() as u64;
            }
            file.write_all(blocks)?;
            kept.bytes = kept.bytes.saturating_add(blocks.len() as u64);
        }
        Ok(true)
    }

    /// Makes room, and a new file.
    fn open_next(&mut self, at: Timestamp) -> io::Result<()> {
        self.make_room();
        // Whoever else writes here may have taken the name.
        for _ in 0..100 {
            self.number = self.number.saturating_add(1);
            let name = RingFileName::new(self.number, at);
            match self.directory.create(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    self.current = Some((file, KeptFile { name, bytes: 0 }));
                    return Ok(());
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes the oldest files until one more fits.
    fn make_room(&mut self) {
        let mut bytes: u64 = self.kept.iter().map(|file| file.bytes).sum();
        while bytes.saturating_add(self.longest_file) > self.size {
            let Some(oldest) = self.kept.pop_front() else {
                return;
            };
            bytes = bytes.saturating_sub(oldest.bytes);
            if let Err(error) = self.directory.remove(&oldest.name) {
                self.shared.tell(RingNews::CannotRemove {
                    name: oldest.name.as_str().to_owned(),
                    message: error.to_string(),
                });
            }
        }
    }

    /// A block that was written in part is taken back: what stands before it can be read without
    /// complaint.
    fn fail(&mut self, error: &io::Error) {
        if let Some((file, kept)) = &self.current {
            let _ = file.set_len(kept.bytes);
            if kept.bytes == 0 {
                let _ = self.directory.remove(&kept.name);
                self.current = None;
            }
        }
        self.close();
        let next_try = self.clock.running().saturating_add(BETWEEN_TRIES);
        if let Some(failing) = &mut self.failing {
            failing.next_try = next_try;
            failing.works_since = None;
            return;
        }
        self.shared.tell(RingNews::CannotWrite(error.to_string()));
        self.failing = Some(Failing {
            next_try,
            not_kept: 0,
            works_since: None,
        });
    }

    fn lose(&mut self, packets: u64) {
        self.shared.not_kept.fetch_add(packets, Ordering::Relaxed);
        if let Some(failing) = &mut self.failing {
            failing.not_kept = failing.not_kept.saturating_add(packets);
        }
    }

    /// What comes now goes to another file.
    pub(super) fn close(&mut self) {
        if let Some((_, kept)) = self.current.take() {
            self.kept.push_back(kept);
        }
    }

    fn count(&self) {
        let current = self.current.as_ref().map(|(_, kept)| kept);
        let files = || self.kept.iter().chain(current);
        let bytes = files().map(|file| file.bytes).sum();
        self.shared.bytes.store(bytes, Ordering::Relaxed);
        self.shared
            .files
            .store(files().count() as u64, Ordering::Relaxed);
    }
}
