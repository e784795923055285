//! What must hold for any bytes, in every link type and tunnel that is read.

use etherparse::{Ipv4Header, ip_number};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Observation, SetAside, decode};
use crate::capture::{CapturedOn, LinkType, Packet, PacketPlace};

fn decoded(link_type: LinkType, bytes: &[u8]) -> Observation {
    decode(&Packet {
        place: PacketPlace::default(),
        link_type: Some(link_type),
        bytes,
        wire_length: 0,
        captured_on: CapturedOn::default(),
        options: None,
    })
}

/// The link types that are read: those that do not refuse even an empty packet.
pub(super) fn read_link_types() -> Vec<LinkType> {
    let refused = Observation::SetAside(SetAside::UnsupportedLinkType);
    (0..300)
        .map(LinkType)
        .filter(|link_type| decoded(*link_type, &[]) != refused)
        .collect()
}

/// An IPv4 packet around `payload`, as a packet of raw IP.
pub(super) fn in_ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(0);
    let header = Ipv4Header::new(length, 64, protocol.into(), [192, 0, 2, 1], [192, 0, 2, 2]);
    [
        header
            .map(|header| header.to_bytes().to_vec())
            .unwrap_or_default(),
        payload.to_vec(),
    ]
    .concat()
}

/// Bytes in which small numbers and the marks of known protocols are frequent, so that the decoder
/// gets far.
pub(super) fn speaking_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        &[0],
        &[1],
        &[4],
        &[8, 0],
        &[8, 1],
        &[0x0c, 0, 0, 5],
        &[0x86, 0xdd],
        &[0x81, 0, 0, 12],
        &[0x88, 0x47],
        &[0x88, 0x64],
        &[0x88, 0xe5, 0x20],
        &[0x88, 0xe7],
        &[0x65, 0x58],
        &[0x88, 0xbe],
        &[0x22, 0xeb],
        &[0x88, 0x0b],
        &[0x30, 1, 0x88, 0x0b],
        &[0x34, 0xff],
        &[0xaa, 0xaa, 3, 0, 0, 0],
        &[0x45, 0, 0, 0, 0, 0, 0, 0, 64, 47],
        &[0x60, 0, 0, 0, 0, 0, 0, 64],
        &[0x4d, 0x47, 0x43, 0x80],
        &[0xff, 3],
        &[0; 6],
        &[0; 12],
    ];
    let piece = prop_oneof![
        4 => prop::sample::select(pieces).prop_map(<[u8]>::to_vec),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_link_type_panics(link_type in prop::sample::select(read_link_types()), bytes in speaking_bytes()) {
        let _ = decoded(link_type, &bytes);
    }

    #[test]
    fn no_tunnel_panics(
        protocol in prop::sample::select(vec![4_u8, 41, 47, 50, 97, 115, 137]),
        bytes in speaking_bytes(),
    ) {
        let _ = decoded(LinkType::RAW, &in_ipv4(protocol, &bytes));
    }

    /// Whatever a datagram to a tunnel's port holds: it was captured whole, so that it says at
    /// least who sent it.
    #[test]
    fn a_whole_datagram_is_never_called_cut(
        port in prop::sample::select(vec![1701_u16, 2152, 3544, 4500, 4789, 4790, 6081, 6635, 8472, 51820]),
        bytes in speaking_bytes(),
    ) {
        let length = u16::try_from(8 + bytes.len()).unwrap_or(0);
        let header = [40000, port, length, 0].map(u16::to_be_bytes).concat();
        let packet = in_ipv4(ip_number::UDP.0, &[header, bytes].concat());
        let observation = decoded(LinkType::RAW, &packet);
        prop_assert_ne!(observation, Observation::Unrelated);
    }
}

#[test]
fn every_link_type_that_is_read_has_a_name() {
    for link_type in read_link_types() {
        assert!(link_type.name().is_some(), "{link_type}");
    }
}
