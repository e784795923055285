//! Sorted runs of attempts in one file, merged while they are read.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::attempt_spool::SpoolError;
use crate::diagnosis::{AttemptReplay, AttemptsPutAside, ListingKey, ListingOrder};
use crate::handshake::DecidedAttempt;

/// How many bytes of all runs together are kept in memory, as long as each run gets what a read is
/// worth.
const BUFFERS: usize = 16 << 20;
const SMALLEST_BUFFER: usize = 4 << 10;
const LARGEST_BUFFER: usize = 256 << 10;

/// Runs of attempts, each in the order of the list.
#[derive(Debug)]
pub(super) struct SortedRuns {
    pub(super) file: Mutex<File>,
    pub(super) runs: Vec<Range<u64>>,
    pub(super) order: ListingOrder,
    pub(super) folder: PathBuf,
}

impl AttemptsPutAside for SortedRuns {
    fn order(&self) -> ListingOrder {
        self.order
    }

    fn replay(&self) -> AttemptReplay<'_> {
        let named = |error: io::Error| io::Error::new(error.kind(), self.failure(error));
        match Merge::start(self) {
            Ok(merge) => Box::new(merge.map(move |decided| decided.map_err(named))),
            Err(error) => Box::new(std::iter::once(Err(named(error)))),
        }
    }
}

impl SortedRuns {
    /// The error with the folder in which it happened.
    pub(super) fn failure(&self, error: io::Error) -> SpoolError {
        let folder = self.folder.clone();
        error
            .downcast()
            .unwrap_or_else(|error| SpoolError::Read { folder, error })
    }
}

/// The attempts of all runs in one order.
struct Merge<'a> {
    order: ListingOrder,
    runs: Vec<BufReader<Section<'a>>>,
    /// The next attempt of each run that has more, the first of all on top.
    next: BinaryHeap<Reverse<Head>>,
    /// Room for one attempt as it is stored.
    record: Vec<u8>,
}

impl<'a> Merge<'a> {
    fn start(sorted: &'a SortedRuns) -> io::Result<Self> {
        let buffer = BUFFERS / sorted.runs.len().max(1);
        let buffer = buffer.clamp(SMALLEST_BUFFER, LARGEST_BUFFER);
        let section = |left: &Range<u64>| Section {
            file: &sorted.file,
            left: left.clone(),
        };
        let runs = sorted.runs.iter().map(section);
        let mut merge = Self {
            order: sorted.order,
            runs: runs
                .map(|section| BufReader::with_capacity(buffer, section))
                .collect(),
            next: BinaryHeap::new(),
            record: Vec::new(),
        };
        for run in 0..merge.runs.len() {
            merge.advance(run)?;
        }
        Ok(merge)
    }

    /// Takes the next attempt of this run to those that are compared.
    fn advance(&mut self, run: usize) -> io::Result<()> {
        let Some(input) = self.runs.get_mut(run) else {
            return Ok(());
        };
        if let Some(decided) = next_attempt(input, &mut self.record)? {
            let key = self.order.key(&decided);
            self.next.push(Reverse(Head { key, run, decided }));
        }
        Ok(())
    }
}

impl Iterator for Merge<'_> {
    type Item = io::Result<DecidedAttempt>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse(first) = self.next.pop()?;
        match self.advance(first.run) {
            Ok(()) => Some(Ok(first.decided)),
            Err(error) => {
                self.next.clear();
                Some(Err(error))
            }
        }
    }
}

fn next_attempt(
    input: &mut BufReader<Section<'_>>,
    record: &mut Vec<u8>,
) -> io::Result<Option<DecidedAttempt>> {
    if input.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length).into();
    record.clear();
    input.take(length).read_to_end(record)?;
    postcard::from_bytes(record)
        .map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A part of a file that others read as well.
struct Section<'a> {
    file: &'a Mutex<File>,
    left: Range<u64>,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let buffer = buffer.get_mut(..wanted).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.left.start))?;
        let read = file.read(buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left.start += read as u64;
        Ok(read)
    }
}

/// The next attempt of a run.
struct Head {
    key: ListingKey,
    run: usize,
    decided: DecidedAttempt,
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.key, self.run).cmp(&(other.key, other.run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_longer_there_is_an_error_and_the_end() {
        for first in [0..10, 1 << 40..1 << 41] {
            let sorted = SortedRuns {
                file: Mutex::new(tempfile::tempfile().unwrap()),
                runs: vec![first, 20..30],
                order: ListingOrder::ByStart,
                folder: "/scratch".into(),
            };
            let mut attempts = sorted.replay();
            let error = attempts.next().unwrap().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            assert!(error.to_string().contains("/scratch"), "{error}");
            assert!(attempts.next().is_none());
        }
    }
}
