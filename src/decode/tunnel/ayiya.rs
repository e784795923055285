//! AYIYA (draft-massar-v6ops-ayiya): IPv6 in UDP, signed.

use super::udp::Datagram;
use crate::decode::encapsulation::{Encapsulation, EncapsulationLayer};
use crate::decode::fields::after;
use crate::decode::link::{self, Found, Network};

/// Lengths of identity and signature, kind of both, what is done and what follows; a time; then the
/// two.
pub(super) fn inside<'a>(
    datagram: Datagram<'a>,
    encapsulation: &mut Encapsulation,
) -> Option<Found<'a>> {
    const HEADER: usize = 8;
    const FORWARD: u8 = 1;
    const IPV4: u8 = 4;
    const IPV6: u8 = 41;
    const LARGEST_IDENTITY: u8 = 8;
    let [identity, signature, operation, next, ..] = *datagram.payload.first_chunk::<HEADER>()?;
    let identity_exponent = identity >> 4;
    let is_forwarded = operation & 0x0f == FORWARD && matches!(next, IPV4 | IPV6);
    if !is_forwarded || identity_exponent > LARGEST_IDENTITY {
        return None;
    }
    let length = HEADER + (1 << identity_exponent) + usize::from(signature >> 4) * 4;
    let wrapped = link::wrap(encapsulation, EncapsulationLayer::Ayiya);
    Some(wrapped.and_then(|()| after(datagram.payload, length).map(Network::Ip)))
}
