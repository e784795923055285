//! Handshake packets whose frames arrived damaged: no stack got them, and yet they were sent.

use serde::{Deserialize, Serialize};

use super::Endpoint;
use super::observation::Segment;
use crate::capture::PacketPlace;

/// Which part of a handshake a damaged frame carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DamagedPart {
    /// The client's SYN.
    Syn,
    /// The server's SYN-ACK.
    SynAck,
    /// The server's RST.
    Reset,
}

/// What can be read of a damaged frame that carried a packet of a handshake. Any bit of it may be
/// wrong: it is held against connects that sound packets show, and makes none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DamagedSegment {
    /// Who tries to connect.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// The number of the SYN.
    pub isn: u32,
    /// Which packet it is.
    pub part: DamagedPart,
    /// Where it stands in the capture.
    pub place: PacketPlace,
}

impl DamagedSegment {
    /// `None` where it names no SYN.
    pub(super) fn of(segment: &Segment, place: PacketPlace) -> Option<Self> {
        let flags = segment.flags;
        let part = if flags.is_syn() {
            DamagedPart::Syn
        } else if flags.is_syn_ack() {
            DamagedPart::SynAck
        } else if flags.is_rst() && flags.has_ack() {
            DamagedPart::Reset
        } else {
            return None;
        };
        let (client, server, isn) = if part == DamagedPart::Syn {
            (segment.source, segment.destination, segment.sequence.0)
        } else {
            let isn = segment.acknowledgment.0.wrapping_sub(1);
            (segment.destination, segment.source, isn)
        };
        Some(Self {
            client,
            server,
            isn,
            part,
            place,
        })
    }
}
