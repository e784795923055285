//! Interfaces, addresses, routes, rules and neighbours, by `rtnetlink(7)`: any user may ask.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use netlink_packet_core::{NLM_F_DUMP, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage, Stats64};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteType,
};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use rustix::net::{
    AddressFamily as SocketFamily, RecvFlags, SocketFlags, SocketType, recv, socket_with, sockopt,
};

use crate::host::netlink_question::ask;
use crate::host::snapshot::{
    HostInterface, InterfaceAddress, Neighbour, Route, RouteKind, Routing, RoutingRule,
};

/// The kernel answers within the call that asks; nobody waits longer for what never comes.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// The kernel sends no more at once.
const LARGEST_ANSWER: usize = 64 << 10;

/// So many routes and neighbours are written: a router of the whole internet has a million.
const MOST_ROUTES: usize = 20_000;
const MOST_NEIGHBOURS: usize = 4096;

/// So many messages are read of one answer.
const MOST_MESSAGES: usize = 1 << 21;

/// The table of this host's own addresses, which stand with the interfaces.
const LOCAL_TABLE: u32 = 255;

/// The rules that every host has: local, main, default.
const USUAL_RULES: [(u32, u32); 3] = [(0, 255), (32_766, 254), (32_767, 253)];

/// A way to ask the kernel.
pub(super) struct Links {
    socket: OwnedFd,
    sequence: u32,
}

impl Links {
    pub(super) fn open() -> io::Result<Self> {
        // Of protocol 0, which is NETLINK_ROUTE.
        let socket = socket_with(
            SocketFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            None,
        )?;
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(LONGEST_WAIT))?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// All interfaces, with their addresses.
    pub(super) fn interfaces(&mut self) -> io::Result<Vec<HostInterface>> {
        let mut interfaces: BTreeMap<u32, HostInterface> = BTreeMap::new();
        self.dump(
            RouteNetlinkMessage::GetLink(LinkMessage::default()),
            |message| {
                if let RouteNetlinkMessage::NewLink(link) = message {
                    interfaces.insert(link.header.index, interface(&link));
                }
            },
        )?;
        self.dump(
            RouteNetlinkMessage::GetAddress(AddressMessage::default()),
            |message| {
                if let RouteNetlinkMessage::NewAddress(address) = message
                    && let Some(interface) = interfaces.get_mut(&address.header.index)
                {
                    interface.addresses.extend(own_address(&address));
                }
            },
        )?;
        Ok(interfaces.into_values().collect())
    }

    /// Routes of all tables but this host's own addresses, and unusual rules.
    pub(super) fn routing(&mut self, interfaces: &[HostInterface]) -> io::Result<Routing> {
        let mut routing = Routing::default();
        self.dump(
            RouteNetlinkMessage::GetRoute(RouteMessage::default()),
            |message| {
                if let RouteNetlinkMessage::NewRoute(message) = message
                    && let Some(route) = route(&message, interfaces)
                {
                    if routing.routes.len() < MOST_ROUTES {
                        routing.routes.push(route);
                    } else {
                        routing.omitted += 1;
                    }
                }
            },
        )?;
        self.dump(
            RouteNetlinkMessage::GetRule(RuleMessage::default()),
            |message| {
                if let RouteNetlinkMessage::NewRule(message) = message {
                    routing.rules.extend(rule(&message));
                }
            },
        )?;
        routing.rules.sort_by_key(|rule| rule.priority);
        Ok(routing)
    }

    /// Who is known on the links.
    pub(super) fn neighbours(
        &mut self,
        interfaces: &[HostInterface],
    ) -> io::Result<Vec<Neighbour>> {
        let mut neighbours = Vec::new();
        self.dump(
            RouteNetlinkMessage::GetNeighbour(NeighbourMessage::default()),
            |message| {
                if let RouteNetlinkMessage::NewNeighbour(message) = message
                    && neighbours.len() < MOST_NEIGHBOURS
                {
                    neighbours.extend(neighbour(&message, interfaces));
                }
            },
        )?;
        Ok(neighbours)
    }

