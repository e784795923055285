//! What else is worth knowing about an attempt, as data: the words stand in `report`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cause::Judged;
use super::comparison::Vantage;
use super::noise::Noise;
use crate::capture::PacketNumber;
use crate::decode::{DamagedPart, Endpoint, IcmpKind, IpFacts};
use crate::handshake::{Outcome, Sender};

/// Something that the packets tell of an attempt besides its outcome and its cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Note {
    /// How far the RST that ended it came, against the server's own answers.
    ResetOrigin {
        /// The IP header of the RST.
        reset: IpFacts,
        /// The times to live, or hop limits, with which the server's own answers came.
        own_hops: Vec<u8>,
        /// What that comes to.
        origin: ResetOrigin,
    },
    /// The RST is identified in another way than the server's SYN-ACKs, which are all of one.
    ResetIdentifiedOtherwise {
        /// Whether the RST has the identification 0, and the others a count; or the other way
        /// round.
        is_zero: bool,
    },
    /// The RST has a mark that only a TCP stack leaves, or only a packet filter.
    ResetMark {
        /// Whether a TCP stack made it.
        is_of_stack: bool,
        /// Its flow label, where it came over IPv6; over IPv4 the traffic class is the mark.
        flow_label: Option<u32>,
    },
    /// The RST came sooner than the host answers others.
    ResetTooSoon {
        /// How long after the SYN.
        after: Duration,
        /// The host's fastest answer.
        fastest: Duration,
    },
    /// The RST has a window, by which appliances say why.
    ResetWindow(u16),
    /// The RST has a shape that no TCP stack gives to the answer to a SYN.
    ResetShape {
        /// Whether it has a sequence number.
        has_sequence: bool,
        /// Its window.
        window: u16,
    },
    /// The connect was seen with other addresses or ports as well, after this.
    GoesOnAs {
        /// Its client there.
        client: Endpoint,
        /// Its server there.
        server: Endpoint,
        /// Whether it was answered there.
        was_answered: bool,
        /// How it ended there.
        outcome: Outcome,
    },
    /// RSTs in the client's name came another number of hops than its own packets, and it went on.
    ForgedClientReset,
    /// The SYN-ACK reached the client's side, and was never repeated.
    AnswerNotRepeated,
    /// The windows of a burst of RSTs count up from the one to the other.
    WindowsCountUp {
        /// The first.
        first: u16,
        /// The last.
        last: u16,
    },
    /// A gateway's own capture saw it at one point of a chain, and never at the next.
    LostInChain {
        /// The letter of the point where it was seen.
        seen: char,
        /// The letter of the next one.
        missing: char,
        /// The interface; hostile text.
        interface: Option<String>,
    },
    /// The answer went between these ends.
    AnsweredElsewhere {
        /// Who sent it.
        from: Endpoint,
        /// To whom.
        to: Endpoint,
    },
    /// Whenever the SYN was sent, the same ACK of an open connection came from another address.
    MetByAcksOf {
        /// Who sent the ACKs.
        from: Endpoint,
        /// After how many of the SYNs.
        count: u32,
    },
    /// The client's own host redirects the connect, and what refuses it comes as from whom it
    /// asked.
    RedirectedHere {
        /// Whom it asked.
        asked: Endpoint,
    },
    /// A user-mode stack answers in the host's name: what it turns failures into.
    UserModeNetworking {
        /// pasta or passt; otherwise slirp.
        is_pasta: bool,
    },
    /// A closed port, a reset rule and a box on the way all look so: nothing tells them apart here.
    ResetCannotBeTold,
    /// A reset rule on the server itself would look the same.
    ResetRuleLooksTheSame,
    /// Who sent the ICMP error that decided it.
    RejectedBy {
        /// Whose address it has.
        sender: Sender,
        /// How many routers the SYN had passed beyond this point.
        hops: Option<u8>,
        /// How long after the SYN.
        after: Duration,
        /// Whether that is as long as a router asks for a host that does not answer.
        is_late: bool,
    },
    /// Nothing came back; seen from there, where that can be told.
    Silence(Option<Vantage>),
    /// Connections to this port were accepted at the time, asked something, and never got a byte.
    MuteSiblings {
        /// How many.
        connections: u64,
    },
    /// Everybody failed then, though not before or not after.
    OfOutage,
    /// The SYN came back to its sender as if from itself.
    SentBack,
    /// Of this client's SYNs just those are dropped that are older by their timestamps.
    OlderByTimestamp,
    /// What was not answered of the handshake packets of one direction has wrong checksums.
    WrongChecksums {
        /// How many of them.
        wrong: usize,
        /// Of how many in all.
        packets: usize,
        /// Whether they are SYN-ACKs; SYNs otherwise.
        are_syn_acks: bool,
        /// Whether it is the checksum of the UDP datagrams of the tunnel around them.
        are_of_tunnel: bool,
    },
    /// The capture may have missed an answer.
    SilenceDoubtful,
    /// It is part of noise, and not counted with the server.
    PartOf(Noise),
    /// Weaker causes that fit as well.
    OtherCauses(Vec<Judged>),
    /// An ICMP error came as well, and did not decide.
    OvertakenError(IcmpKind),
    /// A RST and a SYN-ACK both answered.
    ResetAndSynAck {
        /// Whether the handshake was completed all the same.
        is_established: bool,
    },
    /// Answers that the client's TCP had to ignore.
    IgnoredAnswers {
        /// RSTs.
        resets: usize,
        /// SYN-ACKs.
        syn_acks: usize,
        /// ACKs without SYN.
        bare_acks: usize,
        /// Whether it waited for another in vain.
        went_on_waiting: bool,
    },
    /// The client's ACK is inferred: the capture was filtered to SYN, FIN and RST.
    ThirdStepInferred,
    /// The server's SYN-ACK was not captured; what the client sent proves it.
    SynAckUnseen,
    /// Frames with packets of its handshake arrived damaged: the stack never got them.
    Damaged {
        /// Which packet.
        part: DamagedPart,
        /// How many frames.
        frames: u64,
        /// The first of them.
        first: PacketNumber,
    },
    /// In the end the client reset the attempt.
    GivenUp,
    /// An ICMP error quotes the server's SYN-ACK.
    ErrorAboutAnswer,
    /// So many of its packets were captured again.
    Duplicates(u32),
    /// So many more packets are not shown as evidence.
    LeftOut(u64),
}

/// How far a RST came, against the own answers of the host whose address it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResetOrigin {
    /// There is no other answer of the host.
    NothingToCompare,
    /// As far as the host's own answers.
    AsFar,
    /// It was made on the capturing host, through which the host's answers only pass.
    CapturingHost,
    /// From nearer.
    Nearer,
    /// From a hop or so nearer, or held against a single packet.
    Unclear,
    /// From farther, or from another system.
    Elsewhere,
    /// The host's own answers come from several distances, and this from another.
    SeveralDistances,
}
