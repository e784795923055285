//! From what was typed to the files and objects that it names.

use std::path::PathBuf;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use tcpwhy::capture::{CaptureSet, NamedSource, OpenError};
use thiserror::Error;
use tokio::runtime::Handle;
use url::Url;

use super::object_reader::StoredObject;

/// Why nothing can be found where somebody pointed to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A pattern that is none.
    #[error("'{pattern}' is no pattern of file names: {reason}")]
    Pattern {
        /// As it was typed.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A kind of storage that is not known.
    #[error("'{url}' is in no storage that is known: only folders, s3://, gs:// and az://")]
    Scheme {
        /// As it was typed.
        url: String,
    },
    /// The storage says no, or nothing.
    #[error("{url}: {reason}")]
    Storage {
        /// Where.
        url: String,
        /// What it says, in one line.
        reason: String,
    },
    /// What can be read once only.
    #[error(
        "{name}: a stream can be read once only: tcpwhy read takes it, or write it into a file first"
    )]
    Stream {
        /// As it was typed.
        name: String,
    },
    /// There is nothing.
    #[error("{location}: nothing is there")]
    Nothing {
        /// Where.
        location: String,
    },
    /// A folder that cannot be read.
    #[error("{0}")]
    Folder(String),
}

/// Where one capture is, in a form that goes to other machines: never with credentials.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Location {
    /// A file, at the same path on every machine that reads it.
    File(PathBuf),
    /// An object: its address, its size, and the mark by which it is known to be the same.
    Object {
        /// As in `s3://bucket/key`.
        url: String,
        /// In bytes.
        size: u64,
        /// The storage's own, where it gives one.
        mark: Option<String>,
    },
}

/// A file or an object that may be a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it is.
    pub location: Location,
    /// Whether it was found in a folder, beside captures of which there may be anything.
    pub is_found: bool,
}

impl Location {
    /// What reports call it.
    pub fn name(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Object { url, .. } => PathBuf::from(url),
        }
    }

    /// It, as a source. Objects are read from within this runtime.
    ///
    /// # Errors
    ///
    /// When its storage is not known, or not to be had with what the environment says.
    pub fn source(&self, runtime: &Handle) -> Result<NamedSource, StorageError> {
        let input = match self {
            Self::File(_) => None,
            Self::Object { url, size, mark } => {
                let (store, path) = store_of(url)?;
                let object = StoredObject::new(store, path, (*size, mark.clone()), runtime.clone());
                Some(Arc::new(object) as _)
            }
        };
        Ok(NamedSource {
            path: self.name(),
            input,
        })
    }
}

/// The files and objects that these names stand for, in the order in which `tcpwhy read` numbers
/// files; and which could not be looked for. Patterns (`*`, `?`, `[...]`) are of files.
pub async fn find(typed: &[String]) -> (Vec<Stored>, Vec<StorageError>) {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    let mut paths = Vec::new();
    for one in typed {
        if one.contains("://") {
            match objects_at(one).await {
                Ok(objects) => found.extend(objects),
                Err(error) => errors.push(error),
            }
        } else {
            match paths_at(one) {
                Ok(of_pattern) => paths.extend(of_pattern),
                Err(error) => errors.push(error),
            }
        }
    }
    let (files, of_files) = CaptureSet::paths_of(&paths);
    let file = |(path, is_found)| Stored {
        location: Location::File(path),
        is_found,
    };
    errors.extend(
        of_files
            .iter()
            .map(|error| StorageError::Folder(one_line(error))),
    );
    let mut stored: Vec<Stored> = files.into_iter().map(file).collect();
    found.sort_by(|one, other| one.location.cmp(&other.location));
    found.dedup_by(|one, other| one.location == other.location);
    stored.extend(found);
    (stored, errors)
}

