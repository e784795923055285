//! What statements tell apart.

use std::time::Duration;

use serde::Serialize;

/// What is said of several servers at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SameOfAll {
    /// They refused everybody throughout.
    Refused {
        /// Whether their host says that nobody listens.
        is_proved: bool,
    },
    /// They answered nobody.
    Silent,
    /// They closed, or reset, without one byte.
    HungUp {
        /// How many connects were reset.
        resets: u64,
    },
    /// Handshakes took long.
    Slow {
        /// The longest of them.
        longest: Duration,
    },
}

/// What new connects meet, while connections that had worked do not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NewConnects {
    /// They are accepted.
    Accepted,
    /// They fail as well.
    Failed,
    /// There are none, or they tell nothing.
    Unknown,
}

/// When packets are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossTimes {
    /// Now and then.
    WithoutPattern,
    /// At the same times at all of these hosts.
    AtOnce {
        /// Whether somebody got through at once amid them.
        are_some_accepted: bool,
    },
}

/// A request on a connection that had worked, to which nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SilentRequest {
    /// The longest time without a packet before; none where the capture began later.
    pub idle: Option<Duration>,
    /// How often a request was sent, of the one that was sent most often.
    pub times: u8,
    /// How many bytes that carries.
    pub payload: u16,
    /// What new connects met from then on.
    pub new_connects: NewConnects,
}

/// How connects are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// They are accepted.
    Accepted,
    /// By a RST.
    Refused,
    /// By an ICMP error.
    Rejected,
    /// By silence.
    Silent,
}

/// Where packets are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossPlace {
    /// On the way, or in the capture itself, which lost packets.
    WayOrCapture,
    /// On the part of the way that the only client shares.
    WayOfOneClient,
    /// Somewhere on the way.
    Way,
}

/// Whose first SYNs were ignored and their first repetitions answered, without exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IgnoredFirst {
    /// Those of all connects.
    OfAllConnects,
    /// Those of each client's first connect, and of no later one.
    OfNewClients,
}
