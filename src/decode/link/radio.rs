//! What radios put before 802.11 frames.

use super::{Encapsulation, Found, Network, ieee80211, named_inside};
use crate::capture::LinkType;
use crate::decode::fields::{after, array_at, u32_at};
use crate::decode::observation::SetAside;

/// Version, length and bitmaps of the fields that are present, all little-endian (radiotap.org).
pub(super) fn radiotap<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const PADDED: u8 = 0x20;
    const DAMAGED: u8 = 0x40;
    let length = usize::from(u16::from_le_bytes(array_at(bytes, 2)?));
    let flags = radiotap_flags(bytes.get(..length).ok_or(SetAside::TruncatedHeader)?);
    if flags & DAMAGED != 0 {
        return Err(SetAside::MalformedHeader);
    }
    let frame = after(bytes, length)?;
    ieee80211::frame_with_padding(frame, flags & PADDED != 0, wrapped)
}

/// The field that says how the frame stands in the capture; zero when it is not there.
fn radiotap_flags(header: &[u8]) -> u8 {
    const TIME: u32 = 1;
    const FLAGS: u32 = 2;
    const MORE_BITMAPS: u32 = 1 << 31;
    const TIME_LENGTH: usize = 8;
    let bitmaps = || {
        header
            .get(4..)
            .unwrap_or_default()
            .chunks_exact(4)
            .filter_map(|bitmap| bitmap.first_chunk().copied().map(u32::from_le_bytes))
    };
    let Some(present) = bitmaps().next() else {
        return 0;
    };
    if present & FLAGS == 0 {
        return 0;
    }
    let bitmap_count = 1 + bitmaps()
        .take_while(|bitmap| bitmap & MORE_BITMAPS != 0)
        .count();
    let mut offset = 4 + 4 * bitmap_count;
    if present & TIME != 0 {
        offset = offset.next_multiple_of(TIME_LENGTH) + TIME_LENGTH;
    }
    header.get(offset).copied().unwrap_or(0)
}

/// Message code and length in the byte order of the capturing host; some drivers deliver the AVS
/// header under this link type.
pub(super) fn prism<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const CODES: [u32; 2] = [0x41, 0x44];
    if is_avs(bytes) {
        return avs(bytes, wrapped);
    }
    let length: [u8; 4] = array_at(bytes, 4)?;
    let code: [u8; 4] = array_at(bytes, 0)?;
    let length = if CODES.contains(&u32::from_be_bytes(code)) {
        u32::from_be_bytes(length)
    } else {
        u32::from_le_bytes(length)
    };
    ieee80211::frame(behind(bytes, length)?, wrapped)
}

/// Magic with a version, length.
pub(super) fn avs<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    ieee80211::frame(behind(bytes, u32_at(bytes, 4)?)?, wrapped)
}

fn is_avs(bytes: &[u8]) -> bool {
    const MAGIC: u32 = 0x8021_1000;
    u32_at(bytes, 0).is_ok_and(|magic| magic & 0xffff_f000 == MAGIC)
}

/// Version, flags, length and the link type of what follows, little-endian.
pub(super) fn per_packet_information<'a>(
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    let length = u16::from_le_bytes(array_at(bytes, 2)?);
    let link_type = LinkType(u32::from_le_bytes(array_at(bytes, 4)?));
    let inside = after(bytes, usize::from(length))?;
    if inside.is_empty() {
        return Ok(Network::Other);
    }
    named_inside(link_type, inside, wrapped)
}

fn behind(bytes: &[u8], length: u32) -> Result<&[u8], SetAside> {
    after(bytes, usize::try_from(length).unwrap_or(usize::MAX))
}
