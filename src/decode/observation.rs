//! What a packet says, as far as it matters to connects.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{
    CaptureFacts, DamagedSegment, Encapsulation, Endpoint, IcmpKind, SequenceNumber, TcpFlags,
    TcpOptions,
};

/// What one packet says. Plain data: no reference into the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observation {
    /// A TCP segment.
    Segment(Segment),
    /// An ICMP or `ICMPv6` error about a TCP segment.
    IcmpError(IcmpError),
    /// Somebody asks who has an address, or somebody answers: ARP, or IPv6 neighbour discovery.
    Neighbour(Neighbour),
    /// A DNS answer gives addresses to a name. Rare, and so the one that is allocated.
    Names(Box<NamedAddresses>),
    /// Nothing about connects, but the host lives: its answer to a ping, or any other packet that
    /// it sent.
    Alive(IpAddr),
    /// Nothing about connects: another protocol, and nobody known sent it.
    Unrelated,
    /// It may have mattered, but it is encrypted; counted as [`SetAside::Encrypted`]. Whoever sent
    /// it lives: the tunnel's end, or nobody known on a link that encrypts.
    Encrypted(Option<IpAddr>),
    /// A packet of a handshake whose frame arrived damaged, so that no stack got it; counted as
    /// [`SetAside::DamagedFrame`].
    Damaged(DamagedSegment),
    /// It may have mattered, but could not be read.
    SetAside(SetAside),
}

/// A name and the addresses that a DNS answer gives to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedAddresses {
    /// The name that was asked for; hostile text.
    pub name: String,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
}

/// Address resolution on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour {
    /// Who has this address?
    Question {
        /// The address.
        target: IpAddr,
        /// Who asks; `None` while it has no address of its own.
        asker: Option<IpAddr>,
    },
    /// This address is here.
    Answer {
        /// The address.
        address: IpAddr,
        /// Who says so, by the hardware address that is to be sent to; `None` where that is not
        /// said, or made anonymous.
        hardware: Option<HardwareAddress>,
        /// Whether it answers a question; nobody need have asked.
        is_reply: bool,
    },
}

/// A MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HardwareAddress(pub [u8; 6]);

impl HardwareAddress {
    /// Whether routers share it by VRRP or CARP, HSRP or GLBP: whoever answers with it, it is one.
    pub fn is_of_redundant_routers(self) -> bool {
        matches!(
            self.0,
            [0, 0, 0x5e, 0, 1 | 2, _]
                | [0, 0, 0x0c, 7, 0xac, _]
                | [0, 0, 0x0c, 0x9f, 0xf0..=0xff, _]
                | [0, 7, 0xb4, ..]
                | [0, 5, 0x73, 0xa0, ..]
        )
    }
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(formatter, "{separator}{byte:02x}")?;
        }
        Ok(())
    }
}

/// Facts of the IP header that tell one sender from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpFacts {
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Identification (IPv4).
    pub identification: Option<u16>,
    /// Don't fragment (IPv4).
    pub dont_fragment: Option<bool>,
    /// Type of service, or traffic class: DSCP and ECN.
    pub traffic_class: u8,
    /// Flow label (IPv6).
    pub flow_label: Option<u32>,
    /// What the capture says of it beside its headers.
    pub capture: CaptureFacts,
}

impl IpFacts {
    /// What tcpdump calls the hops that are left: `ttl` in IPv4, `hlim` in IPv6.
    pub const fn hops_name(&self) -> &'static str {
        if self.flow_label.is_some() {
            "hlim"
        } else {
            "ttl"
        }
    }

    /// `ttl 64`, `hlim 64`.
    pub fn hops(&self) -> String {
        format!("{} {}", self.hops_name(), self.ttl)
    }
}

/// A TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Who sent it.
    pub source: Endpoint,
    /// To whom.
    pub destination: Endpoint,
    /// Its IP header.
    pub ip: IpFacts,
    /// What it was wrapped in.
    pub encapsulation: Encapsulation,
    /// Sequence number.
    pub sequence: SequenceNumber,
    /// Acknowledgement number; means nothing without the ACK flag.
    pub acknowledgment: SequenceNumber,
    /// Control bits.
    pub flags: TcpFlags,
    /// Window as it stands in the header, not scaled; `None` when it was not captured.
    pub window: Option<u16>,
    /// Bytes of payload by the IP header, captured or not.
    pub payload_length: u32,
    /// Options, as far as they were captured.
    pub options: TcpOptions,
    /// Whether the whole header was captured.
    pub is_whole: bool,
}

/// An ICMP or `ICMPv6` error and the TCP segment that it quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IcmpError {
    /// Who sent the error.
    pub sender: IpAddr,
    /// Its IP header.
    pub ip: IpFacts,
    /// Type and code.
    pub kind: IcmpKind,
    /// How large packets may be, where it asks for smaller ones.
    pub mtu: Option<u32>,
    /// What it was wrapped in.
    pub encapsulation: Encapsulation,
    /// The segment that met the error.
    pub quote: QuotedSegment,
}

/// What an ICMP error quotes of a TCP segment: at least the ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedSegment {
    /// Who had sent the segment.
    pub source: Endpoint,
    /// To whom.
    pub destination: Endpoint,
    /// The time to live with which it reached the sender of the error.
    pub ttl: u8,
    /// Sequence number, if quoted and captured.
    pub sequence: Option<SequenceNumber>,
    /// Control bits, if quoted and captured.
    pub flags: Option<TcpFlags>,
}

/// Why a packet that may have mattered was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SetAside {
    /// So little was captured that the flags or ports are missing.
    TruncatedHeader,
    /// A header contradicts itself.
    MalformedHeader,
    /// A link type that is not read.
    UnsupportedLinkType,
    /// The file never declared its interface.
    UndeclaredInterface,
    /// A fragment that is not the first: the header was in another packet.
    LaterFragment,
    /// More layers around it, or more extension headers before it, than are followed.
    TooDeeplyWrapped,
    /// Encrypted on the link or in a tunnel.
    Encrypted,
    /// The interface found it damaged on the link, so that no stack got it.
    DamagedFrame,
}

impl SetAside {
    /// All reasons, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::TruncatedHeader,
        Self::MalformedHeader,
        Self::UnsupportedLinkType,
        Self::UndeclaredInterface,
        Self::LaterFragment,
        Self::TooDeeplyWrapped,
        Self::Encrypted,
        Self::DamagedFrame,
    ];

    /// The reason's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TruncatedHeader => "truncated_header",
            Self::MalformedHeader => "malformed_header",
            Self::UnsupportedLinkType => "unsupported_link_type",
            Self::UndeclaredInterface => "undeclared_interface",
            Self::LaterFragment => "later_fragment",
            Self::TooDeeplyWrapped => "too_deeply_wrapped",
            Self::Encrypted => "encrypted",
            Self::DamagedFrame => "damaged_frame",
        }
    }
}
