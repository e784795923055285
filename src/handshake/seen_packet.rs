//! Packets kept with an attempt, because they are part of its story.

use std::net::IpAddr;
use std::time::Duration;

use crate::capture::PacketPlace;
use crate::decode::{IcmpError, IcmpKind, IpFacts, Segment, SequenceNumber, TcpFlags, TcpOptions};

/// A packet of an attempt: where it stands, who sent it, what part it played, and the facts that tell senders apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenPacket {
    /// Where and when it was captured.
    pub place: PacketPlace,
    /// Which side it came from.
    pub sender: Sender,
    /// What part it plays in the attempt.
    pub role: Role,
    /// Its IP header.
    pub ip: IpFacts,
    /// What it says.
    pub content: Content,
}

/// Which side a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The side that sent the first SYN.
    Client,
    /// The side that the SYN is addressed to, or who answers in its name.
    Server,
    /// Another address.
    Other(IpAddr),
}

/// What a packet means for its attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The first SYN.
    Syn,
    /// The SYN again, with the same initial sequence number.
    SynRepeated,
    /// The other side's own SYN: a simultaneous open.
    CrossingSyn,
    /// The first acceptable SYN-ACK.
    SynAck,
    /// An acceptable SYN-ACK after the first.
    SynAckRepeated,
    /// A SYN-ACK that comes from another address than the SYN went to.
    SynAckFromElsewhere,
    /// A SYN-ACK whose acknowledgement number the client cannot accept.
    UnacceptableSynAck,
    /// What proves that the handshake was completed.
    Proof,
    /// A RST that the client accepts.
    Reset,
    /// A RST that the client ignores: without ACK, or with another acknowledgement number.
    UnacceptableReset,
    /// The client's RST.
    ClientReset,
    /// The client's RST in answer to a segment that it could not accept: no abort.
    AnswerToUnacceptable,
    /// An ACK without SYN in answer to a SYN: of an older connection.
    BareAck,
    /// An ICMP error that quotes the SYN.
    IcmpError,
    /// An ICMP message that only adjusts the connect.
    IcmpAdjustment,
    /// An ICMP error that quotes the server's answer.
    IcmpErrorAboutAnswer,
}

/// What a packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A TCP segment.
    Segment {
        /// Sequence number.
        sequence: SequenceNumber,
        /// Acknowledgement number.
        acknowledgment: SequenceNumber,
        /// Control bits.
        flags: TcpFlags,
        /// Window, not scaled.
        window: Option<u16>,
        /// Bytes of payload.
        payload_length: u32,
        /// Options.
        options: TcpOptions,
    },
    /// An ICMP error.
    Icmp {
        /// Type and code.
        kind: IcmpKind,
        /// Time to live with which the quoted packet reached the sender of the error.
        quoted_ttl: u8,
    },
}

/// For how long the same bytes can be a copy when an identification or a timestamp says that they are one packet.
const COPY_WITH_IDENTITY: Duration = Duration::from_millis(100);

/// For how long they can be when nothing but time tells a copy from a repetition (a Linux host's RSTs are all alike;
/// a SYN may be repeated after 10 ms).
const COPY_BY_TIME_ALONE: Duration = Duration::from_millis(5);

impl SeenPacket {
    /// A TCP segment as a packet of an attempt.
    pub fn of_segment(segment: &Segment, place: PacketPlace, sender: Sender, role: Role) -> Self {
        Self {
            place,
            sender,
            role,
            ip: segment.ip,
            content: segment_content(segment),
        }
    }

    /// An ICMP error as a packet of an attempt.
    pub fn of_icmp(error: &IcmpError, place: PacketPlace, sender: Sender, role: Role) -> Self {
        let content = Content::Icmp {
            kind: error.kind,
            quoted_ttl: error.quote.ttl,
        };
        Self {
            place,
            sender,
            role,
            ip: error.ip,
            content,
        }
    }

    /// The flags, when this is a segment.
    pub fn flags(&self) -> Option<TcpFlags> {
        match self.content {
            Content::Segment { flags, .. } => Some(flags),
            Content::Icmp { .. } => None,
        }
    }

    /// Whether `other`, captured at about the same time, is this packet captured again: the same header to the bit
    /// (but for the checksum, which offload may fill in later), the same identification, and no more hops to live.
    /// Another source has a clock and a place of its own: there the later record may be the earlier capture.
    pub fn is_copied_by(&self, other: &Self) -> bool {
        let same = self.sender == other.sender
            && self.content == other.content
            && self.ip.identification == other.ip.identification
            && self.ip.flow_label == other.ip.flow_label;
        let may_follow = other.ip.ttl <= self.ip.ttl || self.place.source != other.place.source;
        same && may_follow && self.place.at.distance(other.place.at) <= self.longest_copy_delay()
    }

    fn longest_copy_delay(&self) -> Duration {
        let has_timestamps = matches!(
            self.content,
            Content::Segment {
                options: TcpOptions {
                    timestamps: Some(_),
                    ..
                },
                ..
            }
        );
        let has_identification = self
            .ip
            .identification
            .is_some_and(|identification| identification != 0);
        if has_timestamps || has_identification {
            COPY_WITH_IDENTITY
        } else {
            COPY_BY_TIME_ALONE
        }
    }
}

fn segment_content(segment: &Segment) -> Content {
    Content::Segment {
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment,
        flags: segment.flags,
        window: segment.window,
        payload_length: segment.payload_length,
        options: segment.options,
    }
}
