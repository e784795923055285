//! The TCP header, as far as it was captured.

use super::encapsulation::Encapsulation;
use super::endpoint::Endpoint;
use super::ip::IpPacket;
use super::observation::{Observation, Segment, SetAside};
use super::sequence_number::SequenceNumber;
use super::tcp_flags::TcpFlags;
use super::tcp_options::TcpOptions;

/// The flags end here: a segment counts from then on, although the rest of its header was not
/// captured.
pub(super) const LENGTH_WITH_FLAGS: usize = 14;

/// The header without options.
const SMALLEST_HEADER: usize = 20;

/// The header fields up to the flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderStart {
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) sequence: SequenceNumber,
    pub(super) acknowledgment: SequenceNumber,
    /// Length of the header with its options, as it claims.
    pub(super) header_length: usize,
    pub(super) flags: TcpFlags,
}

impl HeaderStart {
    /// `None` when less than [`LENGTH_WITH_FLAGS`] bytes are there.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        // Field by field from one array: the compiler makes one read and one swap of each.
        let (source_port, rest) = bytes
            .first_chunk::<LENGTH_WITH_FLAGS>()?
            .split_first_chunk()?;
        let (destination_port, rest) = rest.split_first_chunk()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (acknowledgment, rest) = rest.split_first_chunk()?;
        let [offset, flags] = *rest.first_chunk()?;
        Some(Self {
            source_port: u16::from_be_bytes(*source_port),
            destination_port: u16::from_be_bytes(*destination_port),
            sequence: SequenceNumber(u32::from_be_bytes(*sequence)),
            acknowledgment: SequenceNumber(u32::from_be_bytes(*acknowledgment)),
            header_length: usize::from(offset >> 4) * 4,
            flags: TcpFlags::from_header([offset, flags]),
        })
    }
}

/// Reads the segment that `packet` carries; `offload_length` is what the packet carries when its
/// own header leaves that open.
pub(super) fn segment(
    packet: &IpPacket<'_>,
    offload_length: u32,
    encapsulation: Encapsulation,
) -> Observation {
    let carried_length = packet.payload_length.unwrap_or(offload_length);
    let Some(start) = HeaderStart::parse(packet.payload) else {
        let was_cut = (carried_length as usize) > packet.payload.len();
        return Observation::SetAside(if was_cut {
            SetAside::TruncatedHeader
        } else {
            SetAside::MalformedHeader
        });
    };
    if start.header_length < SMALLEST_HEADER || start.header_length > carried_length as usize {
        return Observation::SetAside(SetAside::MalformedHeader);
    }
    let options_end = start.header_length.min(packet.payload.len());
    let window = packet
        .payload
        .get(LENGTH_WITH_FLAGS..)
        .and_then(|rest| rest.first_chunk());
    Observation::Segment(Segment {
        source: Endpoint {
            address: packet.source,
            port: start.source_port,
        },
        destination: Endpoint {
            address: packet.destination,
            port: start.destination_port,
        },
        ip: packet.facts,
        encapsulation,
        sequence: start.sequence,
        acknowledgment: start.acknowledgment,
        flags: start.flags,
        window: window.map(|window| u16::from_be_bytes(*window)),
        payload_length: carried_length
            .saturating_sub(u32::try_from(start.header_length).unwrap_or(0)),
        is_whole: start.header_length <= packet.payload.len(),
        options: TcpOptions::parse(
            packet
                .payload
                .get(SMALLEST_HEADER..options_end)
                .unwrap_or_default(),
        ),
    })
}
