//! What a line of a log says, as data. All text in it is hostile.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::stamp::Stamp;
use crate::decode::Endpoint;

/// A line of a known kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// When it was written, as far as the line itself tells.
    pub stamp: Stamp,
    /// What it says.
    pub saying: Saying,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Saying {
    /// A packet filter met a segment.
    Filter(FilteredPacket),
    /// A reverse proxy could not connect to the server behind it.
    Upstream(UpstreamFailure),
    /// A reverse proxy ended a client's session, and says how.
    Session(ProxiedSession),
    /// A process called `connect()`.
    Connect(ConnectCall),
    /// A service started, stopped or failed.
    Service(ServiceChange),
    /// Something happened on a host as a whole.
    Host(HostEvent),
    /// Somebody changed how a host works.
    Changed(HostChange),
    /// A service itself says that it started, stops, or reads its configuration again.
    Announced(ServiceChange),
}

impl Saying {
    /// About a connect of this client and server: a line that has other ends has those before or
    /// behind a translation.
    pub(crate) fn of_ends(self, ends: (Endpoint, Endpoint)) -> Self {
        match self {
            Self::Filter(packet) if packet.ends().all(|known| known != ends) => {
                let (client, server) = ends;
                let translated = match packet.segment {
                    LoggedSegment::SynAck => (server, client),
                    _ => (client, server),
                };
                Self::Filter(packet.translated_to(Some(translated)))
            }
            other => other,
        }
    }

    /// Whether it is about no connect, but about a host or what runs on it.
    pub(crate) const fn is_of_host(&self) -> bool {
        matches!(
            self,
            Self::Service(_) | Self::Host(_) | Self::Changed(_) | Self::Announced(_)
        )
    }

    /// Whether something was changed then, from which on a host may work otherwise: not what a check
    /// found, or what was full.
    pub(crate) const fn is_change(&self) -> bool {
        match self {
            Self::Changed(_) | Self::Announced(_) => true,
            Self::Service(change) => !matches!(change.state, ServiceState::Up | ServiceState::Down),
            Self::Host(event) => matches!(
                event.kind,
                HostEventKind::LinkDown | HostEventKind::LinkUp | HostEventKind::ProcessKilled
            ),
            _ => false,
        }
    }

    /// Whether the time of the line tells little: a proxy may have waited for any time.
    pub(crate) fn is_vague(&self) -> bool {
        match self {
            Self::Upstream(failure) => failure.problem == UpstreamProblem::TimedOut,
            _ => false,
        }
    }
}

/// A segment that a packet filter logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilteredPacket {
    /// Whose log it is.
    pub by: FilterKind,
    /// What was done with it.
    pub action: FilterAction,
    /// The rule, or what its author made it write: a prefix, a number, the name of a list.
    pub rule: String,
    /// Who sent it.
    pub source: Endpoint,
    /// Whom it was sent to.
    pub destination: Endpoint,
    /// What part of a handshake it is.
    pub segment: LoggedSegment,
    /// The interface that it came in by.
    pub input: Option<String>,
    /// The interface that it was to leave by.
    pub output: Option<String>,
    /// Its IPv4 identification, where the line has it.
    pub identification: Option<u16>,
    /// Source and destination as the filter translated them, where the line says so.
    pub translated: Option<(Endpoint, Endpoint)>,
}

impl FilteredPacket {
    /// Of which only that is known.
    pub(super) const fn new(
        by: FilterKind,
        action: FilterAction,
        segment: LoggedSegment,
        (source, destination): (Endpoint, Endpoint),
    ) -> Self {
        Self {
            by,
            action,
            rule: String::new(),
            source,
            destination,
            segment,
            input: None,
            output: None,
            identification: None,
            translated: None,
        }
    }

    /// With the ends that it had behind the filter, where these are others.
    pub(super) fn translated_to(mut self, ends: Option<(Endpoint, Endpoint)>) -> Self {
        self.translated = ends.filter(|ends| *ends != (self.source, self.destination));
        self
    }

    /// Client and server that it is about: before the filter, and behind it where it translated.
    pub(crate) fn ends(&self) -> impl Iterator<Item = (Endpoint, Endpoint)> {
        let all = [Some((self.source, self.destination)), self.translated];
        let is_answer = self.segment == LoggedSegment::SynAck;
        let turned = move |(source, destination)| {
            if is_answer {
                (destination, source)
            } else {
                (source, destination)
            }
        };
        all.into_iter().flatten().map(turned)
    }
}

