//! **Beside the rooms: this host.** What the kernel of the machine that captures says of itself
//! comes out as plain data: its TCP sockets and who holds them, the counters that prove what packets
//! cannot show, and, where it is asked to, why it refuses and drops.
//!
//! It is asked seldom, and never for each packet: whoever asks counts the questions. What it says
//! is of the moment in which it was asked, and of the network namespace of this program; a socket
//! that lived for less is never seen. Of a process nothing is read but its number, its name and its
//! age, never its arguments unless somebody asks for them. Only Linux is asked.

mod counters;
mod kernel_counts;
mod kernel_event;
#[cfg(all(feature = "live", target_os = "linux"))]
pub mod kernel_events;
mod kernel_reason;
#[cfg(all(feature = "live", target_os = "linux"))]
mod linux;
#[cfg(all(feature = "live", target_os = "linux"))]
mod netlink_question;
#[cfg(all(feature = "live", target_os = "linux"))]
mod processes;
#[cfg(all(feature = "probe", target_os = "linux"))]
mod progress;
pub mod snapshot;
#[cfg(all(feature = "live", target_os = "linux"))]
mod sockets;
#[cfg(all(feature = "live", target_os = "linux"))]
mod taking;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::decode::Endpoint;
pub use counters::{Counter, Counters};
pub use kernel_counts::KernelCounts;
#[cfg(feature = "live")]
pub(crate) use kernel_counts::count_reason;
pub use kernel_event::{KernelAct, KernelEvent, KernelTeller, Reception};
pub use kernel_reason::{KernelReason, kernel_reason};
#[cfg(all(feature = "probe", target_os = "linux"))]
pub use progress::{AgreedOptions, ConnectProgress, ConnectTable};
#[cfg(all(feature = "live", target_os = "linux"))]
pub use taking::{SnapshotSettings, take_snapshot};

/// The number by which the kernel tells sockets apart while they are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SocketInode(pub u32);

/// An open socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSocket {
    /// Its number.
    pub inode: SocketInode,
    /// The number of the user who made it.
    pub user: u32,
}

/// A socket that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// The socket.
    pub socket: OpenSocket,
    /// Where it listens; the unspecified address stands for all of its version of IP.
    pub address: IpAddr,
    /// Whether it takes connects of IPv6 only, where its address is of IPv6.
    pub is_only_ipv6: bool,
    /// The number of the interface that it is bound to, when it is.
    pub interface: Option<u32>,
    /// How many connections wait to be accepted.
    pub waiting: u32,
    /// Beyond so many, no connect is let in.
    pub most_waiting: u32,
}

impl Listener {
    /// Whether it takes connects to this address, as far as the address decides.
    pub fn takes(&self, address: IpAddr) -> bool {
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V6(own), IpAddr::V4(_)) => own.is_unspecified() && !self.is_only_ipv6,
            (own, other) => {
                own == other || (own.is_unspecified() && own.is_ipv4() == other.is_ipv4())
            }
        }
    }

    /// Whether the kernel lets no connect in: so many wait already.
    pub fn is_full(&self) -> bool {
        self.waiting > self.most_waiting
    }
}

/// A process that holds a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Its name, at most 15 bytes; hostile text: a process names itself.
    pub name: String,
}

/// What can be asked of a host. Every answer may be missing: the kernel may not know, or not tell.
pub trait HostTables: Debug + Send {
    /// The socket of a connect from `client` to `server` that is under way or open, when `client`
    /// is this host.
    fn connection(&mut self, client: Endpoint, server: Endpoint) -> Option<OpenSocket>;

    /// The sockets that listen on this port, on whatever address; `None` when the kernel does not
    /// tell.
    fn listeners(&mut self, port: u16) -> Option<Vec<Listener>>;

    /// The first process that holds each of these sockets, as far as this program may see them: a
    /// walk over all processes.
    fn holders(&mut self, sockets: &BTreeSet<SocketInode>) -> Vec<(SocketInode, Process)>;

    /// The counters as they are now.
    fn counters(&mut self) -> Option<Counters>;

    /// The name of an interface.
    fn interface_name(&mut self, number: u32) -> Option<String>;
}

/// This host, where it can be asked.
#[cfg(feature = "live")]
pub fn this_host() -> Option<Box<dyn HostTables>> {
    #[cfg(target_os = "linux")]
    return Some(Box::new(linux::LinuxTables::new()));
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_takes_what_its_address_stands_for() {
        let listener = |address: &str, is_only_ipv6| Listener {
            socket: OpenSocket {
                inode: SocketInode(1),
                user: 0,
            },
            address: address.parse().unwrap(),
            is_only_ipv6,
            interface: None,
            waiting: 0,
            most_waiting: 128,
        };
        let takes = |own: &str, is_only_ipv6, other: &str| {
            listener(own, is_only_ipv6).takes(other.parse().unwrap())
        };
        assert!(takes("10.0.0.20", false, "10.0.0.20"));
        assert!(!takes("127.0.0.1", false, "10.0.0.20"));
        assert!(takes("0.0.0.0", false, "10.0.0.20"));
        assert!(!takes("0.0.0.0", false, "2001:db8::20"));
        assert!(takes("::", false, "2001:db8::20") && takes("::", false, "10.0.0.20"));
        assert!(takes("::", true, "2001:db8::20") && !takes("::", true, "10.0.0.20"));
        assert!(takes("::ffff:10.0.0.20", false, "10.0.0.20"));
    }
}
