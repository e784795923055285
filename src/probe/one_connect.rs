//! One connect, and what the kernel learns of it.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::clock::now;
use super::errno::Errno;
use super::local::{self, NotSent, OwnPorts, Repetitions, Way};
use super::report::IcmpSeen;
use super::settings::ConnectSettings;
use super::socket::{Heard, QueuedError, TcpSocket};
use crate::decode::Endpoint;
use crate::diagnosis::{AfterAccept, ConnectEnd};
use crate::host::{ConnectProgress, ConnectTable};

/// While it waits, the kernel is asked so often how far it is.
pub(super) const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// One connect under way, or one that is over and not told yet.
pub(super) struct OneConnect {
    pub(super) place: usize,
    pub(super) address: SocketAddr,
    pub(super) began: Instant,
    pub(super) way: Option<Way>,
    pub(super) client: Option<SocketAddr>,
    pub(super) state: State,
    pub(super) progress: ConnectProgress,
    pub(super) looked: Instant,
    pub(super) queued: u32,
    pub(super) latest_error: Option<Errno>,
    pub(super) icmp: Option<IcmpSeen>,
    pub(super) repetitions: Option<Repetitions>,
    pub(super) own_ports: Option<OwnPorts>,
    pub(super) closing: Option<TcpSocket>,
}

pub(super) enum State {
    NotSent(NotSent),
    Connecting(TcpSocket),
    Accepted {
        socket: TcpSocket,
        at: Instant,
    },
    Over {
        end: ConnectEnd,
        error: Option<Errno>,
        at: Instant,
    },
}
impl OneConnect {
    pub(super) fn begin(place: usize, address: SocketAddr) -> Self {
        let way = local::way_to(address);
        let is_own = way.is_ok_and(|way| way.is_own);
        let own_ports = is_own.then(OwnPorts::new);
        let repetitions = Repetitions::read();
        let began = now();
        let mut one = Self {
            place,
            address,
            began,
            way: way.ok(),
            client: None,
            state: State::Over {
                end: ConnectEnd::Silent,
                error: None,
                at: began,
            },
            progress: ConnectProgress {
                syns: 1,
                ..ConnectProgress::default()
            },
            looked: began,
            queued: 0,
            latest_error: None,
            icmp: None,
            repetitions,
            own_ports,
            closing: None,
        };
        one.state = match way {
            Err(not_sent) => State::NotSent(not_sent),
            Ok(_) => match one.send() {
                Ok(socket) => State::Connecting(socket),
                Err(error) => State::NotSent(NotSent {
                    reason: local::reason_of_connect(error),
                    error,
                }),
            },
        };
        one
    }

