//! **Testimony**: what is known from elsewhere than packets, as data with its source and its time.
//!
//! Rules, notes and findings read it beside the packets. Who has it hands it in before an attempt
//! is explained, and nothing edits what is said afterwards.

mod changes;
mod kernel;
mod logged;
mod of_host;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::host_words::HostWords;
use super::log_matching::Found;
use super::remembered::Remembered;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{Attempt, AttemptId, AttemptVerdict, Outcome};
use crate::host::{Counter, Listener, Process};
pub(super) use changes::ChangeLines;
pub use changes::{ChangesBefore, LoggedChange};
pub use kernel::{DroppedPacket, KernelDeed, KernelDropCounts, KernelDrops};
pub(super) use kernel::{
    NETFILTER_DROP, NO_SOCKET, dropped_by_kernel, has_no_route, reset_by_kernel, sent_no_reset,
};
pub(super) use logged::{HostEvents, is_stopped, shows_filter_verdict};
pub use logged::{LogPlace, LoggedLine, LoggedOften, LoggedOutage};
pub use of_host::{HostDistance, HostSays, HostStatement, StoppingRule};
pub(super) use of_host::{explanation, host_knows_nobody, host_listens_throughout, says_host};

/// So many attempts are remembered with what was testified of them, and so many servers.
const REMEMBERED: usize = 4096;

/// What is asked later than this may have changed since the attempt ended.
const SOON: Duration = Duration::from_millis(250);

/// A queue that was full now and then is asked when it is not: that it was is remembered so long.
const FULL_HOLDS: Duration = Duration::from_secs(60);

/// Something that is known from elsewhere than packets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testimony {
    /// When it was so.
    pub at: Timestamp,
    /// What it says.
    pub fact: TestifiedFact,
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TestimonySource {
    /// The socket table of the host that captures, and who holds the sockets.
    SocketTable,
    /// The counters of that host's kernel.
    KernelCounters,
    /// What that host's kernel said of packets while it handled them.
    KernelEvents,
    /// The capture itself.
    Capture,
    /// A log of another program, or of a device.
    Log,
    /// What a host said of itself, in a file.
    HostFile,
}

/// What is testified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TestifiedFact {
    /// The client's socket at its SYN was held so.
    ClientSocket(SocketHolder),
    /// Who listened on the server's port when a connect to it had ended.
    Listeners(ListenersAtEnd),
    /// Counters rose, each by so much, from then on.
    CountersRose {
        /// The last time at which they were seen not to have risen.
        since: Timestamp,
        /// Which, and by how much.
        rises: Vec<(Counter, u64)>,
    },
    /// The kernel refused, or dropped packets of the attempt.
    Kernel(KernelDeed),
    /// The kernel dropped packets meanwhile, and does not say whose.
    KernelDrops(KernelDropCounts),
    /// The capture says what became of packets of an attempt.
    Verdict(Box<AttemptVerdict>),
    /// A line of a log is about the attempt.
    Logged(LoggedLine),
    /// Lines of a log are about attempts to a server.
    LoggedOften(LoggedOften),
    /// A log says that a service stopped or was found down, and when it came back.
    LoggedOutage(LoggedOutage),
    /// Logs say what was changed before connects began to fail.
    ChangedBefore(Box<ChangesBefore>),
    /// A host said it of itself, before or after.
    Host(Box<HostStatement>),
}

/// Who holds a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketHolder {
    /// Its process, where that may be seen.
    pub process: Option<Process>,
    /// The number of the user who made it.
    pub user: u32,
}

/// Who listened on a port of a host when a connect to it had ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenersAtEnd {
    /// To whom the connect went.
    pub server: Endpoint,
    /// How it had ended.
    pub outcome: Outcome,
    /// How long ago that was.
    pub later: Duration,
    /// All sockets that listened on the port, on whatever address.
    pub sockets: Vec<ListeningSocket>,
}

