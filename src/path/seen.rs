//! What one place saw of a connect: its packets, as far as they are compared with other places.

use std::net::IpAddr;
use std::time::Duration;

use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{Encapsulation, Endpoint, IcmpKind, SequenceNumber, TcpFlags, TcpOptions};
use crate::handshake::{
    Attempt, AttemptId, Content, DecidedAttempt, Outcome, Role, SeenPacket, Sender, Troubles,
};

/// What a packet of a connect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketKind {
    /// A SYN, the first or a repeated one.
    Syn,
    /// A SYN-ACK.
    SynAck,
    /// A RST of either side.
    Reset,
    /// An ICMP error about a SYN.
    IcmpError,
    /// An acknowledgement without data: the third step of the handshake.
    Ack,
    /// A segment with data.
    Data,
}

impl PacketKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Syn,
        Self::SynAck,
        Self::Reset,
        Self::IcmpError,
        Self::Ack,
        Self::Data,
    ];

    /// The kind's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::SynAck => "syn_ack",
            Self::Reset => "reset",
            Self::IcmpError => "icmp_error",
            Self::Ack => "ack",
            Self::Data => "data",
        }
    }
}

/// Which way a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// From the client.
    Forth,
    /// To the client.
    Back,
}

/// A packet of a connect, as one place saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathPacket {
    /// What it is.
    pub kind: PacketKind,
    /// Which way it went.
    pub way: Way,
    /// When it was captured, and where it stands.
    pub place: PacketPlace,
    /// Hops to live.
    pub ttl: u8,
    /// Identification of an IPv4 packet.
    pub identification: Option<u16>,
    /// DSCP and ECN.
    pub traffic_class: u8,
    /// Sequence number; of an ICMP error 0.
    pub sequence: SequenceNumber,
    /// Acknowledgement number; of an ICMP error 0.
    pub acknowledgment: SequenceNumber,
    /// Control bits; none of an ICMP error.
    pub flags: TcpFlags,
    /// Window, not scaled.
    pub window: Option<u16>,
    /// Bytes of payload.
    pub payload_length: u32,
    /// Options.
    pub options: TcpOptions,
    /// Whether the whole header was captured: window and all options.
    pub is_whole: bool,
    /// How often it was captured again: as far as the place could tell, which takes two that are
    /// alike, and microseconds apart, for one.
    pub copies: u8,
    /// Type and code of an ICMP error.
    pub icmp: Option<IcmpKind>,
    /// Who sent it, where that is neither client nor server.
    pub other_sender: Option<IpAddr>,
}

impl PathPacket {
    /// What is compared of a packet; `None` for packets that are not.
    fn of(packet: &SeenPacket) -> Option<Self> {
        let kind = kind_of(packet)?;
        let way = match packet.sender {
            Sender::Client => Way::Forth,
            Sender::Server | Sender::Other(_) => Way::Back,
        };
        let mut seen = Self {
            kind,
            way,
            place: packet.place,
            ttl: packet.ip.ttl,
            identification: packet.ip.identification,
            traffic_class: packet.ip.traffic_class,
            sequence: SequenceNumber(0),
            acknowledgment: SequenceNumber(0),
            flags: TcpFlags(0),
            window: None,
            payload_length: 0,
            options: TcpOptions::default(),
            is_whole: true,
            copies: packet.copies(),
            icmp: None,
            other_sender: match packet.sender {
                Sender::Other(address) => Some(address),
                Sender::Client | Sender::Server => None,
            },
        };
        match packet.content {
            Content::Segment {
                sequence,
                acknowledgment,
                flags,
                window,
                payload_length,
                options,
                is_whole,
            } => {
                seen.sequence = sequence;
                seen.acknowledgment = acknowledgment;
                seen.flags = flags;
                seen.window = window;
                seen.payload_length = payload_length;
                seen.options = options;
                seen.is_whole = is_whole;
            }
            Content::Icmp { kind, .. } => seen.icmp = Some(kind),
        }
        Some(seen)
    }

    /// The identification, where it says something.
    pub(super) fn telling_identification(&self) -> Option<u16> {
        self.identification.filter(|number| *number != 0)
    }

    /// The value of its timestamps option, where it says something.
    pub(super) fn timestamp(&self) -> Option<u32> {
        let value = self.options.timestamps.map(|(value, _)| value);
        value.filter(|value| *value != 0)
    }
}

