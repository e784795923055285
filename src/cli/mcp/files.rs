//! Which files may be read: those below the folders that were named at the start.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Folders below which files may be read, without links in their names.
#[derive(Clone, Debug)]
pub(super) struct Folders(Vec<PathBuf>);

impl Folders {
    /// The folders as they were typed.
    pub(super) fn of(typed: &[PathBuf]) -> anyhow::Result<Self> {
        let folders = typed.iter().map(|folder| {
            let whole = folder
                .canonicalize()
                .with_context(|| format!("cannot read {}", folder.display()))?;
            anyhow::ensure!(whole.is_dir(), "{} is no folder", folder.display());
            Ok(whole)
        });
        Ok(Self(folders.collect::<anyhow::Result<_>>()?))
    }

    /// The folders, for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<String> = self
            .0
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        names.join(", ")
    }

    /// A file or folder that may be read, without links in its name; or what is wrong with it. A
    /// relative name is one below the first folder that has it.
    pub(super) fn allowed(&self, named: &str) -> Result<PathBuf, String> {
        let named = Path::new(named);
        let found = self
            .0
            .iter()
            .find_map(|folder| folder.join(named).canonicalize().ok());
        // What is elsewhere and what is not there look the same: nobody is told which is which.
        let refused = || format!("{} is no capture below {}", named.display(), self.names());
        let whole = found.ok_or_else(refused)?;
        let is_below = self.0.iter().any(|folder| whole.starts_with(folder));
        let is_readable = whole.is_file() || whole.is_dir();
        (is_below && is_readable)
            .then_some(whole)
            .ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_folders_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("captures");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("a.pcap"), "").unwrap();
        std::fs::write(folder.path().join("secret"), "").unwrap();
        let folders = Folders::of(std::slice::from_ref(&inside)).unwrap();
        let inside = inside.canonicalize().unwrap();
        assert_eq!(folders.allowed("a.pcap"), Ok(inside.join("a.pcap")));
        let whole = inside.join("a.pcap");
        assert_eq!(folders.allowed(whole.to_str().unwrap()), Ok(whole));
        assert_eq!(folders.allowed("."), Ok(inside.clone()));
        for elsewhere in ["../secret", "/etc/passwd", "nothing.pcap", ""] {
            let is_itself = elsewhere.is_empty();
            assert_eq!(folders.allowed(elsewhere).is_ok(), is_itself, "{elsewhere}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret"), inside.join("link")).unwrap();
            assert!(folders.allowed("link").is_err());
        }
    }

    #[test]
    fn a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Folders::of(&[file.path().to_owned()]).is_err());
    }
}
