//! From paths that were named to the files that they stand for.

use std::path::{Path, PathBuf};

use super::path_order;
use super::problem::OpenError;
use super::source::STANDARD_INPUT;

/// How a file came to be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was named.
    Named,
    /// It is in a directory that was named, beside captures of which there may be anything.
    Directory,
}

/// Every path once; the files of directories in their place.
pub(super) fn expand_directories(
    paths: &[PathBuf],
    errors: &mut Vec<OpenError>,
) -> Vec<(PathBuf, Origin)> {
    let mut expanded: Vec<(PathBuf, Origin)> = Vec::new();
    for path in paths {
        if path.as_path() != Path::new(STANDARD_INPUT) && path.is_dir() {
            match std::fs::read_dir(path) {
                Ok(entries) => expanded.extend(
                    entries
                        .flatten()
                        .filter(|entry| entry.path().is_file())
                        .map(|entry| (entry.path(), Origin::Directory)),
                ),
                Err(source) => errors.push(OpenError::Unreadable {
                    path: path.clone(),
                    source,
                }),
            }
        } else {
            expanded.push((path.clone(), Origin::Named));
        }
    }
    expanded.sort_by(|left, right| {
        path_order::compare(&left.0, &right.0)
            .then_with(|| (left.1 == Origin::Directory).cmp(&(right.1 == Origin::Directory)))
    });
    expanded.dedup_by(|left, right| left.0 == right.0);
    expanded
}