/// An error and what is behind it, in one line.
pub(crate) fn one_line(error: &OpenError) -> String {
    match error {
        OpenError::Unreadable { source, .. } => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

fn paths_at(typed: &str) -> Result<Vec<PathBuf>, StorageError> {
    let path = PathBuf::from(typed);
    // What is there is looked at before it is read, and by several.
    let is_read_once = std::fs::metadata(&path).is_ok_and(|at| !at.is_file() && !at.is_dir());
    if typed == "-" || is_read_once {
        return Err(StorageError::Stream {
            name: typed.to_owned(),
        });
    }
    if path.exists() || !typed.contains(['*', '?', '[']) {
        return Ok(vec![path]);
    }
    let matches = glob::glob(typed).map_err(|error| StorageError::Pattern {
        pattern: typed.to_owned(),
        reason: error.to_string(),
    })?;
    let matches: Vec<PathBuf> = matches.flatten().filter(|path| path.is_file()).collect();
    if matches.is_empty() {
        return Err(StorageError::Nothing {
            location: typed.to_owned(),
        });
    }
    Ok(matches)
}

async fn objects_at(typed: &str) -> Result<Vec<Stored>, StorageError> {
    let (store, path) = store_of(typed)?;
    let failed = |error: object_store::Error| StorageError::Storage {
        url: typed.to_owned(),
        reason: reason(&error),
    };
    let root = typed
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.split('/').next()?)));
    let (scheme, bucket) = root.unwrap_or_default();
    let stored = |meta: ObjectMeta, is_found| Stored {
        location: Location::Object {
            url: format!("{scheme}://{bucket}/{}", meta.location),
            size: meta.size,
            mark: meta.e_tag,
        },
        is_found,
    };
    if !typed.ends_with('/') && !path.as_ref().is_empty() {
        match store.head(&path).await {
            Ok(meta) => return Ok(vec![stored(meta, false)]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let listed = store.list(Some(&path)).try_collect::<Vec<_>>().await;
    let listed = listed.map_err(failed)?;
    if listed.is_empty() {
        return Err(StorageError::Nothing {
            location: typed.to_owned(),
        });
    }
    Ok(listed.into_iter().map(|meta| stored(meta, true)).collect())
}

/// The storage that an address is in, with what the environment says of it, and the path there.
fn store_of(typed: &str) -> Result<(Arc<dyn ObjectStore>, ObjectPath), StorageError> {
    let unknown = || StorageError::Scheme {
        url: typed.to_owned(),
    };
    let url = Url::parse(typed).map_err(|_| unknown())?;
    let failed = |error: object_store::Error| StorageError::Storage {
        url: typed.to_owned(),
        reason: reason(&error),
    };
    let store: Arc<dyn ObjectStore> = match url.scheme() {
        "s3" => {
            let builder = AmazonS3Builder::from_env().with_url(typed);
            Arc::new(builder.build().map_err(failed)?)
        }
        "gs" => {
            let builder = GoogleCloudStorageBuilder::from_env().with_url(typed);
            Arc::new(builder.build().map_err(failed)?)
        }
        "az" | "abfs" | "abfss" => {
            let builder = MicrosoftAzureBuilder::from_env().with_url(typed);
            Arc::new(builder.build().map_err(failed)?)
        }
        _ => return Err(unknown()),
    };
    let path = ObjectPath::from_url_path(url.path()).map_err(|error| StorageError::Storage {
        url: typed.to_owned(),
        reason: error.to_string(),
    })?;
    Ok((store, path))
}

/// What an error of a storage says, in one line and without what was sent to it: answers quote
/// keys and signatures.
pub(super) fn reason(error: &object_store::Error) -> String {
    match error {
        object_store::Error::NotFound { .. } => "is not there".to_owned(),
        object_store::Error::Unauthenticated { .. } => {
            "the storage does not know these credentials (they come from the environment)"
                .to_owned()
        }
        object_store::Error::PermissionDenied { .. } => {
            "the storage does not let these credentials read it".to_owned()
        }
        object_store::Error::Precondition { .. } => "changed while it was read".to_owned(),
        other => {
            let mut innermost: &dyn std::error::Error = other;
            while let Some(source) = innermost.source() {
                innermost = source;
            }
            let words = innermost.to_string();
            words
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect()
        }
    }
}
