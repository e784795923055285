//! Where on the path a SYN stops: SYNs that live for one hop more each, from ordinary sockets. What
//! routers say of them comes by the error queue.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::clock::now;
use super::errno::Errno;
use super::one_connect::is_ready;
use super::shared::Shared;
use super::socket::TcpSocket;
use crate::decode::IcmpKind;

/// The way of a SYN to one address and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// To whom.
    pub to: SocketAddr,
    /// The hops, from the first on, until something other than a router's "time exceeded" came or
    /// nothing more did.
    pub hops: Vec<Hop>,
    /// A trace to a port of the same host that answers, where this one met silence.
    pub reference: Option<Box<Trace>>,
    /// Whether a port that answers was looked for, in vain.
    pub is_without_reference: bool,
    /// Whether it ended because no more SYNs are sent.
    pub is_cut: bool,
}

/// What came back from one hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Its number, from 1 on.
    pub number: u8,
    /// Who answered.
    pub from: Option<IpAddr>,
    /// After how long.
    pub after: Option<Duration>,
    /// What it said.
    pub says: HopSays,
}

/// What a hop said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HopSays {
    /// Nothing.
    Nothing,
    /// An ICMP error: time exceeded of a router on the way, or another, which ends it.
    Icmp(IcmpKind),
    /// The server accepted.
    Accepted,
    /// The server, or somebody in its name, refused.
    Refused,
}

/// No path is longer.
const MOST_HOPS: u8 = 30;

/// So many SYNs are sent in all: of the trace itself that many, so that there are enough to
/// compare.
const MOST_SYNS: usize = 64;
const MOST_OF_ITSELF: usize = 40;

/// So many hops are asked at once. When as many in a row say nothing, nothing more is behind them.
const AT_ONCE: u8 = 4;

/// A hop is waited for until the kernel would send the SYN again: so each socket sends one.
const PATIENCE: Duration = Duration::from_millis(900);

/// Traces share their first hops: a new one begins no sooner, so that none gets more than ten a
/// second.
const BETWEEN_TRACES: Duration = Duration::from_millis(250);

/// Ports that hosts answer on.
const USUAL_REFERENCES: [u16; 3] = [80, 443, 22];

impl Trace {
    /// The last router that the SYN passed.
    pub fn passed(&self) -> Option<Hop> {
        let routers = self.hops.iter().filter(|hop| hop.is_router());
        routers.copied().next_back()
    }

    /// What ended it, when that was no silence.
    pub fn end(&self) -> Option<Hop> {
        let last = self.hops.last().copied()?;
        (!last.is_router() && last.says != HopSays::Nothing).then_some(last)
    }
}

impl Hop {
    fn is_router(self) -> bool {
        matches!(self.says, HopSays::Icmp(kind) if is_time_exceeded(kind))
    }
}

const fn is_time_exceeded(kind: IcmpKind) -> bool {
    matches!(kind, IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0))
}

/// Traces the way, and where it ends in silence, that to a port of the same host that answers: the
/// named one, or else one of the usual ones.
pub(super) fn trace(to: SocketAddr, reference: Option<u16>, shared: &Shared) -> Trace {
    let turn = shared.trace_turn();
    let mut left = MOST_OF_ITSELF;
    let mut traced = one_trace(to, &mut left);
    left += MOST_SYNS - MOST_OF_ITSELF;
    if traced.end().is_none() {
        let found = match reference {
            Some(port) => answering(to, &[port], &mut left),
            None => answering(to, &USUAL_REFERENCES, &mut left),
        };
        traced.is_without_reference = found.is_none();
        traced.reference = found.map(|port| {
            std::thread::sleep(BETWEEN_TRACES);
            Box::new(one_trace(with_port(to, port), &mut left))
        });
    }
    std::thread::sleep(BETWEEN_TRACES);
    drop(turn);
    traced
}

fn with_port(mut to: SocketAddr, port: u16) -> SocketAddr {
    to.set_port(port);
    to
}

fn one_trace(to: SocketAddr, left: &mut usize) -> Trace {
    let mut hops: Vec<Hop> = Vec::new();
    let mut first = 1;
    let mut is_cut = false;
    while first <= MOST_HOPS {
        let wanted: Vec<u8> = (first..=MOST_HOPS).take(AT_ONCE.into()).collect();
        let numbers = within(left, &wanted);
        is_cut = numbers.len() < wanted.len();
        if numbers.is_empty() {
            break;
        }
        let mut asked = ask(to, &numbers);
        let silent = asked.iter().filter(|hop| hop.says == HopSays::Nothing);
        let silent: Vec<u8> = silent.map(|hop| hop.number).collect();
        let is_ended = |hops: &[Hop]| {
            hops.iter()
                .any(|hop| !hop.is_router() && hop.says != HopSays::Nothing)
        };
        // One that is silent before the end may have lost the SYN, or does not answer each.
        for again in ask(to, &within(left, &silent)) {
            if let Some(hop) = asked.iter_mut().find(|hop| hop.number == again.number) {
                *hop = again;
            }
        }
        let is_all_silent = asked.iter().all(|hop| hop.says == HopSays::Nothing);
        let is_over = is_ended(&asked) || is_all_silent;
        hops.extend(asked);
        if is_over {
            is_cut = false;
        }
        if is_over || is_cut {
            break;
        }
        first += AT_ONCE;
    }
    Trace {
        to,
        hops: until_the_end(hops),
        reference: None,
        is_without_reference: false,
        is_cut,
    }
}

