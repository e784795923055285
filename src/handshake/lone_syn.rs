//! An attempt of which nothing but its SYN was seen, in a third of the room: in a flood nearly all are.

use super::attempt::{Attempt, AttemptId};
use super::flow_key::FlowKey;
use super::place_index::Tag;
use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use crate::decode::{
    Encapsulation, Endpoint, IpFacts, Segment, SequenceNumber, TcpFlags, TcpOptions,
};

/// One SYN, as far as an attempt is made from it. 112 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoneSyn {
    at: Timestamp,
    tag: Tag,
    id: AttemptId,
    number: PacketNumber,
    source: SourceId,
    pub(super) client: Endpoint,
    pub(super) server: Endpoint,
    pub(super) sequence: SequenceNumber,
    acknowledgment: SequenceNumber,
    timestamps: (u32, u32),
    flow_label: u32,
    identification: u16,
    window: u16,
    maximum_segment_size: u16,
    payload_length: u16,
    flags: TcpFlags,
    known: Known,
    ttl: u8,
    traffic_class: u8,
    window_scale: u8,
}

/// Which of the fields that may be absent are there, and the options that say only that.
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

    fn with(self, bit: u16, is_so: bool) -> Self {
        Self(self.0 | if is_so { bit } else { 0 })
    }

    fn is(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    fn given<T>(self, bit: u16, value: T) -> Option<T> {
        self.is(bit).then_some(value)
    }
}

impl LoneSyn {
    /// Of a SYN that is wrapped in nothing and was captured with its whole header; `None` for others, which are rare.
    pub(super) fn of(
        id: AttemptId,
        tag: Tag,
        segment: &Segment,
        place: PacketPlace,
    ) -> Option<Self> {
        let is_plain = segment.is_whole && segment.encapsulation == Encapsulation::default();
        let (ip, options) = (segment.ip, segment.options);
        let known = Known::default()
            .with(Known::IDENTIFICATION, ip.identification.is_some())
            .with(Known::DONT_FRAGMENT_KNOWN, ip.dont_fragment.is_some())
            .with(Known::DONT_FRAGMENT, ip.dont_fragment == Some(true))
            .with(Known::FLOW_LABEL, ip.flow_label.is_some())
            .with(Known::SEGMENT_SIZE, options.maximum_segment_size.is_some())
            .with(Known::WINDOW_SCALE, options.window_scale.is_some())
            .with(Known::TIMESTAMPS, options.timestamps.is_some())
            .with(Known::SACK_PERMITTED, options.sack_permitted)
            .with(Known::FAST_OPEN, options.fast_open)
            .with(Known::MULTIPATH, options.multipath)
            .with(Known::AUTHENTICATION, options.authentication);
        Some(Self {
            at: place.at,
            tag,
            id,
            number: place.number,
            source: place.source,
            client: segment.source,
            server: segment.destination,
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            timestamps: options.timestamps.unwrap_or_default(),
            flow_label: ip.flow_label.unwrap_or_default(),
            identification: ip.identification.unwrap_or_default(),
            window: segment.window.filter(|_| is_plain)?,
            maximum_segment_size: options.maximum_segment_size.unwrap_or_default(),
            payload_length: u16::try_from(segment.payload_length).ok()?,
            flags: segment.flags,
            known,
            ttl: ip.ttl,
            traffic_class: ip.traffic_class,
            window_scale: options.window_scale.unwrap_or_default(),
        })
    }

    /// The attempt's number.
    pub(super) fn id(&self) -> AttemptId {
        self.id
    }

    /// Whether this is its 4-tuple.
    pub(super) fn is_of(&self, key: FlowKey) -> bool {
        key.is_between(self.client, self.server)
    }

    /// The tag of its 4-tuple.
    pub(super) fn tag(&self) -> Tag {
        self.tag
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
            source: self.source,
            number: self.number,
        }
    }

    /// Whether an answer acknowledges nothing but the SYN.
    pub(super) fn is_without_data(&self) -> bool {
        self.payload_length == 0 && !self.flags.has_fin()
    }

    /// The attempt that begins with it.
    pub(super) fn attempt(&self) -> Attempt {
        Attempt::of_syn(self.id, &self.segment(), self.place())
    }

    /// The segment that it is.
    pub(super) fn segment(&self) -> Segment {
        let known = self.known;
        Segment {
            source: self.client,
            destination: self.server,
            ip: IpFacts {
                ttl: self.ttl,
                identification: known.given(Known::IDENTIFICATION, self.identification),
                dont_fragment: known
                    .given(Known::DONT_FRAGMENT_KNOWN, known.is(Known::DONT_FRAGMENT)),
                traffic_class: self.traffic_class,
                flow_label: known.given(Known::FLOW_LABEL, self.flow_label),
            },
            encapsulation: Encapsulation::default(),
            sequence: self.sequence,
            acknowledgment: self.acknowledgment,
            flags: self.flags,
            window: Some(self.window),
            payload_length: u32::from(self.payload_length),
            options: TcpOptions {
                maximum_segment_size: known.given(Known::SEGMENT_SIZE, self.maximum_segment_size),
                window_scale: known.given(Known::WINDOW_SCALE, self.window_scale),
                timestamps: known.given(Known::TIMESTAMPS, self.timestamps),
                sack_permitted: known.is(Known::SACK_PERMITTED),
                fast_open: known.is(Known::FAST_OPEN),
                multipath: known.is(Known::MULTIPATH),
                authentication: known.is(Known::AUTHENTICATION),
            },
            is_whole: true,
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
                timestamps: Some((1, 2)),
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
        for segment in [segment(false), segment(true), bare] {
            let lone = LoneSyn::of(
                AttemptId(9),
                Tag::default(),
                &segment,
                PacketPlace::default(),
            )
            .unwrap();
            assert_eq!(lone.segment(), segment);
        }
    }

    #[test]
    fn it_takes_a_fraction_of_the_room() {
        assert_eq!(size_of::<LoneSyn>(), 112);
    }

    #[test]
    fn a_syn_that_was_cut_or_is_too_long_is_none() {
        let cut = Segment {
            window: None,
            is_whole: false,
            ..segment(false)
        };
        let long = Segment {
            payload_length: 70_000,
            ..segment(false)
        };
        for segment in [cut, long] {
            assert!(
                LoneSyn::of(
                    AttemptId(9),
                    Tag::default(),
                    &segment,
                    PacketPlace::default()
                )
                .is_none()
            );
        }
    }
}