/// A socket that listens, who holds it, and the name of the interface that it is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListeningSocket {
    /// The socket.
    pub listener: Listener,
    /// Who holds it, where that may be seen.
    pub process: Option<Process>,
    /// The interface that it is bound to, when it is; hostile text.
    pub interface: Option<String>,
}

impl Testimony {
    /// Who says it.
    pub const fn source(&self) -> TestimonySource {
        match self.fact {
            TestifiedFact::ClientSocket(_) | TestifiedFact::Listeners(_) => {
                TestimonySource::SocketTable
            }
            TestifiedFact::CountersRose { .. } => TestimonySource::KernelCounters,
            TestifiedFact::Kernel(_) | TestifiedFact::KernelDrops(_) => {
                TestimonySource::KernelEvents
            }
            TestifiedFact::Verdict(_) => TestimonySource::Capture,
            TestifiedFact::Logged(_)
            | TestifiedFact::LoggedOften(_)
            | TestifiedFact::LoggedOutage(_)
            | TestifiedFact::ChangedBefore(_) => TestimonySource::Log,
            TestifiedFact::Host(_) => TestimonySource::HostFile,
        }
    }
}

impl ListenersAtEnd {
    /// Those that take connects to the server's address.
    pub fn taking(&self) -> impl Iterator<Item = &ListeningSocket> {
        let takes = |socket: &&ListeningSocket| socket.listener.takes(self.server.address);
        self.sockets.iter().filter(takes)
    }

    /// Those that listen on other addresses.
    pub fn elsewhere(&self) -> impl Iterator<Item = &ListeningSocket> {
        let is_elsewhere = |socket: &&ListeningSocket| !socket.listener.takes(self.server.address);
        self.sockets.iter().filter(is_elsewhere)
    }

    /// Whether that is how it was when the connect ended, but for an unlikely coincidence.
    fn is_soon(&self) -> bool {
        self.later <= SOON
    }
}

/// What the capture itself says of an attempt.
pub(super) fn of_capture(attempt: &Attempt) -> impl Iterator<Item = Testimony> {
    attempt.verdicts.iter().map(|told| Testimony {
        at: told.packet.at,
        fact: TestifiedFact::Verdict(Box::new(told.clone())),
    })
}

/// What the capture says became of packets.
pub(super) fn verdicts(testimony: &[Testimony]) -> impl Iterator<Item = &AttemptVerdict> {
    testimony
        .iter()
        .filter_map(|testimony| match &testimony.fact {
            TestifiedFact::Verdict(told) => Some(&**told),
            _ => None,
        })
}

pub(super) fn listeners(testimony: &[Testimony]) -> impl Iterator<Item = &ListenersAtEnd> {
    testimony
        .iter()
        .filter_map(|testimony| match &testimony.fact {
            TestifiedFact::Listeners(listeners) => Some(listeners),
            _ => None,
        })
}

/// Whether it tells who listens.
pub(super) const fn is_of_listeners(testimony: &Testimony) -> bool {
    matches!(testimony.fact, TestifiedFact::Listeners(_))
}

/// Whether the host's own tables prove that a SYN met silence because an accept queue was full: the
/// queue is, and the kernel counted an overflow meanwhile.
pub(super) fn proves_full_accept_queue(testimony: &[Testimony]) -> bool {
    let is_full = listeners(testimony).any(|asked| {
        asked.outcome == Outcome::Dropped && asked.taking().any(|socket| socket.listener.is_full())
    });
    let has_overflowed = testimony.iter().any(|testimony| match &testimony.fact {
        TestifiedFact::CountersRose { rises, .. } => rises
            .iter()
            .any(|(counter, _)| *counter == Counter::ListenOverflows),
        _ => false,
    });
    is_full && has_overflowed
}

