//! A packet of a ladder: from whom to whom, what it says, and what part it plays.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::sequence::Position;
use crate::capture::PacketPlace;
use crate::decode::TcpOptions;
use crate::handshake::{Attempt, Content, Role, SeenPacket, Sender};
use crate::report::counts::counted;
use crate::report::evidence_words::{self, duration};

/// A packet, captured once or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LadderPacket {
    /// Where it stands.
    pub place: PacketPlace,
    /// Its number, as reports write it: `1021`, or `2:1021` where there are several sources.
    pub number: String,
    /// Who sent it.
    pub from: Side,
    /// To whom.
    pub to: Side,
    /// Its flags, or the ICMP error's name.
    pub what: String,
    /// What part it plays.
    pub role: Role,
    /// Which sending of the same segment this is, from 2 on, when it is a retransmission.
    pub sending: Option<u32>,
    /// Why it did not count: the client's TCP did not take it, or nothing was to be decided by it.
    pub set_aside: Option<&'static str>,
    /// Its sequence number.
    pub sequence: Option<Position>,
    /// Its acknowledgement number, where it means something.
    pub acknowledgment: Option<Position>,
    /// Other fields that matter, each as it is written: `ttl 64`, `win 64240`, `mss 1460`.
    pub fields: Vec<String>,
    /// How often it was captured again, and when last.
    pub copy: Option<CapturedAgain>,
}

/// Who sends or receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
    /// Somebody else: the index into the ladder's others.
    Other(usize),
}

/// A packet captured again, on its way or on another interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedAgain {
    /// How many more times; of more than 255, 255.
    pub times: u8,
    /// How long after the first time the last of these was.
    pub after: Duration,
    /// The hops that it had left then: `ttl 63`.
    pub hops: String,
}

impl fmt::Display for CapturedAgain {
    /// `captured again after 29 us, ttl 63`, or `captured 3 more times, last after 40 us, ttl 61`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = duration(self.after);
        match self.times {
            1 => write!(formatter, "captured again after {after}, {}", self.hops),
            u8::MAX => write!(
                formatter,
                "captured 255 more times or oftener, last after {after}, {}",
                self.hops
            ),
            times => write!(
                formatter,
                "captured {times} more times, last after {after}, {}",
                self.hops
            ),
        }
    }
}

impl LadderPacket {
    pub(super) fn of(
        attempt: &Attempt,
        packet: &SeenPacket,
        number: String,
        others: &[IpAddr],
        sending: Option<u32>,
    ) -> Self {
        let from = side(packet.sender, others);
        let mut ladder_packet = Self {
            place: packet.place,
            number,
            from,
            to: answered_elsewhere(attempt, packet, others)
                .unwrap_or_else(|| receiver(from, packet.role)),
            what: evidence_words::what(packet),
            role: packet.role,
            sending,
            set_aside: set_aside(packet.role),
            sequence: None,
            acknowledgment: None,
            fields: vec![packet.ip.hops()],
            copy: packet.latest_copy().map(|(at, ttl)| CapturedAgain {
                times: packet.copies(),
                after: at.since(packet.place.at),
                hops: format!("{} {ttl}", packet.ip.hops_name()),
            }),
        };
        ladder_packet.read_content(attempt, packet);
        ladder_packet
    }

    fn read_content(&mut self, attempt: &Attempt, packet: &SeenPacket) {
        match packet.content {
            Content::Segment {
                sequence,
                acknowledgment,
                flags,
                window,
                payload_length,
                options,
                ..
            } => {
                let client = || attempt.isn;
                let server = || {
                    [
                        attempt.server_isn,
                        attempt.other_server_isn,
                        attempt.crossing_isn,
                    ]
                    .into_iter()
                    .flatten()
                };
                let is_from_client = self.from == Side::Client;
                let position = |number, of_client: bool| {
                    if of_client {
                        Position::of(number, client())
                    } else {
                        Position::of(number, server())
                    }
                };
                self.sequence = Some(position(sequence, is_from_client));
                self.acknowledgment = flags
                    .has_ack()
                    .then(|| position(acknowledgment, !is_from_client));
                self.fields
                    .extend(window.map(|window| format!("win {window}")));
                if payload_length > 0 {
                    self.fields.push(format!("{payload_length} bytes of data"));
                }
                self.fields.extend(option_words(&options));
                self.fields.extend(self.data_not_kept(attempt));
            }
            Content::Icmp { quoted_ttl, .. } => {
                let quoted = if packet.role == Role::IcmpErrorAboutAnswer {
                    "SYN-ACK"
                } else {
                    "SYN"
                };
                let hops = packet.ip.hops_name();
                self.fields
                    .push(format!("quotes the {quoted} with {hops} {quoted_ttl}"));
            }
        }
    }

