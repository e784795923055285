//! Servers that have no room, and those that have been closed or restarted.

use std::net::SocketAddr;

use super::network::{Connect, Meets, Network};
use super::{World, world};

pub(super) const WORLDS: &[World] = &[
    world(
        "bursts",
        &["accept_queue_full", "overload", "slow_connects"],
        bursts,
    )
    .saying("overload", ""),
    world(
        "accepts-no-more",
        &["accept_queue_full", "overload"],
        accepts_no_more,
    )
    .saying("overload", "accepts nobody any more"),
    world("restart", &["closed_port", "service_down_window"], restart)
        .saying("service_down_window", "nothing listened"),
    world(
        "stands-still",
        &["service_down_window", "accept_queue_full", "overload"],
        stands_still,
    ),
];

fn server() -> SocketAddr {
    ([10, 9, 0, 30], 8080).into()
}

/// Crowds come, and the queue takes some of each.
fn bursts(network: &mut Network) {
    for burst in 0..6_u8 {
        let begins = f64::from(burst) * 12.0;
        for place in 0..40_u8 {
            let host = network.random.u16(1..=12);
            let at = begins + network.random.f64() * 0.4;
            let connect = Connect::served(at, network.client(host), server());
            let meets = match network.random.u8(0..10) {
                _ if place < 4 => Meets::Service,
                0..5 => Meets::Service,
                5..8 => Meets::SilenceFor(1),
                8 => Meets::SilenceFor(2),
                _ => Meets::Silence(3),
            };
            network.connect(&connect.meeting(meets, true));
        }
    }
}

/// The application hangs: what is in its queue is accepted by the kernel, and nobody else is.
fn accepts_no_more(network: &mut Network) {
    let hangs = network.random.f64() * 10.0 + 15.0;
    let mut in_queue = 0;
    for at in network.times(120, 0.4) {
        let host = network.random.u16(1..=6);
        let connect = Connect::served(at, network.client(host), server());
        let meets = match at {
            at if at < hangs => Meets::Service,
            _ if in_queue < 6 => {
                in_queue += 1;
                Meets::NoService
            }
            _ => Meets::Silence(4),
        };
        network.connect(&connect.meeting(meets, true));
        let beside = Connect::served(at + 0.1, network.client(host), ([10, 9, 0, 30], 22).into());
        network.connect(&beside);
    }
}

fn restart(network: &mut Network) {
    let stops = network.random.f64() * 20.0 + 10.0;
    for at in network.times(200, 0.25) {
        let host = network.random.u16(1..=6);
        let connect = Connect::served(at, network.client(host), server());
        let is_down = (stops..stops + 6.0).contains(&at);
        network.connect(&connect.meeting(Meets::Refusal, is_down));
    }
}

/// The host hangs for some seconds, once: all are silent then.
fn stands_still(network: &mut Network) {
    let stops = network.random.f64() * 20.0 + 10.0;
    for at in network.times(200, 0.25) {
        let host = network.random.u16(1..=6);
        let connect = Connect::served(at, network.client(host), server());
        let is_down = (stops..stops + 6.0).contains(&at);
        network.connect(&connect.meeting(Meets::Silence(3), is_down));
    }
}