/// By how much the packets rose, while an attempt was under way, that its host's reverse path filter
/// dropped.
pub(super) fn dropped_by_reverse_path_filter(testimony: &[Testimony]) -> u64 {
    let rises = testimony
        .iter()
        .flat_map(|testimony| match &testimony.fact {
            TestifiedFact::CountersRose { rises, .. } => rises.as_slice(),
            _ => &[],
        });
    let of_filter = rises.filter(|(counter, _)| *counter == Counter::IpReversePathFilter);
    of_filter.map(|(_, rise)| *rise).max().unwrap_or_default()
}

/// Whether a port refused, and its host's kernel says that nobody takes connects to it, or its
/// socket table has nobody, and its TCP may have sent the RST.
pub(super) fn proves_closed_port(testimony: &[Testimony]) -> bool {
    if sent_no_reset(testimony) {
        return false;
    }
    let is_said = reset_by_kernel(testimony) == Some(NO_SOCKET);
    is_said
        || listeners(testimony).any(|asked| {
            asked.outcome == Outcome::Refused && asked.is_soon() && asked.taking().next().is_none()
        })
}

/// Whether a port refused, although its host's socket table has somebody who takes connects to it.
pub(super) fn shows_listener_of_refused(testimony: &[Testimony]) -> bool {
    listeners(testimony).any(|asked| {
        asked.outcome == Outcome::Refused && asked.is_soon() && asked.taking().next().is_some()
    })
}

/// Whether connects failed so although the host's socket table has somebody who takes them, with
/// room for more: what is before it takes them away.
pub(super) fn shows_a_rule(testimony: &[Testimony], outcome: Outcome) -> bool {
    let has_room = |asked: &ListenersAtEnd| {
        let mut taking = asked.taking();
        taking.next().is_some_and(|first| {
            !first.listener.is_full() && !taking.any(|one| one.listener.is_full())
        })
    };
    let is_counted = testimony
        .iter()
        .any(|testimony| matches!(testimony.fact, TestifiedFact::CountersRose { .. }));
    !is_counted
        && listeners(testimony)
            .any(|asked| asked.outcome == outcome && asked.is_soon() && has_room(asked))
}

/// What was testified, in bounded memory. Copies share it.
#[derive(Clone, Debug)]
pub(super) struct Testimonies {
    attempts: Arc<Remembered<AttemptId, Arc<[Testimony]>>>,
    /// What was testified last of an attempt to a port whose listeners are known.
    servers: Arc<Remembered<Endpoint, Arc<[Testimony]>>>,
    /// Of the host that captures as a whole, in order of time.
    host: Arc<[Testimony]>,
    /// What logs say of servers, and of services that stopped.
    logged: Arc<BTreeMap<Endpoint, Vec<LoggedOften>>>,
    outages: Arc<[LoggedOutage]>,
    events: Arc<HostEvents>,
    changes: Arc<ChangeLines>,
    /// What hosts said of themselves.
    hosts: Arc<HostWords>,
}

impl Default for Testimonies {
    fn default() -> Self {
        Self {
            attempts: Arc::new(Remembered::of_latest(REMEMBERED)),
            servers: Arc::new(Remembered::of_latest(REMEMBERED)),
            host: Arc::default(),
            logged: Arc::default(),
            outages: Arc::default(),
            events: Arc::default(),
            changes: Arc::default(),
            hosts: Arc::default(),
        }
    }
}

impl Testimonies {
    /// Takes what is testified of an attempt, in place of what was before.
    pub(super) fn take(&mut self, attempt: AttemptId, testimony: Vec<Testimony>) {
        if testimony.is_empty() {
            return;
        }
        let testimony: Arc<[Testimony]> = testimony.into();
        if let Some(asked) = listeners(&testimony).next()
            && !self.knows_better(asked, &testimony)
        {
            Arc::make_mut(&mut self.servers).insert(asked.server, testimony.clone());
        }
        Arc::make_mut(&mut self.attempts).insert(attempt, testimony);
    }

