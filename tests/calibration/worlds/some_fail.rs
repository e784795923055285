//! Some connects to a server fail and others succeed: because of something that the failing ones
//! share.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;

use super::network::{Connect, Meets, Network};
use super::{World, world};

pub(super) const WORLDS: &[World] = &[
    world("range-of-client-ports", &["failures_share"], range_of_ports)
        .saying("failures_share", "client ports from"),
    world("subnet", &["failures_share", "source_filtered"], subnet)
        .saying("failures_share", "come from 10.0.4.0/24"),
    world(
        "timestamps",
        &["failures_share", "feature_dropped"],
        timestamps,
    )
    .saying("failures_share", "carry timestamps"),
    world("vlan", &["failures_share"], vlan).saying("failures_share", "are in vlan 12"),
    world("hops", &["failures_share"], hops).saying("failures_share", "have SYNs with TTL 57"),
    world(
        "every-minute",
        &["failures_share", "service_down_window"],
        every_minute,
    )
    .saying("failures_share", "of every 60 s"),
    world("pairs", &["dead_path"], pairs).saying("dead_path", "pairs of addresses"),
    world("tuples", &["dead_path"], tuples).saying("dead_path", "die with all their repetitions"),
    world(
        "ports-used-again",
        &["stale_state", "failures_share"],
        ports_used_again,
    )
    .saying("stale_state", "use again a client port"),
    // Not said where nobody else is accepted right beside one of its connects.
    world("one-client", &["source_filtered"], one_client),
    world(
        "signed",
        &["authentication_option", "failures_share"],
        signed,
    )
    .saying("failures_share", "TCP-MD5"),
    world("ecn", &["feature_dropped", "slow_connects"], ecn).saying("feature_dropped", ""),
];

fn server() -> SocketAddr {
    ([10, 9, 0, 20], 5432).into()
}

/// Many clients, of which those fail for which that is so.
fn many(network: &mut Network, hosts: u16, fails: impl Fn(&Connect) -> bool) {
    many_of(network, hosts, |connect| connect, fails);
}

fn many_of(
    network: &mut Network,
    hosts: u16,
    changed: impl Fn(Connect) -> Connect,
    fails: impl Fn(&Connect) -> bool,
) {
    for at in network.times(260, 0.25) {
        let host = network.random.u16(1..=hosts);
        let client = network.client(host);
        let connect = changed(Connect::served(at, client, server()));
        network.connect(&connect.meeting(Meets::Silence(4), fails(&connect)));
    }
}

/// A gateway's own range of ports, in which nobody gets an answer.
fn range_of_ports(network: &mut Network) {
    let lowest = network.random.u16(34_000..58_000);
    let width = network.random.u16(1_200..2_600);
    many(network, 3, |connect| {
        (lowest..lowest + width).contains(&connect.client.port())
    });
}

/// The third byte of a client's address.
fn third_byte(connect: &Connect) -> u8 {
    match connect.client {
        SocketAddr::V4(client) => client.ip().octets()[2],
        SocketAddr::V6(_) => 0,
    }
}

fn subnet(network: &mut Network) {
    for at in network.times(240, 0.2) {
        let host = network.random.u16(1..=5) << 8 | network.random.u16(1..=12);
        let client = network.client(host);
        let connect = Connect::served(at, client, server());
        network.connect(&connect.meeting(Meets::Silence(4), third_byte(&connect) == 4));
    }
}

/// A server that recycles what it should not, or a box that drops an option: each client sends
/// both kinds.
fn timestamps(network: &mut Network) {
    for at in network.times(160, 0.25) {
        let host = network.random.u16(1..=4);
        let timestamps = network.random.u8(0..8) == 0;
        let connect = Connect {
            timestamps,
            ..Connect::served(at, network.client(host), server())
        };
        network.connect(&connect.meeting(Meets::Silence(4), timestamps));
    }
}

fn vlan(network: &mut Network) {
    let tag_of = |connect: &Connect| 10 + u16::from(last_byte(connect) % 4);
    let tagged = |connect: Connect| Connect {
        vlan: Some(tag_of(&connect)),
        ..connect
    };
    many_of(network, 60, tagged, |connect| connect.vlan == Some(12));
}

fn last_byte(connect: &Connect) -> u8 {
    match connect.client {
        SocketAddr::V4(client) => client.ip().octets()[3],
        SocketAddr::V6(_) => 0,
    }
}

/// Those that come by a longer way are dropped.
fn hops(network: &mut Network) {
    let far = |connect: Connect| Connect {
        client_ttl: if last_byte(&connect).is_multiple_of(5) {
            57
        } else {
            61
        },
        ..connect
    };
    many_of(network, 80, far, |connect| connect.client_ttl == 57);
}

/// A job stops everything for some seconds of each minute.
fn every_minute(network: &mut Network) {
    let begins = network.random.f64() * 50.0;
    for at in network.times(420, 1.0) {
        let connect = Connect::served(at, network.client(7), server());
        let stands_still = (begins..begins + 4.0).contains(&(at % 60.0));
        network.connect(&connect.meeting(Meets::Silence(2), stands_still));
    }
}

fn path_of(what: impl Hash, seed: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (what, seed).hash(&mut hasher);
    hasher.finish() % 5
}

/// One of five paths loses all, and the pair of addresses decides who takes it.
fn pairs(network: &mut Network) {
    let seed = network.random.u64(..);
    for at in network.times(300, 0.2) {
        let host = network.random.u16(1..=8);
        let client = network.client(host);
        let server = SocketAddr::from(([10, 9, 0, network.random.u8(20..26)], 443));
        let connect = Connect::served(at, client, server);
        let is_dead = path_of((client.ip(), server.ip()), seed) == 0;
        network.connect(&connect.meeting(Meets::Silence(4), is_dead));
    }
}

/// The same with ports.
fn tuples(network: &mut Network) {
    let seed = network.random.u64(..);
    many(network, 4, |connect| {
        path_of((connect.client, server()), seed) == 0
    });
}

/// A firewall that still knows a connection that is over drops the next one of the same ports.
fn ports_used_again(network: &mut Network) {
    let mut used: Vec<SocketAddr> = Vec::new();
    let mut again = HashSet::new();
    for at in network.times(220, 0.2) {
        let host = network.random.u16(1..=3);
        let fresh = network.client(host);
        let is_again = used.len() > 30 && network.random.u8(0..16) == 0;
        let client = if is_again {
            used[network.random.usize(..used.len() - 5)]
        } else {
            fresh
        };
        let is_again = is_again && again.insert(client);
        used.push(client);
        let connect = Connect::served(at, client, server());
        network.connect(&connect.meeting(Meets::Silence(4), is_again));
    }
}

fn one_client(network: &mut Network) {
    many(network, 9, |connect| last_byte(connect) == 4);
}

/// One client signs what it sends, and the server knows of no key.
fn signed(network: &mut Network) {
    let signing = |connect: Connect| Connect {
        is_signed: last_byte(&connect) == 2,
        ..connect
    };
    many_of(network, 9, signing, |connect| connect.is_signed);
}

/// A box drops SYNs that offer ECN; Linux does not offer it again in the next one.
fn ecn(network: &mut Network) {
    for at in network.times(40, 0.5) {
        let connect = Connect {
            offers_ecn: true,
            ..Connect::served(at, network.client(3), server())
        };
        network.connect(&connect.meeting(Meets::SilenceFor(1), true));
    }
}
