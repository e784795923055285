//! What a host said of itself before or after an attempt, and what that is worth.
//!
//! It is no surer than its distance in time allows: sockets, queues and rules may have changed
//! since, or before. What it says of one moment is never certain of another.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ListenersAtEnd, TestifiedFact, Testimony};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::cause::{Cause, Confidence, Judged};
use crate::handshake::Outcome;
use crate::host::{Counter, Process};

/// Rules and listeners stay as they are for longer than queues and tables are full.
const SETTINGS_HOLD: Duration = Duration::from_secs(15 * 60);
const LOAD_HOLDS: Duration = Duration::from_secs(60);

/// What a host said of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStatement {
    /// What the host is called; hostile text.
    pub host: String,
    /// How far from the attempt that was.
    pub distance: HostDistance,
    /// What it said.
    pub says: HostSays,
}

/// How far from an attempt a host was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostDistance {
    /// So long before it began.
    Before(Duration),
    /// While it was under way.
    Meanwhile,
    /// So long after its last packet.
    After(Duration),
}

impl HostDistance {
    /// How long.
    pub const fn time(self) -> Duration {
        match self {
            Self::Before(time) | Self::After(time) => time,
            Self::Meanwhile => Duration::ZERO,
        }
    }
}

/// What a host says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostSays {
    /// Who listens on the server's port.
    Listeners {
        /// The sockets.
        asked: ListenersAtEnd,
        /// The process of those that take the connect, when it was started only after that.
        started_after: Option<(Process, Timestamp)>,
    },
    /// A rule of its own stops such packets.
    Stops(StoppingRule),
    /// Its reverse path filter drops packets of this client.
    ReversePath {
        /// The interface that they come in by.
        comes_in_by: String,
        /// The interface that answers leave by; `None` where nothing leads back.
        leaves_by: Option<String>,
        /// Whether its counter of such packets is not 0.
        is_counted: bool,
    },
    /// It has no way back to the client: no route, or one that says so.
    NoWayTo {
        /// To whom.
        address: IpAddr,
        /// What the route does, by its name; `None` where there is none.
        route: Option<String>,
    },
    /// It tracks as many connections as it may.
    ConntrackFull {
        /// How many are tracked.
        count: u64,
        /// How many may be.
        limit: u64,
    },
    /// Nobody answers on its link for the next host of the way.
    NeighbourFailed {
        /// For whom it asks.
        address: IpAddr,
        /// On which interface.
        interface: String,
    },
    /// Counters rose between two times, around the attempt.
    CountersRose {
        /// The earlier time.
        since: Timestamp,
        /// Which, and by how much.
        rises: Vec<(Counter, u64)>,
    },
}

/// A rule of a host's own packet filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppingRule {
    /// Table and chain.
    pub chain: String,
    /// The rule as its program writes it; `None` for the chain's policy. Hostile text.
    pub rule: Option<String>,
    /// By what its sender is told; `None` where nobody is.
    pub rejects_with: Option<String>,
    /// Whether it asks where packets come from.
    pub asks_for_source: bool,
    /// Whether it stops the answer at the client, not the SYN at the server.
    pub is_of_answer: bool,
    /// The server.
    pub server: Endpoint,
}

impl HostStatement {
    /// No surer than that, so far from the attempt.
    fn surety(&self, holds: Duration) -> Confidence {
        if self.distance.time() <= holds {
            Confidence::Likely
        } else {
            Confidence::Possible
        }
    }

    /// What it concludes of an attempt that ended so, by itself.
    fn concludes(&self, outcome: Outcome) -> Option<Judged> {
        let (cause, confidence) = match (&self.says, outcome) {
            (HostSays::Listeners { asked, .. }, Outcome::Dropped)
                if asked.taking().any(|socket| socket.listener.is_full()) =>
            {
                (Cause::AcceptQueueFull, self.surety(LOAD_HOLDS))
            }
            (HostSays::Stops(rule), _) => (rule.cause(outcome)?, self.surety(SETTINGS_HOLD)),
            (HostSays::ReversePath { is_counted, .. }, Outcome::Dropped | Outcome::HalfOpen) => {
                let surety = self.surety(SETTINGS_HOLD);
                let doubt = if *is_counted {
                    surety
                } else {
                    Confidence::Possible
                };
                (Cause::DroppedHere, doubt)
            }
            (HostSays::NoWayTo { .. }, Outcome::Dropped) => {
                (Cause::DroppedHere, self.surety(SETTINGS_HOLD))
            }
            (HostSays::ConntrackFull { .. }, Outcome::Dropped) => {
                (Cause::DroppedHere, self.surety(LOAD_HOLDS))
            }
            (HostSays::NeighbourFailed { .. }, Outcome::Dropped) => {
                (Cause::HostDown, self.surety(LOAD_HOLDS))
            }
            _ => return None,
        };
        Some(Judged { cause, confidence })
    }
}

