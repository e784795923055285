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
