//! Names that DNS answers give to addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use simple_dns::rdata::RData;
use simple_dns::{Packet, PacketFlag};

use super::ip::IpPacket;
use super::observation::{NamedAddresses, Observation};

const DNS_PORT: u16 = 53;
const UDP_HEADER_LENGTH: usize = 8;

/// How many addresses of one answer are taken.
const MOST_ADDRESSES: usize = 32;

/// The addresses that a DNS answer over UDP gives to the name that was asked for, through whatever
/// aliases; `None` when the packet is none, or cannot be read: cut, or hostile.
pub(super) fn answer(packet: &IpPacket<'_>) -> Option<Observation> {
    let source = packet
        .payload
        .first_chunk()
        .map(|port| u16::from_be_bytes(*port))?;
    if source != DNS_PORT {
        return None;
    }
    let message = Packet::parse(packet.payload.get(UDP_HEADER_LENGTH..)?).ok()?;
    if !message.has_flags(PacketFlag::RESPONSE) {
        return None;
    }
    let name = message.questions.first()?.qname.to_string();
    let addresses: Vec<IpAddr> = message
        .answers
        .iter()
        .filter_map(|record| match &record.rdata {
            RData::A(record) => Some(Ipv4Addr::from_bits(record.address).into()),
            RData::AAAA(record) => Some(Ipv6Addr::from_bits(record.address).into()),
            _ => None,
        })
        .take(MOST_ADDRESSES)
        .collect();
    let is_told = !name.is_empty() && !addresses.is_empty();
    is_told.then(|| Observation::Names(Box::new(NamedAddresses { name, addresses })))
}