impl StoppingRule {
    fn cause(&self, outcome: Outcome) -> Option<Cause> {
        let is_reset = self.rejects_with.as_deref() == Some("tcp reset");
        match (outcome, &self.rejects_with) {
            (Outcome::HalfOpen, None) if self.is_of_answer => Some(Cause::DroppedHere),
            _ if self.is_of_answer => None,
            (Outcome::Dropped, None) if self.asks_for_source => Some(Cause::SourceFiltered),
            (Outcome::Dropped, None) => Some(Cause::PortFiltered),
            (Outcome::Refused, Some(_)) if is_reset => Some(Cause::FirewallReset),
            _ => None,
        }
    }
}

/// What hosts said.
fn statements(testimony: &[Testimony]) -> impl Iterator<Item = &HostStatement> {
    testimony
        .iter()
        .filter_map(|testimony| match &testimony.fact {
            TestifiedFact::Host(statement) => Some(&**statement),
            _ => None,
        })
}

/// Who listens on the server's port, by its host's word from before or after.
fn listeners(testimony: &[Testimony]) -> impl Iterator<Item = (HostDistance, &ListenersAtEnd)> {
    statements(testimony).filter_map(|statement| match &statement.says {
        HostSays::Listeners { asked, .. } => Some((statement.distance, asked)),
        _ => None,
    })
}

/// How surely this is the cause, by what hosts said.
pub(in crate::diagnosis) fn says_host(
    testimony: &[Testimony],
    outcome: Outcome,
    cause: Cause,
) -> Option<Confidence> {
    let told = conclusions(testimony, outcome).filter(|(_, judged)| judged.cause == cause);
    told.map(|(_, judged)| judged.confidence).max()
}

/// What hosts said that explains an attempt that ended so, with its cause; the surest first.
pub(in crate::diagnosis) fn explanation(
    testimony: &[Testimony],
    outcome: Outcome,
) -> Option<(&HostStatement, Judged)> {
    conclusions(testimony, outcome).min_by_key(|(_, judged)| std::cmp::Reverse(judged.confidence))
}

fn conclusions(
    testimony: &[Testimony],
    outcome: Outcome,
) -> impl Iterator<Item = (&HostStatement, Judged)> {
    statements(testimony)
        .filter_map(move |statement| Some((statement, statement.concludes(outcome)?)))
}

/// How surely a port that refused has nobody who takes connects to it: whenever its host was asked,
/// nobody did.
pub(in crate::diagnosis) fn host_knows_nobody(testimony: &[Testimony]) -> Option<Confidence> {
    let is_of_refused =
        |(_, asked): &(HostDistance, &ListenersAtEnd)| asked.outcome == Outcome::Refused;
    let asked = || listeners(testimony).filter(is_of_refused);
    let does_nobody = asked().all(|(_, asked)| asked.taking().next().is_none());
    let nearest = asked().map(|(distance, _)| distance.time()).min()?;
    does_nobody.then_some(if nearest <= SETTINGS_HOLD {
        Confidence::Likely
    } else {
        Confidence::Possible
    })
}

/// Whether one and the same socket took connects to the port before and after one was refused: then
/// something else refused.
pub(in crate::diagnosis) fn host_listens_throughout(testimony: &[Testimony]) -> bool {
    let inodes = |is_before: bool| -> Vec<u32> {
        let those = listeners(testimony).filter(|(distance, _)| match distance {
            HostDistance::Before(time) => is_before && *time <= SETTINGS_HOLD,
            HostDistance::After(time) => !is_before && *time <= SETTINGS_HOLD,
            HostDistance::Meanwhile => true,
        });
        let sockets = those.flat_map(|(_, asked)| asked.taking());
        let numbers = sockets.map(|socket| socket.listener.socket.inode.0);
        numbers.filter(|number| *number != 0).collect()
    };
    let after = inodes(false);
    inodes(true).iter().any(|inode| after.contains(inode))
}
