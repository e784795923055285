//! All connects to a server, or to a port of it, fail.

use std::net::SocketAddr;

use super::network::{Connect, Meets, Network};
use super::{World, world};

pub(super) const WORLDS: &[World] = &[
    world("nobody-there", &["host_silent", "host_down"], nobody_there),
    world(
        "port-dropped",
        &["port_filtered", "service_filtered"],
        port_dropped,
    )
    .saying("service_filtered", ""),
    world(
        "nothing-listens",
        &["closed_port", "never_listening"],
        nothing_listens,
    )
    .saying("never_listening", ""),
    world(
        "reset-by-a-box",
        &["middlebox_reset", "answers_made_by_a_box"],
        reset_by_a_box,
    )
    .saying("answers_made_by_a_box", ""),
    world(
        "prohibited",
        &["admin_prohibited", "service_filtered"],
        prohibited,
    )
    .saying("service_filtered", ""),
    world(
        "rate-limit-of-icmp",
        &[
            "port_unreachable",
            "limited_rejects",
            "service_filtered",
            "port_filtered",
        ],
        rate_limit,
    )
    .saying("limited_rejects", ""),
];

fn server(port: u16) -> SocketAddr {
    ([10, 9, 0, 40], port).into()
}

/// Connects to a port that answers, and to another one that does not.
fn beside(network: &mut Network, meets: Meets, changed: impl Fn(Connect) -> Connect) {
    for at in network.times(60, 0.6) {
        let host = network.random.u16(1..=5);
        let client = network.client(host);
        network.connect(&Connect::served(at, client, server(22)));
        if network.random.u8(0..3) == 0 {
            let connect = Connect::served(at + 0.05, network.client(host), server(8443));
            network.connect(&changed(connect.meeting(meets, true)));
        }
    }
}

fn nobody_there(network: &mut Network) {
    for at in network.times(12, 2.0) {
        let host = network.random.u16(1..=5);
        let connect = Connect::served(at, network.client(host), server(8443));
        network.connect(&connect.meeting(Meets::Silence(5), true));
        let other = SocketAddr::from(([10, 9, 0, 41], 8443));
        let client = network.client(host);
        network.connect(&Connect::served(at + 0.1, client, other));
    }
}

fn port_dropped(network: &mut Network) {
    beside(network, Meets::Silence(5), |connect| connect);
}

fn nothing_listens(network: &mut Network) {
    beside(network, Meets::Refusal, |connect| connect);
}

fn reset_by_a_box(network: &mut Network) {
    beside(network, Meets::Refusal, |connect| Connect {
        server_ttl: 64,
        round_trip: 0.0005,
        ..connect
    });
}

fn prohibited(network: &mut Network) {
    beside(network, Meets::Rejection(3, 13, [10, 9, 0, 1]), |connect| {
        connect
    });
}

/// A host's filter rejects, and its kernel sends few ICMP errors.
fn rate_limit(network: &mut Network) {
    for at in network.times(60, 0.1) {
        let host = network.random.u16(1..=3);
        let client = network.client(host);
        network.connect(&Connect::served(at, client, server(22)));
        let connect = Connect::served(at + 0.01, network.client(host), server(8443));
        let meets = if network.random.u8(0..4) == 0 {
            Meets::Rejection(3, 3, [10, 9, 0, 40])
        } else {
            Meets::Silence(3)
        };
        network.connect(&connect.meeting(meets, true));
    }
}
