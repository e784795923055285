//! MPLS label stacks, and the pseudowires below them.

use super::{Encapsulation, Found, Network, ethernet, is_plausible_ethernet, wrap};
use crate::decode::encapsulation::EncapsulationLayer;
use crate::decode::fields::{after, u32_at};
use crate::decode::ip;
use crate::decode::observation::SetAside;

/// A stack of labels, down to the one marked as the last (RFC 3032). Nothing says what follows: IP
/// is known by its version, a frame by its Ethernet type.
pub(in crate::decode) fn mpls<'a>(mut bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    loop {
        let entry = u32_at(bytes, 0)?;
        wrap(wrapped, EncapsulationLayer::Mpls(entry >> 12))?;
        bytes = after(bytes, 4)?;
        if entry & 0x100 != 0 {
            break;
        }
    }
    match bytes.first().map(|first| first >> 4) {
        // A hardware address may begin with these digits as well.
        Some(4 | 6) if ip::parse(bytes) == Err(SetAside::MalformedHeader) => {
            pseudowire(bytes, wrapped)
        }
        Some(4 | 6) => Ok(Network::Ip(bytes)),
        Some(_) => pseudowire(bytes, wrapped),
        None => Err(SetAside::TruncatedHeader),
    }
}

/// An Ethernet pseudowire, with a control word or without (RFC 4448 §4.6).
fn pseudowire<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    const CONTROL_WORD_LENGTH: usize = 4;
    if is_plausible_ethernet(bytes) {
        return ethernet(bytes, wrapped);
    }
    match bytes.first().map(|first| first >> 4) {
        Some(0) => ethernet(after(bytes, CONTROL_WORD_LENGTH)?, wrapped),
        _ => Ok(Network::Other),
    }
}
