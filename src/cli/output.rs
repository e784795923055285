//! Where a report goes.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use anyhow::Context;

/// Writes the report: to a file whole or not at all, or to standard output, where a reader that
/// went away is no error.
pub(super) fn write_report(
    output: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    match output {
        Some(path) => {
            to_file(path, write).with_context(|| format!("cannot write {}", path.display()))
        }
        None => match to_standard_output(write) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done.context("cannot write to standard output"),
        },
    }
}

/// Whether the report goes into a file, where nobody waits for its lines.
pub(super) fn is_stored(output: Option<&Path>) -> bool {
    match output {
        Some(path) => fs::metadata(path).map_or(true, |metadata| metadata.is_file()),
        None => is_standard_output_stored(),
    }
}

#[cfg(unix)]
fn is_standard_output_stored() -> bool {
    use std::os::fd::AsFd;
    let standard_output = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    standard_output
        .and_then(|file| file.metadata())
        .is_ok_and(|metadata| metadata.is_file())
}

/// Where that cannot be told, lines are not held back.
#[cfg(not(unix))]
fn is_standard_output_stored() -> bool {
    false
}

fn to_standard_output(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    write(&mut out)?;
    out.flush()
}

/// Writes a file whole or not at all; what `write` gives.
pub(super) fn write_whole<Told>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<Told>,
) -> anyhow::Result<Told> {
    let mut told = None;
    to_file(path, |out| {
        told = Some(write(out)?);
        Ok(())
    })
    .and_then(|()| told.ok_or_else(|| ErrorKind::WriteZero.into()))
    .with_context(|| format!("cannot write {}", path.display()))
}

/// Whether a file can be written there, as far as that can be told before: nobody waits for a long
/// capture to be read in vain.
pub(super) fn try_to_write(path: &Path) -> anyhow::Result<()> {
    // What a device or a named pipe takes shows when it is written to.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Ok(());
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    new_file_in(folder_of(&target))
        .map(drop)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Where the temporary file is made.
fn folder_of(target: &Path) -> &Path {
    target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn to_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A device or a named pipe is written to, not replaced.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let mut out = BufWriter::new(File::options().write(true).open(path)?);
        write(&mut out)?;
        return out.flush();
    }
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut file = new_file_in(folder_of(&target))?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.persist(&target)?;
    Ok(())
}

/// What to do about an output that cannot be written.
pub(super) fn unwritable_hint(error: &anyhow::Error) -> Option<&'static str> {
    let reason = error.downcast_ref::<io::Error>()?;
    match reason.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            Some("the folder must be there: mkdir -p FOLDER makes it")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            Some("name a file in a folder that you may write to")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Some("there is no room left: name a file elsewhere")
        }
        _ => None,
    }
}

/// A file that a report will be written to when the rights to make it may be gone.
#[cfg(feature = "live")]
pub(super) struct ReportFile {
    path: std::path::PathBuf,
    file: File,
}

#[cfg(feature = "live")]
impl ReportFile {
    /// Makes sure that it can be written; what it holds stays until there is a report.
    pub(super) fn reserve(path: &Path) -> anyhow::Result<Self> {
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let path = path.to_owned();
        Ok(Self { path, file })
    }

    /// Writes the report there: whole or not at all where a file can be made beside it, else in its
    /// place.
    pub(super) fn write(
        &mut self,
        write: impl Fn(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let named = || format!("cannot write {}", self.path.display());
        match to_file(&self.path, &write) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            done => return done.with_context(named),
        }
        let mut report = Vec::new();
        write(&mut report).with_context(named)?;
        let replaced = self
            .file
            .set_len(0)
            .and_then(|()| io::Seek::rewind(&mut self.file))
            .and_then(|()| self.file.write_all(&report));
        replaced.with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// A temporary file with the permissions that a new file has. An error of it does not name it: its
/// name says nothing to who named another.
pub(super) fn new_file_in(directory: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tcpwhy-").suffix(".partial");
    builder.make_in(directory, |path| File::create_new(path))
}
