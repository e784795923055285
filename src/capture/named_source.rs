//! A source by its name, however its bytes are had.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::problem::OpenError;
use super::source::{Means, Source};

/// Where the bytes of a source come from when it is no file of this machine.
pub trait SourceInput: Send + Sync {
    /// The bytes, from their start; more than once.
    ///
    /// # Errors
    ///
    /// When they are not to be had.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// How many bytes there are.
    fn length(&self) -> u64;
}

/// A source, and how its bytes are had.
#[derive(Clone)]
pub struct NamedSource {
    /// What reports call it; where `input` is `None`, the file that it is.
    pub path: PathBuf,
    /// Where its bytes come from.
    pub input: Option<Arc<dyn SourceInput>>,
}

impl fmt::Debug for NamedSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("NamedSource");
        shown.field("path", &self.path).finish_non_exhaustive()
    }
}

/// A file, or what its input gives.
pub(super) fn open_source(
    path: &Path,
    input: Option<&dyn SourceInput>,
    means: Means,
) -> Result<Source, OpenError> {
    let Some(input) = input else {
        return Source::open(path, means);
    };
    let bytes = input.open().map_err(|source| OpenError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Source::from_stream(path, bytes, Some(input.length()), means)
}
