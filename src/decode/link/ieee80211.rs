//! IEEE 802.11 data frames.

use etherparse::ip_number;

use super::{Encapsulation, Found, Network, llc};
use crate::decode::fields::{after, u8_at, u16_at};
use crate::decode::ip;
use crate::decode::observation::SetAside;

/// Frame control, duration, three addresses, sequence control.
const HEADER_LENGTH: usize = 24;
const ADDRESS_LENGTH: usize = 6;
const QOS_LENGTH: usize = 2;
const HT_CONTROL_LENGTH: usize = 4;

/// Where the payload stands behind the header of a cipher, in frames that were decrypted while
/// capturing: no header left, WEP's, and that of TKIP and CCMP.
const CIPHER_HEADER_LENGTHS: [usize; 3] = [0, 4, 8];

/// How many aggregated frames are looked through for one with TCP.
const MOST_AGGREGATED: usize = 64;

/// Reads a frame; the frame check sequence that may stand at its end is padding to the IP packet.
pub(super) fn frame<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    frame_with_padding(bytes, false, wrapped)
}

/// As [`frame`], with the two bytes of the frame control the other way round where only so they
/// are those of data: as Cisco's access points send it.
pub(in crate::decode) fn perhaps_swapped<'a>(
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    let (first, second) = (u8_at(bytes, 0)?, u8_at(bytes, 1)?);
    let is_swapped = first & KIND != DATA && second & KIND == DATA;
    let control = if is_swapped {
        (second, first)
    } else {
        (first, second)
    };
    controlled(control, bytes, false, wrapped)
}

/// Type and version of a frame, and those of data.
const KIND: u8 = 0x0f;
const DATA: u8 = 0x08;

/// `is_padded`: the radio left bytes out between header and payload, so that the payload is aligned
/// to four bytes.
pub(super) fn frame_with_padding<'a>(
    bytes: &'a [u8],
    is_padded: bool,
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    let control = (u8_at(bytes, 0)?, u8_at(bytes, 1)?);
    controlled(control, bytes, is_padded, wrapped)
}

/// Reads a frame whose control field, in two bytes, is told.
fn controlled<'a>(
    (control, flags): (u8, u8),
    bytes: &'a [u8],
    is_padded: bool,
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    const NO_DATA: u8 = 0x40;
    const QOS: u8 = 0x80;
    const PROTECTED: u8 = 0x40;
    const ORDER: u8 = 0x80;
    const BOTH_DISTRIBUTION_SYSTEMS: u8 = 0x03;
    const AGGREGATED: u8 = 0x80;
    if control & KIND != DATA || control & NO_DATA != 0 {
        return Ok(Network::Other);
    }
    let fragment_number = u8_at(bytes, HEADER_LENGTH - 2)? & 0x0f;
    let has_fourth_address = flags & BOTH_DISTRIBUTION_SYSTEMS == BOTH_DISTRIBUTION_SYSTEMS;
    let mut length = HEADER_LENGTH;
    if has_fourth_address {
        length += ADDRESS_LENGTH;
    }
    let mut is_aggregated = false;
    if control & QOS != 0 {
        is_aggregated = u8_at(bytes, length)? & AGGREGATED != 0;
        length += QOS_LENGTH;
        if flags & ORDER != 0 {
            length += HT_CONTROL_LENGTH;
        }
    }
    if is_padded {
        length = length.next_multiple_of(4);
    }
    let payload = after(bytes, length)?;
    if flags & PROTECTED != 0 {
        return decrypted(payload, wrapped);
    }
    match (fragment_number, is_aggregated) {
        (1.., _) => Err(SetAside::LaterFragment),
        (0, true) => aggregated(payload, wrapped),
        (0, false) => llc::carried(payload, wrapped),
    }
}

/// A frame that is marked as encrypted, and may have been decrypted by the radio.
fn decrypted<'a>(payload: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let readable = CIPHER_HEADER_LENGTHS
        .iter()
        .filter_map(|length| payload.get(*length..))
        .find(|rest| rest.starts_with(&[0xaa, 0xaa, 0x03, 0, 0, 0]));
    match readable {
        Some(rest) => llc::carried(rest, wrapped),
        None => Err(SetAside::Encrypted),
    }
}

/// Several frames in one (A-MSDU): the first that carries TCP, or else the first that can be read.
fn aggregated<'a>(mut bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const SUBFRAME_HEADER_LENGTH: usize = 14;
    let outside = *wrapped;
    let mut first = None;
    for _ in 0..MOST_AGGREGATED {
        let Ok(length) = u16_at(bytes, SUBFRAME_HEADER_LENGTH - 2) else {
            break;
        };
        let rest = after(bytes, SUBFRAME_HEADER_LENGTH)?;
        let payload = rest.get(..usize::from(length)).unwrap_or(rest);
        let mut inside = outside;
        let found = llc::carried(payload, &mut inside);
        if carries_tcp(&found) {
            *wrapped = inside;
            return found;
        }
        first.get_or_insert((found, inside));
        let whole = (SUBFRAME_HEADER_LENGTH + usize::from(length)).next_multiple_of(4);
        bytes = bytes.get(whole..).unwrap_or_default();
    }
    let (found, inside) = first.ok_or(SetAside::TruncatedHeader)?;
    *wrapped = inside;
    found
}

fn carries_tcp(found: &Found<'_>) -> bool {
    matches!(found, Ok(Network::Ip(bytes)) if ip::parse(bytes).is_ok_and(|ip| ip.protocol == ip_number::TCP))
}
