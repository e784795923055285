//! What this host itself says about attempts that it takes part in: who tries, who listens, what
//! its counters prove.
//!
//! Connects from here are looked up when their SYN is seen, ports of this host when a connect to
//! them has failed. What the host says is handed to diagnosis as testimony, before the attempt is
//! explained.

mod allowance;
mod counter_history;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::capture::live::HostClock;
use crate::decode::{Endpoint, Observation, SequenceNumber};
use crate::diagnosis::{
    ListenersAtEnd, ListeningSocket, Remembered, SocketHolder, TestifiedFact, Testimony,
};
use crate::handshake::{DecidedAttempt, Outcome};
use crate::host::{Counter, Counters, HostTables, Listener, OpenSocket, Process, SocketInode};
use allowance::Allowance;
use counter_history::{BETWEEN_SAMPLES, CounterHistory};

/// So many connects from here wait to be looked up, and so many are remembered.
const WAITING: usize = 256;
const REMEMBERED: usize = 4096;

/// What is known of the holder of a socket is looked up again after so long: sockets are handed on.
const HOLDER_HOLDS: Duration = Duration::from_secs(60);

/// The socket table and the counters are not asked again within this time.
const FRESH: Duration = Duration::from_millis(100);

type Connect = (Endpoint, Endpoint, SequenceNumber);

/// Asks this host.
#[derive(Debug)]
pub(super) struct HostFacts {
    /// `None` where nothing can be asked.
    tables: Option<Box<dyn HostTables>>,
    clock: HostClock,
    addresses: HashSet<IpAddr, foldhash::fast::RandomState>,
    allowance: Allowance,
    /// Connects from here whose sockets are still to be looked up.
    waiting: VecDeque<Connect>,
    sockets: Remembered<Connect, OpenSocket>,
    /// When it was looked for, and who it was.
    holders: Remembered<SocketInode, (Duration, Option<Process>)>,
    sought: BTreeSet<SocketInode>,
    listeners: Option<(Duration, u16, Vec<Listener>)>,
    counters: CounterHistory,
    next_sample: Duration,
    latest_counters: Option<(Duration, Counters)>,
}

impl HostFacts {
    pub(super) fn of(tables: Option<Box<dyn HostTables>>) -> Self {
        let mut facts = Self {
            tables,
            clock: HostClock::new(),
            addresses: HashSet::default(),
            allowance: Allowance::default(),
            waiting: VecDeque::new(),
            sockets: Remembered::of_latest(REMEMBERED),
            holders: Remembered::of_latest(REMEMBERED),
            sought: BTreeSet::new(),
            listeners: None,
            counters: CounterHistory::default(),
            next_sample: Duration::ZERO,
            latest_counters: None,
        };
        // The first SYN may come at once.
        facts.sample();
        facts
    }

    /// The addresses that this host has now, besides those of loopback.
    pub(super) fn take_addresses(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        self.addresses = addresses.into_iter().collect();
    }

    /// Whether this host has the address.
    pub(super) fn is_here(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.addresses.contains(&address)
    }

    /// Whether a packet with these ends, source and destination, leaves this host.
    pub(super) fn sends(&self, ends: (Endpoint, Endpoint)) -> bool {
        self.is_here(ends.0.address) && !self.is_here(ends.1.address)
    }

    /// Takes note of a packet: connects from here are to be looked up. Costs next to nothing for
    /// others.
    pub(super) fn note(&mut self, observation: &Observation) {
        if let Observation::Segment(segment) = observation
            && segment.flags.is_syn()
            && self.tables.is_some()
            && self.waiting.len() < WAITING
            && self.is_here(segment.source.address)
        {
            self.waiting
                .push_back((segment.source, segment.destination, segment.sequence));
        }
    }

    /// Looks up what is to be looked up, as far as that is due: to be called after packets were
    /// taken. Whether counters have risen since the last time.
    pub(super) fn look_up(&mut self) -> bool {
        let running = self.clock.running();
        while let Some(connect) = self.waiting.pop_front() {
            if self.sockets.get(&connect).is_some() {
                continue;
            }
            if !self.allowance.take_question(running) {
                self.waiting.clear();
                break;
            }
            let tables = self.tables.as_mut();
            let socket = tables.and_then(|tables| tables.connection(connect.0, connect.1));
            if let Some(socket) = socket {
                self.sockets.insert(connect, socket);
                self.seek(socket.inode, running);
            }
        }
        self.find_holders();
        running >= self.next_sample && self.sample()
    }

    fn sample(&mut self) -> bool {
        self.next_sample = self.clock.running() + BETWEEN_SAMPLES;
        let now = self.clock.read().now;
        self.count()
            .is_some_and(|counters| self.counters.add(now, counters))
    }

    /// The counters that rose, and when.
    pub(super) fn counters_risen(&self) -> Vec<Testimony> {
        let rises = self.counters.rises().map(|rise| Testimony {
            at: rise.until,
            fact: TestifiedFact::CountersRose {
                since: rise.from,
                rises: vec![(rise.counter, rise.by)],
            },
        });
        rises.collect()
    }

