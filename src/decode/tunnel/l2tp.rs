//! L2TP: version 2 (RFC 2661) with PPP, version 3 (RFC 3931) with Ethernet.

use super::udp::Datagram;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::{after, u16_at, u32_at};
use crate::decode::link::{self, Found};

const IS_CONTROL: u16 = 0x8000;
const HAS_LENGTH: u16 = 0x4000;
const HAS_SEQUENCE: u16 = 0x0800;
const HAS_OFFSET: u16 = 0x0200;
const VERSION: u16 = 0x000f;

/// A data message of either version.
pub(super) fn over_udp<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    let bytes = datagram.payload;
    let flags = u16_at(bytes, 0).ok()?;
    match flags & (IS_CONTROL | VERSION) {
        2 => Some(version_2(flags, bytes, encapsulation)),
        3 => version_3(bytes.get(4..)?, encapsulation),
        _ => None,
    }
}

/// A session over IP itself; session 0 is for control.
pub(super) fn over_ip<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Option<Found<'a>> {
    version_3(bytes, encapsulation)
}

/// Length, tunnel, session, sequence numbers, offset: all but the second and third only where a
/// flag says so.
fn version_2<'a>(flags: u16, bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Found<'a> {
    let mut length = 2;
    if flags & HAS_LENGTH != 0 {
        length += 2;
    }
    let session = u16_at(bytes, length + 2)?;
    length += 4;
    if flags & HAS_SEQUENCE != 0 {
        length += 4;
    }
    if flags & HAS_OFFSET != 0 {
        length += 2 + usize::from(u16_at(bytes, length)?);
    }
    link::wrap(encapsulation, EncapsulationLayer::L2tp(session.into()))?;
    link::ppp(after(bytes, length)?, encapsulation)
}

/// Only the two ends know how long the cookie is and whether a sublayer header follows: read where
/// just one of the lengths makes sense.
fn version_3<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Option<Found<'a>> {
    const COOKIE_AND_SUBLAYER_LENGTHS: [usize; 4] = [0, 4, 8, 12];
    let session = u32_at(bytes, 0).ok().filter(|session| *session != 0)?;
    let mut frames = COOKIE_AND_SUBLAYER_LENGTHS
        .iter()
        .filter_map(|length| bytes.get(4 + length..))
        .filter(|frame| link::is_plausible_ethernet(frame));
    let (Some(frame), None) = (frames.next(), frames.next()) else {
        return None;
    };
    let wrapped = link::wrap(encapsulation, EncapsulationLayer::L2tp(session));
    Some(wrapped.and_then(|()| link::ethernet(frame, encapsulation)))
}