/// Whose log a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FilterKind {
    /// A rule of nftables or iptables with an administrator's prefix.
    Netfilter,
    /// ufw, by its own prefix.
    Ufw,
    /// firewalld, by its own prefix.
    Firewalld,
    /// OpenBSD's pf.
    Pf,
    /// Cisco's ASA or Firepower.
    Asa,
    /// A firewall of Palo Alto Networks.
    PaloAlto,
    /// A firewall of Fortinet.
    FortiGate,
    /// A firewall or router of Juniper.
    Junos,
    /// A firewall of Check Point.
    CheckPoint,
    /// The kernel's own TCP, of segments whose signature it did not accept.
    Kernel,
}

impl FilterKind {
    /// Whether all that it says of a rule is a prefix, which its author wrote.
    pub(crate) const fn is_prefix(self) -> bool {
        matches!(self, Self::Netfilter | Self::Ufw | Self::Firewalld)
    }

    /// Whether the line is the filter's own verdict; a prefix is only its author's word.
    pub const fn is_own_verdict(self) -> bool {
        !matches!(self, Self::Netfilter)
    }
}

/// What a filter did with a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FilterAction {
    /// It went no further.
    Blocked,
    /// It went no further, and its sender was told.
    Rejected,
    /// It was let through.
    Passed,
    /// The line does not say.
    Unsaid,
}

impl FilterAction {
    /// Whether the segment went no further.
    pub const fn stops(self) -> bool {
        matches!(self, Self::Blocked | Self::Rejected)
    }
}

/// What part of a handshake a logged segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LoggedSegment {
    /// A SYN.
    Syn,
    /// A SYN-ACK.
    SynAck,
    /// Another segment: none that begins a connect.
    Other,
    /// The line has no flags: whatever the sender sends.
    Unsaid,
}

/// What a reverse proxy wrote of a server behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamFailure {
    /// The server.
    pub server: Endpoint,
    /// How the connect failed.
    pub problem: UpstreamProblem,
    /// For which client the proxy connected.
    pub client: Option<IpAddr>,
}

/// How a proxy's connect failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UpstreamProblem {
    /// `connect()` failed with this error number of Linux.
    Error(i32),
    /// The proxy waited no longer.
    TimedOut,
}

/// A client's session as a reverse proxy logged it at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxiedSession {
    /// The client's own end.
    pub client: Endpoint,
    /// The group of servers and the server, as the proxy calls them.
    pub server: String,
    /// The code of how the session ended.
    pub code: String,
}

/// A call of `connect()` that a kernel audited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectCall {
    /// Where to.
    pub server: Endpoint,
    /// The name of the process.
    pub process: String,
    /// Its number.
    pub process_id: u32,
    /// What the call returned: 0, or an error number, negative.
    pub returned: Option<i32>,
}

/// A service that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceChange {
    /// The unit, or the server as a proxy calls it.
    pub name: String,
    /// What became of it.
    pub state: ServiceState,
}

/// What became of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ServiceState {
    /// It was started.
    Started,
    /// It was stopped.
    Stopped,
    /// It ended by itself, in failure.
    Failed,
    /// It goes on, with its configuration read again.
    Reloaded,
    /// A proxy's check found it up.
    Up,
    /// A proxy's check found it down.
    Down,
}

impl ServiceState {
    /// Whether it serves from then on.
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Started | Self::Up)
    }
}

/// What the kernel of a host says of itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostEvent {
    /// What happened.
    pub kind: HostEventKind,
    /// The process or the interface that it is about; hostile text.
    pub name: Option<String>,
    /// The port that it is about.
    pub port: Option<u16>,
}

/// What happened on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostEventKind {
    /// More connects were half open than a listener has room for: it went on with cookies.
    SynCookies,
    /// The same, and SYNs were dropped.
    SynsDropped,
    /// The table of tracked connections was full, and packets were dropped.
    ConnectionTableFull,
    /// The table of neighbours was full.
    NeighbourTableFull,
    /// TCP had no memory left.
    OutOfTcpMemory,
    /// The kernel ended a process for want of memory.
    ProcessKilled,
    /// An interface lost its link.
    LinkDown,
    /// An interface has its link again.
    LinkUp,
}

/// How a host works, changed by somebody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HostChange {
    /// What was changed.
    pub thing: ChangedThing,
    /// Who did: a user or a program, where the line says; hostile text.
    pub by: String,
    /// The command, or what became of it; hostile text.
    pub what: String,
    /// Whether it is a command that somebody gave.
    pub is_command: bool,
}

/// What somebody changed on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChangedThing {
    /// Rules of a packet filter.
    Rules,
    /// Addresses, routes, interfaces or settings of the kernel.
    Network,
    /// A service.
    Service,
    /// A container.
    Container,
}

impl ChangedThing {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Network => "network",
            Self::Service => "service",
            Self::Container => "container",
        }
    }
}
