//! Files with a name of their own, beside whatever else is there.

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::output::new_file_in;

/// How many files of one name are made: within a second hardly more are wanted.
const MOST_OF_ONE_NAME: u32 = 100;

/// Writes a new file into this folder, or, where that cannot be written, into the one for temporary
/// files; its name, or its path elsewhere. Nothing that exists is touched.
///
/// # Errors
///
/// When neither can be written: what was wrong with this folder.
pub(super) fn write_new(
    stem: &str,
    extension: &str,
    write: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<PathBuf> {
    let in_folder = |folder: &Path| write_into(folder, stem, extension, &write);
    let here = in_folder(Path::new("."));
    let written = here.or_else(|error| in_folder(&std::env::temp_dir()).map_err(|_| error));
    let path = written.with_context(|| format!("cannot write {stem}.{extension} here"))?;
    Ok(path.strip_prefix(".").map(Path::to_owned).unwrap_or(path))
}

fn write_into(
    folder: &Path,
    stem: &str,
    extension: &str,
    write: impl Fn(&mut dyn Write) -> io::Result<()>,
) -> io::Result<PathBuf> {
    let mut file = new_file_in(folder)?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    for number in 1..=MOST_OF_ONE_NAME {
        let name = match number {
            1 => format!("{stem}.{extension}"),
            number => format!("{stem}-{number}.{extension}"),
        };
        let path = folder.join(name);
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => file = failed.file,
            Err(failed) => return Err(failed.error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &'static str| {
            write_into(folder.path(), "report", "html", |out| {
                out.write_all(text.as_bytes())
            })
            .unwrap()
        };
        let (first, second) = (write("one"), write("two"));
        assert_eq!(first.file_name().unwrap(), "report.html");
        assert_eq!(second.file_name().unwrap(), "report-2.html");
        assert_eq!(std::fs::read_to_string(first).unwrap(), "one");
        assert_eq!(std::fs::read_to_string(second).unwrap(), "two");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let failed = write_into(folder.path(), "report", "html", |_| {
            Err(ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
