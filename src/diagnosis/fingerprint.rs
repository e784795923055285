//! What tells the origin of an answer.

use crate::handshake::SeenPacket;

/// What is the same for all answers of one host, be they SYN-ACKs or RSTs. Windows and options are of
/// SYN-ACKs alone, and the clock of timestamps differs for each connection of a Linux host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Whether the IP identification is 0 (IPv4 only).
    pub is_identified_by_zero: Option<bool>,
}

impl Fingerprint {
    pub(super) fn of(packet: &SeenPacket) -> Self {
        Self {
            ttl: packet.ip.ttl,
            is_identified_by_zero: packet
                .ip
                .identification
                .map(|identification| identification == 0),
        }
    }
}
