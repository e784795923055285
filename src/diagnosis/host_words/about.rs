//! What one snapshot of a host says about one attempt.

use std::net::IpAddr;

use super::{Connect, HostWord};
use crate::decode::Endpoint;
use crate::diagnosis::testimony::{
    HostDistance, HostSays, HostStatement, ListenersAtEnd, ListeningSocket, StoppingRule,
    TestifiedFact, Testimony,
};
use crate::handshake::Outcome;
use crate::host::snapshot::{
    FilterRule, HolderOfSocket, HostSnapshot, Met, RouteKind, RuleVerdict, SnapshotListener,
    TrackedPacket, WayBack,
};
use crate::host::{Counter, Listener, OpenSocket, SocketInode};

/// So many sockets of one port are told.
const MOST_SOCKETS: usize = 64;

/// Adds what the snapshot says, as the server's host and as the client's.
pub(super) fn said(
    host: &HostWord,
    (snapshot, distance): (&HostSnapshot, HostDistance),
    connect: Connect,
    testimony: &mut Vec<Testimony>,
) {
    let has = |address: IpAddr| snapshot.addresses().any(|own| own == address);
    let is_known_as = |address: IpAddr| host.known_as == Some(address);
    let (client, server) = (connect.client.address, connect.server.address);
    let mut says = Vec::new();
    if has(server) || is_known_as(server) {
        says.extend(listeners(snapshot, connect, distance));
        // Behind a translation its packets have other addresses: rules and routes are by those.
        if has(server) && !has(client) {
            says.extend(stops(snapshot, connect, false));
            says.extend(reverse_path(snapshot, server, client));
            says.extend(no_way_to(snapshot, client));
        }
        says.extend(conntrack_full(snapshot));
    } else if has(client) {
        says.extend(stops(snapshot, connect, true));
        says.extend(reverse_path(snapshot, client, server).filter(|_| {
            // Its SYN had left by the way that is looked up.
            connect.outcome == Outcome::HalfOpen
        }));
        says.extend(neighbour_failed(snapshot, server));
    }
    testimony.extend(says.into_iter().map(|says| Testimony {
        at: snapshot.time,
        fact: TestifiedFact::Host(Box::new(HostStatement {
            host: host.name.clone(),
            distance,
            says,
        })),
    }));
}

/// Adds the counters that rose between two snapshots.
pub(super) fn risen(
    host: &HostWord,
    (before, after): (&HostSnapshot, &HostSnapshot),
    connect: Connect,
    testimony: &mut Vec<Testimony>,
) {
    let server = connect.server.address;
    let is_server = after.addresses().any(|own| own == server) || host.known_as == Some(server);
    let is_telling = matches!(
        connect.outcome,
        Outcome::Dropped | Outcome::HalfOpen | Outcome::Reset | Outcome::Aborted
    );
    let mut rises = after.known_counters().risen_since(&before.known_counters());
    rises.retain(|(counter, _)| is_server || *counter == Counter::IpReversePathFilter);
    let is_here = is_server || after.addresses().any(|own| own == connect.client.address);
    if is_here && is_telling && !rises.is_empty() {
        testimony.push(Testimony {
            at: after.time,
            fact: TestifiedFact::Host(Box::new(HostStatement {
                host: host.name.clone(),
                distance: super::distance(after.time, connect),
                says: HostSays::CountersRose {
                    since: before.time,
                    rises,
                },
            })),
        });
    }
}

/// What was said before and after in the same words is said once, from as near as it was said.
pub(super) fn only_once(testimony: Vec<Testimony>) -> Vec<Testimony> {
    let mut kept: Vec<Testimony> = Vec::new();
    for later in testimony {
        let same = kept.iter_mut().find(|known| is_same(known, &later));
        match same {
            Some(known) if time(&later) < time(known) => *known = later,
            Some(_) => {}
            None => kept.push(later),
        }
    }
    kept
}

fn statement(testimony: &Testimony) -> Option<&HostStatement> {
    match &testimony.fact {
        TestifiedFact::Host(statement) => Some(statement),
        _ => None,
    }
}

fn time(testimony: &Testimony) -> std::time::Duration {
    statement(testimony).map_or_else(Default::default, |told| told.distance.time())
}

/// Listeners are told of both times: that they are the same is worth knowing.
fn is_same(one: &Testimony, other: &Testimony) -> bool {
    let says = |testimony| statement(testimony).map(|told| &told.says);
    let (one, other) = (says(one), says(other));
    !matches!(one, Some(HostSays::Listeners { .. })) && one == other
}

fn listeners(
    snapshot: &HostSnapshot,
    connect: Connect,
    distance: HostDistance,
) -> Option<HostSays> {
    let is_telling = matches!(
        connect.outcome,
        Outcome::Refused | Outcome::Dropped | Outcome::HalfOpen | Outcome::Reset
    );
    let all = snapshot.listeners.as_ref().filter(|_| is_telling)?;
    let those: Vec<&SnapshotListener> = all
        .iter()
        .filter(|listener| listener.port == connect.server.port)
        .take(MOST_SOCKETS)
        .collect();
    let is_own = |address: IpAddr| snapshot.addresses().any(|own| own == address);
    let mut server = connect.server;
    if !is_own(server.address) {
        // Translated, nobody knows to which of its addresses: any but loopback may be meant.
        let mut others = those.iter().map(|listener| listener.address);
        let other = others.find(|address| {
            !address.is_loopback()
                && !address.is_unspecified()
                && address.is_ipv4() == server.address.is_ipv4()
        });
        server.address = other.unwrap_or(server.address);
    } else if those.is_empty() && is_translated(snapshot, connect) {
        return None;
    }
    let asked = ListenersAtEnd {
        server,
        outcome: connect.outcome,
        later: distance.time(),
        sockets: those.iter().map(|listener| socket(listener)).collect(),
    };
    let holders = those
        .iter()
        .filter(|one| socket(one).listener.takes(server.address));
    let started = holders.map(|one| {
        let process = one.process.as_ref()?;
        let started = process.started.filter(|started| *started > connect.ended)?;
        Some((process.process(), started))
    });
    // One that was there before may have listened.
    let all_started: Option<Vec<_>> = started.collect();
    let started_after = all_started.and_then(|all| all.into_iter().min_by_key(|(_, at)| *at));
    Some(HostSays::Listeners {
        asked,
        started_after,
    })
}

