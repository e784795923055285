//! The control bits of a TCP header.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The nine control bits in use, in the positions of the header's 13th and 14th byte (RFC 9293
/// §3.1, RFC 9768 for AE).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct TcpFlags(pub u16);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x001);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x002);
    /// Reset the connection.
    pub const RST: Self = Self(0x004);
    /// Push.
    pub const PSH: Self = Self(0x008);
    /// The acknowledgement number means something.
    pub const ACK: Self = Self(0x010);
    /// The urgent pointer means something.
    pub const URG: Self = Self(0x020);
    /// ECN echo.
    pub const ECE: Self = Self(0x040);
    /// Congestion window reduced.
    pub const CWR: Self = Self(0x080);
    /// Accurate ECN, the former nonce sum.
    pub const AE: Self = Self(0x100);

    /// From the header's bytes 12 and 13, which also hold the data offset.
    pub const fn from_header(bytes: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(bytes) & 0x1ff)
    }

    /// Whether SYN is set: of a SYN and of a SYN-ACK.
    pub const fn has_syn(self) -> bool {
        self.contains(Self::SYN)
    }

    /// Whether all of `flags` are set.
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Whether this opens a connection: SYN without ACK, and no RST, which would win.
    pub const fn is_syn(self) -> bool {
        self.contains(Self::SYN) && !self.contains(Self::ACK) && !self.contains(Self::RST)
    }

    /// Whether this answers a SYN: SYN with ACK, and no RST.
    pub const fn is_syn_ack(self) -> bool {
        self.contains(Self::SYN) && self.contains(Self::ACK) && !self.contains(Self::RST)
    }

    /// Whether RST is set.
    pub const fn is_rst(self) -> bool {
        self.contains(Self::RST)
    }

    /// Whether the sender ends the connection, in order or not.
    pub const fn ends_connection(self) -> bool {
        self.0 & (Self::FIN.0 | Self::RST.0) != 0
    }

    /// Whether ACK is set.
    pub const fn has_ack(self) -> bool {
        self.contains(Self::ACK)
    }

    /// Whether FIN is set.
    pub const fn has_fin(self) -> bool {
        self.contains(Self::FIN)
    }
}

impl fmt::Display for TcpFlags {
    /// The set flags' names, separated by commas, in the order people say them: `SYN,ACK`,
    /// `RST,ACK`, `PSH,ACK`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ORDER: [(TcpFlags, &str); 9] = [
            (TcpFlags::SYN, "SYN"),
            (TcpFlags::FIN, "FIN"),
            (TcpFlags::RST, "RST"),
            (TcpFlags::PSH, "PSH"),
            (TcpFlags::ACK, "ACK"),
            (TcpFlags::URG, "URG"),
            (TcpFlags::ECE, "ECE"),
            (TcpFlags::CWR, "CWR"),
            (TcpFlags::AE, "AE"),
        ];
        let mut separator = "";
        for (flag, name) in ORDER {
            if self.contains(flag) {
                write!(formatter, "{separator}{name}")?;
                separator = ",";
            }
        }
        if separator.is_empty() {
            formatter.write_str("no flags")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syn_with_rst_is_no_syn() {
        assert!(!TcpFlags(0x06).is_syn());
        assert!(TcpFlags(0x06).is_rst());
        assert!(TcpFlags(0x03).is_syn(), "a SYN with FIN is a SYN");
    }

    #[test]
    fn flags_are_named_as_people_say_them() {
        assert_eq!(TcpFlags(0x12).to_string(), "SYN,ACK");
        assert_eq!(TcpFlags(0x14).to_string(), "RST,ACK");
        assert_eq!(TcpFlags(0x1c2).to_string(), "SYN,ECE,CWR,AE");
        assert_eq!(TcpFlags(0).to_string(), "no flags");
    }
}
