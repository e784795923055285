//! Check Point's `fw monitor`: where in the gateway a packet was seen stands in the place of its
//! MAC addresses.

use crate::capture::Passage;

/// Where in a gateway a packet was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InspectionPoint {
    /// Before the inbound chain.
    BeforeInbound,
    /// Behind the inbound chain.
    BehindInbound,
    /// Before the outbound chain.
    BeforeOutbound,
    /// Behind the outbound chain.
    BehindOutbound,
    /// Before encryption.
    BeforeEncryption,
    /// Behind encryption.
    BehindEncryption,
}

/// Direction, position in the chain, name of the interface.
const HEADER: usize = 12;

/// The point that an Ethernet header tells: a letter, the position in the chain, and the name of an
/// interface, padded with zeros. All these letters are odd, so that as the first byte of a MAC
/// address they stand for a group: no host is sent TCP there.
#[inline]
pub(super) fn point(frame: &[u8]) -> Option<(InspectionPoint, &[u8])> {
    let point = match frame.first()? {
        b'i' => InspectionPoint::BeforeInbound,
        b'I' => InspectionPoint::BehindInbound,
        b'o' => InspectionPoint::BeforeOutbound,
        b'O' => InspectionPoint::BehindOutbound,
        b'e' => InspectionPoint::BeforeEncryption,
        b'E' => InspectionPoint::BehindEncryption,
        _ => return None,
    };
    let name = interface_name(frame.get(2..HEADER)?)?;
    Some((point, name))
}

/// A name in letters, digits and what else names of interfaces have; nothing but zeros behind it.
fn interface_name(field: &[u8]) -> Option<&[u8]> {
    let end = field.iter().position(|byte| *byte == 0);
    let (name, padding) = field.split_at_checked(end.unwrap_or(field.len()))?;
    let is_named = name.first().is_some_and(u8::is_ascii_alphabetic)
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-:/@".contains(byte));
    (is_named && padding.iter().all(|byte| *byte == 0)).then_some(name)
}

impl InspectionPoint {
    /// Which way the packet goes there through the gateway as a whole: what was seen before the
    /// inbound chain and never behind the outbound one did not pass.
    pub(super) const fn passage(self) -> Option<Passage> {
        match self {
            Self::BeforeInbound => Some(Passage::In),
            Self::BehindOutbound => Some(Passage::Out),
            Self::BehindInbound
            | Self::BeforeOutbound
            | Self::BeforeEncryption
            | Self::BehindEncryption => None,
        }
    }

    /// The letter that stands for it.
    pub(super) const fn letter(self) -> char {
        match self {
            Self::BeforeInbound => 'i',
            Self::BehindInbound => 'I',
            Self::BeforeOutbound => 'o',
            Self::BehindOutbound => 'O',
            Self::BeforeEncryption => 'e',
            Self::BehindEncryption => 'E',
        }
    }

    /// Whether it is of the inbound chain.
    pub(super) const fn is_inbound(self) -> bool {
        matches!(self, Self::BeforeInbound | Self::BehindInbound)
    }
}

/// Whether an Ethernet header tells such a point.
#[cfg(feature = "evidence")]
pub(crate) fn tells(frame: &[u8]) -> bool {
    point(frame).is_some()
}
