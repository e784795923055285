//! Who has an address, and who answers: ARP (RFC 826) and IPv6 neighbour discovery (RFC 4861).

use std::net::{IpAddr, Ipv4Addr};

use etherparse::{ArpOperation, ArpPacketSlice};

use super::observation::{HardwareAddress, Neighbour, Observation};

/// Bytes of a neighbour message before the target address: type, code, checksum, flags.
const TARGET_OFFSET: usize = 8;

/// The flag of an advertisement that answers a solicitation.
const SOLICITED: u8 = 0x40;

/// Reads an ARP packet; `None` when it is cut, or not about IPv4. A host that asks about, or
/// announces, its own address is there.
pub(super) fn arp(bytes: &[u8]) -> Option<Observation> {
    let packet = ArpPacketSlice::from_slice(bytes).ok()?;
    let sender = v4(packet.sender_protocol_addr())?;
    let target = v4(packet.target_protocol_addr())?;
    let hardware = packet.sender_hw_addr().try_into().ok().map(HardwareAddress);
    let answer = |is_reply| Neighbour::Answer {
        address: sender,
        hardware,
        is_reply,
    };
    match packet.operation() {
        ArpOperation::REQUEST if sender == target => Some(answer(false)),
        ArpOperation::REQUEST => Some(question(target, sender)),
        ArpOperation::REPLY => Some(answer(sender != target)),
        _ => None,
    }
    .map(Observation::Neighbour)
}

/// Reads a neighbour solicitation or advertisement from `sender`; `None` for another `ICMPv6`
/// message.
pub(super) fn discovery(message: &[u8], sender: IpAddr) -> Option<Observation> {
    let target = || -> Option<IpAddr> {
        let octets = message.get(TARGET_OFFSET..)?.first_chunk::<16>()?;
        Some(IpAddr::from(*octets))
    };
    match message.first()? {
        135 => target().map(|target| Observation::Neighbour(question(target, sender))),
        136 => target().map(|address| {
            Observation::Neighbour(Neighbour::Answer {
                address,
                hardware: target_link_layer(message),
                is_reply: message.get(4).is_some_and(|flags| flags & SOLICITED != 0),
            })
        }),
        _ => None,
    }
}

/// The target's link-layer address, where it is the first option.
fn target_link_layer(message: &[u8]) -> Option<HardwareAddress> {
    match message
        .get(TARGET_OFFSET + 16..)?
        .split_first_chunk::<2>()?
    {
        ([2, 1], address) => address.first_chunk().copied().map(HardwareAddress),
        _ => None,
    }
}

fn question(target: IpAddr, sender: IpAddr) -> Neighbour {
    Neighbour::Question {
        target,
        asker: (!sender.is_unspecified()).then_some(sender),
    }
}

fn v4(bytes: &[u8]) -> Option<IpAddr> {
    let octets: [u8; 4] = bytes.try_into().ok()?;
    Some(Ipv4Addr::from(octets).into())
}
