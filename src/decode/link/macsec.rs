//! `MACsec` (IEEE 802.1AE): read where it only authenticates.

use super::{Encapsulation, wrap};
use crate::decode::encapsulation::EncapsulationLayer;
use crate::decode::fields::{after, u8_at, u16_at};
use crate::decode::observation::SetAside;

/// Tag control, short length and packet number.
const TAG_LENGTH: usize = 6;
const CHANNEL_IDENTIFIER_LENGTH: usize = 8;

/// The Ethernet type and what follows, in a frame whose data is not encrypted. The integrity check
/// value behind it is padding to the IP packet.
pub(super) fn inside<'a>(
    bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Result<(u16, &'a [u8]), SetAside> {
    const HAS_CHANNEL_IDENTIFIER: u8 = 0x20;
    const ENCRYPTED_OR_CHANGED: u8 = 0x0c;
    let control = u8_at(bytes, 0)?;
    if control & ENCRYPTED_OR_CHANGED != 0 {
        return Err(SetAside::Encrypted);
    }
    let length = if control & HAS_CHANNEL_IDENTIFIER == 0 {
        TAG_LENGTH
    } else {
        TAG_LENGTH + CHANNEL_IDENTIFIER_LENGTH
    };
    wrap(wrapped, EncapsulationLayer::Macsec)?;
    Ok((u16_at(bytes, length)?, after(bytes, length + 2)?))
}