    fn dump(
        &mut self,
        question: RouteNetlinkMessage,
        mut each: impl FnMut(RouteNetlinkMessage),
    ) -> io::Result<()> {
        self.sequence = self.sequence.wrapping_add(1);
        let question = NetlinkPayload::from(question);
        ask(&self.socket, self.sequence, NLM_F_DUMP, question)?;

        let mut buffer = vec![0; LARGEST_ANSWER];
        let mut messages = 0;
        while messages < MOST_MESSAGES {
            let (length, _) = recv(&self.socket, buffer.as_mut_slice(), RecvFlags::empty())?;
            let mut rest = buffer.get(..length).unwrap_or_default();
            while let Some(total) = total_length(rest) {
                messages += 1;
                let (one, others) = rest.split_at_checked(total).unwrap_or((rest, &[]));
                // What a newer kernel says in another shape is passed over.
                if let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(one)
                    && message.header.sequence_number == self.sequence
                {
                    match message.payload {
                        NetlinkPayload::InnerMessage(message) => each(message),
                        NetlinkPayload::Done(_) => return Ok(()),
                        NetlinkPayload::Error(error) => return Err(error.to_io()),
                        _ => {}
                    }
                }
                let filled = total.next_multiple_of(4) - total;
                rest = others.get(filled..).unwrap_or_default();
            }
        }
        Ok(())
    }
}

/// How long the message is that stands first.
fn total_length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_ne_bytes(*bytes.first_chunk()?);
    let length = usize::try_from(length).ok()?;
    // The header alone has so many.
    (length >= 16).then_some(length)
}

fn interface(link: &LinkMessage) -> HostInterface {
    let mut interface = HostInterface {
        number: link.header.index,
        is_up: link.header.flags.contains(LinkFlags::Up),
        ..HostInterface::default()
    };
    for attribute in &link.attributes {
        match attribute {
            LinkAttribute::IfName(name) => interface.name.clone_from(name),
            LinkAttribute::Mtu(mtu) => interface.mtu = Some(*mtu),
            LinkAttribute::Carrier(carrier) => interface.has_carrier = Some(*carrier != 0),
            LinkAttribute::Stats64(stats) => interface.counters = losses(stats),
            _ => {}
        }
    }
    interface
}

fn losses(stats: &Stats64) -> BTreeMap<String, u64> {
    [
        ("rx_errors", stats.rx_errors),
        ("tx_errors", stats.tx_errors),
        ("rx_dropped", stats.rx_dropped),
        ("tx_dropped", stats.tx_dropped),
        ("rx_crc_errors", stats.rx_crc_errors),
        ("rx_missed_errors", stats.rx_missed_errors),
        ("rx_over_errors", stats.rx_over_errors),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(name, count)| (name.to_owned(), count))
    .collect()
}

/// Of a point-to-point link `Address` is the peer's.
fn own_address(message: &AddressMessage) -> Option<InterfaceAddress> {
    let of = |is_local: bool| {
        let mut attributes = message.attributes.iter();
        attributes.find_map(|attribute| match attribute {
            AddressAttribute::Local(address) if is_local => Some(*address),
            AddressAttribute::Address(address) if !is_local => Some(*address),
            _ => None,
        })
    };
    Some(InterfaceAddress {
        address: of(true).or_else(|| of(false))?,
        prefix_length: message.header.prefix_len,
    })
}

