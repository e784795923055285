//! What a host knows of itself at one time, as a file: for reading a capture elsewhere, or later.
//!
//! It is taken by `tcpwhy host` ([`super::take_snapshot`]) and comes back as testimony. All text in
//! it is hostile once it comes from a file. What could not be read is named in it, with why.

mod filter;
mod routing;
mod stored;
mod time;

use std::collections::BTreeMap;
use std::net::IpAddr;

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Counter, Counters, Process};
use crate::capture::Timestamp;
pub use filter::{
    AddressRange, BaseChain, ChainHook, ChainPolicy, Condition, Family, FilterChain, FilterRule,
    FilterRuleset, Met, PacketFilter, PortRange, RuleVerdict, TrackedPacket,
};
pub use routing::{Route, RouteKind, Routing, RoutingRule, WayBack};
pub use stored::{NoSnapshot, StoredSnapshots, read_snapshots};

/// The version of the shape; what is added keeps it.
pub const SCHEMA: &str = "tcpwhy-host/1";

/// What a host knows of itself at one time. With `--every` each line is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct HostSnapshot {
    /// The shape of this document: `tcpwhy-host/1`.
    pub schema: String,
    /// What wrote it.
    #[serde(default)]
    pub tool: String,
    /// What the host calls itself.
    #[serde(default)]
    pub host: String,
    /// When it was taken, by the host's own clock: RFC 3339 in UTC.
    #[serde(with = "time::rfc3339")]
    #[cfg_attr(feature = "json-schema", schemars(with = "String"))]
    pub time: Timestamp,
    /// How that clock stands.
    #[serde(default)]
    pub clock: ClockState,
    /// Version of the kernel.
    #[serde(default)]
    pub kernel: String,
    /// The number of the user who asked; what only root may read is in `unread` for others.
    #[serde(default)]
    pub user: Option<u32>,
    /// The number of the network namespace: it is of that alone, as every container has its own.
    #[serde(default)]
    pub network_namespace: Option<u64>,
    /// What could not be read, or not all of it.
    #[serde(default)]
    pub unread: Vec<Unread>,
    /// Interfaces with their addresses.
    #[serde(default)]
    pub interfaces: Vec<HostInterface>,
    /// TCP sockets that listen; null where the kernel does not tell.
    #[serde(default)]
    pub listeners: Option<Vec<SnapshotListener>>,
    /// All other TCP sockets, counted.
    #[serde(default)]
    pub connections: Option<Connections>,
    /// Counters of TCP and IP since the host, or the namespace, began; those that are not 0.
    #[serde(default)]
    pub counters: BTreeMap<String, u64>,
    /// Routes, and the rules that choose a table.
    #[serde(default)]
    pub routing: Option<Routing>,
    /// Neighbours on the links.
    #[serde(default)]
    pub neighbours: Option<Vec<Neighbour>>,
    /// The table of tracked connections; null where none are tracked.
    #[serde(default)]
    pub conntrack: Option<Conntrack>,
    /// Settings of the kernel that matter to connects, by their names below `net.`.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Rules of packet filters; null where they may not be read.
    #[serde(default)]
    pub packet_filter: Option<PacketFilter>,
}

/// What could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct Unread {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How a host's clock stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct ClockState {
    /// Microseconds since the host was booted, sleep included.
    #[serde(default)]
    pub since_boot_us: Option<u64>,
    /// Whether the kernel holds it for kept by a time service.
    #[serde(default)]
    pub is_synchronised: Option<bool>,
    /// How far it is off, by the time service's word, in microseconds: positive is behind.
    #[serde(default)]
    pub offset_us: Option<i64>,
    /// How far it may be off at most, in microseconds.
    #[serde(default)]
    pub largest_error_us: Option<u64>,
}

/// An interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct HostInterface {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// Whether it is up.
    #[serde(default)]
    pub is_up: bool,
    /// Whether it has a link.
    #[serde(default)]
    pub has_carrier: Option<bool>,
    /// The largest packet, in bytes.
    #[serde(default)]
    pub mtu: Option<u32>,
    /// Its addresses.
    #[serde(default)]
    pub addresses: Vec<InterfaceAddress>,
    /// What it does in place of the kernel: `tx-checksum`, `tcp-segmentation-offload`, and so on,
    /// each on or off; null where that could not be asked.
    #[serde(default)]
    pub offloads: Option<BTreeMap<String, bool>>,
    /// What it counts of packets that went no further, not 0.
    #[serde(default)]
    pub counters: BTreeMap<String, u64>,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// How many bits of it are the network's.
    pub prefix_length: u8,
}

