//! **Room 2: decode.** A [`Packet`] comes in; an [`Observation`] goes out: a TCP segment, an ICMP
//! error with the segment it quotes, nothing of interest, or why it could not be read.
//!
//! This room allocates nothing but for DNS answers, keeps no state and never panics: every read is
//! checked, a header that ends early or contradicts itself is an answer ([`SetAside`]), not an
//! error.

mod acks_from_elsewhere;
mod answering_hosts;
mod capture_facts;
mod checksum;
mod common;
mod context;
mod damaged;
mod encapsulation;
mod endpoint;
mod fields;
mod flow_hash;
mod icmp;
mod icmp_kind;
mod inspection;
mod ip;
mod legs;
mod link;
mod names;
mod neighbour;
mod observation;
mod row;
mod row_batch;
mod row_decoder;
mod sent_rows;
mod sequence_number;
mod syn_links;
mod tcp;
mod tcp_flags;
mod tcp_options;
#[cfg(test)]
mod tests;
mod tunnel;
mod usual_link;
mod verdict;

use etherparse::ip_number;

pub use acks_from_elsewhere::AckFromElsewhere;
pub use answering_hosts::{Answerers, Answering, AnsweringHosts};
pub use capture_facts::{CaptureFacts, Checksums};
pub use context::{ContextId, Contexts};
pub use damaged::{DamagedPart, DamagedSegment};
pub use encapsulation::{DEEPEST_ENCAPSULATION, Encapsulation, EncapsulationLayer};
pub use endpoint::Endpoint;
pub use flow_hash::{FlowHash, FlowHasher, FlowShard};
pub use icmp_kind::IcmpKind;
#[cfg(feature = "evidence")]
pub(crate) use inspection::tells as tells_inspection_point;
#[cfg(feature = "evidence")]
pub(crate) use link::{nflog_attributes, packet_behind_pflog};
pub use observation::{
    HardwareAddress, IcmpError, IpFacts, NamedAddresses, Neighbour, Observation, QuotedSegment,
    Segment, SetAside,
};
pub(crate) use row::Direction;
pub use row::{AddressPairs, Addresses, ROW_BYTES, Row};
pub use row_batch::{BatchEntry, ClockSpan, LateRow, OddPacket, RowBatch};
pub use row_decoder::{RowCounts, RowDecoder};
pub use sent_rows::{RowReceiver, SentPacket, SentPacketError};
pub use sequence_number::SequenceNumber;
pub use syn_links::{SynLink, SynsOnLink};
pub use tcp_flags::TcpFlags;
pub use tcp_options::TcpOptions;
pub use tunnel::{TunnelPort, TunnelPorts, UdpTunnel};
pub(crate) use verdict::said_by;
pub use verdict::{
    CaptureVerdict, FilterRule, NetfilterHook, PrefixNumbers, ToldVerdict, VerdictAction,
    VerdictFault, VerdictFaults, VerdictId, VerdictMark, VerdictTeller, add_verdict, told_of,
};
#[cfg(feature = "evidence")]
pub(crate) use verdict::{anonymous_prefix, prefix_in};

use crate::capture::{LinkType, Packet};
use ip::IpPacket;
use link::Network;

/// What `packet` says: the innermost segment, where it is wrapped in tunnels that are read.
pub fn decode(packet: &Packet<'_>) -> Observation {
    decode_with(packet, &TunnelPorts::NONE)
}

/// As [`decode`], where tunnels are on other ports than their own.
pub fn decode_with(packet: &Packet<'_>, tunnels: &TunnelPorts) -> Observation {
    if packet.link_type == Some(LinkType::ETHERNET)
        && !packet.captured_on.is_damaged
        && let Some(ip) = common::tcp_in_ethernet(packet.bytes)
    {
        return segment(packet, &ip, Encapsulation::default(), None);
    }
    layer_by_layer(packet, tunnels)
}

/// As [`decode`], for any packet: layer by layer.
pub fn decode_by_layers(packet: &Packet<'_>) -> Observation {
    layer_by_layer(packet, &TunnelPorts::NONE)
}

