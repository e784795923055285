//! Packets that a Linux firewall rule logged to user space.

use super::{Found, ip_by_version};
use crate::decode::fields::after;
use crate::decode::observation::SetAside;

/// Address family, version, resource; then attributes, one of them the packet.
const HEADER_LENGTH: usize = 4;
const ATTRIBUTE_HEADER_LENGTH: usize = 4;
const PAYLOAD: u16 = 9;

/// How many attributes are looked through.
const MOST_ATTRIBUTES: usize = 64;

/// Finds the packet among the attributes, which are in the byte order of the capturing host.
pub(super) fn payload(bytes: &[u8]) -> Found<'_> {
    let attributes = after(bytes, HEADER_LENGTH)?;
    attribute(attributes, u16::from_le_bytes)
        .or_else(|| attribute(attributes, u16::from_be_bytes))
        .map(ip_by_version)
        .ok_or(SetAside::TruncatedHeader)
}

fn attribute(mut bytes: &[u8], number: impl Fn([u8; 2]) -> u16) -> Option<&[u8]> {
    for _ in 0..MOST_ATTRIBUTES {
        let [l0, l1, k0, k1] = *bytes.first_chunk::<ATTRIBUTE_HEADER_LENGTH>()?;
        let length = usize::from(number([l0, l1]));
        if length < ATTRIBUTE_HEADER_LENGTH {
            return None;
        }
        if number([k0, k1]) == PAYLOAD {
            return bytes.get(ATTRIBUTE_HEADER_LENGTH..length.min(bytes.len()));
        }
        bytes = bytes.get(length.next_multiple_of(4)..)?;
    }
    None
}
