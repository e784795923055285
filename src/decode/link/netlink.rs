//! Messages between kernel and programs (`nlmon`): of interest when they hold what a firewall rule
//! logged.

use etherparse::ip_number;

use super::{Found, Network, nflog};
use crate::decode::fields::{after, u16_at};
use crate::decode::ip;

/// Packet type, hardware type, unused, netlink family.
const COOKED_HEADER: usize = 16;

/// Length, type, flags, sequence number, port.
const MESSAGE_HEADER: usize = 16;

const NETFILTER_FAMILY: u16 = 12;

/// The subsystem of logs, and its message with a packet.
const LOGGED_PACKET: u16 = 4 << 8;

/// How many messages of one datagram are looked through for one with TCP.
const MOST_MESSAGES: usize = 64;

/// The first logged packet with TCP, or else the first logged one.
pub(super) fn logged_packet(bytes: &[u8]) -> Found<'_> {
    if u16_at(bytes, 14)? != NETFILTER_FAMILY {
        return Ok(Network::Other);
    }
    let record = logged_record(after(bytes, COOKED_HEADER)?);
    record.map_or(Ok(Network::Other), nflog::payload)
}

/// As [`logged_packet`], the whole record.
pub(in crate::decode) fn record_in(bytes: &[u8]) -> Option<&[u8]> {
    let is_netfilter = u16_at(bytes, 14) == Ok(NETFILTER_FAMILY);
    logged_record(bytes.get(COOKED_HEADER..).filter(|_| is_netfilter)?)
}

fn logged_record(messages: &[u8]) -> Option<&[u8]> {
    let mut first = None;
    for record in records(messages).take(MOST_MESSAGES) {
        if let Ok(Network::Ip(packet)) = nflog::payload(record)
            && ip::parse(packet).is_ok_and(|ip| ip.protocol == ip_number::TCP)
        {
            return Some(record);
        }
        first.get_or_insert(record);
    }
    first
}

/// What the messages hold that log a packet, in the byte order in which their lengths make sense.
fn records(messages: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_little = header(messages, false).is_some_and(|(length, _)| length <= messages.len());
    let mut rest = messages;
    let next = move || {
        let (length, kind) = header(rest, !is_little)?;
        let message = rest.get(MESSAGE_HEADER..length.min(rest.len()))?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, message))
    };
    std::iter::from_fn(next)
        .filter_map(|(kind, message)| (kind == LOGGED_PACKET).then_some(message))
}

/// Length and type of the message at the front.
fn header(messages: &[u8], is_big_endian: bool) -> Option<(usize, u16)> {
    let (length, rest) = messages.split_first_chunk::<4>()?;
    let kind = rest.first_chunk::<2>()?;
    let (length, kind) = if is_big_endian {
        (u32::from_be_bytes(*length), u16::from_be_bytes(*kind))
    } else {
        (u32::from_le_bytes(*length), u16::from_le_bytes(*kind))
    };
    let length = usize::try_from(length).ok()?;
    (length >= MESSAGE_HEADER).then_some((length, kind))
}
