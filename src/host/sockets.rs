//! The kernel's table of TCP sockets, by `sock_diag(7)`: one socket costs one look-up there however
//! many there are, which reading `/proc/net/tcp` does not.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use netlink_packet_core::{NLM_F_DUMP, NetlinkMessage, NetlinkPayload, Nla};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
};
use rustix::net::{
    AddressFamily, RecvFlags, SocketFlags, SocketType, netlink, recv, socket_with, sockopt,
};

use super::netlink_question::ask;
#[cfg(feature = "probe")]
use super::progress::ConnectProgress;
use super::{Listener, OpenSocket, SocketInode};
use crate::decode::Endpoint;

/// A way to ask the kernel.
#[derive(Debug)]
pub(super) struct SocketTable {
    socket: OwnedFd,
    sequence: u32,
}

/// The kernel answers within the call that asks; nobody waits longer for what never comes.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// The kernel sends no more at once.
const LARGEST_ANSWER: usize = 32 << 10;

/// So many messages are read of one answer: a host has no more listeners on one port.
const MOST_MESSAGES: usize = 1 << 14;

/// A host has no more connections.
const MOST_CONNECTIONS: usize = 1 << 22;

/// No cookie: by addresses alone (`INET_DIAG_NOCOOKIE`).
const ANY_COOKIE: [u8; 8] = [0xff; 8];

/// The attribute of a socket that takes IPv6 only (`INET_DIAG_SKV6ONLY`).
const ONLY_IPV6: u16 = 11;

/// The state of a socket that listens (`TCP_LISTEN`).
const LISTEN: u8 = 10;

impl SocketTable {
    pub(super) fn open() -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC,
            Some(netlink::SOCK_DIAG),
        )?;
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(LONGEST_WAIT))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// The socket of a connect from here.
    pub(super) fn connection(
        &mut self,
        client: Endpoint,
        server: Endpoint,
    ) -> io::Result<Option<OpenSocket>> {
        let mut request = request(family(client.address), StateFlags::all());
        request.socket_id = one_socket(client, server);
        let mut found = None;
        self.ask(request, false, |response| {
            // Without such a connection the kernel finds who listens on the client's port.
            if response.header.state != LISTEN {
                found = open_socket(response);
            }
        })?;
        Ok(found)
    }

    /// What the kernel has learned so far of a connect from here; `None` once it is over.
    #[cfg(feature = "probe")]
    pub(super) fn progress(
        &mut self,
        client: Endpoint,
        server: Endpoint,
    ) -> io::Result<Option<ConnectProgress>> {
        let mut request = request(family(client.address), StateFlags::all());
        request.extensions = ExtensionFlags::INFO;
        request.socket_id = one_socket(client, server);
        let mut found = None;
        self.ask(request, false, |response| {
            if response.header.state != LISTEN {
                found = response.nlas.iter().find_map(ConnectProgress::read);
            }
        })?;
        Ok(found)
    }

    /// Who listens on this port.
    pub(super) fn listeners(&mut self, port: u16) -> io::Result<Vec<Listener>> {
        let mut listeners = Vec::new();
        for family in [AF_INET, AF_INET6] {
            let mut request = request(family, StateFlags::LISTEN);
            request.socket_id.source_port = port;
            self.ask(request, true, |response| {
                if response.header.socket_id.source_port == port {
                    listeners.extend(listener(response));
                }
            })?;
        }
        Ok(listeners)
    }

    /// All that listen, with their ports.
    pub(super) fn all_listeners(&mut self) -> io::Result<Vec<(u16, Listener)>> {
        let mut listeners = Vec::new();
        for family in [AF_INET, AF_INET6] {
            let request = request(family, StateFlags::LISTEN);
            self.ask(request, true, |response| {
                let port = response.header.socket_id.source_port;
                listeners.extend(listener(response).map(|listener| (port, listener)));
            })?;
        }
        Ok(listeners)
    }

    /// All that do not listen: the state, the own end, the other one.
    pub(super) fn each_connection(
        &mut self,
        mut each: impl FnMut(u8, Endpoint, Endpoint),
    ) -> io::Result<()> {
        for family in [AF_INET, AF_INET6] {
            let request = request(family, StateFlags::all() - StateFlags::LISTEN);
            self.ask_many(request, true, MOST_CONNECTIONS, |response| {
                let header = &response.header;
                let id = &header.socket_id;
                let end = |address: IpAddr, port| Endpoint {
                    address: address.to_canonical(),
                    port,
                };
                each(
                    header.state,
                    end(id.source_address, id.source_port),
                    end(id.destination_address, id.destination_port),
                );
            })?;
        }
        Ok(())
    }

    fn ask(
        &mut self,
        request: InetRequest,
        is_dump: bool,
        each: impl FnMut(&InetResponse),
    ) -> io::Result<()> {
        self.ask_many(request, is_dump, MOST_MESSAGES, each)
    }

    fn ask_many(
        &mut self,
        request: InetRequest,
        is_dump: bool,
        most: usize,
        mut each: impl FnMut(&InetResponse),
    ) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let flags = if is_dump { NLM_F_DUMP } else { 0 };
        let question = SockDiagMessage::InetRequest(request).into();
        ask(&self.socket, self.sequence, flags, question)?;

        let mut buffer = vec![0; LARGEST_ANSWER];
        let mut messages = 0;
        while messages < most {
            let (length, _) = recv(&self.socket, buffer.as_mut_slice(), RecvFlags::empty())?;
            let mut rest = buffer.get(..length).unwrap_or_default();
            while !rest.is_empty() {
                messages += 1;
                let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest)
                    .map_err(|error| io::Error::other(error.to_string()))?;
                let is_ours = message.header.sequence_number == self.sequence;
                match message.payload {
                    _ if !is_ours => {}
                    NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                        each(&response);
                        if !is_dump {
                            return Ok(());
                        }
                    }
                    // No such socket is an error to the kernel, and an answer to us.
                    NetlinkPayload::Error(_) | NetlinkPayload::Done(_) => return Ok(()),
                    _ => {}
                }
                // Each message is filled up to a multiple of four bytes.
                let taken = (message.header.length as usize).max(1).next_multiple_of(4);
                rest = rest.get(taken..).unwrap_or_default();
            }
        }
        Ok(())
    }
}

