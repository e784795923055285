//! A packet that goes on as most failing connects do, in a quarter of the room: the SYN once more, the RST that refuses it, or
//! the ICMP error that rejects it.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::flow::Flow;
use super::lone_syn::LoneSyn;
use super::on_icmp_error::on_icmp_error;
use super::on_reset::on_reset;
use super::on_syn::on_syn;
use crate::capture::{PacketNumber, PacketPlace, Timestamp};
use crate::decode::{
    Encapsulation, IcmpError, IcmpKind, IpFacts, QuotedSegment, Segment, SequenceNumber, TcpFlags,
    TcpOptions,
};

/// One packet after a SYN, as far as it tells more than the SYN does: what it was wrapped in is asked of an attempt's first
/// packet only. 32 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Further {
    at: Timestamp,
    /// How many packets of the source after the SYN.
    distance: u32,
    content: Content,
    flow_label: u32,
    identification: u16,
    ttl: u8,
    traffic_class: u8,
    known: Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// As the first SYN was, with this timestamp.
    SynAgain { timestamp: u32 },
    /// RST and ACK, without options, which acknowledges the SYN and nothing more.
    Reset {
        sequence: SequenceNumber,
        window: u16,
    },
    /// From this address: type, code, and the time to live of the quoted SYN.
    IcmpError {
        sender: Ipv4Addr,
        kind: (u8, u8),
        quoted_ttl: u8,
    },
}

/// Which of the IP header's fields there are, and the one that is a bit.
#[derive(Clone, Copy, Debug, Default)]
struct Known(u8);

impl Known {
    const IDENTIFICATION: u8 = 1;
    const DONT_FRAGMENT_KNOWN: u8 = 1 << 1;
    const DONT_FRAGMENT: u8 = 1 << 2;
    const FLOW_LABEL: u8 = 1 << 3;

    fn of(ip: &IpFacts) -> Self {
        let bit = |bit, is_so| if is_so { bit } else { 0 };
        Self(
            bit(Self::IDENTIFICATION, ip.identification.is_some())
                | bit(Self::DONT_FRAGMENT_KNOWN, ip.dont_fragment.is_some())
                | bit(Self::DONT_FRAGMENT, ip.dont_fragment == Some(true))
                | bit(Self::FLOW_LABEL, ip.flow_label.is_some()),
        )
    }

