//! An attempt of which nothing but its SYN was seen, in an eighth of the room: in a flood nearly all are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::attempt::{Attempt, AttemptId};
use super::flow_key::FlowKey;
use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use crate::decode::{
    Encapsulation, EncapsulationLayer, Endpoint, IpFacts, Segment, SequenceNumber, TcpFlags,
    TcpOptions,
};

/// One SYN, as far as an attempt is made from it. 64 bytes: one line of memory is waited for, not two, and three million of them
/// take 192 MB.
#[derive(Clone, Debug)]
pub(super) struct LoneSyn {
    at: Timestamp,
    ends: Ends,
    sequence: SequenceNumber,
    acknowledgment: SequenceNumber,
    timestamp: u32,
    id: Low40,
    number: Low40,
    source: u16,
    vlan: VlanTag,
    identification: u16,
    window: u16,
    maximum_segment_size: u16,
    payload_length: u16,
    flags: TcpFlags,
    known: Known,
    ttl: u8,
    traffic_class: u8,
}

/// Who sent it to whom.
#[derive(Clone, Debug)]
enum Ends {
    V4 {
        client: Ipv4Addr,
        server: Ipv4Addr,
        ports: (u16, u16),
    },
    V6(Box<EndsV6>),
}

#[derive(Clone, Debug)]
struct EndsV6 {
    client: Ipv6Addr,
    server: Ipv6Addr,
    ports: (u16, u16),
    flow_label: u32,
}

/// A number of which 40 bits are kept: a million million packets.
#[derive(Clone, Copy, Debug)]
struct Low40([u8; 5]);

impl Low40 {
    fn of(number: u64) -> Option<Self> {
        match number.to_le_bytes() {
            [low @ .., 0, 0, 0] => Some(Self(low)),
            _ => None,
        }
    }

    fn number(self) -> u64 {
        let bytes = self.0.iter().rev();
        bytes.fold(0, |high, byte| high << 8 | u64::from(*byte))
    }
}

/// What it was wrapped in: nothing, or one VLAN tag, as on a trunk or a mirror port. 0, or the tag and one.
#[derive(Clone, Copy, Debug)]
struct VlanTag(u16);

impl VlanTag {
    fn of(encapsulation: &Encapsulation) -> Option<Self> {
        let mut layers = encapsulation.layers();
        match (layers.next(), layers.next()) {
            (None, _) => Some(Self(0)),
            (Some(EncapsulationLayer::Vlan(tag)), None) => tag.checked_add(1).map(Self),
            _ => None,
        }
    }

    fn encapsulation(self) -> Encapsulation {
        let mut encapsulation = Encapsulation::default();
        if let Some(tag) = self.0.checked_sub(1) {
            encapsulation.push(EncapsulationLayer::Vlan(tag));
        }
        encapsulation
    }
}

/// Which of the fields that may be absent are there, the options that say only that, and in the last bits the window scale.
#[derive(Clone, Copy, Debug, Default)]
struct Known(u16);

impl Known {
    const IDENTIFICATION: u16 = 1;
    const DONT_FRAGMENT_KNOWN: u16 = 1 << 1;
    const DONT_FRAGMENT: u16 = 1 << 2;
    const FLOW_LABEL: u16 = 1 << 3;
    const SEGMENT_SIZE: u16 = 1 << 4;
    const WINDOW_SCALE: u16 = 1 << 5;
    const TIMESTAMPS: u16 = 1 << 6;
    const SACK_PERMITTED: u16 = 1 << 7;
    const FAST_OPEN: u16 = 1 << 8;
    const MULTIPATH: u16 = 1 << 9;
    const AUTHENTICATION: u16 = 1 << 10;
    const SCALE_SHIFT: u16 = 11;
    /// RFC 7323 §2.3 allows 14.
    const LARGEST_SCALE: u8 = 15;

    fn with(self, bit: u16, is_so: bool) -> Self {
        Self(self.0 | if is_so { bit } else { 0 })
    }

    fn with_scale(self, scale: Option<u8>) -> Option<Self> {
        let value = scale.unwrap_or(0);
        let bits = u16::from(value) << Self::SCALE_SHIFT;
        (value <= Self::LARGEST_SCALE)
            .then(|| Self(self.0 | bits).with(Self::WINDOW_SCALE, scale.is_some()))
    }

