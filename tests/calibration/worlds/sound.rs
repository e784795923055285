//! What is sound, or nobody's fault: no cause is right but loss.

use std::net::SocketAddr;

use super::network::{Connect, Meets, Network};
use super::{World, world};

pub(super) const WORLDS: &[World] = &[
    world("all-is-well", &[], all_is_well),
    world("loss", &["path_loss", "slow_connects"], loss),
    world("much-loss", &["path_loss", "slow_connects"], much_loss),
    world(
        "one-lost-among-a-thousand",
        &["path_loss", "slow_connects"],
        one_lost,
    ),
    world(
        "few-lost-of-many-kinds",
        &["path_loss", "slow_connects"],
        few_of_many_kinds,
    ),
    world("long-way", &[], long_way),
];

fn servers(network: &mut Network) -> SocketAddr {
    ([10, 9, 0, network.random.u8(50..54)], 443).into()
}

fn lossy(network: &mut Network, count: usize, loss: f64) {
    for at in network.times(count, 0.15) {
        let host = network.random.u16(1..=20);
        let connect = Connect {
            loss,
            ..Connect::served(at, network.client(host), servers(network))
        };
        network.connect(&connect);
    }
}

fn all_is_well(network: &mut Network) {
    lossy(network, 200, 0.0);
}

fn loss(network: &mut Network) {
    lossy(network, 400, 0.01);
}

fn much_loss(network: &mut Network) {
    lossy(network, 250, 0.06);
}

fn one_lost(network: &mut Network) {
    let lost = network.random.usize(..600);
    for (number, at) in network.times(600, 0.05).into_iter().enumerate() {
        let host = network.random.u16(1..=6);
        let connect = Connect::served(at, network.client(host), servers(network));
        let syns = 1 + number % 3;
        network.connect(&connect.meeting(Meets::Silence(syns), number == lost));
    }
}

/// Clients in many VLANs and subnets, from near and far, with options and without: whoever looks
/// for what a few failures share finds something, by chance.
fn few_of_many_kinds(network: &mut Network) {
    for at in network.times(150, 0.3) {
        let kind = network.random.u16(0..12);
        let host = (kind % 6) << 8 | network.random.u16(1..=3);
        let connect = Connect {
            vlan: Some(20 + kind % 4),
            client_ttl: 64 - u8::try_from(kind % 5).unwrap(),
            timestamps: !kind.is_multiple_of(3),
            ..Connect::served(at, network.client(host), ([10, 9, 0, 60], 443).into())
        };
        let is_lost = network.random.u8(0..40) == 0;
        network.connect(&connect.meeting(Meets::Silence(3), is_lost));
    }
}

fn long_way(network: &mut Network) {
    for at in network.times(120, 0.2) {
        let host = network.random.u16(1..=20);
        let connect = Connect {
            round_trip: 0.32,
            ..Connect::served(at, network.client(host), servers(network))
        };
        network.connect(&connect);
    }
}
