//! What a row packs into single bits: its kind, and what its headers have.

use serde::{Deserialize, Serialize};

use crate::decode::{IpFacts, TcpOptions};

/// Of what kind a row is, and which of its fields mean something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape(pub(super) u8);

impl Shape {
    pub(super) const ICMP: u8 = 1;
    pub(super) const IPV6: u8 = 1 << 1;
    /// Its IPv6 addresses stand the other way round, as the destination's and the source's.
    pub(super) const REVERSED: u8 = 1 << 2;
    pub(super) const WINDOW: u8 = 1 << 3;
    pub(super) const WHOLE: u8 = 1 << 4;
    /// A SYN whose addresses or ports were translated.
    pub(super) const TRANSLATED: u8 = 1 << 5;
    pub(super) const QUOTED_SEQUENCE: u8 = 1 << 3;
    pub(super) const QUOTED_FLAGS: u8 = 1 << 4;

    pub(super) fn with(self, bit: u8, is_so: bool) -> Self {
        Self(self.0 | if is_so { bit } else { 0 })
    }

    pub(super) fn is(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// Which of the fields that may be absent are there, the options that say only that, and in the
/// upper bits the window scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeaderBits(pub(super) u16);

impl HeaderBits {
    pub(super) const IDENTIFICATION: u16 = 1;
    pub(super) const DONT_FRAGMENT_KNOWN: u16 = 1 << 1;
    pub(super) const DONT_FRAGMENT: u16 = 1 << 2;
    pub(super) const FLOW_LABEL: u16 = 1 << 3;
    pub(super) const SEGMENT_SIZE: u16 = 1 << 4;
    pub(super) const WINDOW_SCALE: u16 = 1 << 5;
    pub(super) const TIMESTAMPS: u16 = 1 << 6;
    pub(super) const SACK_PERMITTED: u16 = 1 << 7;
    pub(super) const FAST_OPEN: u16 = 1 << 8;
    pub(super) const MULTIPATH: u16 = 1 << 9;
    pub(super) const AUTHENTICATION: u16 = 1 << 10;
    /// What the IP header says.
    pub(super) const OF_IP: u16 = 0xf;
    pub(super) const SCALE_SHIFT: u16 = 11;
    /// RFC 7323 §2.3 allows 14.
    pub(super) const LARGEST_SCALE: u8 = 31;

    pub(super) fn with(self, bit: u16, is_so: bool) -> Self {
        Self(self.0 | if is_so { bit } else { 0 })
    }

    pub(super) fn with_scale(self, scale: Option<u8>) -> Option<Self> {
        let value = scale.unwrap_or(0);
        let bits = u16::from(value) << Self::SCALE_SHIFT;
        (value <= Self::LARGEST_SCALE)
            .then(|| Self(self.0 | bits).with(Self::WINDOW_SCALE, scale.is_some()))
    }

    pub(super) fn of_ip(ip: &IpFacts) -> Self {
        Self::default()
            .with(Self::IDENTIFICATION, ip.identification.is_some())
            .with(Self::DONT_FRAGMENT_KNOWN, ip.dont_fragment.is_some())
            .with(Self::DONT_FRAGMENT, ip.dont_fragment == Some(true))
            .with(Self::FLOW_LABEL, ip.flow_label.is_some())
    }

    pub(super) fn with_options(self, options: &TcpOptions) -> Option<Self> {
        self.with(Self::SEGMENT_SIZE, options.maximum_segment_size.is_some())
            .with(Self::TIMESTAMPS, options.timestamps.is_some())
            .with(Self::SACK_PERMITTED, options.sack_permitted)
            .with(Self::FAST_OPEN, options.fast_open)
            .with(Self::MULTIPATH, options.multipath)
            .with(Self::AUTHENTICATION, options.authentication)
            .with_scale(options.window_scale)
    }

    pub(super) fn is(self, bit: u16) -> bool {
        self.0 & bit != 0
    }

    pub(super) fn given<T>(self, bit: u16, value: T) -> Option<T> {
        self.is(bit).then_some(value)
    }

    pub(super) fn scale(self) -> Option<u8> {
        let scale = u8::try_from(self.0 >> Self::SCALE_SHIFT).unwrap_or_default();
        self.given(Self::WINDOW_SCALE, scale)
    }
}
