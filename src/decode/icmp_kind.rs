//! ICMP and `ICMPv6` types and codes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Type and code of an ICMP (RFC 792, RFC 1812 §5.2.7) or `ICMPv6` (RFC 4443) message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IcmpKind {
    /// ICMP for IPv4: type, code.
    V4(u8, u8),
    /// `ICMPv6`: type, code.
    V6(u8, u8),
}

impl IcmpKind {
    /// Whether this is an error message that quotes the packet it is about.
    pub const fn is_error(self) -> bool {
        match self {
            Self::V4(kind, _) => matches!(kind, 3 | 4 | 5 | 11 | 12),
            Self::V6(kind, _) => kind < 128,
        }
    }

    /// Whether it only adjusts a connect and does not end it: fragmentation needed, packet too big,
    /// source quench, redirect.
    pub const fn only_adjusts(self) -> bool {
        matches!(self, Self::V4(3, 4) | Self::V4(4 | 5, _) | Self::V6(2, _))
    }

    /// Whether it asks for smaller packets: fragmentation needed, packet too big.
    pub const fn asks_for_smaller(self) -> bool {
        matches!(self, Self::V4(3, 4) | Self::V6(2, _))
    }

    /// What it says, as people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V4(3, 0) => "net unreachable",
            Self::V4(3, 1) => "host unreachable",
            Self::V4(3, 2) => "protocol unreachable",
            Self::V4(3, 3) | Self::V6(1, 4) => "port unreachable",
            Self::V4(3, 4) => "fragmentation needed",
            Self::V4(3, 5) => "source route failed",
            Self::V4(3, 6) => "net unknown",
            Self::V4(3, 7) => "host unknown",
            Self::V4(3, 8) => "source host isolated",
            Self::V4(3, 9) => "net administratively prohibited",
            Self::V4(3, 10) => "host administratively prohibited",
            Self::V4(3, 11) => "net unreachable for this type of service",
            Self::V4(3, 12) => "host unreachable for this type of service",
            Self::V4(3, 13) | Self::V6(1, 1) => "administratively prohibited",
            Self::V4(3, 14) => "host precedence violation",
            Self::V4(3, 15) => "precedence cutoff",
            Self::V4(4, _) => "source quench",
            Self::V4(5, _) => "redirect",
            Self::V4(11, 0) | Self::V6(3, 0) => "time to live exceeded",
            Self::V4(11, _) | Self::V6(3, _) => "reassembly time exceeded",
            Self::V4(12, _) | Self::V6(4, _) => "parameter problem",
            Self::V6(1, 0) => "no route",
            Self::V6(1, 2) => "beyond scope of source address",
            Self::V6(1, 3) => "address unreachable",
            Self::V6(1, 5) => "source address failed policy",
            Self::V6(1, 6) => "route rejected",
            Self::V4(3, _) | Self::V6(1, _) => "destination unreachable",
            Self::V6(2, _) => "packet too big",
            Self::V4(..) | Self::V6(..) => "error",
        }
    }
}

impl fmt::Display for IcmpKind {
    /// `ICMP port unreachable (3/3)`, `ICMPv6 no route (1/0)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(kind, code) => write!(formatter, "ICMP {} ({kind}/{code})", self.name()),
            Self::V6(kind, code) => write!(formatter, "ICMPv6 {} ({kind}/{code})", self.name()),
        }
    }
}