/// Whether its rules send such connects elsewhere, or may: then nobody need listen here.
fn is_translated(snapshot: &HostSnapshot, connect: Connect) -> bool {
    let Some(filter) = &snapshot.packet_filter else {
        return false;
    };
    let mut rules = filter.chains.iter().flat_map(|chain| &chain.rules);
    let has_translation = rules.any(|rule| rule.verdict == Some(RuleVerdict::Translate));
    has_translation && matches!(filter.meets(&packet(connect, false)), Met::Unclear)
}

fn socket(listener: &SnapshotListener) -> ListeningSocket {
    ListeningSocket {
        listener: Listener {
            socket: OpenSocket {
                inode: SocketInode(listener.inode),
                user: listener.user,
            },
            address: listener.address,
            is_only_ipv6: listener.is_only_ipv6,
            interface: None,
            waiting: listener.waiting,
            most_waiting: listener.most_waiting,
        },
        process: listener.process.as_ref().map(HolderOfSocket::process),
        interface: listener.interface.clone(),
    }
}

/// The SYN as the server meets it, or the answer as the client does.
const fn packet(connect: Connect, is_answer: bool) -> TrackedPacket {
    let (source, destination): (Endpoint, Endpoint) = if is_answer {
        (connect.server, connect.client)
    } else {
        (connect.client, connect.server)
    };
    TrackedPacket {
        source,
        destination,
        is_new: !is_answer,
    }
}

fn stops(snapshot: &HostSnapshot, connect: Connect, is_of_answer: bool) -> Option<HostSays> {
    let filter = snapshot.packet_filter.as_ref()?;
    let Met::Stopped { chain, rule } = filter.meets(&packet(connect, is_of_answer)) else {
        return None;
    };
    let verdict = rule.and_then(|rule| rule.verdict.as_ref());
    Some(HostSays::Stops(StoppingRule {
        chain: format!("{} {}", chain.table, chain.name),
        rule: rule.map(|rule| rule.text.clone()),
        rejects_with: match verdict {
            Some(RuleVerdict::Reject(with)) => Some(with.clone()),
            _ => None,
        },
        asks_for_source: rule.is_some_and(FilterRule::asks_for_source),
        is_of_answer,
        server: connect.server,
    }))
}

/// Packets of `other` come in by the interface that has the own address, and by the routes others
/// would be expected.
fn reverse_path(snapshot: &HostSnapshot, own: IpAddr, other: IpAddr) -> Option<HostSays> {
    let interface = snapshot.interface_of(own).filter(|_| own.is_ipv4())?;
    let of = |scope: &str| snapshot.number(&format!("ipv4.conf.{scope}.rp_filter"));
    let mode = of("all").max(of(&interface.name))?;
    let leaves_by = match snapshot.routing.as_ref()?.way_to(other)? {
        WayBack::By(route) if route.kind == RouteKind::Unicast => {
            if mode != 1 || route.may_leave_by(&interface.name) {
                return None;
            }
            Some(route.interface.clone()?)
        }
        _ if mode == 0 => return None,
        _ => None,
    };
    let counter = Counter::IpReversePathFilter.name();
    Some(HostSays::ReversePath {
        comes_in_by: interface.name.clone(),
        leaves_by,
        is_counted: snapshot
            .counters
            .get(counter)
            .is_some_and(|count| *count > 0),
    })
}

fn no_way_to(snapshot: &HostSnapshot, address: IpAddr) -> Option<HostSays> {
    let route: Option<&str> = match snapshot.routing.as_ref()?.way_to(address)? {
        WayBack::None => None,
        WayBack::By(route) => match route.kind {
            RouteKind::Blackhole => Some("blackhole"),
            RouteKind::Unreachable => Some("unreachable"),
            RouteKind::Prohibit => Some("prohibit"),
            _ => return None,
        },
    };
    Some(HostSays::NoWayTo {
        address,
        route: route.map(str::to_owned),
    })
}

fn conntrack_full(snapshot: &HostSnapshot) -> Option<HostSays> {
    let table = snapshot
        .conntrack
        .as_ref()
        .filter(|table| table.is_full())?;
    Some(HostSays::ConntrackFull {
        count: table.count,
        limit: table.limit,
    })
}

/// The next host on the way to the server is asked for, and nobody answers.
fn neighbour_failed(snapshot: &HostSnapshot, server: IpAddr) -> Option<HostSays> {
    let WayBack::By(route) = snapshot.routing.as_ref()?.way_to(server)? else {
        return None;
    };
    let next = route.gateway.unwrap_or(server);
    let mut neighbours = snapshot.neighbours.as_ref()?.iter();
    let failed = neighbours.find(|neighbour| {
        neighbour.address == next && matches!(&*neighbour.state, "failed" | "incomplete")
    })?;
    Some(HostSays::NeighbourFailed {
        address: next,
        interface: failed.interface.clone(),
    })
}