    /// What the server's RST acknowledges besides the SYN: data of the client that is no evidence,
    /// and explains why the RST comes late.
    fn data_not_kept(&self, attempt: &Attempt) -> Option<String> {
        let acknowledged = self.acknowledgment?.relative?;
        let has_data = |packet: &SeenPacket| {
            matches!(
                packet.content,
                Content::Segment {
                    payload_length: 1..,
                    ..
                }
            )
        };
        let is_kept = attempt.evidence.packets().iter().any(has_data);
        let is_reset = self.role == Role::Reset && attempt.established_at.is_some();
        (is_reset && !is_kept && acknowledged > 1).then(|| {
            let count = u64::try_from(acknowledged - 1).unwrap_or(0);
            format!("after {} of the client's, not kept", counted(count, "byte"))
        })
    }
}

/// The other address whose answer this RST of the client answers.
fn answered_elsewhere(attempt: &Attempt, packet: &SeenPacket, others: &[IpAddr]) -> Option<Side> {
    let sequence_of = |packet: &SeenPacket| match packet.content {
        Content::Segment { sequence, .. } => Some(sequence),
        Content::Icmp { .. } => None,
    };
    let is_answered = |answer: &&SeenPacket| match answer.content {
        Content::Segment { acknowledgment, .. } => sequence_of(packet) == Some(acknowledgment),
        Content::Icmp { .. } => false,
    };
    let is_answer = packet.role == Role::AnswerToUnacceptable;
    let mut answers = attempt.packets_as(&[Role::SynAckFromElsewhere]);
    let answer = answers.find(is_answered).filter(|_| is_answer)?;
    Some(side(answer.sender, others))
}

fn side(sender: Sender, others: &[IpAddr]) -> Side {
    match sender {
        Sender::Client => Side::Client,
        Sender::Server => Side::Server,
        Sender::Other(address) => Side::Other(
            others
                .iter()
                .position(|other| *other == address)
                .unwrap_or(0),
        ),
    }
}

/// An ICMP error goes to who sent what it quotes; everything else from one side to the other.
const fn receiver(from: Side, role: Role) -> Side {
    match role {
        Role::IcmpErrorAboutAnswer | Role::IcmpAboutData => Side::Server,
        Role::IcmpError | Role::IcmpAdjustment => Side::Client,
        _ => match from {
            Side::Client => Side::Server,
            Side::Server | Side::Other(_) => Side::Client,
        },
    }
}

const fn set_aside(role: Role) -> Option<&'static str> {
    match role {
        Role::UnacceptableSynAck | Role::UnacceptableReset => {
            Some("the client's TCP does not take it")
        }
        Role::SynAckFromElsewhere => Some("from another address or port: not taken"),
        Role::AnswerToElsewhere => Some("to another address or port: not received"),
        Role::BareAck => Some("of an older connection"),
        Role::IcmpAdjustment => Some("only adjusts the connect"),
        Role::AnswerToUnacceptable => Some("in answer to what the client did not take"),
        _ => None,
    }
}

fn option_words(options: &TcpOptions) -> Vec<String> {
    let numbered = [
        options
            .maximum_segment_size
            .map(|size| format!("mss {size}")),
        options.window_scale.map(|shift| format!("ws {shift}")),
        options
            .timestamps
            .map(|(value, echo)| format!("ts {value}/{echo}")),
    ];
    let named = [
        (options.sack_permitted, "sack"),
        (options.fast_open, "fast open"),
        (options.multipath, "multipath"),
        (options.authentication, "authentication option"),
    ];
    let named = named
        .into_iter()
        .filter(|(is_there, _)| *is_there)
        .map(|(_, name)| name.to_owned());
    numbered.into_iter().flatten().chain(named).collect()
}
