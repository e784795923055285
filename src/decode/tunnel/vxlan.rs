//! VXLAN (RFC 7348), with group policy or a protocol of its own.

use super::udp::Datagram;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::after;
use crate::decode::link::{self, Found, Network};
use crate::decode::observation::SetAside;

const HEADER_LENGTH: usize = 8;
const HAS_IDENTIFIER: u8 = 0x08;

/// On its own port. Without the flag there is no network identifier: something else uses the port.
pub(super) fn inside<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    match header(datagram) {
        Ok([flags, ..]) if flags & HAS_IDENTIFIER == 0 => None,
        Ok(header) => Some(frame(datagram, header, encapsulation)),
        Err(reason) => Some(Err(reason)),
    }
}

/// On a port that belongs to another protocol: what is reserved must be zero, but for the group
/// policy's fields.
pub(super) fn inside_by_shape<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    const GROUP_POLICY: u8 = 0x80;
    let is_vxlan = match header(datagram) {
        Ok([flags, policy, reserved @ .., last]) => {
            let has_policy = flags == HAS_IDENTIFIER | GROUP_POLICY && policy & !0x48 == 0;
            let is_plain = flags == HAS_IDENTIFIER && policy == 0 && reserved.starts_with(&[0, 0]);
            last == 0 && (has_policy || is_plain)
        }
        Err(_) => true,
    };
    is_vxlan.then(|| inside(datagram, encapsulation)).flatten()
}

/// The generic protocol extension (draft-ietf-nvo3-vxlan-gpe): the header says what follows.
pub(super) fn generic_protocol<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    const HAS_PROTOCOL: u8 = 0x04;
    let header = match header(datagram) {
        Ok(header) => header,
        Err(reason) => return Some(Err(reason)),
    };
    let [flags, _, _, protocol, ..] = header;
    if flags & HAS_IDENTIFIER == 0 {
        return None;
    }
    if flags & HAS_PROTOCOL == 0 {
        return Some(frame(datagram, header, encapsulation));
    }
    match protocol {
        1 | 2 => Some(inner(datagram, header, encapsulation).map(Network::Ip)),
        3 => Some(frame(datagram, header, encapsulation)),
        5 => Some(
            inner(datagram, header, encapsulation)
                .and_then(|labels| link::mpls(labels, encapsulation)),
        ),
        _ => None,
    }
}

fn header(datagram: Datagram<'_>) -> Result<[u8; HEADER_LENGTH], SetAside> {
    let header = datagram.payload.first_chunk().copied();
    header.ok_or(SetAside::TruncatedHeader)
}

fn frame<'a>(
    datagram: Datagram<'a>,
    header: [u8; HEADER_LENGTH],
    encapsulation: &mut Encapsulation,
) -> Found<'a> {
    let frame = inner(datagram, header, encapsulation)?;
    link::ethernet(frame, encapsulation)
}

fn inner<'a>(
    datagram: Datagram<'a>,
    [_, _, _, _, high, middle, low, _]: [u8; HEADER_LENGTH],
    encapsulation: &mut Encapsulation,
) -> Result<&'a [u8], SetAside> {
    let identifier = u32::from_be_bytes([0, high, middle, low]);
    link::wrap(encapsulation, EncapsulationLayer::Vxlan(identifier))?;
    after(datagram.payload, HEADER_LENGTH)
}