    /// The clock was set.
    pub(super) fn clock_was_set(&mut self) {
        self.counters.forget_times();
    }

    fn seek(&mut self, inode: SocketInode, running: Duration) {
        let known = self.holders.get(&inode);
        let is_known = known.is_some_and(|(at, _)| running.saturating_sub(*at) < HOLDER_HOLDS);
        if !is_known && self.sought.len() < WAITING {
            self.sought.insert(inode);
        }
    }

    fn find_holders(&mut self) {
        let from = self.clock.running();
        if self.sought.is_empty() || !self.allowance.may_walk(from) {
            return;
        }
        let Some(tables) = &mut self.tables else {
            return;
        };
        let sought = std::mem::take(&mut self.sought);
        let mut found = tables.holders(&sought);
        let now = self.clock.running();
        self.allowance.walked(now.saturating_sub(from));
        for inode in sought {
            let place = found.iter().position(|(of, _)| *of == inode);
            let process = place.map(|place| found.swap_remove(place).1);
            self.holders.insert(inode, (now, process));
        }
    }

    fn holder(&self, inode: SocketInode) -> Option<&Process> {
        self.holders.get(&inode)?.1.as_ref()
    }

    fn count(&mut self) -> Option<Counters> {
        let running = self.clock.running();
        if let Some((at, counters)) = self.latest_counters
            && running.saturating_sub(at) < FRESH
        {
            return Some(counters);
        }
        let counters = self.tables.as_mut()?.counters()?;
        self.latest_counters = Some((running, counters));
        Some(counters)
    }

    fn listeners(&mut self, port: u16) -> Option<Vec<ListeningSocket>> {
        let running = self.clock.running();
        let is_fresh = self
            .listeners
            .as_ref()
            .is_some_and(|(at, of, _)| *of == port && running.saturating_sub(*at) < FRESH);
        if !is_fresh {
            if !self.allowance.take_question(running) {
                return None;
            }
            let listeners = self.tables.as_mut()?.listeners(port)?;
            for listener in &listeners {
                self.seek(listener.socket.inode, running);
            }
            self.listeners = Some((running, port, listeners));
        }
        self.find_holders();
        let (_, _, listeners) = self.listeners.as_ref()?;
        let listeners = listeners.clone();
        let named = listeners.into_iter().map(|listener| ListeningSocket {
            process: self.holder(listener.socket.inode).cloned(),
            interface: listener
                .interface
                .and_then(|number| self.tables.as_mut()?.interface_name(number)),
            listener,
        });
        Some(named.collect())
    }

    /// What this host says now about an attempt that failed.
    pub(super) fn testimony_about(&mut self, decided: &DecidedAttempt) -> Vec<Testimony> {
        if self.tables.is_none() {
            return Vec::new();
        }
        let client = self.client_socket(decided);
        let counters = self.counters_risen_meanwhile(decided);
        let listeners = self.listeners_at_end(decided);
        let at = self.clock.read().now;
        [client, listeners, counters]
            .into_iter()
            .flatten()
            .map(|fact| Testimony { at, fact })
            .collect()
    }

    fn client_socket(&self, decided: &DecidedAttempt) -> Option<TestifiedFact> {
        let attempt = &decided.attempt;
        let connect = (attempt.client, attempt.server, attempt.isn?);
        let socket = self.sockets.get(&connect)?;
        Some(TestifiedFact::ClientSocket(SocketHolder {
            process: self.holder(socket.inode).cloned(),
            user: socket.user,
        }))
    }

    fn listeners_at_end(&mut self, decided: &DecidedAttempt) -> Option<TestifiedFact> {
        let server = decided.attempt.server;
        let is_here = self.is_here(server.address);
        let sockets = is_here.then(|| self.listeners(server.port)).flatten()?;
        let now = self.clock.read().now;
        Some(TestifiedFact::Listeners(ListenersAtEnd {
            server,
            outcome: decided.judgement.outcome,
            later: now.since(decided.judgement.at),
            sockets,
        }))
    }

    /// The counters that may tell why there was no answer, or none that was taken.
    fn counters_risen_meanwhile(&mut self, decided: &DecidedAttempt) -> Option<TestifiedFact> {
        let attempt = &decided.attempt;
        let is_server_here = self.is_here(attempt.server.address);
        let is_of_here = is_server_here || self.is_here(attempt.client.address);
        let is_telling = matches!(
            decided.judgement.outcome,
            Outcome::Dropped | Outcome::HalfOpen | Outcome::Reset | Outcome::Aborted
        );
        let counters = (is_of_here && is_telling).then(|| self.count()).flatten()?;
        let (since, mut rises) = self.counters.risen_since(attempt.started_at(), &counters)?;
        rises.retain(|(counter, _)| is_server_here || is_of_any_host(*counter));
        (!rises.is_empty()).then_some(TestifiedFact::CountersRose { since, rises })
    }
}

/// Counters that also tell about connects of which this host is the client.
const fn is_of_any_host(counter: Counter) -> bool {
    matches!(
        counter,
        Counter::IpReversePathFilter
            | Counter::TcpMd5NotFound
            | Counter::TcpMd5Unexpected
            | Counter::TcpMd5Failure
    )
}
