//! What tells the origin of an answer.

use serde::{Deserialize, Serialize};

/// What is the same for all answers of one host, be they SYN-ACKs or RSTs. Windows and options are
/// of SYN-ACKs alone, and the clock of timestamps differs for each connection of a Linux host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Whether the IP identification is 0 (IPv4 only).
    pub is_identified_by_zero: Option<bool>,
}

impl Fingerprint {
    /// Of a packet with such a header.
    pub(super) fn of(ttl: u8, identification: Option<u16>) -> Self {
        Self {
            ttl,
            is_identified_by_zero: identification.map(|identification| identification == 0),
        }
    }
}
