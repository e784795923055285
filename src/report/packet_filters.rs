//! Filters to look at the packets again in Wireshark, and to capture them when it happens again.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::decode::Endpoint;
use crate::diagnosis::Finding;
use crate::handshake::{Attempt, Content, Sender};

/// Why there is no capture filter, where there is none for an attempt or a finding.
pub(super) const NONE_IN_TUNNELS: &str = "none: a capture filter cannot look into this tunnel";

/// Wireshark's display filter for the packets of the attempt. It compares addresses and ports with
/// those of every layer of a packet: ICMP errors that quote the attempt are among them, and packets
/// in tunnels.
pub(super) fn display_filter(attempt: &Attempt) -> String {
    let (client, server) = (attempt.client, attempt.server);
    let servers: Vec<String> = servers(attempt).into_iter().map(address_field).collect();
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

/// The server, and other addresses that answered for it.
fn servers(attempt: &Attempt) -> Vec<IpAddr> {
    let mut servers = vec![attempt.server.address];
    for packet in attempt.evidence.packets() {
        if let (Sender::Other(address), Content::Segment { .. }) = (packet.sender, packet.content)
            && !servers.contains(&address)
        {
            servers.push(address);
        }
    }
    servers
}

/// Wireshark's display filter for what the finding is about: what opens, resets and rejects
/// connects of its server, or of its one client. `None` when it is about neither.
pub(super) fn display_filter_of_finding(finding: &Finding) -> Option<String> {
    let (address, port) = subject(finding)?;
    let icmp = if address.is_ipv4() { "icmp" } else { "icmpv6" };
    let port = port.map_or_else(String::new, |port| format!(" && tcp.port=={port}"));
    Some(format!(
        "{}{port} && (tcp.flags.syn==1 || tcp.flags.reset==1 || {icmp})",
        address_field(address)
    ))
}

/// A filter in libpcap's language for capturing such an attempt when it happens again: TCP between
/// the same hosts and port, ICMP errors from anywhere, and questions for the server's address.
/// `None` inside a tunnel, which that language does not look into.
pub(super) fn capture_filter(attempt: &Attempt) -> Option<String> {
    let tags = attempt.encapsulation.vlan_tags_alone()?;
    let Endpoint { address, port } = attempt.server;
    let servers: Vec<String> = servers(attempt)
        .iter()
        .map(|server| format!("host {server}"))
        .collect();
    let servers = match servers.as_slice() {
        [one] => one.clone(),
        several => format!("({})", several.join(" or ")),
    };
    let hosts = if attempt.client.address == address {
        servers
    } else {
        format!("host {} and {servers}", attempt.client.address)
    };
    let filter = watching(address, &format!("{hosts} and tcp port {port}"));
    behind_tags(&filter, &BTreeSet::from([tags]))
}

/// As [`capture_filter`], for what the finding is about; `None` where all of its attempts came
/// inside tunnels.
pub(super) fn capture_filter_of_finding(finding: &Finding) -> Option<String> {
    let (address, port) = subject(finding)?;
    let packets = match port {
        Some(port) => format!("host {address} and tcp port {port}"),
        None => format!("host {address} and tcp"),
    };
    behind_tags(&watching(address, &packets), &finding.vlan_tags)
}

/// The filter for packets behind so many VLAN tags, or so many. In libpcap's language each `vlan`
/// looks for one tag, and all that follows looks behind it.
fn behind_tags(filter: &str, tags: &BTreeSet<u8>) -> Option<String> {
    let most = *tags.last()?;
    let mut behind = filter.to_owned();
    for before in (0..most).rev() {
        behind = if tags.contains(&before) {
            format!("{filter} or (vlan and ({behind}))")
        } else {
            format!("vlan and ({behind})")
        };
    }
    Some(behind)
}

/// The server, or the one host of several, or the one client.
fn subject(finding: &Finding) -> Option<(IpAddr, Option<u16>)> {
    if let Some(server) = finding.server {
        return Some((server.address, Some(server.port)));
    }
    let mut hosts = finding.servers.iter().map(|server| server.address);
    let only_host = hosts
        .next()
        .filter(|first| hosts.all(|other| other == *first));
    only_host
        .or_else(|| finding.only_client())
        .map(|address| (address, None))
}

/// These packets and ICMP errors, and who asks for the address. All segments, not only those that
/// open and end connections: a bare ACK may be the third step, or the answer of an older
/// connection.
fn watching(address: IpAddr, packets: &str) -> String {
    if address.is_ipv4() {
        format!(
            "({packets}) or icmp[icmptype] = icmp-unreach or icmp[icmptype] = icmp-timxceed or (arp and host {address})"
        )
    } else {
        // Errors, and neighbour solicitations and advertisements.
        format!("({packets}) or (icmp6 and (ip6[40] < 128 or ip6[40] = 135 or ip6[40] = 136))")
    }
}

fn address_field(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("ip.addr=={address}"),
        IpAddr::V6(address) => format!("ipv6.addr=={address}"),
    }
}