/// Those of the hops that may still be asked, which are fewer from now on.
fn within(left: &mut usize, numbers: &[u8]) -> Vec<u8> {
    let allowed: Vec<u8> = numbers.iter().take(*left).copied().collect();
    *left -= allowed.len();
    allowed
}

/// Hops behind the end are the same end again; silent ones behind the last that answered are one.
fn until_the_end(mut hops: Vec<Hop>) -> Vec<Hop> {
    let is_end = |hop: &Hop| !hop.is_router() && hop.says != HopSays::Nothing;
    if let Some(end) = hops.iter().position(is_end) {
        hops.truncate(end + 1);
    } else {
        let answered = hops.iter().rposition(|hop| hop.says != HopSays::Nothing);
        hops.truncate(answered.map_or(1, |last| last + 2));
    }
    hops
}

/// Asks these hops at once, each with one SYN.
fn ask(to: SocketAddr, numbers: &[u8]) -> Vec<Hop> {
    let mut open: Vec<(TcpSocket, Instant, Hop)> = Vec::new();
    let mut hops: Vec<Hop> = Vec::new();
    for number in numbers {
        let hop = Hop {
            number: *number,
            from: None,
            after: None,
            says: HopSays::Nothing,
        };
        match begin(to, *number) {
            Ok(socket) => open.push((socket, now(), hop)),
            Err(_) => hops.push(hop),
        }
    }
    let until = now() + PATIENCE;
    while !open.is_empty() && now() < until {
        wait(&open, until);
        open.retain_mut(|(socket, began, hop)| {
            look(socket, *began, hop, to);
            let is_done = hop.says != HopSays::Nothing;
            if is_done {
                hops.push(*hop);
            }
            !is_done
        });
    }
    hops.extend(open.iter().map(|(_, _, hop)| *hop));
    hops.sort_by_key(|hop| hop.number);
    hops
}

fn begin(to: SocketAddr, hops: u8) -> Result<TcpSocket, Errno> {
    let socket = TcpSocket::open(to.is_ipv6())?;
    socket.limit_hops(to.is_ipv6(), hops)?;
    socket.connect(to)?;
    Ok(socket)
}

fn wait(open: &[(TcpSocket, Instant, Hop)], until: Instant) {
    let mut waited: Vec<PollFd<'_>> = open
        .iter()
        .map(|(socket, ..)| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::OUT))
        .collect();
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: until.saturating_duration_since(now()).subsec_nanos().into(),
    };
    // A signal ends the wait: then nothing has happened yet.
    let _ = poll(&mut waited, Some(&timeout));
}

fn look(socket: &TcpSocket, began: Instant, hop: &mut Hop, to: SocketAddr) {
    let after = Some(now().saturating_duration_since(began));
    let is_over = is_ready(socket, PollFlags::OUT);
    let error = is_over.then(|| socket.take_error()).flatten();
    while let Some(queued) = socket.take_queued() {
        if !queued.kind.only_adjusts() {
            hop.from = queued.from;
            hop.after = after;
            hop.says = HopSays::Icmp(queued.kind);
        }
    }
    if !is_over || hop.says != HopSays::Nothing {
        return;
    }
    hop.from = Some(to.ip());
    hop.after = after;
    hop.says = match error {
        None => {
            socket.close_writing();
            HopSays::Accepted
        }
        Some(_) => HopSays::Refused,
    };
}

/// The first of these ports on which the host answers.
fn answering(to: SocketAddr, ports: &[u16], left: &mut usize) -> Option<u16> {
    let candidates = ports.iter().filter(|port| **port != to.port());
    candidates.copied().find(|port| {
        let answers = ask(with_port(to, *port), &within(left, &[FULL_LIFE]));
        let is_answer = |hop: &Hop| matches!(hop.says, HopSays::Accepted | HopSays::Refused);
        answers.iter().any(is_answer)
    })
}

/// The usual time to live of a packet.
const FULL_LIFE: u8 = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(number: u8, says: HopSays) -> Hop {
        Hop {
            number,
            from: None,
            after: None,
            says,
        }
    }

    const ROUTER: HopSays = HopSays::Icmp(IcmpKind::V4(11, 0));

    #[test]
    fn a_trace_ends_where_something_ends_it() {
        let numbers = |hops: &[Hop]| -> Vec<u8> { hops.iter().map(|hop| hop.number).collect() };
        let reached = until_the_end(vec![
            hop(1, ROUTER),
            hop(2, HopSays::Nothing),
            hop(3, HopSays::Refused),
            hop(4, HopSays::Refused),
        ]);
        assert_eq!(numbers(&reached), [1, 2, 3]);
        let silent = until_the_end(vec![
            hop(1, ROUTER),
            hop(2, HopSays::Nothing),
            hop(3, HopSays::Nothing),
        ]);
        assert_eq!(numbers(&silent), [1, 2]);
        let nothing = until_the_end(vec![hop(1, HopSays::Nothing), hop(2, HopSays::Nothing)]);
        assert_eq!(numbers(&nothing), [1]);
    }

    #[test]
    fn the_way_to_this_host_is_one_hop() {
        let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listening.local_addr().unwrap();
        let mut left = 3;
        let traced = one_trace(to, &mut left);
        let end = traced.end().unwrap();
        assert_eq!((end.number, end.says), (1, HopSays::Accepted));
        assert_eq!((traced.passed(), left), (None, 0), "three hops were asked");
    }

    #[test]
    fn no_more_syns_are_sent_than_are_left() {
        let mut left = 6;
        assert_eq!(within(&mut left, &[1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(within(&mut left, &[5, 6, 7, 8]), [5, 6]);
        assert_eq!(within(&mut left, &[9]), Vec::<u8>::new());
        assert_eq!(left, 0);
    }
}