fn kind_of(packet: &SeenPacket) -> Option<PacketKind> {
    let has_payload =
        matches!(packet.content, Content::Segment { payload_length, .. } if payload_length > 0);
    match packet.role {
        Role::Syn | Role::SynRepeated | Role::CrossingSyn => Some(PacketKind::Syn),
        Role::SynAck
        | Role::SynAckRepeated
        | Role::SynAckFromElsewhere
        | Role::UnacceptableSynAck => Some(PacketKind::SynAck),
        Role::Reset | Role::UnacceptableReset | Role::ClientReset | Role::AnswerToUnacceptable => {
            Some(PacketKind::Reset)
        }
        Role::AnswerToElsewhere => match packet.flags() {
            Some(flags) if flags.is_rst() => Some(PacketKind::Reset),
            Some(flags) if flags.is_syn_ack() => Some(PacketKind::SynAck),
            _ => None,
        },
        Role::Proof if has_payload => Some(PacketKind::Data),
        Role::Proof | Role::BareAck => Some(PacketKind::Ack),
        Role::DataRepeated => Some(PacketKind::Data),
        Role::IcmpError => Some(PacketKind::IcmpError),
        // They adjust the connect, or are about packets that are not compared.
        _ => None,
    }
}

/// What one place saw of one connect.
#[derive(Clone, Debug)]
pub struct PlaceAttempt {
    /// The attempt, as `read` of this place calls it.
    pub id: AttemptId,
    /// Who sent the SYN, as it looked here.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// The client's initial sequence number, as it looked here.
    pub isn: SequenceNumber,
    /// The server's.
    pub server_isn: Option<SequenceNumber>,
    /// How it ended, as this place saw it.
    pub outcome: Outcome,
    /// What was wrong with it although it was established.
    pub troubles: Troubles,
    /// What its first packet was wrapped in.
    pub encapsulation: Encapsulation,
    /// Whether its SYN is one captured just before, translated.
    pub is_later_leg: bool,
    /// Whether the client's data was seen after the handshake.
    pub client_sent: bool,
    /// Whether the server's was.
    pub server_sent: bool,
    /// Whether it was established, and neither went on nor ended as far as this place saw.
    pub stays_open: bool,
    /// Until when its packets were taken note of here, where that is not until the end: what a
    /// connection that goes on sends later is left to others.
    pub followed_until: Option<Timestamp>,
    /// Its packets in the order of their capture.
    pub packets: Box<[PathPacket]>,
    /// How many packets of it were let go.
    pub omitted: u64,
}

impl PlaceAttempt {
    /// What is compared of a decided attempt.
    pub fn of(decided: &DecidedAttempt) -> Self {
        let DecidedAttempt { attempt, judgement } = decided;
        let packets = attempt.evidence.packets();
        Self {
            is_later_leg: is_later_leg(attempt),
            client_sent: attempt.client_data.is_sent,
            server_sent: attempt.server_data.is_sent,
            stays_open: judgement.outcome == Outcome::Established && !attempt.is_settled(),
            followed_until: followed_until(attempt),
            packets: packets.iter().filter_map(PathPacket::of).collect(),
            omitted: attempt.evidence.omitted(),
            id: attempt.id,
            client: attempt.client,
            server: attempt.server,
            isn: attempt.client_isn(),
            server_isn: attempt.server_isn,
            outcome: judgement.outcome,
            troubles: judgement.troubles,
            encapsulation: attempt.encapsulation,
        }
    }

    /// Whether nothing is wrong with it, as far as this place knows.
    pub fn is_sound(&self) -> bool {
        is_sound(self.outcome, self.troubles)
    }

    /// Its packets of one kind.
    pub fn packets_of(&self, kind: PacketKind) -> impl Iterator<Item = &PathPacket> {
        self.packets
            .iter()
            .filter(move |packet| packet.kind == kind)
    }

    /// Its first SYN.
    pub(super) fn first_syn(&self) -> Option<&PathPacket> {
        self.packets_of(PacketKind::Syn)
            .find(|packet| packet.way == Way::Forth)
    }
}

/// An established connect is followed so long at most, where many are.
const LONGEST_FOLLOWED: Duration = Duration::from_secs(60);

fn followed_until(attempt: &Attempt) -> Option<Timestamp> {
    let established = attempt.established_at?;
    let longest = established.after(LONGEST_FOLLOWED);
    Some(if attempt.is_settled() {
        attempt.latest_at.min(longest)
    } else {
        longest
    })
}

fn is_later_leg(attempt: &Attempt) -> bool {
    let mut syns = attempt.packets_as(&[Role::Syn]);
    syns.any(|packet| packet.ip.capture.is_translated)
}

/// Whether nothing is wrong with an attempt that ended so.
pub(super) fn is_sound(outcome: Outcome, troubles: Troubles) -> bool {
    outcome == Outcome::Established && troubles.is_empty()
}
