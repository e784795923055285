//! Decided attempts put aside while more come: a file without a name, in which each run of them is
//! sorted.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use thiserror::Error;

use super::sorted_runs::SortedRuns;
use crate::diagnosis::{Diagnostician, ListingOrder};
use crate::handshake::DecidedAttempt;

/// When and where attempts are put aside.
#[derive(Clone, Debug)]
pub struct SpoolSettings {
    /// Up to so many stay in memory, and no file is made. More are written, about 170 bytes each.
    pub kept_in_memory: usize,
    /// The order in which they will be listed.
    pub order: ListingOrder,
    /// The folder for the file.
    pub folder: PathBuf,
}

/// Why attempts cannot be listed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// There is no file, or no room.
    #[error("cannot put attempts aside in {folder}", folder = .folder.display())]
    Write {
        /// Where.
        folder: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// They are there, but are not given again.
    #[error("cannot read the attempts put aside in {folder}", folder = .folder.display())]
    Read {
        /// Where.
        folder: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

/// Takes what a [`Diagnostician`] does not have to keep.
#[derive(Debug)]
pub(super) struct AttemptSpool {
    settings: SpoolSettings,
    /// Made when it is needed.
    written: Option<WrittenRuns>,
    failure: Option<io::Error>,
}

impl AttemptSpool {
    pub(super) fn new(settings: SpoolSettings) -> Self {
        Self {
            settings,
            written: None,
            failure: None,
        }
    }

    /// Relieves one of so many diagnosticians when it keeps more than its part. After a failure,
    /// whatever it has kept is lost, and so is the report.
    pub(super) fn relieve(&mut self, diagnostician: &mut Diagnostician, of: usize) {
        self.take_more_than(self.settings.kept_in_memory / of.max(1), diagnostician);
    }

    /// Whether nothing can be put aside any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// All that was put aside, when anything was, with what the diagnostician still has.
    pub(super) fn finish(
        mut self,
        diagnostician: &mut Diagnostician,
    ) -> Result<Option<Arc<SortedRuns>>, SpoolError> {
        if self.written.is_some() {
            self.take_more_than(0, diagnostician);
        }
        let SpoolSettings { folder, order, .. } = self.settings;
        if let Some(error) = self.failure {
            return Err(SpoolError::Write { folder, error });
        }
        let Some(WrittenRuns { out, runs, .. }) = self.written else {
            return Ok(None);
        };
        match out.into_inner() {
            Ok(file) => Ok(Some(Arc::new(SortedRuns {
                file: Mutex::new(file),
                runs,
                order,
                folder,
            }))),
            Err(error) => Err(SpoolError::Write {
                folder,
                error: error.into_error(),
            }),
        }
    }

    fn take_more_than(&mut self, kept: usize, diagnostician: &mut Diagnostician) {
        let Some(run) = diagnostician.take_run(kept, self.settings.order) else {
            return;
        };
        if self.failure.is_none() {
            self.failure = self.put(&run).err();
        }
    }

    fn put(&mut self, run: &[DecidedAttempt]) -> io::Result<()> {
        let mut written = match self.written.take() {
            Some(written) => written,
            None => WrittenRuns::new_in(&self.settings)?,
        };
        written.write(run)?;
        self.written = Some(written);
        Ok(())
    }
}

/// Each attempt is its length, and itself in the form that postcard gives it.
#[derive(Debug)]
struct WrittenRuns {
    out: BufWriter<File>,
    end: u64,
    runs: Vec<Range<u64>>,
}

impl WrittenRuns {
    fn new_in(settings: &SpoolSettings) -> io::Result<Self> {
        Ok(Self {
            out: BufWriter::new(tempfile::tempfile_in(&settings.folder)?),
            end: 0,
            runs: Vec::new(),
        })
    }

    fn write(&mut self, run: &[DecidedAttempt]) -> io::Result<()> {
        let start = self.end;
        let mut record = Vec::new();
        for decided in run {
            record.clear();
            record = postcard::to_extend(decided, record).map_err(io::Error::other)?;
            let length = u32::try_from(record.len()).map_err(io::Error::other)?;
            self.out.write_all(&length.to_le_bytes())?;
            self.out.write_all(&record)?;
            self.end += u64::from(length) + size_of_val(&length) as u64;
        }
        // Whether there is room shows now, not at the end.
        self.out.flush()?;
        self.runs.push(start..self.end);
        Ok(())
    }
}
