//! What tells of a host that a packet is of its own stack.

use super::stack::{Stack, SynAckMarks};
use crate::decode::Row;
use crate::handshake::{Content, Role, SeenPacket};

/// A packet that only a host's own stack sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnAnswer {
    /// Its time to live.
    pub(crate) ttl: u8,
    /// Its identification.
    pub(crate) identification: Option<u16>,
    /// Whether it was captured more than once.
    pub(crate) was_copied: bool,
    /// Whether it is a SYN-ACK.
    pub(crate) is_syn_ack: bool,
    /// The stack that sends such SYN-ACKs.
    pub(crate) stack: Option<Stack>,
}

impl OwnAnswer {
    pub(super) fn of(packet: &SeenPacket) -> Self {
        Self {
            ttl: packet.ip.ttl,
            identification: packet.ip.identification,
            was_copied: packet.was_copied(),
            is_syn_ack: packet.role == Role::SynAck,
            stack: stack_of(packet).filter(|_| packet.role == Role::SynAck),
        }
    }

    pub(super) fn of_row(row: &Row) -> Self {
        Self {
            ttl: row.ttl(),
            identification: row.identification(),
            // A regular attempt has no packet twice.
            was_copied: false,
            is_syn_ack: true,
            stack: Stack::of(&SynAckMarks {
                ttl: row.ttl(),
                identification: row.identification(),
                sequence: row.sequence().0,
                window: row.window(),
                options: row.options(),
            }),
        }
    }
}

fn stack_of(packet: &SeenPacket) -> Option<Stack> {
    match packet.content {
        Content::Segment {
            sequence,
            window,
            options,
            is_whole: true,
            ..
        } => Stack::of(&SynAckMarks {
            ttl: packet.ip.ttl,
            identification: packet.ip.identification,
            sequence: sequence.0,
            window,
            options,
        }),
        Content::Segment { .. } | Content::Icmp { .. } => None,
    }
}
