//! Files with a host's word, in the JSON report.

use std::net::IpAddr;

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::rfc3339;
use crate::report::host_words;
use crate::report::model::Report;

/// What a host said of itself, in a file that was read beside the capture (`--host`).
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Host {
    /// As named on the command line.
    name: String,
    /// As named on the command line.
    path: String,
    /// How many times it was asked.
    snapshots: u64,
    /// When first.
    first: Option<String>,
    /// When last.
    last: Option<String>,
    /// For which addresses it speaks.
    addresses: Vec<IpAddr>,
    /// What could not be read there.
    unread: Vec<String>,
    /// Why the file was not read, or not to its end.
    problem: Option<String>,
    /// All of it in words: also what is worth telling of the host whatever connects there are.
    says: String,
}

pub(super) fn hosts(report: &Report) -> Vec<Host> {
    let hosts = report.capture.hosts.iter();
    hosts
        .map(|host| Host {
            name: host.name.clone(),
            path: host.path.to_string_lossy().into_owned(),
            snapshots: host.snapshots,
            first: host.span.map(|(first, _)| rfc3339(first)),
            last: host.span.map(|(_, last)| rfc3339(last)),
            addresses: host.addresses.clone(),
            unread: host
                .unread
                .iter()
                .map(|unread| unread.what.clone())
                .collect(),
            problem: host.problem.clone(),
            says: host_words::of_host(report, host),
        })
        .collect()
}
