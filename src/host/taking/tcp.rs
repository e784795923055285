//! The TCP sockets of a host: who listens, and how many connections there are.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::path::Path;

use super::{SnapshotSettings, of_process, started};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::host::snapshot::{Connections, HolderOfSocket, PortsInUse, SnapshotListener, Unread};
use crate::host::sockets::SocketTable;
use crate::host::{Listener, Process, SocketInode, processes};

/// So many listeners are written, and so many servers with ports in use.
const MOST_LISTENERS: usize = 4096;
const MOST_SERVERS: usize = 64;

/// Servers to which fewer local ports are in use are left out.
const FEWEST_PORTS: usize = 16;

/// So many servers are told apart while they are counted.
const MOST_COUNTED: usize = 1 << 18;

/// So long is a command line at most.
const MOST_OF_A_COMMAND: usize = 4096;

/// What the kernel's table of sockets says.
pub(super) struct Sockets {
    pub(super) listeners: Vec<SnapshotListener>,
    pub(super) connections: Connections,
    pub(super) unread: Vec<Unread>,
}

impl Sockets {
    pub(super) fn take(settings: SnapshotSettings, booted: Option<Timestamp>) -> io::Result<Self> {
        let mut table = SocketTable::open()?;
        let mut found = table.all_listeners()?;
        let mut unread = Vec::new();
        if found.len() > MOST_LISTENERS {
            unread.push(Unread {
                what: format!("{} more sockets that listen", found.len() - MOST_LISTENERS),
                why: format!("at most {MOST_LISTENERS} are written"),
            });
            found.truncate(MOST_LISTENERS);
        }
        let mut count = Counted::default();
        table.each_connection(|state, local, remote| count.add(state, local, remote))?;
        let holders = holders(&found);
        let hidden = found.len()
            - found
                .iter()
                .filter(|(_, one)| holders.contains_key(&one.socket.inode))
                .count();
        if hidden > 0 {
            unread.push(Unread {
                what: format!("who holds {hidden} of {} sockets that listen", found.len()),
                why: "not seen by this user, or held by the kernel, or in another PID namespace"
                    .to_owned(),
            });
        }
        let mut listeners: Vec<SnapshotListener> = found
            .iter()
            .map(|(port, listener)| {
                let process = holders.get(&listener.socket.inode);
                written(
                    *port,
                    listener,
                    process.map(|one| holder(one, settings, booted)),
                )
            })
            .collect();
        listeners.sort_by_key(|one| (one.port, one.address, one.inode));
        Ok(Self {
            listeners,
            connections: count.into_connections(),
            unread,
        })
    }
}

fn holders(found: &[(u16, Listener)]) -> HashMap<SocketInode, Process> {
    let inodes: BTreeSet<SocketInode> = found.iter().map(|(_, one)| one.socket.inode).collect();
    processes::holders(Path::new("/proc"), &inodes)
        .into_iter()
        .collect()
}

fn holder(
    process: &Process,
    settings: SnapshotSettings,
    booted: Option<Timestamp>,
) -> HolderOfSocket {
    let command_line = settings.command_lines.then(|| {
        let text = of_process(process.id, "cmdline")?;
        let words: Vec<&str> = text.split('\0').filter(|word| !word.is_empty()).collect();
        Some(words.join(" ").chars().take(MOST_OF_A_COMMAND).collect())
    });
    HolderOfSocket {
        id: process.id,
        name: process.name.clone(),
        started: of_process(process.id, "stat").and_then(|stat| started(booted, &stat)),
        command_line: command_line.flatten(),
    }
}

fn written(port: u16, listener: &Listener, process: Option<HolderOfSocket>) -> SnapshotListener {
    SnapshotListener {
        address: listener.address,
        port,
        is_only_ipv6: listener.is_only_ipv6,
        interface: listener
            .interface
            .and_then(crate::host::linux::interface_name),
        waiting: listener.waiting,
        most_waiting: listener.most_waiting,
        inode: listener.socket.inode.0,
        user: listener.socket.user,
        process,
    }
}

/// The range of `net.ipv4.ip_local_port_range`.
pub(super) fn port_range(settings: &BTreeMap<String, String>) -> Option<(u16, u16)> {
    let text = settings.get("ipv4.ip_local_port_range")?;
    let (first, last) = text.split_once(' ')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[derive(Default)]
struct Counted {
    states: BTreeMap<String, u64>,
    ports: HashMap<(IpAddr, Endpoint), HashSet<u16>>,
}

impl Counted {
    fn add(&mut self, state: u8, local: Endpoint, remote: Endpoint) {
        *self.states.entry(name_of(state).to_owned()).or_insert(0) += 1;
        let key = (local.address, remote);
        if self.ports.len() < MOST_COUNTED || self.ports.contains_key(&key) {
            self.ports.entry(key).or_default().insert(local.port);
        }
    }

    fn into_connections(self) -> Connections {
        let many = self
            .ports
            .into_iter()
            .filter(|(_, ports)| ports.len() >= FEWEST_PORTS);
        let mut ports_in_use: Vec<PortsInUse> = many
            .map(|((from, to), ports)| PortsInUse {
                from,
                to: to.address,
                port: to.port,
                ports: u32::try_from(ports.len()).unwrap_or(u32::MAX),
            })
            .collect();
        ports_in_use.sort_by_key(|one| (std::cmp::Reverse(one.ports), one.to, one.port, one.from));
        ports_in_use.truncate(MOST_SERVERS);
        Connections {
            states: self.states,
            ports_in_use,
            port_range: None,
        }
    }
}

/// As `ss` names them.
const fn name_of(state: u8) -> &'static str {
    match state {
        1 => "established",
        2 => "syn_sent",
        3 | 12 => "syn_recv",
        4 => "fin_wait_1",
        5 => "fin_wait_2",
        6 => "time_wait",
        8 => "close_wait",
        9 => "last_ack",
        11 => "closing",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_with_many_ports_in_use_are_told() {
        let end = |address: &str, port| Endpoint {
            address: address.parse().unwrap(),
            port,
        };
        let mut counted = Counted::default();
        for port in 50_000..50_020 {
            counted.add(6, end("10.0.0.7", port), end("10.0.1.20", 5432));
            counted.add(1, end("10.0.0.7", 40_000), end("10.0.1.20", port));
        }
        let connections = counted.into_connections();
        assert_eq!(connections.states["time_wait"], 20);
        let told: Vec<_> = connections
            .ports_in_use
            .iter()
            .map(|one| (one.port, one.ports))
            .collect();
        assert_eq!(told, [(5432, 20)]);
    }
}
