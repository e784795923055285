//! A file that is not kept open between two reads.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// For files beyond the number that are kept open: each read opens the file, and goes on where the
/// last one ended.
pub(super) struct ReopenedFile {
    path: PathBuf,
    identity: Identity,
    offset: u64,
}

/// Device and inode, where there are such.
type Identity = Option<(u64, u64)>;

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {
    None
}

impl ReopenedFile {
    /// From its start; `metadata` tells later whether it still is the same file.
    pub(super) fn new(path: &Path, metadata: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            identity: identity(metadata),
            offset: 0,
        }
    }
}

impl Read for ReopenedFile {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut file = File::open(&self.path)?;
        if identity(&file.metadata()?) != self.identity {
            return Err(io::Error::other("another file took its name meanwhile"));
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let count = file.read(room)?;
        self.offset += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_where_it_ended_and_notices_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pcap");
        std::fs::write(&path, b"abcdef").unwrap();
        let mut file = ReopenedFile::new(&path, &std::fs::metadata(&path).unwrap());
        let mut room = [0; 4];
        assert_eq!(file.read(&mut room).unwrap(), 4);
        assert_eq!(file.read(&mut room).unwrap(), 2);
        assert_eq!(&room[..2], b"ef");
        let other = folder.path().join("y.pcap");
        std::fs::write(&other, b"abcdefghi").unwrap();
        std::fs::rename(&other, &path).unwrap();
        assert!(file.read(&mut room).is_err());
    }
}
