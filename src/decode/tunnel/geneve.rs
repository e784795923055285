//! Geneve (RFC 8926).

use super::gre;
use super::udp::Datagram;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::{after, u8_at, u16_at, u32_at};
use crate::decode::link::{self, Found};

const HEADER_LENGTH: usize = 8;

/// Version and length of the options in words, flags, protocol, network identifier, options.
pub(super) fn inside<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    const VERSION: u8 = 0xc0;
    let bytes = datagram.payload;
    if bytes.first().is_some_and(|first| first & VERSION != 0) {
        return None;
    }
    Some(carried(bytes, encapsulation))
}

fn carried<'a>(bytes: &'a [u8], encapsulation: &mut Encapsulation) -> Found<'a> {
    let options_length = usize::from(u8_at(bytes, 0)? & 0x3f) * 4;
    let identifier = u32_at(bytes, 4)? >> 8;
    link::wrap(encapsulation, EncapsulationLayer::Geneve(identifier))?;
    let inside = after(bytes, HEADER_LENGTH + options_length)?;
    gre::by_protocol(u16_at(bytes, 2)?, inside, encapsulation)
}
