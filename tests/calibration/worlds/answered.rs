//! Connects that are answered, and fail for their user all the same; and what is no connect of a
//! user at all.

use std::net::SocketAddr;

use super::network::{Connect, Meets, Network};
use super::{World, world};

pub(super) const WORLDS: &[World] = &[
    world("hangs-up", &["hung_up"], hangs_up).saying("hung_up", ""),
    world(
        "resets-at-once",
        &["server_abort", "hung_up"],
        resets_at_once,
    )
    .saying("hung_up", ""),
    world("no-way-back", &["syn_ack_lost"], no_way_back),
    world(
        "wrong-checksums",
        &["wrong_checksum", "wrong_checksums"],
        wrong_checksums,
    )
    .saying("wrong_checksums", ""),
    world(
        "first-syn-lost-on-used-ports",
        &["slow_connects"],
        used_ports_are_late,
    )
    .saying("slow_connects", ""),
    world(
        "scan",
        &["port_scan", "closed_port", "half_open_scan"],
        scan,
    )
    .saying("port_scan", ""),
    world("flood", &["syn_flood", "client_silent"], flood).saying("syn_flood", ""),
    world(
        "no-room-in-the-queue-resets",
        &["accept_queue_full", "overload"],
        no_room_resets,
    )
    .saying("overload", "tcp_abort_on_overflow"),
];

fn server(port: u16) -> SocketAddr {
    ([10, 9, 0, 70], port).into()
}

/// Connects of a few clients, of which some meet that.
fn some(network: &mut Network, meets: Meets, of: u8) {
    for at in network.times(80, 0.4) {
        let host = network.random.u16(1..=5);
        let is_met = network.random.u8(0..of) == 0;
        let connect = Connect::served(at, network.client(host), server(443));
        network.connect(&connect.meeting(meets, is_met));
    }
}

/// A proxy whose backend is gone closes what it has accepted.
fn hangs_up(network: &mut Network) {
    some(network, Meets::Close, 3);
}

/// The application closes at once what it does not want, with the client's request unread.
fn resets_at_once(network: &mut Network) {
    some(network, Meets::Abort, 3);
}

/// Captured at the server: its answers to one client never arrive.
fn no_way_back(network: &mut Network) {
    for at in network.times(60, 0.5) {
        let host = network.random.u16(1..=5);
        let connect = Connect {
            client_ttl: 61,
            server_ttl: 64,
            ..Connect::served(at, network.client(host), server(443))
        };
        network.connect(&connect.meeting(Meets::AnswerInVain, host == 4));
    }
}

/// What spoils one client's segments: the server throws them away.
fn wrong_checksums(network: &mut Network) {
    for at in network.times(120, 0.3) {
        let host = network.random.u16(1..=6);
        let is_spoilt = host == 3;
        let connect = Connect {
            checksum: Some(!is_spoilt),
            ..Connect::served(at, network.client(host), server(443))
        };
        network.connect(&connect.meeting(Meets::Silence(4), is_spoilt));
    }
}

/// The server's `TIME_WAIT` swallows the first SYN from a port that was just in use.
fn used_ports_are_late(network: &mut Network) {
    let mut used: Vec<SocketAddr> = Vec::new();
    for at in network.times(150, 0.3) {
        let fresh = network.client(9);
        let is_again = used.len() > 20 && network.random.u8(0..8) == 0;
        let client = if is_again {
            used[network.random.usize(..used.len() - 8)]
        } else {
            fresh
        };
        used.push(client);
        let connect = Connect::served(at, client, server(443));
        network.connect(&connect.meeting(Meets::SilenceFor(1), is_again));
    }
}

fn scan(network: &mut Network) {
    let scanner = network.client(99);
    for (place, port) in (1..=300).enumerate() {
        let at = 1.0 + f64::from(u32::try_from(place).unwrap()) * 0.003;
        let connect = Connect::served(at, scanner, server(port));
        network.connect(&connect.meeting(Meets::Refusal, true));
    }
    some(network, Meets::Service, 1);
}

/// Strangers ask and go away; the service itself goes on.
fn flood(network: &mut Network) {
    for at in network.times(600, 0.004) {
        let stranger = network.random.u16(..);
        let [high, low] = stranger.to_be_bytes();
        let client = SocketAddr::from(([198, 18, high, low], network.port()));
        let connect = Connect::served(at, client, server(80));
        network.connect(&connect.meeting(Meets::Silence(1), true));
    }
}

/// A queue that is full when the ACK arrives, on a host that resets then; some clients get in.
fn no_room_resets(network: &mut Network) {
    some(network, Meets::ResetOfQueue, 4);
}
