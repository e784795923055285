//! What Linux says of itself.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;

use super::processes;
use super::sockets::SocketTable;
use super::{Counters, HostTables, Listener, OpenSocket, Process, SocketInode};
use crate::decode::Endpoint;

/// The kernel that this program runs on, as its network namespace shows it.
#[derive(Debug)]
pub(super) struct LinuxTables {
    /// `None` where the kernel was built without it.
    sockets: Option<SocketTable>,
}

/// The counters are some 7 kB of text.
const MOST_TEXT: u64 = 1 << 18;

impl LinuxTables {
    pub(super) fn new() -> Self {
        Self {
            sockets: SocketTable::open().ok(),
        }
    }
}

impl HostTables for LinuxTables {
    fn connection(&mut self, client: Endpoint, server: Endpoint) -> Option<OpenSocket> {
        self.sockets.as_mut()?.connection(client, server).ok()?
    }

    fn listeners(&mut self, port: u16) -> Option<Vec<Listener>> {
        self.sockets.as_mut()?.listeners(port).ok()
    }

    fn holders(&mut self, sockets: &BTreeSet<SocketInode>) -> Vec<(SocketInode, Process)> {
        processes::holders(Path::new("/proc"), sockets)
    }

    fn counters(&mut self) -> Option<Counters> {
        let counters = Counters::parse(&text_of("/proc/self/net/netstat")?);
        // Without connection tracking there is no such file.
        let conntrack = text_of("/proc/self/net/stat/nf_conntrack").unwrap_or_default();
        Some(counters.with_conntrack(&conntrack))
    }

    fn interface_name(&mut self, number: u32) -> Option<String> {
        interface_name(number)
    }
}

fn text_of(file: &str) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(file).ok()?;
    file.take(MOST_TEXT).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The name of an interface.
pub(super) fn interface_name(number: u32) -> Option<String> {
    // rustix asks by a socket of its own: any will do.
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    );
    rustix::net::netdevice::index_to_name(socket.ok()?, number).ok()
}
