//! What the capture says of a packet beside its headers: on which interface it was captured and
//! which way it went, and whether the checksums of a handshake packet are right.

use serde::{Deserialize, Serialize};

use super::fields::{u8_at, u16_at, u32_at};
use super::inspection;
use super::verdict::VerdictMark;
use crate::capture::{LinkType, Packet, Passage};

/// Whether the checksums of a packet are right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Checksums {
    /// No SYN and no SYN-ACK, not captured whole, or left to the network card to fill in.
    #[default]
    NotKnown,
    /// All that are there are right.
    Right,
    /// That of TCP is wrong, or that of the IP header in front of it.
    Wrong,
    /// That of the UDP datagram of the tunnel around it is wrong.
    WrongOutside,
}

impl Checksums {
    /// Whether a receiver throws the packet away.
    pub const fn are_wrong(self) -> bool {
        matches!(self, Self::Wrong | Self::WrongOutside)
    }
}

/// What the capture says of a packet beside its headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureFacts {
    /// Whether its checksums are right.
    pub checksums: Checksums,
    /// Which way it went through the host that captured it.
    pub passage: Option<Passage>,
    /// The interface, by the number that the capture gives it; 0 where it gives none.
    pub interface: u16,
    /// Whether this is a SYN that was captured just before with other addresses or ports: a later
    /// leg of a connect that is translated here.
    pub is_translated: bool,
    /// What the capture itself says became of it.
    pub verdict: Option<VerdictMark>,
}

/// A number for an interface that has only a name: never 0.
fn interface_number(name: &[u8]) -> u16 {
    let sum = name.iter().fold(0_u16, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u16::from(*byte))
    });
    sum.max(1)
}

/// The packet types of Linux's cooked captures.
mod packet_type {
    pub(super) const TO_ANOTHER_HOST: u16 = 3;
    pub(super) const OUTGOING: u16 = 4;
}

impl CaptureFacts {
    /// Those of a packet, before its checksums were looked at.
    #[inline]
    pub(super) fn of(packet: &Packet<'_>) -> Self {
        match packet.link_type {
            Some(LinkType::LINUX_SLL | LinkType::LINUX_SLL2) => Self::of_linux_cooked(packet),
            Some(LinkType::IPNET) => Self {
                passage: match u16_at(packet.bytes, 2) {
                    Ok(0) => Some(Passage::In),
                    Ok(1) => Some(Passage::Out),
                    _ => None,
                },
                ..Self::told_by(packet)
            },
            Some(LinkType::ETHERNET) => match inspection::point(packet.bytes) {
                Some((point, interface)) => Self {
                    passage: point.passage(),
                    interface: interface_number(interface),
                    ..Self::told_by(packet)
                },
                None => Self::told_by(packet),
            },
            _ => Self::told_by(packet),
        }
    }

    fn told_by(packet: &Packet<'_>) -> Self {
        Self {
            checksums: Checksums::NotKnown,
            passage: packet.captured_on.passage,
            interface: packet.captured_on.interface,
            is_translated: false,
            verdict: None,
        }
    }

    fn of_linux_cooked(packet: &Packet<'_>) -> Self {
        let bytes = packet.bytes;
        let is_version_2 = packet.link_type == Some(LinkType::LINUX_SLL2);
        let packet_type = if is_version_2 {
            u8_at(bytes, 10).map(u16::from)
        } else {
            u16_at(bytes, 0)
        };
        let told = Self::told_by(packet);
        let index = || {
            u32_at(bytes, 4)
                .ok()
                .and_then(|index| u16::try_from(index).ok())
        };
        Self {
            passage: match packet_type {
                Ok(0..=packet_type::TO_ANOTHER_HOST) => Some(Passage::In),
                Ok(packet_type::OUTGOING) => Some(Passage::Out),
                _ => None,
            },
            interface: if is_version_2 {
                index().unwrap_or_default()
            } else {
                told.interface
            },
            ..told
        }
    }

    /// The same with checksums.
    #[must_use]
    pub(super) fn with_checksums(self, checksums: Checksums) -> Self {
        Self { checksums, ..self }
    }

    /// Checksums and passage, in the upper half of a byte.
    pub(super) fn upper_bits(self) -> u8 {
        let passage = match self.passage {
            None => 0,
            Some(Passage::In) => 1,
            Some(Passage::Out) => 2,
        };
        (passage | (self.checksums as u8) << 2) << 4
    }

    /// Whether the checksums in such bits are wrong ones.
    pub(super) fn have_wrong_checksums(bits: u8) -> bool {
        bits >> 6 >= Checksums::Wrong as u8
    }

    /// Whether there is a passage in such bits.
    pub(super) fn have_passage(bits: u8) -> bool {
        bits >> 4 & 3 != 0
    }

    /// What [`Self::upper_bits`] stands for.
    pub(super) fn from_upper_bits(bits: u8, interface: u16) -> Self {
        Self {
            checksums: match bits >> 6 {
                1 => Checksums::Right,
                2 => Checksums::Wrong,
                3 => Checksums::WrongOutside,
                _ => Checksums::NotKnown,
            },
            passage: match bits >> 4 & 3 {
                1 => Some(Passage::In),
                2 => Some(Passage::Out),
                _ => None,
            },
            interface,
            is_translated: false,
            verdict: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fits_into_half_a_byte() {
        use Checksums::{NotKnown, Right, Wrong, WrongOutside};
        for checksums in [NotKnown, Right, Wrong, WrongOutside] {
            for passage in [None, Some(Passage::In), Some(Passage::Out)] {
                let facts = CaptureFacts {
                    checksums,
                    passage,
                    interface: 7,
                    is_translated: false,
                    verdict: None,
                };
                let bits = facts.upper_bits();
                assert_eq!(bits & 0x0f, 0);
                assert_eq!(CaptureFacts::from_upper_bits(bits | 5, 7), facts);
                let are_wrong = CaptureFacts::have_wrong_checksums(bits | 5);
                assert_eq!(are_wrong, checksums.are_wrong());
                assert_eq!(CaptureFacts::have_passage(bits | 5), passage.is_some());
            }
        }
    }
}
