//! What hosts said of themselves, in files beside a capture.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::capture::Timestamp;
use crate::diagnosis::{Diagnostician, HostFacts, HostWord, HostWords};
use crate::host::snapshot::read_snapshots;

/// A file with a host's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFile {
    /// What the host is called: a name, or an address by which it is known.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// Reads them, and hands what they say to the diagnosis. What is known of each.
pub(super) fn read_hosts(
    files: &[HostFile],
    capture_end: Option<Timestamp>,
    diagnostician: &mut Diagnostician,
) -> Vec<HostFacts> {
    let mut words = Vec::new();
    let mut facts = Vec::new();
    for file in files {
        let (name, path) = (file.name.clone(), file.path.clone());
        match read_snapshots(&path) {
            Ok(stored) => {
                let host = HostWord {
                    known_as: name.parse::<IpAddr>().ok(),
                    name,
                    snapshots: stored.snapshots,
                };
                let end = capture_end.unwrap_or_default();
                facts.push(HostFacts {
                    left_out: stored.left_out,
                    problem: stored.problem,
                    ..HostFacts::of(&host, path, end)
                });
                words.push(host);
            }
            Err(error) => facts.push(HostFacts::unread(name, path, error.to_string())),
        }
    }
    if !words.is_empty() {
        diagnostician.testify_by_hosts(HostWords::new(words));
    }
    facts
}
