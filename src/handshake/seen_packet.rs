//! Packets kept with an attempt, because they are part of its story.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::capture::{PacketPlace, Passage, Timestamp};
use crate::decode::{IcmpError, IcmpKind, IpFacts, Segment, SequenceNumber, TcpFlags, TcpOptions};

/// A packet of an attempt: where it stands, who sent it, what part it played, and the facts that
/// tell senders apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// When it, or the latest copy of it, was captured, and with how many hops to live.
    pub(super) latest: (Timestamp, u8),
    pub(super) copies: u8,
    /// Which ways it, or a copy of it, went through the host that captured it.
    pub(super) ways: Ways,
}

/// Ways through the host that captures: in, out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    /// It came in.
    pub came_in: bool,
    /// It went out.
    pub went_out: bool,
}

impl Ways {
    /// Those of a packet that was captured once.
    pub fn of(passage: Option<Passage>) -> Self {
        Self {
            came_in: passage == Some(Passage::In),
            went_out: passage == Some(Passage::Out),
        }
    }

    /// Those of several packets together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            came_in: self.came_in || other.came_in,
            went_out: self.went_out || other.went_out,
        }
    }

    /// It came in, and was not seen to leave.
    pub fn never_left(self) -> bool {
        self.came_in && !self.went_out
    }
}

/// Which side a packet came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sender {
    /// The side that sent the first SYN.
    Client,
    /// The side that the SYN is addressed to, or who answers in its name.
    Server,
    /// Another address.
    Other(IpAddr),
}

/// What a packet means for its attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// A SYN-ACK that comes from another address or port than the SYN went to.
    SynAckFromElsewhere,
    /// An answer that goes to another address or port than the SYN came from.
    AnswerToElsewhere,
    /// A SYN-ACK whose acknowledgement number the client cannot accept.
    UnacceptableSynAck,
    /// What proves that the handshake was completed.
    Proof,
    /// The server's FIN, before it sent a byte.
    ServerClose,
    /// Data that was sent before, because it was not acknowledged.
    DataRepeated,
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
    /// An ICMP error that asks for smaller packets than the first data of either side.
    IcmpAboutData,
    /// An ICMP error that quotes the server's answer.
    IcmpErrorAboutAnswer,
}

/// What a packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        /// Whether the whole header was captured: window and all options.
        is_whole: bool,
    },
    /// An ICMP error.
    Icmp {
        /// Type and code.
        kind: IcmpKind,
        /// Time to live with which the quoted packet reached the sender of the error.
        quoted_ttl: u8,
        /// How large a packet may be at most, where it says so.
        mtu: Option<u32>,
    },
}

/// For how long after the latest one the same bytes can be a copy when an identification or a
/// timestamp says that they are one packet.
const COPY_WITH_IDENTITY: Duration = Duration::from_millis(100);

/// For how long they can be when nothing but time tells a copy from a repetition (a Linux host's
/// RSTs are all alike; a SYN may be repeated after 10 ms).
const COPY_BY_TIME_ALONE: Duration = Duration::from_millis(5);

/// For how long they can be in another source, which has a clock of its own and stands elsewhere on
/// the way: by the identification, which some hosts never change, and by the timestamp, which a
/// repetition never shares.
const COPY_ELSEWHERE_BY_IDENTIFICATION: Duration = Duration::from_millis(500);
const COPY_ELSEWHERE_BY_TIMESTAMP: Duration = Duration::from_secs(60);

impl SeenPacket {
    /// A TCP segment as a packet of an attempt.
    pub fn of_segment(segment: &Segment, place: PacketPlace, sender: Sender, role: Role) -> Self {
        Self {
            place,
            sender,
            role,
            ip: segment.ip,
            content: segment_content(segment),
            latest: (place.at, segment.ip.ttl),
            copies: 0,
            ways: Ways::of(segment.ip.capture.passage),
        }
    }

    /// An ICMP error as a packet of an attempt.
    pub fn of_icmp(error: &IcmpError, place: PacketPlace, sender: Sender, role: Role) -> Self {
        let content = Content::Icmp {
            kind: error.kind,
            quoted_ttl: error.quote.ttl,
            mtu: error.mtu,
        };
        Self {
            place,
            sender,
            role,
            ip: error.ip,
            content,
            latest: (place.at, error.ip.ttl),
            copies: 0,
            ways: Ways::of(error.ip.capture.passage),
        }
    }

    /// The flags, when this is a segment.
    pub fn flags(&self) -> Option<TcpFlags> {
        match self.content {
            Content::Segment { flags, .. } => Some(flags),
            Content::Icmp { .. } => None,
        }
    }

