//! What this host itself says before anything is sent: routes, addresses, rules, sockets.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, connect, getsockname, socket_with, sockopt,
};

use super::errno::Errno;
use crate::capture::live::HostClock;
use crate::decode::Endpoint;
use crate::diagnosis::{
    ListenersAtEnd, ListeningSocket, LocalReason, OwnDrops, TestifiedFact, Testimony,
};
use crate::handshake::Outcome;
use crate::host::{Counter, Counters, HostTables, this_host};

/// The way that the kernel would send packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// With which address of this host.
    pub(super) source: IpAddr,
    /// Whether it ends on this host.
    pub(super) is_own: bool,
    /// Whether this host has no better address than one of the link, for an address beyond.
    pub(super) is_source_of_link: bool,
}

/// Why nothing is sent, and the error that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotSent {
    pub(super) reason: LocalReason,
    pub(super) error: Errno,
}

/// Asks the kernel for the way, by a datagram socket that sends nothing: connecting one looks up
/// the route and chooses the source.
pub(super) fn way_to(to: SocketAddr) -> Result<Way, NotSent> {
    let address = to.ip().to_canonical();
    if address.is_multicast() || address == IpAddr::V4(std::net::Ipv4Addr::BROADCAST) {
        return Err(NotSent {
            reason: LocalReason::NotUnicast,
            error: Errno::NETUNREACH,
        });
    }
    let source = chosen_source(to, false).map_err(|error| NotSent {
        reason: reason_of_route(to, error),
        error,
    })?;
    if source.is_unspecified() {
        return Err(NotSent {
            reason: LocalReason::NoSourceAddress,
            error: Errno::ADDRNOTAVAIL,
        });
    }
    let is_of_link = |address: IpAddr| match address {
        IpAddr::V6(address) => address.is_unicast_link_local(),
        IpAddr::V4(address) => address.is_link_local(),
    };
    Ok(Way {
        source,
        is_own: source == address || address.is_loopback() || address.is_unspecified(),
        is_source_of_link: is_of_link(source) && !is_of_link(address),
    })
}

fn chosen_source(to: SocketAddr, may_broadcast: bool) -> Result<IpAddr, Errno> {
    let family = if to.is_ipv6() {
        AddressFamily::INET6
    } else {
        AddressFamily::INET
    };
    let socket = socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
    if may_broadcast {
        sockopt::set_socket_broadcast(&socket, true)?;
    }
    connect(&socket, &to)?;
    let own = SocketAddr::try_from(getsockname(&socket)?)?;
    Ok(own.ip())
}

fn reason_of_route(to: SocketAddr, error: Errno) -> LocalReason {
    let is_without_interface = matches!(
        to,
        SocketAddr::V6(to) if to.ip().is_unicast_link_local() && to.scope_id() == 0
    );
    match error {
        // Of a network's own broadcast address the kernel says the same as of a forbidden one.
        Errno::ACCES if chosen_source(to, true).is_ok() => LocalReason::NotUnicast,
        Errno::ACCES => LocalReason::ProhibitedRoute,
        Errno::INVAL if is_without_interface => LocalReason::NeedsInterface,
        Errno::INVAL => LocalReason::BlackholeRoute,
        Errno::HOSTUNREACH => LocalReason::UnreachableRoute,
        Errno::NETUNREACH => LocalReason::NoRoute,
        _ => reason_beside_route(error),
    }
}

/// Why a connect fails at once although the route is there.
pub(super) fn reason_of_connect(error: Errno) -> LocalReason {
    match error {
        Errno::ADDRNOTAVAIL => LocalReason::PortsUsedUp,
        Errno::ACCES | Errno::PERM => LocalReason::ForbiddenHere,
        _ => reason_beside_route(error),
    }
}

fn reason_beside_route(error: Errno) -> LocalReason {
    match error {
        Errno::AFNOSUPPORT => LocalReason::NoSuchFamily,
        Errno::ADDRNOTAVAIL => LocalReason::NoSourceAddress,
        Errno::NETDOWN => LocalReason::InterfaceDown,
        Errno::PERM => LocalReason::ForbiddenHere,
        _ => LocalReason::Other,
    }
}

/// More interfaces are not named.
const MOST_NAMED: usize = 4;

/// The bit of an interface's flags that says that it is up (`IFF_UP`).
const UP: u32 = 1;

/// Interfaces of this host that are down; hostile text.
pub(super) fn interfaces_down() -> Vec<String> {
    let Ok(interfaces) = std::fs::read_dir("/sys/class/net") else {
        return Vec::new();
    };
    let down = interfaces.flatten().filter_map(|interface| {
        let flags = std::fs::read_to_string(interface.path().join("flags")).ok()?;
        let flags = u32::from_str_radix(flags.trim().strip_prefix("0x")?, 16).ok()?;
        (flags & UP == 0).then(|| interface.file_name().to_string_lossy().into_owned())
    });
    let mut down: Vec<String> = down.take(MOST_NAMED).collect();
    down.sort();
    down
}

/// How many repetitions of SYNs this host sent, and how many it could not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Repetitions {
    syns: u64,
    failed: u64,
}