    fn is(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// After so long no packet of one source is taken for a copy of one before: more than the longest delay of a copy.
const NO_COPY_AFTER: Duration = Duration::from_millis(200);

const REFUSAL: TcpFlags = TcpFlags(TcpFlags::RST.0 | TcpFlags::ACK.0);

impl Further {
    /// Of a segment on the SYN's 4-tuple, when it is the SYN again or the RST that refuses it; `before` is when the latest SYN was
    /// captured.
    pub(super) fn of_segment(
        syn: &LoneSyn,
        before: Timestamp,
        segment: &Segment,
        place: PacketPlace,
    ) -> Option<Self> {
        let content = if segment.flags == REFUSAL {
            Self::refusal(syn, segment)?
        } else {
            Self::repetition(syn, segment)
                .filter(|_| place.at.since(before) > NO_COPY_AFTER && place.at > before)?
        };
        Self::of(syn, place, &segment.ip, content)
    }

    /// Of an ICMP error that ends the connect.
    pub(super) fn of_icmp_error(
        syn: &LoneSyn,
        error: &IcmpError,
        place: PacketPlace,
    ) -> Option<Self> {
        let quote = &error.quote;
        let (IpAddr::V4(sender), IcmpKind::V4(kind, code)) = (error.sender, error.kind) else {
            return None;
        };
        let quotes_the_syn = quote.source == syn.client()
            && quote.destination == syn.server()
            && quote.sequence.is_none_or(|number| number == syn.isn())
            && quote.flags.is_none_or(TcpFlags::is_syn);
        let content = Content::IcmpError {
            sender,
            kind: (kind, code),
            quoted_ttl: quote.ttl,
        };
        Self::of(syn, place, &error.ip, content)
            .filter(|_| quotes_the_syn && !error.kind.only_adjusts())
    }

    fn of(syn: &LoneSyn, place: PacketPlace, ip: &IpFacts, content: Content) -> Option<Self> {
        let first = syn.place();
        let distance = place.number.0.checked_sub(first.number.0)?;
        let is_of_one_source = place.source == first.source;
        Some(Self {
            at: place.at,
            distance: u32::try_from(distance).ok().filter(|_| is_of_one_source)?,
            content,
            flow_label: ip.flow_label.unwrap_or_default(),
            identification: ip.identification.unwrap_or_default(),
            ttl: ip.ttl,
            traffic_class: ip.traffic_class,
            known: Known::of(ip),
        })
    }

    /// The same SYN, but for what changes with every packet.
    fn repetition(syn: &LoneSyn, segment: &Segment) -> Option<Content> {
        let first = syn.segment();
        let (timestamp, echo) = segment.options.timestamps.unwrap_or_default();
        let expected = Segment {
            ip: segment.ip,
            encapsulation: segment.encapsulation,
            options: TcpOptions {
                timestamps: first.options.timestamps.map(|_| (timestamp, echo)),
                ..first.options
            },
            ..first
        };
        let has_same_echo = first.options.timestamps.unwrap_or_default().1 == echo;
        (has_same_echo && expected == *segment).then_some(Content::SynAgain { timestamp })
    }

    /// The RST of a closed port, or of a firewall that rejects.
    fn refusal(syn: &LoneSyn, segment: &Segment) -> Option<Content> {
        let window = segment.window?;
        let content = Content::Reset {
            sequence: segment.sequence,
            window,
        };
        let expected = Segment {
            encapsulation: segment.encapsulation,
            ..refusal_of(syn, segment.ip, segment.sequence, window)
        };
        let is_plain = syn.is_without_data() && syn.client() != syn.server();
        (is_plain && expected == *segment).then_some(content)
    }

    /// When it was captured.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// A look at it brings it into the cache.
    pub(super) fn touch(&self) -> u64 {
        self.ttl.into()
    }

    /// Whether it is the SYN again.
    pub(super) fn is_syn(&self) -> bool {
        matches!(self.content, Content::SynAgain { .. })
    }

    /// Whether it is the RST.
    pub(super) fn is_reset(&self) -> bool {
        matches!(self.content, Content::Reset { .. })
    }

    /// Adds the packet to the attempts of its 4-tuple, by the rules for whole packets.
    pub(super) fn replay(&self, syn: &LoneSyn, flow: &mut Flow) {
        let first = syn.place();
        let place = PacketPlace {
            at: self.at,
            source: first.source,
            number: PacketNumber(first.number.0 + u64::from(self.distance)),
        };
        // How long an answer is waited for matters to packets that fit less well than these.
        let patience = Duration::ZERO;
        match self.content {
            Content::SynAgain { timestamp } => {
                let mut segment = syn.segment();
                segment.ip = self.ip();
                if let Some((value, _)) = &mut segment.options.timestamps {
                    *value = timestamp;
                }
                on_syn(flow, &segment, place, patience);
            }
            Content::Reset { sequence, window } => {
                let segment = refusal_of(syn, self.ip(), sequence, window);
                on_reset(flow, &segment, place, patience);
            }
            Content::IcmpError {
                sender,
                kind: (kind, code),
                quoted_ttl,
            } => {
                let error = IcmpError {
                    sender: sender.into(),
                    ip: self.ip(),
                    kind: IcmpKind::V4(kind, code),
                    encapsulation: Encapsulation::default(),
                    quote: QuotedSegment {
                        source: syn.client(),
                        destination: syn.server(),
                        ttl: quoted_ttl,
                        sequence: Some(syn.isn()),
                        flags: Some(TcpFlags::SYN),
                    },
                };
                on_icmp_error(flow, &error, place);
            }
        }
    }

    fn ip(&self) -> IpFacts {
        let known = self.known;
        IpFacts {
            ttl: self.ttl,
            identification: known
                .is(Known::IDENTIFICATION)
                .then_some(self.identification),
            dont_fragment: known
                .is(Known::DONT_FRAGMENT_KNOWN)
                .then_some(known.is(Known::DONT_FRAGMENT)),
            traffic_class: self.traffic_class,
            flow_label: known.is(Known::FLOW_LABEL).then_some(self.flow_label),
        }
    }
}

fn refusal_of(syn: &LoneSyn, ip: IpFacts, sequence: SequenceNumber, window: u16) -> Segment {
    Segment {
        source: syn.server(),
        destination: syn.client(),
        ip,
        encapsulation: Encapsulation::default(),
        sequence,
        acknowledgment: syn.isn().plus(1),
        flags: REFUSAL,
        window: Some(window),
        payload_length: 0,
        options: TcpOptions::default(),
        is_whole: true,
    }
}
