//! Wide area links: Cisco HDLC, Frame Relay, ATM.

use super::{
    Encapsulation, Found, Network, by_ether_type, ethernet, ip_by_version, is_plausible_ethernet,
    llc, ppp,
};
use crate::decode::fields::{after, u8_at, u16_at};

/// Address, control, Ethernet type.
pub(super) fn cisco_hdlc<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    by_ether_type(u16_at(bytes, 2)?, after(bytes, 4)?, wrapped)
}

/// An address of two to four bytes, the last of them marked; then what RFC 2427 says, or Cisco's
/// Ethernet type.
pub(super) fn frame_relay<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const UNNUMBERED_INFORMATION: u8 = 0x03;
    let last = bytes.iter().take(4).position(|byte| byte & 1 == 1);
    let Some(last @ 1..) = last else {
        return Ok(Network::Other);
    };
    let rest = after(bytes, last + 1)?;
    match u8_at(rest, 0)? {
        UNNUMBERED_INFORMATION => network_protocol(after(rest, 1)?, wrapped),
        _ => by_ether_type(u16_at(rest, 0)?, after(rest, 2)?, wrapped),
    }
}

/// A network layer protocol identifier (ISO/IEC TR 9577), perhaps behind a byte of padding.
fn network_protocol<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
    let rest = after(bytes, 1)?;
    match u8_at(bytes, 0)? {
        0xcc | 0x8e => Ok(Network::Ip(rest)),
        0xcf => ppp(rest, wrapped),
        0x80 => sub_network(rest, 0, wrapped),
        _ => Ok(Network::Other),
    }
}

/// An organisation and a protocol: an Ethernet type, or a bridged frame behind so much padding.
fn sub_network<'a>(bytes: &'a [u8], padding: usize, wrapped: &mut Encapsulation) -> Found<'a> {
    let protocol = u16_at(bytes, 3)?;
    let rest = after(bytes, 5)?;
    match (bytes, protocol) {
        ([0, 0, 0, ..], _) => by_ether_type(protocol, rest, wrapped),
        // With a frame check sequence, and without.
        ([0x00, 0x80, 0xc2, ..], 0x0001 | 0x0007) => ethernet(after(rest, padding)?, wrapped),
        _ => Ok(Network::Other),
    }
}

/// Multiprotocol over ATM (RFC 2684): with 802.2, or with nothing that says what it is.
pub(super) fn atm<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const BRIDGED_PADDING: usize = 2;
    match bytes {
        [0xaa, 0xaa, 0x03, rest @ ..] => sub_network(rest, BRIDGED_PADDING, wrapped),
        [0x06, 0x06, 0x03, ..] => llc::carried(bytes, wrapped),
        // The second is Cisco's way.
        [0xfe, 0xfe, 0x03, rest @ ..] | [0x03, rest @ ..] => network_protocol(rest, wrapped),
        [0, 0, frame @ ..] if is_plausible_ethernet(frame) => ethernet(frame, wrapped),
        _ => Ok(ip_by_version(bytes)),
    }
}
