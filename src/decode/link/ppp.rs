//! PPP, on its own and in Ethernet.

use super::ether_type::{IPV4, IPV6};
use super::{Encapsulation, Found, Network, mpls, wide_area, wrap};
use crate::decode::encapsulation::EncapsulationLayer;
use crate::decode::fields::{after, u16_at};
use crate::decode::observation::SetAside;

/// With or without address and control bytes; the protocol in one or two bytes (RFC 1661 §6.5,
/// §6.6).
pub(in crate::decode) fn ppp<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    // Cisco HDLC for one and for all: neither is the start of a protocol of PPP.
    if let [0x0f | 0x8f, 0, ..] = bytes {
        return wide_area::cisco_hdlc(bytes, wrapped);
    }
    let bytes = bytes.strip_prefix(&[0xff, 0x03]).unwrap_or(bytes);
    let (protocol, inside) = match bytes.first() {
        Some(&short) if short & 1 == 1 => (u16::from(short), after(bytes, 1)?),
        _ => (u16_at(bytes, 0)?, after(bytes, 2)?),
    };
    match protocol {
        0x0281 | 0x0283 => mpls(inside, wrapped),
        // The last two are Ethernet's: Cisco HDLC under a PPP link type.
        0x0021 | 0x0057 | IPV4 | IPV6 => Ok(Network::Ip(inside)),
        // Encrypted (RFC 1968), and compressed, which is how Microsoft encrypts (RFC 3078).
        0x0053 | 0x0055 | 0x00fb | 0x00fd => Err(SetAside::Encrypted),
        _ => Ok(Network::Other),
    }
}

/// A byte with the direction stands before the frame, or in the place of its address byte.
pub(super) fn with_direction<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let frame = after(bytes, 1)?;
    ppp(frame.strip_prefix(&[0x03]).unwrap_or(frame), wrapped)
}

/// A PPP over Ethernet session (RFC 2516): version and type, code, session, length.
pub(super) fn over_ethernet<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    wrap(wrapped, EncapsulationLayer::Pppoe(u16_at(bytes, 2)?))?;
    ppp(after(bytes, 6)?, wrapped)
}
