//! What can be wrong with a source of packets.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::compression::Compression;

/// Why a source gives no packets at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The operating system would not open or read it.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The source, as named by the user.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It has no bytes.
    #[error("cannot read {}: {}", path.display(), empty(*compression))]
    Empty {
        /// The source, as named by the user.
        path: PathBuf,
        /// What it is compressed with, if there is nothing inside.
        compression: Option<Compression>,
    },
    /// Its first bytes are those of no capture file.
    #[error("cannot read {}: {what}", path.display())]
    NoCapture {
        /// The source, as named by the user.
        path: PathBuf,
        /// What it is instead, as far as its first bytes tell.
        what: String,
        /// What to do about it, where that is known.
        hint: Option<String>,
    },
    /// A directory that holds no capture.
    #[error("cannot read {}: no capture file in this directory", path.display())]
    NoCaptureInDirectory {
        /// The directory, as named by the user.
        path: PathBuf,
    },
}

impl OpenError {
    /// Without the source's name.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Unreadable { source, .. } => source.to_string(),
            Self::Empty { compression, .. } => empty(*compression),
            Self::NoCapture { what, .. } => what.clone(),
            Self::NoCaptureInDirectory { .. } => "no capture file in this directory".to_owned(),
        }
    }
}

fn empty(compression: Option<Compression>) -> String {
    match compression {
        None => "the file is empty".to_owned(),
        Some(compression) => format!("{} data with nothing inside", compression.name()),
    }
}

/// Why reading a source ended before its end, or the first of the packets that had to be left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceProblem {
    /// Offset of the record that could not be read, in bytes from the start of the source; of a
    /// compressed one, in what decompresses from it.
    pub at_byte: u64,
    /// The number that its packet has or would have had.
    pub at_packet: u64,
    /// How bad it is.
    pub kind: ProblemKind,
    /// What was found; continues "packet 17 at byte 2214 …".
    pub message: String,
}

impl std::fmt::Display for SourceProblem {
    /// `packet 17 at byte 2214 claims 4294967295 bytes`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "packet {} at byte {} {}",
            self.at_packet, self.at_byte, self.message
        )
    }
}

impl SourceProblem {
    /// What it is, and what was read all the same.
    pub(crate) fn with_consequence(&self) -> String {
        match self.kind {
            ProblemKind::Truncated | ProblemKind::Damaged => {
                format!("{self}; everything before it was read")
            }
            ProblemKind::Odd => self.to_string(),
        }
    }
}

/// How bad a [`SourceProblem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// The source ends within a record: what stopping a capture leaves behind.
    Truncated,
    /// Bytes that cannot be what the format demands, or that could not be read.
    Damaged,
    /// What its writer must have meant otherwise: all of it is read.
    Odd,
}

/// What a reader of records meets when it cannot go on.
#[derive(Debug)]
pub(crate) enum RecordError {
    /// The source ends within a record: so many bytes were there of so many.
    Truncated { present: usize, wanted: usize },
    /// The record cannot be true.
    Damaged(String),
    /// What its writer must have meant otherwise: it is read all the same.
    Odd(&'static str),
    /// As [`Self::Damaged`], but it is known where the next record starts.
    DamagedWithin {
        message: String,
        whole_length: usize,
    },
    /// The operating system failed.
    Io(io::Error),
}

impl From<io::Error> for RecordError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