    fn is(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    fn given<T>(self, bit: u16, value: T) -> Option<T> {
        self.is(bit).then_some(value)
    }

    fn scale(self) -> Option<u8> {
        let scale = u8::try_from(self.0 >> Self::SCALE_SHIFT).unwrap_or_default();
        self.given(Self::WINDOW_SCALE, scale)
    }
}

impl LoneSyn {
    /// Of a SYN that is wrapped in no more than a VLAN tag, was captured with its whole header and says nothing that hardly any
    /// does; `None` for others.
    pub(super) fn of(id: AttemptId, segment: &Segment, place: PacketPlace) -> Option<Self> {
        let (ip, options) = (segment.ip, segment.options);
        let (timestamp, echo) = options.timestamps.unwrap_or_default();
        let known = Known::default()
            .with(Known::IDENTIFICATION, ip.identification.is_some())
            .with(Known::DONT_FRAGMENT_KNOWN, ip.dont_fragment.is_some())
            .with(Known::DONT_FRAGMENT, ip.dont_fragment == Some(true))
            .with(Known::FLOW_LABEL, ip.flow_label.is_some())
            .with(Known::SEGMENT_SIZE, options.maximum_segment_size.is_some())
            .with(Known::TIMESTAMPS, options.timestamps.is_some())
            .with(Known::SACK_PERMITTED, options.sack_permitted)
            .with(Known::FAST_OPEN, options.fast_open)
            .with(Known::MULTIPATH, options.multipath)
            .with(Known::AUTHENTICATION, options.authentication)
            .with_scale(options.window_scale)?;
        Some(Self {
            at: place.at,
            ends: Ends::of(segment)?,
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            timestamp,
            id: Low40::of(id.0)?,
            number: Low40::of(place.number.0)?,
            source: u16::try_from(place.source.0).ok()?,
            vlan: VlanTag::of(&segment.encapsulation)?,
            identification: ip.identification.unwrap_or_default(),
            window: segment.window.filter(|_| segment.is_whole && echo == 0)?,
            maximum_segment_size: options.maximum_segment_size.unwrap_or_default(),
            payload_length: u16::try_from(segment.payload_length).ok()?,
            flags: segment.flags,
            known,
            ttl: ip.ttl,
            traffic_class: ip.traffic_class,
        })
    }

    /// The attempt's number.
    pub(super) fn id(&self) -> AttemptId {
        AttemptId(self.id.number())
    }

    /// Whether this is its 4-tuple.
    pub(super) fn is_of(&self, key: FlowKey) -> bool {
        key.is_between(self.client(), self.server())
    }

    /// Who sent it.
    pub(super) fn client(&self) -> Endpoint {
        let (address, port) = match &self.ends {
            Ends::V4 { client, ports, .. } => ((*client).into(), ports.0),
            Ends::V6(ends) => (ends.client.into(), ends.ports.0),
        };
        Endpoint { address, port }
    }

    /// To whom.
    pub(super) fn server(&self) -> Endpoint {
        let (address, port) = match &self.ends {
            Ends::V4 { server, ports, .. } => ((*server).into(), ports.1),
            Ends::V6(ends) => (ends.server.into(), ends.ports.1),
        };
        Endpoint { address, port }
    }

    /// The client's initial sequence number.
    pub(super) fn isn(&self) -> SequenceNumber {
        self.sequence
    }

    /// Its time to live.
    pub(super) fn ttl(&self) -> u8 {
        self.ttl
    }

    /// When it was captured.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// Where it was captured.
    pub(super) fn place(&self) -> PacketPlace {
        PacketPlace {
            at: self.at,
            source: SourceId(self.source.into()),
            number: PacketNumber(self.number.number()),
        }
    }

    /// Whether an answer acknowledges nothing but the SYN.
    pub(super) fn is_without_data(&self) -> bool {
        self.payload_length == 0 && !self.flags.has_fin()
    }

    /// The attempt that begins with it.
    pub(super) fn attempt(&self) -> Attempt {
        Attempt::of_syn(self.id(), &self.segment(), self.place())
    }

