//! Sockets that listen, and only where that was asked for.

use std::io;
use std::net::{SocketAddr, TcpListener};

use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};

/// How many connects wait to be accepted.
const BACKLOG: i32 = 32;

/// Sockets that listen.
#[derive(Debug)]
pub struct Listeners(Vec<TcpListener>);

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// As asked for.
    pub address: SocketAddr,
    /// What the system says.
    pub source: io::Error,
}

impl Listeners {
    /// Listens on each of the addresses. `[::]` is all addresses of IPv6, and none of IPv4.
    ///
    /// # Errors
    ///
    /// When one of them cannot be listened on.
    pub fn on(addresses: &[SocketAddr]) -> Result<Self, ListenError> {
        let listeners = addresses.iter().map(|address| {
            listen_on(*address).map_err(|source| ListenError {
                address: *address,
                source,
            })
        });
        Ok(Self(listeners.collect::<Result<_, _>>()?))
    }

    /// Where it listens, with the ports that the system chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let listeners = self.0.iter();
        listeners
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }

    pub(super) fn sockets(&self) -> &[TcpListener] {
        &self.0
    }
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = socket(family, SocketType::STREAM, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    Ok(listener)
}
