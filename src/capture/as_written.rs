//! Facts of sources where they are written down, to be read by the same program elsewhere.

use std::path::{Path, PathBuf};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::unread_source::UNKNOWN_FORMAT;

/// What reports call the formats of sources.
const FORMATS: [&str; 6] = ["pcap", "pcapng", "snoop", "live", "packets", UNKNOWN_FORMAT];

/// The name of a format, of those that there are.
pub(super) mod format {
    use super::{Deserialize, Deserializer, Error, FORMATS, Serialize, Serializer};

    pub(in crate::capture) fn serialize<S: Serializer>(
        format: &&'static str,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        format.serialize(serializer)
    }

    pub(in crate::capture) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<&'static str, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = FORMATS.into_iter().find(|format| *format == name);
        known.ok_or_else(|| D::Error::custom("an unknown format of captures"))
    }
}

/// A path, whatever bytes it is made of.
pub(super) mod path {
    use super::{Deserialize, Deserializer, Path, PathBuf, Serialize, Serializer};

    pub(in crate::capture) fn serialize<S: Serializer>(
        path: &Path,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::bytes_of(path).serialize(serializer)
    }

    pub(in crate::capture) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        Vec::<u8>::deserialize(deserializer).map(super::path_of)
    }
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::CaptureSet;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Written {
        #[serde(with = "path")]
        path: PathBuf,
    }

    #[cfg(unix)]
    #[test]
    fn a_path_need_not_be_text() {
        let written = Written {
            path: path_of(b"/captures/\xff\xfe.pcap".to_vec()),
        };
        let bytes = postcard::to_stdvec(&written).unwrap();
        assert_eq!(postcard::from_bytes::<Written>(&bytes).unwrap(), written);
    }

    #[test]
    fn each_format_is_read_again_and_no_other() {
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");
        let opened = CaptureSet::open(&[PathBuf::from(samples)]);
        let facts = opened.captures.facts();
        assert!(facts.len() > 20, "only {} samples were opened", facts.len());
        let bytes = postcard::to_stdvec(&facts).unwrap();
        let again: Vec<crate::capture::SourceFacts> = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(again, facts);
        let is_format = |name: &[u8]| name == b"\x04pcap";
        let position = bytes.windows(5).position(is_format).unwrap();
        let mut other = bytes;
        if let Some(letter) = other.get_mut(position + 1) {
            *letter = b'b';
        }
        let read = postcard::from_bytes::<Vec<crate::capture::SourceFacts>>(&other);
        assert!(read.is_err());
    }
}