    fn send(&mut self) -> Result<TcpSocket, Errno> {
        let socket = TcpSocket::open(self.address.is_ipv6())?;
        self.began = now();
        socket.connect(self.address)?;
        self.client = socket.local_address();
        Ok(socket)
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting(_))
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.state, State::NotSent(_) | State::Over { .. })
    }

    /// By which the host has shown that it answers.
    pub(super) fn answered(&self) -> Option<SocketAddr> {
        let is_answered = match &self.state {
            State::Accepted { .. } => true,
            State::Over { end, .. } => {
                *end == ConnectEnd::Failed { by_reset: true } && self.icmp.is_none()
            }
            State::NotSent(_) | State::Connecting(_) => false,
        };
        is_answered.then_some(self.address)
    }

    pub(super) fn deadline(&self, settings: ConnectSettings) -> Option<Instant> {
        match &self.state {
            State::Connecting(_) => Some(self.began + self.longest(settings)),
            State::Accepted { at, .. } => Some(*at + settings.first_byte),
            State::NotSent(_) | State::Over { .. } => None,
        }
    }

    fn longest(&self, settings: ConnectSettings) -> Duration {
        settings.timeout.of(self.progress.syns)
    }

    pub(super) fn waits_for(&self) -> Option<PollFd<'_>> {
        let (socket, events) = match &self.state {
            State::Connecting(socket) => (socket, PollFlags::OUT),
            State::Accepted { socket, .. } => (socket, PollFlags::IN),
            State::NotSent(_) | State::Over { .. } => return None,
        };
        Some(PollFd::from_borrowed_fd(socket.as_fd(), events))
    }

    pub(super) fn look(&mut self, table: &mut ConnectTable, settings: ConnectSettings) {
        let state = std::mem::replace(
            &mut self.state,
            State::Over {
                end: ConnectEnd::Silent,
                error: None,
                at: self.began,
            },
        );
        self.state = match state {
            State::Connecting(socket) => self.look_at_connecting(socket, table, settings),
            State::Accepted { socket, at } => self.listen(socket, at, settings),
            done => done,
        };
    }

    fn look_at_connecting(
        &mut self,
        socket: TcpSocket,
        table: &mut ConnectTable,
        settings: ConnectSettings,
    ) -> State {
        let at = now();
        if is_ready(&socket, PollFlags::OUT) {
            return self.ended(socket, at, table, settings);
        }
        self.take_queued(&socket, at);
        if at.saturating_duration_since(self.looked) >= BETWEEN_LOOKS || self.is_late(at, settings)
        {
            self.looked = at;
            self.ask(table);
        }
        if self.is_late(at, settings) {
            return State::Over {
                end: ConnectEnd::Silent,
                error: Some(Errno::TIMEDOUT),
                at,
            };
        }
        State::Connecting(socket)
    }

    fn is_late(&self, at: Instant, settings: ConnectSettings) -> bool {
        at >= self.began + self.longest(settings)
    }

    fn ended(
        &mut self,
        socket: TcpSocket,
        at: Instant,
        table: &mut ConnectTable,
        settings: ConnectSettings,
    ) -> State {
        let error = socket.take_error();
        // What brought it about may have come just now. When the end came between two looks, the
        // queue has taken the error with it.
        let queued = self.take_queued(&socket, at);
        if let Some(error) = error.or_else(|| queued.filter(|_| !socket.is_connected())) {
            let end = match error {
                Errno::TIMEDOUT => ConnectEnd::Silent,
                Errno::REFUSED => ConnectEnd::Failed { by_reset: true },
                // The RST came right behind the handshake.
                Errno::RESET => ConnectEnd::Connected(AfterAccept::Reset(Duration::ZERO)),
                _ => ConnectEnd::Failed { by_reset: false },
            };
            return State::Over {
                end,
                error: Some(error),
                at,
            };
        }
        self.ask(table);
        if settings.first_byte.is_zero() {
            self.close(socket);
            return over(AfterAccept::NotWaited, at);
        }
        State::Accepted { socket, at }
    }

    /// What comes on a connection on which nothing is sent.
    fn listen(&mut self, socket: TcpSocket, at: Instant, settings: ConnectSettings) -> State {
        let after = now().saturating_duration_since(at);
        let after_accept = match socket.hear() {
            Heard::Bytes(_) => AfterAccept::Bytes(after),
            Heard::Closed => AfterAccept::Closed(after),
            Heard::Reset => AfterAccept::Reset(after),
            Heard::Nothing if after >= settings.first_byte => AfterAccept::Quiet,
            Heard::Nothing => return State::Accepted { socket, at },
        };
        self.close(socket);
        over(after_accept, at)
    }

    /// Says that nothing will be sent; what is still on the way is heard out later.
    fn close(&mut self, socket: TcpSocket) {
        socket.close_writing();
        self.closing = Some(socket);
    }

    /// Takes note of what came, and tells what the last of it is to the application.
    fn take_queued(&mut self, socket: &TcpSocket, at: Instant) -> Option<Errno> {
        while let Some(error) = socket.take_queued() {
            self.note_icmp(error, at);
            self.latest_error = Some(error.error);
        }
        self.latest_error
    }

    fn note_icmp(&mut self, error: QueuedError, at: Instant) {
        self.queued += u32::from(!error.kind.only_adjusts());
        let seen = IcmpSeen {
            kind: error.kind,
            from: error.from,
            after: at.saturating_duration_since(self.began),
            mtu: error.mtu,
        };
        // One that ends a connect says more than one that only adjusts it.
        if self
            .icmp
            .is_none_or(|known| known.kind.only_adjusts() && !seen.kind.only_adjusts())
        {
            self.icmp = Some(seen);
        }
    }

    fn ask(&mut self, table: &mut ConnectTable) {
        if let Some(client) = self.client
            && let Some(progress) = table.progress(endpoint(client), endpoint(self.address))
        {
            self.progress = progress;
        }
    }
}

const fn over(after_accept: AfterAccept, at: Instant) -> State {
    State::Over {
        end: ConnectEnd::Connected(after_accept),
        error: None,
        at,
    }
}
/// Whether this has happened, or the connect has ended.
pub(super) fn is_ready(socket: &TcpSocket, events: PollFlags) -> bool {
    let mut waited = [PollFd::from_borrowed_fd(socket.as_fd(), events)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let is_any = poll(&mut waited, Some(&at_once)).is_ok_and(|count| count > 0);
    let happened = waited.first().map(PollFd::revents);
    is_any && happened.is_some_and(|happened| happened.intersects(events | PollFlags::HUP))
}

pub(super) fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint {
        address: address.ip().to_canonical(),
        port: address.port(),
    }
}