/// A socket that listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct SnapshotListener {
    /// Where; the unspecified address stands for all of its version of IP, and `::` for those of
    /// IPv4 as well unless `is_only_ipv6`.
    pub address: IpAddr,
    /// On which port.
    pub port: u16,
    /// Whether it takes connects of IPv6 only.
    #[serde(default)]
    pub is_only_ipv6: bool,
    /// The interface that it is bound to.
    #[serde(default)]
    pub interface: Option<String>,
    /// How many connections wait to be accepted.
    pub waiting: u32,
    /// Beyond so many, no connect is let in.
    pub most_waiting: u32,
    /// By which the kernel tells sockets apart while they are open.
    #[serde(default)]
    pub inode: u32,
    /// The number of the user who made it.
    #[serde(default)]
    pub user: u32,
    /// Who holds it, where that may be seen.
    #[serde(default)]
    pub process: Option<HolderOfSocket>,
}

/// A process that holds a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct HolderOfSocket {
    /// Its number.
    pub id: u32,
    /// Its name, at most 15 bytes.
    pub name: String,
    /// When it was started: RFC 3339 in UTC, to a hundredth of a second.
    #[serde(default, with = "time::some_rfc3339")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    pub started: Option<Timestamp>,
    /// Its command line, only when that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
}

impl HolderOfSocket {
    /// As reports name it.
    pub fn process(&self) -> Process {
        Process {
            id: self.id,
            name: self.name.clone(),
        }
    }
}

/// TCP sockets that do not listen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct Connections {
    /// How many there are in each state.
    pub states: BTreeMap<String, u64>,
    /// The servers to which most local ports are in use, at most 64.
    pub ports_in_use: Vec<PortsInUse>,
    /// The first and last port that the kernel gives to connects.
    #[serde(default)]
    pub port_range: Option<(u16, u16)>,
}

/// Local ports in use for connects from one address to one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct PortsInUse {
    /// The own address.
    pub from: IpAddr,
    /// The server's.
    pub to: IpAddr,
    /// The server's port.
    pub port: u16,
    /// How many ports of the range are in use.
    pub ports: u32,
}

/// A neighbour on a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct Neighbour {
    /// Its address.
    pub address: IpAddr,
    /// The interface that leads to it.
    pub interface: String,
    /// What the kernel knows of it: `reachable`, `stale`, `failed`, and so on.
    pub state: String,
    /// Its MAC address, where that is known.
    #[serde(default)]
    pub hardware_address: Option<String>,
}

/// The table of tracked connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct Conntrack {
    /// How many are tracked.
    pub count: u64,
    /// How many may be; beyond that packets are dropped.
    pub limit: u64,
    /// What it counts since the host began: `drop`, `early_drop`, `insert_failed`, `invalid`.
    #[serde(default)]
    pub counters: BTreeMap<String, u64>,
}

impl Conntrack {
    /// Whether there is no room for another connection.
    pub const fn is_full(&self) -> bool {
        self.limit > 0 && self.count >= self.limit
    }
}

impl HostSnapshot {
    /// All addresses of the host, those of loopback among them.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + '_ {
        let all = self.interfaces.iter().flat_map(|one| &one.addresses);
        all.map(|one| one.address)
    }

    /// The interface that has this address.
    pub fn interface_of(&self, address: IpAddr) -> Option<&HostInterface> {
        let has = |interface: &&HostInterface| {
            let mut addresses = interface.addresses.iter();
            addresses.any(|one| one.address == address)
        };
        self.interfaces.iter().find(has)
    }

    /// The counters that diagnosis knows.
    pub fn known_counters(&self) -> Counters {
        let all = Counter::ALL.iter();
        all.fold(Counters::default(), |known, counter| {
            let value = match counter {
                Counter::ConntrackDrop => {
                    let conntrack = self.conntrack.as_ref();
                    conntrack.and_then(|table| table.counters.get("drop"))
                }
                counter => self.counters.get(counter.name()),
            };
            // What is not there is 0: those are left out.
            known.with(*counter, value.copied().unwrap_or(0))
        })
    }

    /// The setting of that name, as a number.
    pub fn number(&self, setting: &str) -> Option<u64> {
        self.settings.get(setting)?.parse().ok()
    }
}

/// The JSON Schema of a snapshot.
#[cfg(feature = "json-schema")]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(HostSnapshot).to_value()
}