fn layer_by_layer(packet: &Packet<'_>, tunnels: &TunnelPorts) -> Observation {
    if packet.captured_on.is_damaged {
        return damaged(*packet, tunnels);
    }
    let Some(link_type) = packet.link_type else {
        return Observation::SetAside(SetAside::UndeclaredInterface);
    };
    let mut encapsulation = Encapsulation::default();
    let mut network = link::network(link_type, packet.bytes, &mut encapsulation);
    let mut tunnel_end = None;
    let mut datagram = None;
    loop {
        let nothing = || tunnel_end.map_or(Observation::Unrelated, Observation::Alive);
        let ip = match network {
            Ok(Network::Ip(bytes)) => ip::parse(bytes),
            Ok(Network::Arp(bytes)) => return neighbour::arp(bytes).unwrap_or_else(nothing),
            Ok(Network::Other) => return nothing(),
            Err(reason) => Err(reason),
        };
        let ip = match ip {
            Ok(ip) => ip,
            Err(SetAside::Encrypted) => return Observation::Encrypted(tunnel_end),
            Err(reason) => return Observation::SetAside(reason),
        };
        if ip.is_later_fragment {
            return later_fragment(&ip);
        }
        if ip.protocol == ip_number::TCP {
            return segment(packet, &ip, encapsulation, datagram.as_ref());
        }
        match tunnel::inside(&ip, tunnels, &mut encapsulation) {
            Some(inside) => network = inside,
            None => return carried(packet, &ip, encapsulation),
        }
        tunnel_end = Some(ip.source);
        datagram = (ip.protocol == ip_number::UDP).then_some(ip);
    }
}

/// What can be read of a frame that arrived damaged.
#[cold]
fn damaged(mut packet: Packet<'_>, tunnels: &TunnelPorts) -> Observation {
    packet.captured_on.is_damaged = false;
    let read = match layer_by_layer(&packet, tunnels) {
        Observation::Segment(segment) => DamagedSegment::of(&segment, packet.place),
        _ => None,
    };
    read.map_or(
        Observation::SetAside(SetAside::DamagedFrame),
        Observation::Damaged,
    )
}

/// The innermost TCP segment, as far as it was captured.
fn innermost_segment<'a>(packet: &Packet<'a>, tunnels: &TunnelPorts) -> Option<&'a [u8]> {
    let mut encapsulation = Encapsulation::default();
    let mut network = link::network(packet.link_type?, packet.bytes, &mut encapsulation);
    for _ in 0..=DEEPEST_ENCAPSULATION {
        let Ok(Network::Ip(bytes)) = network else {
            return None;
        };
        let ip = ip::parse(bytes).ok()?;
        if ip.is_later_fragment {
            return None;
        }
        if ip.protocol == ip_number::TCP {
            return Some(ip.payload);
        }
        network = tunnel::inside(&ip, tunnels, &mut encapsulation)?;
    }
    None
}

/// A fragment without the header of the protocol that decides whether it mattered.
fn later_fragment(ip: &IpPacket<'_>) -> Observation {
    match ip.protocol {
        ip_number::TCP | ip_number::ICMP | ip_number::IPV6_ICMP => {
            Observation::SetAside(SetAside::LaterFragment)
        }
        _ => Observation::Alive(ip.source),
    }
}

/// The segment in `ip`; `datagram` is what a tunnel carried it in.
fn segment(
    packet: &Packet<'_>,
    ip: &IpPacket<'_>,
    encapsulation: Encapsulation,
    datagram: Option<&IpPacket<'_>>,
) -> Observation {
    let not_captured = (packet.wire_length as usize).saturating_sub(packet.bytes.len());
    let on_the_wire = u32::try_from(ip.payload.len() + not_captured).unwrap_or(u32::MAX);
    let mut observation = tcp::segment(ip, on_the_wire, encapsulation);
    if let Observation::Segment(segment) = &mut observation {
        segment.ip.capture = CaptureFacts::of(packet);
        if segment.flags.has_syn() {
            let checksums = checksum::of_layers(ip, datagram);
            segment.ip.capture = segment.ip.capture.with_checksums(checksums);
        }
    }
    observation
}

fn carried(packet: &Packet<'_>, ip: &IpPacket<'_>, encapsulation: Encapsulation) -> Observation {
    match ip.protocol {
        ip_number::ICMP | ip_number::IPV6_ICMP => {
            let mut observation = icmp::error(ip, encapsulation);
            if let Observation::IcmpError(error) = &mut observation {
                error.ip.capture = CaptureFacts::of(packet);
            }
            observation
        }
        ip_number::UDP => names::answer(ip).unwrap_or(Observation::Alive(ip.source)),
        _ => Observation::Alive(ip.source),
    }
}