fn one_socket(client: Endpoint, server: Endpoint) -> SocketId {
    SocketId {
        source_port: client.port,
        destination_port: server.port,
        source_address: client.address,
        destination_address: server.address,
        interface_id: 0,
        cookie: ANY_COOKIE,
    }
}

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn request(family: u8, states: StateFlags) -> InetRequest {
    let nowhere: IpAddr = if family == AF_INET {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states,
        socket_id: SocketId {
            source_port: 0,
            destination_port: 0,
            source_address: nowhere,
            destination_address: nowhere,
            interface_id: 0,
            cookie: [0; 8],
        },
    }
}

/// A socket that no process holds any more has no number.
fn open_socket(response: &InetResponse) -> Option<OpenSocket> {
    let header = &response.header;
    (header.inode != 0).then_some(OpenSocket {
        inode: SocketInode(header.inode),
        user: header.uid,
    })
}

fn listener(response: &InetResponse) -> Option<Listener> {
    let header = &response.header;
    let is_only_ipv6 = response.nlas.iter().any(|attribute| {
        let mut value = [0];
        attribute.kind() == ONLY_IPV6 && attribute.value_len() == value.len() && {
            attribute.emit_value(&mut value);
            value != [0]
        }
    });
    Some(Listener {
        socket: open_socket(response)?,
        address: header.socket_id.source_address,
        is_only_ipv6,
        interface: Some(header.socket_id.interface_id).filter(|number| *number != 0),
        waiting: header.recv_queue,
        most_waiting: header.send_queue,
    })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn endpoint(address: std::net::SocketAddr) -> Endpoint {
        Endpoint {
            address: address.ip(),
            port: address.port(),
        }
    }

    #[test]
    fn the_kernel_tells_who_listens_and_who_connects() {
        // Not every kernel has it.
        let Ok(mut table) = SocketTable::open() else {
            return;
        };
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = endpoint(listening.local_addr().unwrap());
        let stream = TcpStream::connect((server.address, server.port)).unwrap();
        let client = endpoint(stream.local_addr().unwrap());

        let listeners = table.listeners(server.port).unwrap();
        assert_eq!(listeners.len(), 1, "{listeners:?}");
        assert_eq!(listeners[0].address, server.address);
        assert_eq!((listeners[0].waiting, listeners[0].most_waiting), (1, 128));
        let connection = table.connection(client, server).unwrap().unwrap();
        assert_ne!(connection.inode, listeners[0].socket.inode);

        assert_eq!(
            table.connection(server, client).unwrap(),
            None,
            "nobody accepted it yet"
        );
        drop((listening, stream));
        assert_eq!(table.listeners(server.port).unwrap(), []);
        assert_eq!(table.connection(client, server).unwrap(), None);
    }

    #[test]
    fn one_that_takes_ipv6_only_is_told_from_one_that_takes_both() {
        let Ok(mut table) = SocketTable::open() else {
            return;
        };
        // Without IPv6 there is nothing to tell.
        let Ok(both) = TcpListener::bind("[::]:0") else {
            return;
        };
        let port = both.local_addr().unwrap().port();
        let listeners = table.listeners(port).unwrap();
        assert!(
            listeners[0].takes("10.0.0.20".parse().unwrap()),
            "{listeners:?}"
        );
    }
}