    /// The segment that it is.
    pub(super) fn segment(&self) -> Segment {
        let known = self.known;
        Segment {
            source: self.client(),
            destination: self.server(),
            ip: IpFacts {
                ttl: self.ttl,
                identification: known.given(Known::IDENTIFICATION, self.identification),
                dont_fragment: known
                    .given(Known::DONT_FRAGMENT_KNOWN, known.is(Known::DONT_FRAGMENT)),
                traffic_class: self.traffic_class,
                flow_label: known.given(Known::FLOW_LABEL, self.ends.flow_label()),
            },
            encapsulation: self.vlan.encapsulation(),
            sequence: self.sequence,
            acknowledgment: self.acknowledgment,
            flags: self.flags,
            window: Some(self.window),
            payload_length: u32::from(self.payload_length),
            options: TcpOptions {
                maximum_segment_size: known.given(Known::SEGMENT_SIZE, self.maximum_segment_size),
                window_scale: known.scale(),
                timestamps: known.given(Known::TIMESTAMPS, (self.timestamp, 0)),
                sack_permitted: known.is(Known::SACK_PERMITTED),
                fast_open: known.is(Known::FAST_OPEN),
                multipath: known.is(Known::MULTIPATH),
                authentication: known.is(Known::AUTHENTICATION),
            },
            is_whole: true,
        }
    }
}

impl Ends {
    fn of(segment: &Segment) -> Option<Self> {
        let (client, server) = (segment.source, segment.destination);
        let ports = (client.port, server.port);
        match (client.address, server.address) {
            (IpAddr::V4(client), IpAddr::V4(server)) => Some(Self::V4 {
                client,
                server,
                ports,
            })
            .filter(|_| segment.ip.flow_label.is_none()),
            (IpAddr::V6(client), IpAddr::V6(server)) => Some(Self::V6(Box::new(EndsV6 {
                client,
                server,
                ports,
                flow_label: segment.ip.flow_label.unwrap_or_default(),
            }))),
            _ => None,
        }
    }

    fn flow_label(&self) -> u32 {
        match self {
            Self::V4 { .. } => 0,
            Self::V6(ends) => ends.flow_label,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(is_ipv6: bool) -> Segment {
        let endpoint = |text: &str, port| Endpoint {
            address: text.parse().unwrap(),
            port,
        };
        let (client, server) = if is_ipv6 {
            ("2001:db8::7", "2001:db8::20")
        } else {
            ("10.0.0.7", "10.0.1.20")
        };
        Segment {
            source: endpoint(client, 51234),
            destination: endpoint(server, 443),
            ip: IpFacts {
                ttl: 63,
                identification: (!is_ipv6).then_some(77),
                dont_fragment: (!is_ipv6).then_some(true),
                traffic_class: 0xb8,
                flow_label: is_ipv6.then_some(0x12345),
            },
            encapsulation: Encapsulation::default(),
            sequence: SequenceNumber(0xdead_beef),
            acknowledgment: SequenceNumber(7),
            flags: TcpFlags(TcpFlags::SYN.0 | TcpFlags::ECE.0 | TcpFlags::CWR.0),
            window: Some(64240),
            payload_length: 10,
            options: TcpOptions {
                maximum_segment_size: Some(1460),
                window_scale: Some(7),
                timestamps: Some((1, 0)),
                sack_permitted: true,
                fast_open: is_ipv6,
                multipath: !is_ipv6,
                authentication: is_ipv6,
            },
            is_whole: true,
        }
    }

    #[test]
    fn nothing_of_the_syn_is_lost() {
        let bare = Segment {
            options: TcpOptions::default(),
            ..segment(false)
        };
        let mut tagged = segment(false);
        tagged.encapsulation.push(EncapsulationLayer::Vlan(4095));
        for segment in [segment(false), segment(true), bare, tagged] {
            let place = PacketPlace {
                at: Timestamp::from_nanoseconds(1_000_000_007),
                source: SourceId(3),
                number: PacketNumber(0x12_3456_789a),
            };
            let id = AttemptId(0xfe_dcba_9876);
            let lone = LoneSyn::of(id, &segment, place).unwrap();
            assert_eq!((lone.id(), lone.place()), (id, place));
            assert_eq!(lone.segment(), segment);
        }
    }

    #[test]
    fn it_takes_a_fraction_of_the_room() {
        assert_eq!(size_of::<LoneSyn>(), 64);
        assert_eq!(size_of::<Option<LoneSyn>>(), 64);
    }

    #[test]
    fn a_syn_that_was_cut_or_says_what_hardly_any_does_is_none() {
        let cut = Segment {
            window: None,
            is_whole: false,
            ..segment(false)
        };
        let long = Segment {
            payload_length: 70_000,
            ..segment(false)
        };
        let with_options = |options| Segment {
            options,
            ..segment(false)
        };
        let scaled = with_options(TcpOptions {
            window_scale: Some(16),
            ..TcpOptions::default()
        });
        let echoing = with_options(TcpOptions {
            timestamps: Some((1, 2)),
            ..TcpOptions::default()
        });
        let mut tunnelled = segment(false);
        tunnelled.encapsulation.push(EncapsulationLayer::Vlan(7));
        tunnelled.encapsulation.push(EncapsulationLayer::Vlan(8));
        for segment in [cut, long, scaled, echoing, tunnelled] {
            assert!(LoneSyn::of(AttemptId(9), &segment, PacketPlace::default()).is_none());
        }
        let far = PacketPlace {
            number: PacketNumber(1 << 40),
            ..PacketPlace::default()
        };
        assert!(LoneSyn::of(AttemptId(9), &segment(false), far).is_none());
    }
}
