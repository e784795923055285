//! A trace instance of this program's own: its events and buffers are nobody else's, and what
//! others trace is not touched.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::KernelGap;

/// What the names of instances begin with; the number of the process follows.
const NAME: &str = "tcpwhy-";

/// In containers, several processes may have one number: then a number of its own follows.
const OF_ONE_NUMBER: u32 = 16;

/// An instance, until it is dropped.
#[derive(Debug)]
pub(super) struct Instance {
    folder: PathBuf,
    /// Opened while there are rights: turns all events off.
    enable: Option<File>,
}

impl Instance {
    /// Makes one, and clears those whose processes are gone.
    pub(super) fn make(tracefs: &Path) -> Result<Self, KernelGap> {
        let instances = tracefs.join("instances");
        match fs::metadata(&instances) {
            Ok(found) if found.is_dir() => {}
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(KernelGap::NotPermitted(tracefs.to_owned()));
            }
            _ => return Err(KernelGap::NotMounted(tracefs.to_owned())),
        }
        clear_left_behind(&instances, Path::new("/proc"));
        let folder = make_folder(&instances).map_err(|(folder, source)| match source.kind() {
            io::ErrorKind::PermissionDenied => KernelGap::NotPermitted(tracefs.to_owned()),
            io::ErrorKind::ReadOnlyFilesystem => KernelGap::ReadOnly(tracefs.to_owned()),
            _ => KernelGap::CannotUse {
                path: folder,
                message: source.to_string(),
            },
        })?;
        let enable = OpenOptions::new()
            .write(true)
            .open(folder.join("events/enable"));
        Ok(Self {
            enable: enable.ok(),
            folder,
        })
    }

    /// Where a file of it is.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    pub(super) fn read(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(self.path(file))
    }

    /// Writes one setting: the kernel takes it whole, or not at all.
    pub(super) fn set(&self, file: &str, value: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(self.path(file))?;
        file.write_all(value.as_bytes())
    }

    /// The raw buffers, one for each processor, in the order of their numbers.
    pub(super) fn buffers(&self) -> io::Result<Vec<File>> {
        let mut folders: Vec<(u32, PathBuf)> = Vec::new();
        for entry in fs::read_dir(self.path("per_cpu"))? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("cpu"));
            if let Some(number) = number.and_then(|number| number.parse().ok()) {
                folders.push((number, entry.path()));
            }
        }
        folders.sort();
        let no_waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let open = |(_, folder): &(u32, PathBuf)| {
            OpenOptions::new()
                .read(true)
                .custom_flags(no_waiting)
                .open(folder.join("trace_pipe_raw"))
        };
        folders.iter().map(open).collect()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Where the right to remove it is gone, it costs nothing until the next start clears it.
        if let Some(mut enable) = self.enable.take() {
            let _ = enable.write_all(b"0");
        }
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Makes the folder of an instance; of the last one that was tried, why it could not be made.
fn make_folder(instances: &Path) -> Result<PathBuf, (PathBuf, io::Error)> {
    let process = std::process::id();
    let mut folder = instances.join(format!("{NAME}{process}"));
    let mut number = 1;
    loop {
        // Of a process that had the same number: one that is read the kernel keeps.
        let _ = fs::remove_dir(&folder);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && number < OF_ONE_NUMBER =>
            {
                number += 1;
                folder = instances.join(format!("{NAME}{process}-{number}"));
            }
            Err(error) => return Err((folder, error)),
        }
    }
}

/// Removes the instances of processes that are gone. One that is still read, perhaps by a process
/// that cannot be seen from here, the kernel keeps.
fn clear_left_behind(instances: &Path, proc: &Path) {
    let Ok(entries) = fs::read_dir(instances) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(NAME));
        let process = process.and_then(|process| process.split('-').next()?.parse::<u32>().ok());
        if process.is_some_and(|process| !proc.join(process.to_string()).exists()) {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

#[cfg(test)]
impl Instance {
    /// As if the kernel had made it in this folder.
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self {
            folder,
            enable: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in another container: its folder is not empty, so that it stays.
    #[test]
    fn another_process_of_the_same_number_keeps_its_instance() {
        let instances = tempfile::tempdir().unwrap();
        let process = std::process::id();
        let taken = instances.path().join(format!("{NAME}{process}"));
        fs::create_dir_all(taken.join("busy")).unwrap();
        let made = make_folder(instances.path()).unwrap();
        assert_eq!(made, instances.path().join(format!("{NAME}{process}-2")));
        assert!(taken.exists() && made.exists());
        let nowhere = instances.path().join("nowhere");
        let (folder, error) = make_folder(&nowhere).unwrap_err();
        assert_eq!(folder, nowhere.join(format!("{NAME}{process}")));
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn what_processes_left_behind_that_are_gone_is_cleared() {
        let root = tempfile::tempdir().unwrap();
        let (instances, proc) = (root.path().join("instances"), root.path().join("proc"));
        for folder in [
            "tcpwhy-12",
            "tcpwhy-12-2",
            "tcpwhy-13",
            "tcpwhy-x",
            "other-12",
        ] {
            fs::create_dir_all(instances.join(folder)).unwrap();
        }
        fs::create_dir_all(proc.join("13")).unwrap();
        clear_left_behind(&instances, &proc);
        let left = [
            "tcpwhy-12",
            "tcpwhy-12-2",
            "tcpwhy-13",
            "tcpwhy-x",
            "other-12",
        ]
        .map(|folder| instances.join(folder).exists());
        assert_eq!(left, [false, false, true, true, true]);
    }
}
