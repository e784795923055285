//! CAPWAP's data channel (RFC 5415): frames between access points and their controller.

use super::udp::Datagram;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::after;
use crate::decode::link::{self, Found};
use crate::decode::observation::SetAside;

const ENCRYPTED: u8 = 1;

/// The header tells its length and what follows: a frame of Ethernet, or one from the air.
pub(super) fn inside<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    const SMALLEST_HEADER: usize = 8;
    const IS_NATIVE: u8 = 0x01;
    const IS_FRAGMENT: u8 = 0x80;
    const IS_KEEP_ALIVE: u8 = 0x08;
    const IEEE80211: u8 = 1;
    let [
        preamble,
        length,
        binding,
        flags,
        _,
        _,
        offset_high,
        offset_low,
    ] = *datagram.payload.first_chunk::<SMALLEST_HEADER>()?;
    if preamble == ENCRYPTED {
        return Some(Err(SetAside::Encrypted));
    }
    let length = usize::from(length >> 3) * 4;
    let is_other = preamble != 0 || length < SMALLEST_HEADER || flags & IS_KEEP_ALIVE != 0;
    if is_other {
        return None;
    }
    let offset = u16::from_be_bytes([offset_high, offset_low]) >> 3;
    if flags & IS_FRAGMENT != 0 && offset > 0 {
        return Some(Err(SetAside::LaterFragment));
    }
    let frame = match after(datagram.payload, length) {
        Ok(frame) => frame,
        Err(reason) => return Some(Err(reason)),
    };
    let is_native = binding & IS_NATIVE != 0;
    let of_air = is_native && binding >> 1 & 0x1f == IEEE80211;
    if is_native && !of_air {
        return None;
    }
    let wrapped = link::wrap(encapsulation, EncapsulationLayer::Capwap);
    Some(wrapped.and_then(|()| {
        if of_air {
            link::ieee80211_perhaps_swapped(frame, encapsulation)
        } else {
            link::ethernet(frame, encapsulation)
        }
    }))
}
