//! A packet that goes on as most failing connects do, in a third of the room: the SYN once more, the RST that refuses it, the
//! ICMP error that rejects it, or a SYN-ACK that nobody acknowledges.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::flow::Flow;
use super::lone_syn::LoneSyn;
use super::on_icmp_error::on_icmp_error;
use super::on_reset::on_reset;
use super::on_syn::on_syn;
use super::on_syn_ack::on_syn_ack;
use crate::capture::{PacketNumber, PacketPlace, Timestamp};
use crate::decode::{
    Encapsulation, IcmpError, IcmpKind, IpFacts, QuotedSegment, Segment, SequenceNumber, TcpFlags,
    TcpOptions,
};

/// One packet after a SYN, as far as it tells more than the SYN does: what it was wrapped in is asked of an attempt's first
/// packet only. 40 bytes.
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
    /// Without data, which acknowledges the SYN and nothing more, and echoes its timestamp.
    SynAck {
        sequence: SequenceNumber,
        timestamp: u32,
        window: u16,
        maximum_segment_size: u16,
        options: SynAckOptions,
    },
    /// From this address: type, code, and the time to live of the quoted SYN.
    IcmpError {
        sender: Ipv4Addr,
        kind: (u8, u8),
        quoted_ttl: u8,
    },
}

/// Which options a SYN-ACK has, and in the upper bits its window scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SynAckOptions(u8);

impl SynAckOptions {
    const SEGMENT_SIZE: u8 = 1;
    const WINDOW_SCALE: u8 = 1 << 1;
    const TIMESTAMPS: u8 = 1 << 2;
    const SACK_PERMITTED: u8 = 1 << 3;
    const SCALE_SHIFT: u8 = 4;

    fn of(options: &TcpOptions) -> Self {
        let bit = |bit, is_so| if is_so { bit } else { 0 };
        Self(
            options.window_scale.unwrap_or_default() << Self::SCALE_SHIFT
                | bit(Self::SEGMENT_SIZE, options.maximum_segment_size.is_some())
                | bit(Self::WINDOW_SCALE, options.window_scale.is_some())
                | bit(Self::TIMESTAMPS, options.timestamps.is_some())
                | bit(Self::SACK_PERMITTED, options.sack_permitted),
        )
    }

    fn with(self, maximum_segment_size: u16, timestamps: (u32, u32)) -> TcpOptions {
        let has = |bit| self.0 & bit != 0;
        TcpOptions {
            maximum_segment_size: has(Self::SEGMENT_SIZE).then_some(maximum_segment_size),
            window_scale: has(Self::WINDOW_SCALE).then_some(self.0 >> Self::SCALE_SHIFT),
            timestamps: has(Self::TIMESTAMPS).then_some(timestamps),
            sack_permitted: has(Self::SACK_PERMITTED),
            ..TcpOptions::default()
        }
    }
}

impl Content {
    fn of_syn_ack(segment: &Segment) -> Option<Self> {
        let options = &segment.options;
        Some(Self::SynAck {
            sequence: segment.sequence,
            timestamp: options.timestamps.unwrap_or_default().0,
            window: segment.window?,
            maximum_segment_size: options.maximum_segment_size.unwrap_or_default(),
            options: SynAckOptions::of(options),
        })
    }

    /// The SYN-ACK that it is.
    fn syn_ack(self, syn: &LoneSyn, ip: IpFacts) -> Option<Segment> {
        let Self::SynAck {
            sequence,
            timestamp,
            window,
            maximum_segment_size,
            options,
        } = self
        else {
            return None;
        };
        let echo = syn.segment().options.timestamps.unwrap_or_default().0;
        Some(Segment {
            flags: TcpFlags(TcpFlags::SYN.0 | TcpFlags::ACK.0),
            options: options.with(maximum_segment_size, (timestamp, echo)),
            ..refusal_of(syn, ip, sequence, window)
        })
    }

    /// Whether it is the same SYN-ACK again, but for what changes with every packet.
    fn is_syn_ack_again(self, mut other: Self) -> bool {
        if let (
            Self::SynAck { timestamp, .. },
            Self::SynAck {
                timestamp: other, ..
            },
        ) = (self, &mut other)
        {
            *other = timestamp;
        }
        self == other
    }
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
            Self::repetition(syn, segment).filter(|_| place.at.since(before) > NO_COPY_AFTER)?
        };
        Self::of(syn, place, &segment.ip, content)
    }

    /// Of a SYN-ACK on the SYN's 4-tuple that is the first answer, or as the one before; `latest` is the packet before it, if
    /// there is another than the SYN.
    pub(super) fn of_syn_ack(
        syn: &LoneSyn,
        latest: Option<&Self>,
        segment: &Segment,
        place: PacketPlace,
    ) -> Option<Self> {
        let content = Content::of_syn_ack(segment)?;
        let expected = Segment {
            encapsulation: segment.encapsulation,
            ..content.syn_ack(syn, segment.ip)?
        };
        let is_plain = syn.is_without_data() && syn.client() != syn.server();
        let is_as_before = latest.is_none_or(|latest| {
            latest.content.is_syn_ack_again(content) && place.at.since(latest.at) > NO_COPY_AFTER
        });
        Self::of(syn, place, &segment.ip, content)
            .filter(|_| is_plain && is_as_before && expected == *segment)
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

    /// Whether it is a SYN-ACK.
    pub(super) fn is_syn_ack(&self) -> bool {
        matches!(self.content, Content::SynAck { .. })
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
            Content::SynAck { .. } => {
                if let Some(segment) = self.content.syn_ack(syn, self.ip()) {
                    on_syn_ack(flow, &segment, place, patience);
                }
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
