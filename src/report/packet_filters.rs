//! Filters to look at the packets again in Wireshark, and to capture them when it happens again.

use std::net::IpAddr;

use crate::decode::{EncapsulationLayer, Endpoint};
use crate::diagnosis::Finding;
use crate::handshake::{Attempt, Content, Sender};

/// Wireshark's display filter for the packets of the attempt. It compares addresses and ports with those of every layer
/// of a packet: ICMP errors that quote the attempt are among them, and packets in tunnels.
pub(super) fn display_filter(attempt: &Attempt) -> String {
    let (client, server) = (attempt.client, attempt.server);
    let mut servers = vec![server.address];
    for packet in attempt.evidence.packets() {
        if let (Sender::Other(address), Content::Segment { .. }) = (packet.sender, packet.content)
            && !servers.contains(&address)
        {
            servers.push(address);
        }
    }
    let servers: Vec<String> = servers.into_iter().map(address_field).collect();
    let servers = match servers.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(" || ")),
    };
    let ports = if client.port == server.port {
        format!("tcp.srcport=={0} && tcp.dstport=={0}", client.port)
    } else {
        format!("tcp.port=={} && tcp.port=={}", client.port, server.port)
    };
    if client.address == server.address {
        format!("{servers} && {ports}")
    } else {
        format!("{} && {servers} && {ports}", address_field(client.address))
    }
}

/// Wireshark's display filter for what the finding is about: what opens, resets and rejects connects of its server, or of
/// its one client. `None` when it is about neither.
pub(super) fn display_filter_of_finding(finding: &Finding) -> Option<String> {
    let (address, port) = subject(finding)?;
    let icmp = if address.is_ipv4() { "icmp" } else { "icmpv6" };
    let port = port.map_or_else(String::new, |port| format!(" && tcp.port=={port}"));
    Some(format!(
        "{}{port} && (tcp.flags.syn==1 || tcp.flags.reset==1 || {icmp})",
        address_field(address)
    ))
}

/// A filter in libpcap's language for capturing such an attempt when it happens again: what opens and ends connections of the
/// same hosts and port, and ICMP errors from anywhere. `None` inside a tunnel, which that language does not look into.
pub(super) fn capture_filter(attempt: &Attempt) -> Option<String> {
    let mut tags = 0;
    for layer in attempt.encapsulation.layers() {
        match layer {
            EncapsulationLayer::Vlan(_) => tags += 1,
            _ => return None,
        }
    }
    let Endpoint { address, port } = attempt.server;
    let hosts = if attempt.client.address == address {
        format!("host {address}")
    } else {
        format!("host {} and host {address}", attempt.client.address)
    };
    let mut filter = watching(address, &format!("{hosts} and tcp port {port}"));
    for _ in 0..tags {
        filter = format!("vlan and ({filter})");
    }
    Some(filter)
}

/// As [`capture_filter`], for what the finding is about.
pub(super) fn capture_filter_of_finding(finding: &Finding) -> Option<String> {
    let (address, port) = subject(finding)?;
    let packets = match port {
        Some(port) => format!("host {address} and tcp port {port}"),
        None => format!("host {address} and tcp"),
    };
    Some(watching(address, &packets))
}

/// The server, or the one client.
fn subject(finding: &Finding) -> Option<(IpAddr, Option<u16>)> {
    match finding.server {
        Some(server) => Some((server.address, Some(server.port))),
        None => finding.only_client().map(|client| (client, None)),
    }
}

/// Segments with SYN, FIN or RST among `packets`, and ICMP errors. With FIN, because that tells that the third step of the
/// handshake is not missing but filtered. libpcap looks into TCP headers over IPv4 only: over IPv6 the flags are byte 13
/// behind the 40 bytes of a header without extensions.
fn watching(address: IpAddr, packets: &str) -> String {
    if address.is_ipv4() {
        format!(
            "({packets} and tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0) or icmp[icmptype] = icmp-unreach or icmp[icmptype] = icmp-timxceed"
        )
    } else {
        format!("({packets} and ip6[53] & 7 != 0) or (icmp6 and ip6[40] < 128)")
    }
}

fn address_field(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("ip.addr=={address}"),
        IpAddr::V6(address) => format!("ipv6.addr=={address}"),
    }
}