    /// Whether it was testified just before that the server's queue was full, and now of silence
    /// again that it is not.
    fn knows_better(&self, asked: &ListenersAtEnd, testimony: &[Testimony]) -> bool {
        let before = self.of_server(asked.server);
        let latest = |all: &[Testimony]| all.iter().map(|testimony| testimony.at).max();
        let is_fresh = latest(testimony)
            .zip(latest(before))
            .is_some_and(|(now, then)| now.since(then) <= FULL_HOLDS);
        asked.outcome == Outcome::Dropped
            && is_fresh
            && proves_full_accept_queue(before)
            && !proves_full_accept_queue(testimony)
    }

    /// Takes what is testified of the host that captures as a whole, in place of what was before.
    pub(super) fn take_of_host(&mut self, testimony: Vec<Testimony>) {
        self.host = testimony.into();
    }

    /// Takes what was found in logs. Of as many attempts as were looked for there.
    pub(super) fn take_found(&mut self, found: Found) {
        let mut attempts = Remembered::of_latest(found.of_attempts.len().max(REMEMBERED));
        for (attempt, testimony) in found.of_attempts {
            attempts.insert(attempt, testimony.into());
        }
        self.attempts = Arc::new(attempts);
        self.logged = Arc::new(found.of_servers);
        self.outages = found.outages.into();
        self.events = Arc::new(found.events);
        self.changes = Arc::new(found.changes);
    }

    /// Takes what hosts said of themselves.
    pub(super) fn take_hosts(&mut self, hosts: HostWords) {
        self.hosts = Arc::new(hosts);
    }

    /// What hosts said of themselves.
    pub(super) fn hosts(&self) -> &HostWords {
        &self.hosts
    }

    /// What logs say of attempts to this server.
    pub(super) fn logged_of(&self, server: Endpoint) -> &[LoggedOften] {
        self.logged.get(&server).map_or(&[], |logged| logged)
    }

    /// Services that logs say were stopped.
    pub(super) fn outages(&self) -> &[LoggedOutage] {
        &self.outages
    }

    /// What logs say of hosts as a whole.
    pub(super) fn events(&self) -> &HostEvents {
        &self.events
    }

    /// What logs say was changed.
    pub(super) fn changes(&self) -> &ChangeLines {
        &self.changes
    }

    /// Of the host that captures as a whole, forgets what is older.
    pub(super) fn forget_of_host_before(&mut self, cutoff: Timestamp) {
        if self.host.iter().any(|testimony| testimony.at < cutoff) {
            let kept = self.host.iter().filter(|testimony| testimony.at >= cutoff);
            self.host = kept.cloned().collect();
        }
    }

    /// What is testified of this attempt.
    pub(super) fn of_attempt(&self, attempt: AttemptId) -> &[Testimony] {
        self.attempts.get(&attempt).map_or(&[], |known| known)
    }

    /// What was testified last of an attempt to this server of the host that captures.
    pub(super) fn of_server(&self, server: Endpoint) -> &[Testimony] {
        self.servers.get(&server).map_or(&[], |known| known)
    }

    /// All counters of the host that rose, each once, from the first rise to the last.
    pub(super) fn counters_risen(&self) -> Option<Testimony> {
        let mut sum: Option<(Timestamp, Timestamp)> = None;
        let mut rises: Vec<(Counter, u64)> = Vec::new();
        for testimony in &*self.host {
            let TestifiedFact::CountersRose { since, rises: more } = &testimony.fact else {
                continue;
            };
            sum = Some(match sum {
                Some((from, until)) => (from.min(*since), until.max(testimony.at)),
                None => (*since, testimony.at),
            });
            for (counter, by) in more {
                match rises.iter_mut().find(|(known, _)| known == counter) {
                    Some((_, known)) => *known = known.saturating_add(*by),
                    None => rises.push((*counter, *by)),
                }
            }
        }
        rises.sort_unstable_by_key(|(counter, _)| *counter);
        sum.map(|(since, at)| Testimony {
            at,
            fact: TestifiedFact::CountersRose { since, rises },
        })
    }
}

#[cfg(test)]
mod tests;
