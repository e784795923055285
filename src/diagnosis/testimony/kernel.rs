//! What the kernel of the host that captures said while it handled packets of an attempt.

use serde::{Deserialize, Serialize};

use super::{TestifiedFact, Testimony};
use crate::capture::Timestamp;
use crate::diagnosis::cause::Confidence;

/// What the kernel did with packets of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KernelDeed {
    /// Its TCP made the RST, for this reason.
    SentReset {
        /// As the kernel spells it.
        reason: String,
    },
    /// It tells of each RST that its TCP sends, and of none about that time.
    SentNoReset,
    /// It dropped packets.
    Dropped(KernelDrops),
    /// It has no route to the client, or one that leads nowhere.
    NoRoute,
}

/// Packets of an attempt that the kernel dropped for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelDrops {
    /// What they were.
    pub of: DroppedPacket,
    /// As the kernel spells it.
    pub reason: String,
    /// How many.
    pub packets: u64,
    /// Whether the kernel named their addresses and ports; else they are known by the time at which
    /// they came in.
    pub names_ends: bool,
}

/// What a dropped packet was for its attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DroppedPacket {
    /// A SYN of the client.
    Syn,
    /// A SYN-ACK of the server.
    SynAck,
    /// What the client sent to complete the handshake, or after that.
    Later,
}

/// Packets that the kernel dropped in a time, of whatever connects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelDropCounts {
    /// From when on.
    pub since: Timestamp,
    /// How many for which reason, as the kernel spells it.
    pub counts: Vec<(String, u64)>,
}

/// A segment met no socket.
pub(in crate::diagnosis) const NO_SOCKET: &str = "NO_SOCKET";
/// A packet filter, or connection tracking, dropped a packet.
pub(in crate::diagnosis) const NETFILTER_DROP: &str = "NETFILTER_DROP";

/// What is another story: nobody listened, a queue was full, the sender's checksum was wrong, or
/// the segment was of an older connection.
const OTHER_STORIES: [&str; 6] = [
    NO_SOCKET,
    "TCP_LISTEN_OVERFLOW",
    "TCP_CSUM",
    "IP_CSUM",
    "TCP_RFC7323_PAWS",
    "TCP_RFC7323_TW_PAWS",
];

impl KernelDrops {
    /// Whether a rule, route or setting of the host drops such packets.
    pub(in crate::diagnosis) fn is_by_the_host_itself(&self) -> bool {
        !OTHER_STORIES.contains(&self.reason.as_str())
    }

    /// How sure it is that these were the packets: what is known by its time alone may be another
    /// one once, and never again and again.
    pub(in crate::diagnosis) fn surety(&self) -> Confidence {
        if self.names_ends || self.packets >= 2 {
            Confidence::Certain
        } else {
            Confidence::Likely
        }
    }
}

fn deeds(testimony: &[Testimony]) -> impl Iterator<Item = &KernelDeed> {
    testimony
        .iter()
        .filter_map(|testimony| match &testimony.fact {
            TestifiedFact::Kernel(deed) => Some(deed),
            _ => None,
        })
}

/// Why the kernel's own TCP made the RST, if it did.
pub(in crate::diagnosis) fn reset_by_kernel(testimony: &[Testimony]) -> Option<&str> {
    deeds(testimony).find_map(|deed| match deed {
        KernelDeed::SentReset { reason } => Some(reason.as_str()),
        _ => None,
    })
}

/// Whether the kernel's own TCP surely did not make the RST.
pub(in crate::diagnosis) fn sent_no_reset(testimony: &[Testimony]) -> bool {
    deeds(testimony).any(|deed| *deed == KernelDeed::SentNoReset)
}

/// What the kernel dropped.
pub(in crate::diagnosis) fn dropped_by_kernel(
    testimony: &[Testimony],
) -> impl Iterator<Item = &KernelDrops> {
    deeds(testimony).filter_map(|deed| match deed {
        KernelDeed::Dropped(drops) => Some(drops),
        _ => None,
    })
}

/// Whether the kernel has no way to the client.
pub(in crate::diagnosis) fn has_no_route(testimony: &[Testimony]) -> bool {
    deeds(testimony).any(|deed| *deed == KernelDeed::NoRoute)
}
