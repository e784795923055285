//! One captured packet, not yet looked into.

use serde::{Deserialize, Serialize};

use super::{LinkType, RecordOptions, Timestamp};

/// Which of the report's sources a packet came from: the index into its list of sources.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct SourceId(pub u32);

/// The 1-based number of a packet in its source, as Wireshark's `frame.number`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct PacketNumber(pub u64);

/// Where and when a packet was captured: enough to find it again.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct PacketPlace {
    /// Capture time.
    pub at: Timestamp,
    /// The source it stands in.
    pub source: SourceId,
    /// Its number there.
    pub number: PacketNumber,
}

/// Which way a packet went through the host that captured it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passage {
    /// It came in.
    In,
    /// It went out.
    Out,
}

/// Where on its host a packet was captured, as far as the capture itself says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapturedOn {
    /// The interface: its number in the capture, counted from 1; 0 where that is not said.
    pub interface: u16,
    /// Which way it went.
    pub passage: Option<Passage>,
    /// Whether the interface found it damaged on the link: then no stack got it.
    pub is_damaged: bool,
    /// What became of it, where the capture says so outside of the packet's own bytes.
    pub said: Option<SaidOfPacket>,
}

impl CapturedOn {
    /// Whether something of it is to be looked at before the packet's bytes.
    #[inline]
    pub(crate) fn is_remarkable(self) -> bool {
        self.is_damaged || self.said.is_some()
    }
}

/// What a capture says became of a packet, outside of the packet's own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaidOfPacket {
    /// It was dropped: the capture holds nothing but what an appliance dropped.
    Dropped,
}

/// One captured packet: bytes, and what the capture says about them.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Where and when.
    pub place: PacketPlace,
    /// What the bytes start with; `None` when the file never declared the packet's interface.
    pub link_type: Option<LinkType>,
    /// The captured bytes: perhaps fewer than were on the wire.
    pub bytes: &'a [u8],
    /// How many bytes the packet had on the wire.
    pub wire_length: u32,
    /// Where on its host it was captured.
    pub captured_on: CapturedOn,
    /// What else its record says of it, in a pcapng file.
    pub options: Option<&'a RecordOptions>,
}

impl<'a> Packet<'a> {
    /// A packet that was captured whole, and stands in no capture: without a number.
    pub fn new(at: Timestamp, link_type: LinkType, bytes: &'a [u8]) -> Self {
        Self {
            place: PacketPlace {
                at,
                ..PacketPlace::default()
            },
            link_type: Some(link_type),
            bytes,
            wire_length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            captured_on: CapturedOn::default(),
            options: None,
        }
    }
}
