//! The directory of a ring: what is in it, and what becomes of it.

use std::ffi::CStr;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, flock, open, openat, statat, unlinkat,
};
use rustix::io::Errno;

use super::RingError;
use super::ring_file::RingFileName;

/// For the owner, and the group may look: captures tell who talks to whom.
const DIRECTORY_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o640;

/// An open directory: it is found again whatever becomes of its path, and of the rights to walk
/// there.
pub struct RingDirectory {
    path: PathBuf,
    directory: OwnedFd,
}

/// A file of a ring.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeptFile {
    pub(super) name: RingFileName,
    pub(super) bytes: u64,
}

impl RingDirectory {
    /// Opens it, and makes it if there is none, with the rights that the program has now.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn open(path: &Path) -> Result<Self, RingError> {
        let failed = |source| RingError::Directory {
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(DIRECTORY_MODE)
            .create(path)
            .map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory =
            open(path, flags, Mode::empty()).map_err(|error| failed(io::Error::from(error)))?;
        Ok(Self {
            path: path.to_owned(),
            directory,
        })
    }

    /// Keeps other watches out, as long as it is open.
    pub(super) fn lock(&self) -> Result<(), RingError> {
        match flock(&self.directory, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Err(RingError::Taken {
                path: self.path.clone(),
            }),
            // Some file systems have no locks.
            _ => Ok(()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn error(&self, source: io::Error) -> RingError {
        RingError::Directory {
            path: self.path.clone(),
            source,
        }
    }

    /// The ring's files in it, of earlier watches too, the oldest first. What is called otherwise,
    /// or is no file, is not the ring's.
    pub(super) fn files(&self) -> io::Result<Vec<KeptFile>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.directory)? {
            let entry = entry?;
            if let Some(file) = self.kept_file(entry.file_name()) {
                files.push(file);
            }
        }
        files.sort();
        Ok(files)
    }

    fn kept_file(&self, name: &CStr) -> Option<KeptFile> {
        let name = RingFileName::parse(name.to_str().ok()?)?;
        let found = statat(&self.directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
        let bytes = u64::try_from(found.st_size).unwrap_or(0);
        is_file.then_some(KeptFile { name, bytes })
    }

    /// A new file; nothing that is there is ever written to.
    pub(super) fn create(&self, name: &RingFileName) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(FILE_MODE);
        Ok(File::from(openat(
            &self.directory,
            name.as_str(),
            flags,
            mode,
        )?))
    }

    /// Removes a file; one that is gone already is no error.
    pub(super) fn remove(&self, name: &RingFileName) -> io::Result<()> {
        match unlinkat(&self.directory, name.as_str(), AtFlags::empty()) {
            Err(Errno::NOENT) => Ok(()),
            done => Ok(done?),
        }
    }
}
