//! What is known of a file with a host's word, whatever it says of attempts.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::Serialize;

use super::HostWord;
use crate::capture::Timestamp;
use crate::host::snapshot::{HostSnapshot, PortsInUse, Unread};

/// So many full queues are told.
const MOST_QUEUES: usize = 4;

/// What is known of a file with a host's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostFacts {
    /// What the host is called; hostile text.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// How many times it was asked.
    pub snapshots: u64,
    /// How many of them are not used, because there are too many.
    pub left_out: u64,
    /// When first, and when last.
    pub span: Option<(Timestamp, Timestamp)>,
    /// For which addresses it speaks, those of loopback left out.
    pub addresses: Vec<IpAddr>,
    /// What could not be read there.
    pub unread: Vec<Unread>,
    /// What is worth telling of it whatever connects there are, at the time that is nearest to the
    /// capture's end.
    pub notable: Vec<HostNotable>,
    /// Why it was not read, or not to its end.
    pub problem: Option<String>,
}

/// What is worth telling of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostNotable {
    /// The table of tracked connections has hardly any room.
    Conntrack {
        /// How many are tracked.
        count: u64,
        /// How many may be.
        limit: u64,
    },
    /// Hardly any local port is left for connects to a server: more fail before any packet.
    PortsUsedUp {
        /// How many are in use, and where to.
        used: PortsInUse,
        /// How many there are.
        of: u32,
    },
    /// A listener lets nobody in.
    FullQueue {
        /// Where it listens.
        address: IpAddr,
        /// On which port.
        port: u16,
        /// How many wait.
        waiting: u32,
    },
    /// Its clock is so far off that times cannot be compared closely, in microseconds.
    ClockOff(i64),
}

impl HostFacts {
    /// Of a file that could not be read.
    pub fn unread(name: String, path: PathBuf, problem: String) -> Self {
        Self {
            name,
            path,
            snapshots: 0,
            left_out: 0,
            span: None,
            addresses: Vec::new(),
            unread: Vec::new(),
            notable: Vec::new(),
            problem: Some(problem),
        }
    }

    /// Of what a host said, beside a capture that ended then.
    pub fn of(host: &HostWord, path: PathBuf, capture_end: Timestamp) -> Self {
        let nearest = host
            .snapshots
            .iter()
            .min_by_key(|snapshot| snapshot.time.distance(capture_end));
        let mut addresses: Vec<IpAddr> = nearest
            .into_iter()
            .flat_map(HostSnapshot::addresses)
            .filter(|address| !address.is_loopback())
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        Self {
            name: host.name.clone(),
            path,
            snapshots: host.snapshots.len() as u64,
            left_out: 0,
            span: host
                .snapshots
                .first()
                .zip(host.snapshots.last())
                .map(|(first, last)| (first.time, last.time)),
            addresses,
            unread: nearest.map_or_else(Vec::new, |snapshot| snapshot.unread.clone()),
            notable: nearest.map_or_else(Vec::new, notable),
            problem: None,
        }
    }
}

/// More than nine in ten.
const fn is_nearly(part: u64, whole: u64) -> bool {
    whole > 0 && part.saturating_mul(10) >= whole.saturating_mul(9)
}

fn notable(snapshot: &HostSnapshot) -> Vec<HostNotable> {
    /// Times further apart than this are not compared closely.
    const CLOSE_US: i64 = 250_000;
    let mut all = Vec::new();
    let table = snapshot.conntrack.as_ref();
    all.extend(
        table
            .filter(|table| is_nearly(table.count, table.limit))
            .map(|table| HostNotable::Conntrack {
                count: table.count,
                limit: table.limit,
            }),
    );
    if let Some(connections) = &snapshot.connections
        && let Some((first, last)) = connections.port_range
    {
        let of = u32::from(last.saturating_sub(first)) + 1;
        let used_up = connections.ports_in_use.iter();
        let used_up = used_up.filter(|used| is_nearly(used.ports.into(), of.into()));
        all.extend(used_up.map(|used| HostNotable::PortsUsedUp { used: *used, of }));
    }
    let listeners = snapshot.listeners.iter().flatten();
    let full = listeners.filter(|listener| listener.waiting > listener.most_waiting);
    all.extend(
        full.take(MOST_QUEUES)
            .map(|listener| HostNotable::FullQueue {
                address: listener.address,
                port: listener.port,
                waiting: listener.waiting,
            }),
    );
    let offset = snapshot
        .clock
        .offset_us
        .filter(|offset| offset.abs() > CLOSE_US);
    all.extend(offset.map(HostNotable::ClockOff));
    all
}
