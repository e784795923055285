//! A TCP socket that connects and tells all that the kernel learns on the way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::libc;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt as nix_sockopt,
};
use rustix::net::{
    AddressFamily, RecvFlags, Shutdown, SocketFlags, SocketType, connect, getpeername, getsockname,
    recv, shutdown, socket_with, sockopt,
};

use super::errno::Errno;
use crate::decode::IcmpKind;

/// A non-blocking socket with an error queue.
#[derive(Debug)]
pub(super) struct TcpSocket(OwnedFd);

/// An ICMP error from the error queue of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueuedError {
    /// Which.
    pub(super) kind: IcmpKind,
    /// Who sent it.
    pub(super) from: Option<IpAddr>,
    /// The MTU that it names, where it asks for smaller packets.
    pub(super) mtu: Option<u32>,
    /// What it is to the application.
    pub(super) error: Errno,
}

/// What reading from a connection gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing yet.
    Nothing,
    /// So many bytes.
    Bytes(usize),
    /// The other side closed.
    Closed,
    /// The other side reset.
    Reset,
}

/// Room for the control messages of an error with the address of who sent it.
const CONTROL_ROOM: usize = 256;

/// Who makes the errors of a queue (`linux/errqueue.h`).
const ORIGIN_ICMP: u8 = 2;
const ORIGIN_ICMP6: u8 = 3;

impl TcpSocket {
    /// A socket for this version of IP.
    pub(super) fn open(is_ipv6: bool) -> Result<Self, Errno> {
        let family = if is_ipv6 {
            AddressFamily::INET6
        } else {
            AddressFamily::INET
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        // Without a queue the errors come without those who sent them.
        let _ = with_queue(&socket, is_ipv6);
        Ok(Self(socket))
    }

    /// From then on its packets live for so many hops.
    pub(super) fn limit_hops(&self, is_ipv6: bool, hops: u8) -> Result<(), Errno> {
        Ok(if is_ipv6 {
            sockopt::set_ipv6_unicast_hops(&self.0, Some(hops))
        } else {
            sockopt::set_ip_ttl(&self.0, hops.into())
        }?)
    }

    /// Begins to connect.
    pub(super) fn connect(&self, to: SocketAddr) -> Result<(), Errno> {
        match connect(&self.0, &to) {
            Ok(()) | Err(rustix::io::Errno::INPROGRESS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// From where it connects.
    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        getsockname(&self.0).ok()?.try_into().ok()
    }

    /// The error with which a connect ended; to be asked for once it has, and before the queue:
    /// taking an error from there takes this one away as well.
    pub(super) fn take_error(&self) -> Option<Errno> {
        match sockopt::socket_error(&self.0) {
            Ok(Ok(())) => None,
            Ok(Err(error)) | Err(error) => Some(error.into()),
        }
    }

    /// Whether it is connected, or was until the other side closed or reset.
    pub(super) fn is_connected(&self) -> bool {
        getpeername(&self.0).is_ok()
    }

    /// The next ICMP error that came for it.
    pub(super) fn take_queued(&self) -> Option<QueuedError> {
        // What is quoted of the packet is not needed.
        let mut control = [0; CONTROL_ROOM];
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        loop {
            let received =
                recvmsg::<SockaddrStorage>(self.0.as_raw_fd(), &mut [], Some(&mut control), flags)
                    .ok()?;
            let error = received.cmsgs().ok()?.find_map(queued_error);
            if error.is_some() {
                return error;
            }
        }
    }

    /// Reads what came; what it says is not looked at.
    pub(super) fn hear(&self) -> Heard {
        let mut buffer = [0_u8; 4096];
        match recv(&self.0, &mut buffer[..], RecvFlags::empty()) {
            Ok((0, _)) => Heard::Closed,
            Ok((length, _)) => Heard::Bytes(length),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Heard::Nothing,
            Err(_) => Heard::Reset,
        }
    }

    /// Says that nothing will be sent.
    pub(super) fn close_writing(&self) {
        // Where the other side has reset there is nothing to close.
        let _ = shutdown(&self.0, Shutdown::Write);
    }
}

impl AsFd for TcpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn with_queue(socket: &OwnedFd, is_ipv6: bool) -> nix::Result<()> {
    if is_ipv6 {
        setsockopt(socket, nix_sockopt::Ipv6RecvErr, &true)
    } else {
        setsockopt(socket, nix_sockopt::Ipv4RecvErr, &true)
    }
}

/// The first kernel whose TCP queues ICMP errors with those who sent them.
const QUEUES_SINCE: (u32, u32) = (5, 9);

/// Whether this kernel tells who sent an ICMP error about a connect; without it no hop of a path can
/// be told.
pub fn has_error_queue() -> bool {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None);
    // Without IPv4 there is nothing to try it with.
    let is_taken = socket.map_or(true, |socket| with_queue(&socket, false).is_ok());
    let release = rustix::system::uname();
    let version = release.release().to_str().ok().and_then(version_of);
    is_taken && version.is_none_or(|version| version >= QUEUES_SINCE)
}

/// `6.18.44-1-amd64`: the first two numbers.
fn version_of(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "this is what an iterator over messages hands out"
)]
fn queued_error(message: ControlMessageOwned) -> Option<QueuedError> {
    let (error, from) = match message {
        ControlMessageOwned::Ipv4RecvErr(error, from) => {
            let from =
                from.map(|from| IpAddr::from(Ipv4Addr::from(u32::from_be(from.sin_addr.s_addr))));
            (error, from)
        }
        ControlMessageOwned::Ipv6RecvErr(error, from) => {
            let from = from.map(|from| IpAddr::from(Ipv6Addr::from(from.sin6_addr.s6_addr)));
            (error, from)
        }
        _ => return None,
    };
    let kind = kind_of(&error)?;
    Some(QueuedError {
        kind,
        from: from.filter(|from| !from.is_unspecified()),
        error: Errno::from_number(error.ee_errno),
        mtu: (kind.asks_for_smaller() && error.ee_info > 0).then_some(error.ee_info),
    })
}

fn kind_of(error: &libc::sock_extended_err) -> Option<IcmpKind> {
    match error.ee_origin {
        ORIGIN_ICMP => Some(IcmpKind::V4(error.ee_type, error.ee_code)),
        ORIGIN_ICMP6 => Some(IcmpKind::V6(error.ee_type, error.ee_code)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_kernel_is_read() {
        assert_eq!(version_of("6.18.44-fc"), Some((6, 18)));
        assert_eq!(version_of("5.4.0-150-generic"), Some((5, 4)));
        assert_eq!(version_of("5.9"), Some((5, 9)));
        assert_eq!(version_of("unknown"), None);
    }
}