fn route(message: &RouteMessage, interfaces: &[HostInterface]) -> Option<Route> {
    let header = &message.header;
    let nowhere: IpAddr = match header.address_family {
        AddressFamily::Inet => std::net::Ipv4Addr::UNSPECIFIED.into(),
        AddressFamily::Inet6 => std::net::Ipv6Addr::UNSPECIFIED.into(),
        _ => return None,
    };
    let mut route = Route {
        kind: kind(header.kind)?,
        to: nowhere,
        prefix_length: header.destination_prefix_length,
        gateway: None,
        interface: None,
        other_interfaces: Vec::new(),
        source: None,
        metric: 0,
        table: header.table.into(),
        mtu: None,
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(to) => route.to = address(to)?,
            RouteAttribute::Gateway(gateway) => route.gateway = address(gateway),
            RouteAttribute::PrefSource(source) => route.source = address(source),
            RouteAttribute::Oif(number) => route.interface = name_of(interfaces, *number),
            RouteAttribute::Priority(metric) => route.metric = *metric,
            RouteAttribute::Table(table) => route.table = *table,
            RouteAttribute::MultiPath(hops) => {
                let names = hops.iter();
                let names = names.filter_map(|hop| name_of(interfaces, hop.interface_index));
                route.other_interfaces = names.collect();
            }
            RouteAttribute::Metrics(metrics) => {
                route.mtu = metrics.iter().find_map(|metric| match metric {
                    RouteMetric::Mtu(mtu) => Some(*mtu),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    (route.table != LOCAL_TABLE).then_some(route)
}

/// Routes to own addresses and to all on a link are none that lead on.
const fn kind(kind: RouteType) -> Option<RouteKind> {
    Some(match kind {
        RouteType::Unicast => RouteKind::Unicast,
        RouteType::BlackHole => RouteKind::Blackhole,
        RouteType::Unreachable => RouteKind::Unreachable,
        RouteType::Prohibit => RouteKind::Prohibit,
        RouteType::Throw => RouteKind::Throw,
        RouteType::Local | RouteType::Broadcast | RouteType::Anycast | RouteType::Multicast => {
            return None;
        }
        _ => RouteKind::Other,
    })
}

const fn address(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some(IpAddr::V4(*address)),
        RouteAddress::Inet6(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

fn name_of(interfaces: &[HostInterface], number: u32) -> Option<String> {
    let mut interfaces = interfaces.iter();
    let known = interfaces.find(|interface| interface.number == number);
    known.map(|interface| interface.name.clone())
}

fn rule(message: &RuleMessage) -> Option<RoutingRule> {
    let version = match message.header.family {
        AddressFamily::Inet => 4,
        AddressFamily::Inet6 => 6,
        _ => return None,
    };
    let mut priority = 0;
    let mut table = u32::from(message.header.table);
    let mut parts = Vec::new();
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Priority(number) => priority = *number,
            RuleAttribute::Table(number) => table = *number,
            RuleAttribute::Source(from) => {
                parts.push(format!("from {from}/{}", message.header.src_len));
            }
            RuleAttribute::Destination(to) => {
                parts.push(format!("to {to}/{}", message.header.dst_len));
            }
            RuleAttribute::Iifname(name) => parts.push(format!("iif {name}")),
            RuleAttribute::Oifname(name) => parts.push(format!("oif {name}")),
            RuleAttribute::FwMark(mark) => parts.push(format!("fwmark {mark:#x}")),
            RuleAttribute::SuppressPrefixLen(length) if *length != u32::MAX => {
                parts.push(format!("suppress_prefixlength {length}"));
            }
            // These say nothing of which packets are meant.
            RuleAttribute::Protocol(_)
            | RuleAttribute::FwMask(_)
            | RuleAttribute::SuppressPrefixLen(_)
            | RuleAttribute::SuppressIfGroup(_) => {}
            other => parts.push(format!("{other:?}")),
        }
    }
    let is_to_table = message.header.action == RuleAction::ToTable;
    if is_to_table && parts.is_empty() && USUAL_RULES.contains(&(priority, table)) {
        return None;
    }
    parts.push(if is_to_table {
        format!("lookup {table}")
    } else {
        format!("{:?}", message.header.action).to_lowercase()
    });
    Some(RoutingRule {
        priority,
        version,
        text: parts.join(" "),
    })
}

fn neighbour(message: &NeighbourMessage, interfaces: &[HostInterface]) -> Option<Neighbour> {
    let mut attributes = message.attributes.iter();
    let address = attributes.find_map(|attribute| match attribute {
        NeighbourAttribute::Destination(NeighbourAddress::Inet(address)) => {
            Some(IpAddr::V4(*address))
        }
        NeighbourAttribute::Destination(NeighbourAddress::Inet6(address)) => {
            Some(IpAddr::V6(*address))
        }
        _ => None,
    })?;
    let state = match message.header.state {
        NeighbourState::Incomplete => "incomplete",
        NeighbourState::Reachable => "reachable",
        NeighbourState::Stale => "stale",
        NeighbourState::Delay => "delay",
        NeighbourState::Probe => "probe",
        NeighbourState::Failed => "failed",
        NeighbourState::Permanent => "permanent",
        // Groups, loopback: nobody asks who has them.
        _ => return None,
    };
    let mut attributes = message.attributes.iter();
    let hardware_address = attributes.find_map(|attribute| match attribute {
        NeighbourAttribute::LinkLayerAddress(bytes) => {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(bytes.join(":"))
        }
        _ => None,
    });
    Some(Neighbour {
        address,
        interface: name_of(interfaces, message.header.ifindex)?,
        state: state.to_owned(),
        hardware_address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_of_loopback() {
        let mut links = Links::open().unwrap();
        let interfaces = links.interfaces().unwrap();
        let loopback = interfaces.iter().find(|interface| interface.name == "lo");
        assert_eq!(loopback.unwrap().number, 1);
        let routing = links.routing(&interfaces).unwrap();
        assert!(
            routing
                .routes
                .iter()
                .all(|route| route.table != LOCAL_TABLE)
        );
        assert_eq!(routing.omitted, 0);
        links.neighbours(&interfaces).unwrap();
    }

    #[test]
    fn messages_have_at_least_their_header() {
        assert_eq!(total_length(&[]), None);
        assert_eq!(total_length(&15_u32.to_ne_bytes()), None);
        assert_eq!(total_length(&20_u32.to_ne_bytes()), Some(20));
    }
}