    /// Whether `other` is this packet captured again: the same header to the bit (but for the
    /// checksum, which offload may fill in later, and what was not captured), the same
    /// identification, no more hops to live, soon after.
    pub fn is_copied_by(&self, other: &Self) -> bool {
        let distance = self.latest.0.distance(other.place.at);
        self.says_the_same(other)
            && distance <= self.longest_copy_delay(other)
            && self.may_precede(other)
    }

    /// Whether `other` may be this packet, by all but its time and its hops.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.sender == other.sender
            && self.ip.identification == other.ip.identification
            && self.ip.flow_label == other.ip.flow_label
            && self
                .content
                .is_same(&other.content, self.has_identification())
    }

    /// Whether a repetition of it would look otherwise.
    pub(super) fn has_identity(&self) -> bool {
        self.has_identification() || self.content.has_timestamps()
    }

    /// Whether it was captured more than once.
    pub fn was_copied(&self) -> bool {
        self.copies > 0
    }

    /// Which ways it, or a copy of it, went through the host that captured it.
    pub fn ways(&self) -> Ways {
        self.ways
    }

    /// How many more times it was captured; of more than 255, 255.
    pub fn copies(&self) -> u8 {
        self.copies
    }

    /// Takes note of a copy. Of two captured within one tick of the clock, the one with fewer hops
    /// left is the later.
    pub(super) fn note_copy(&mut self, copy: &Self) {
        self.copies = self.copies.saturating_add(1);
        self.ways = self.ways.and(copy.ways);
        let (at, ttl) = self.latest;
        let is_later = copy.place.at > at || (copy.place.at == at && copy.ip.ttl < ttl);
        if is_later {
            self.latest = (copy.place.at, copy.ip.ttl);
        }
    }

    /// When the latest copy of it was captured, and with how many hops to live; `None` when it was
    /// captured once.
    pub fn latest_copy(&self) -> Option<(Timestamp, u8)> {
        self.was_copied().then_some(self.latest)
    }

    /// On its way a packet loses hops. Another source stands elsewhere: there the later record may
    /// be the earlier capture.
    fn may_precede(&self, other: &Self) -> bool {
        let (at, ttl) = self.latest;
        self.place.source != other.place.source
            || if other.place.at >= at {
                other.ip.ttl <= ttl
            } else {
                other.ip.ttl >= self.ip.ttl
            }
    }

    fn longest_copy_delay(&self, other: &Self) -> Duration {
        let is_elsewhere = self.place.source != other.place.source;
        match (self.content.has_timestamps(), self.has_identification()) {
            (true, _) if is_elsewhere => COPY_ELSEWHERE_BY_TIMESTAMP,
            (false, true) if is_elsewhere => COPY_ELSEWHERE_BY_IDENTIFICATION,
            (true, _) | (_, true) => COPY_WITH_IDENTITY,
            (false, false) => COPY_BY_TIME_ALONE,
        }
    }

    fn has_identification(&self) -> bool {
        self.ip
            .identification
            .is_some_and(|identification| identification != 0)
    }
}

impl Content {
    /// Whether both are one packet. A router that clamps the maximum segment size changes it in the
    /// copy: with an identification that says that it is one packet, that does not matter.
    fn is_same(&self, other: &Self, has_identification: bool) -> bool {
        match (*self, *other) {
            (
                Self::Segment {
                    sequence,
                    acknowledgment,
                    flags,
                    window,
                    payload_length,
                    options,
                    is_whole,
                },
                Self::Segment {
                    sequence: other_sequence,
                    acknowledgment: other_acknowledgment,
                    flags: other_flags,
                    window: other_window,
                    payload_length: other_payload_length,
                    options: other_options,
                    is_whole: other_is_whole,
                },
            ) => {
                let same_start = (sequence, acknowledgment, flags, payload_length)
                    == (
                        other_sequence,
                        other_acknowledgment,
                        other_flags,
                        other_payload_length,
                    );
                let same_options = options == other_options
                    || (has_identification
                        && options.without_segment_size() == other_options.without_segment_size());
                same_start
                    && (!(is_whole && other_is_whole) || (window == other_window && same_options))
            }
            (one, other) => one == other,
        }
    }

    fn has_timestamps(&self) -> bool {
        matches!(
            self,
            Self::Segment {
                options: TcpOptions {
                    timestamps: Some(_),
                    ..
                },
                ..
            }
        )
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
        is_whole: segment.is_whole,
    }
}