/// The counters are some 7 kB of text.
const MOST_TEXT: u64 = 1 << 18;

impl Repetitions {
    /// As they are now.
    pub(super) fn read() -> Option<Self> {
        let mut text = String::new();
        let file = File::open("/proc/self/net/netstat").ok()?;
        file.take(MOST_TEXT).read_to_string(&mut text).ok()?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| line.starts_with("TcpExt: "));
        let (names, values) = (lines.next()?, lines.next()?);
        let value_of = |wanted: &str| {
            let mut pairs = names.split(' ').zip(values.split(' '));
            let (_, value) = pairs.find(|(name, _)| *name == wanted)?;
            value.parse().ok()
        };
        Some(Self {
            syns: value_of("TCPSynRetrans")?,
            failed: value_of("TCPRetransFail")?,
        })
    }

    /// What they say of a connect that repeated its SYN so often since then. They are of all
    /// connects of this host together.
    pub(super) fn own_drops(self, before: Self, own: u64) -> OwnDrops {
        let failed = self.failed.saturating_sub(before.failed);
        let syns = self.syns.saturating_sub(before.syns);
        if own == 0 || failed < own {
            OwnDrops::None
        } else if failed >= syns {
            OwnDrops::All
        } else {
            OwnDrops::Some
        }
    }
}

/// What this host says of its own ports.
pub(super) struct OwnPorts {
    tables: Option<Box<dyn HostTables>>,
    before: Option<Counters>,
}

impl OwnPorts {
    /// Before a connect.
    pub(super) fn new() -> Self {
        let mut tables = this_host();
        let before = tables.as_mut().and_then(|tables| tables.counters());
        Self { tables, before }
    }

    /// What it testifies of a connect to this host that has just ended so.
    pub(super) fn testimony(&mut self, server: Endpoint, outcome: Outcome) -> Vec<Testimony> {
        let at = HostClock::new().read().now;
        let facts = [self.listeners(server, outcome), self.overflows(at, outcome)];
        let facts = facts.into_iter().flatten();
        facts.map(|fact| Testimony { at, fact }).collect()
    }

    fn listeners(&mut self, server: Endpoint, outcome: Outcome) -> Option<TestifiedFact> {
        let tables = self.tables.as_mut()?;
        let listeners = tables.listeners(server.port)?;
        let inodes: BTreeSet<_> = listeners.iter().map(|one| one.socket.inode).collect();
        let holders = tables.holders(&inodes);
        let sockets = listeners.into_iter().map(|listener| ListeningSocket {
            process: holders
                .iter()
                .find(|(inode, _)| *inode == listener.socket.inode)
                .map(|(_, process)| process.clone()),
            interface: listener
                .interface
                .and_then(|number| tables.interface_name(number)),
            listener,
        });
        Some(TestifiedFact::Listeners(ListenersAtEnd {
            server,
            outcome,
            later: Duration::ZERO,
            sockets: sockets.collect(),
        }))
    }

    /// Counters of full queues, which rose meanwhile.
    fn overflows(
        &mut self,
        at: crate::capture::Timestamp,
        outcome: Outcome,
    ) -> Option<TestifiedFact> {
        let now = self.tables.as_mut()?.counters()?;
        let mut rises = now.risen_since(&self.before?);
        rises.retain(|(counter, _)| *counter == Counter::ListenOverflows);
        let is_silence = outcome == Outcome::Dropped;
        (is_silence && !rises.is_empty())
            .then_some(TestifiedFact::CountersRose { since: at, rises })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(to: &str) -> Result<Way, LocalReason> {
        way_to(to.parse().unwrap()).map_err(|not_sent| not_sent.reason)
    }

    #[test]
    fn the_way_to_this_host_ends_here() {
        let own = way("127.0.0.1:80").unwrap();
        assert!(own.is_own && !own.is_source_of_link);
        assert!(way("0.0.0.0:80").unwrap().is_own);
    }

    #[test]
    fn tcp_has_one_peer() {
        assert_eq!(way("255.255.255.255:80"), Err(LocalReason::NotUnicast));
        assert_eq!(way("224.0.0.1:80"), Err(LocalReason::NotUnicast));
        assert_eq!(way("[ff02::1]:80"), Err(LocalReason::NotUnicast));
    }

    #[test]
    fn repetitions_that_fail_are_held_against_all() {
        let text = "TcpExt: A TCPSynRetrans TCPRetransFail\nTcpExt: 1 20 4\nIpExt: B\nIpExt: 2\n";
        let before = Repetitions::parse(text).unwrap();
        assert_eq!((before.syns, before.failed), (20, 4));
        let later = |syns, failed| Repetitions { syns, failed };
        assert_eq!(later(22, 4).own_drops(before, 2), OwnDrops::None);
        assert_eq!(later(22, 6).own_drops(before, 2), OwnDrops::All);
        assert_eq!(later(26, 6).own_drops(before, 2), OwnDrops::Some);
        assert_eq!(later(26, 5).own_drops(before, 2), OwnDrops::None);
        assert_eq!(later(20, 4).own_drops(before, 0), OwnDrops::None);
        assert_eq!(Repetitions::parse("TcpExt: A\nTcpExt: 1\n"), None);
    }
}
