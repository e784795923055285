//! Connections that were reset on a request after idleness, per server.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::facts::Facts;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::MidwayReset;

/// So many servers, and clients of each, are told apart; others are counted only.
const SERVERS: usize = 1024;
const CLIENTS: usize = 256;

/// Those of all servers.
#[derive(Clone, Debug, Default)]
pub(super) struct MidwayResets {
    count: u64,
    by_server: BTreeMap<Endpoint, OfServer>,
}

/// Those of one server.
#[derive(Clone, Debug)]
pub(super) struct OfServer {
    pub(super) count: u64,
    pub(super) clients: BTreeSet<IpAddr>,
    /// The earliest.
    pub(super) first: MidwayReset,
    pub(super) last_at: Timestamp,
    /// The longest idleness that was seen.
    pub(super) idle: Option<Duration>,
}

impl Facts for MidwayResets {
    fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        for (server, others) in other.by_server {
            match self.by_server.get_mut(&server) {
                Some(own) => own.merge(others),
                None => {
                    self.by_server.insert(server, others);
                }
            }
        }
        self.make_room();
    }
}

impl Facts for OfServer {
    fn merge(&mut self, other: Self) {
        let order = |reset: &MidwayReset| {
            let place = reset.request;
            (place.at, place.source, place.number)
        };
        self.count = self.count.saturating_add(other.count);
        self.clients.extend(other.clients);
        while self.clients.len() > CLIENTS {
            self.clients.pop_last();
        }
        if order(&other.first) < order(&self.first) {
            self.first = other.first;
        }
        self.last_at = self.last_at.max(other.last_at);
        self.idle = self.idle.max(other.idle);
    }
}

impl MidwayResets {
    /// Counts one.
    pub(super) fn add(&mut self, reset: MidwayReset) {
        let server = reset.server;
        let one = OfServer {
            count: 1,
            clients: BTreeSet::from([reset.client.address]),
            last_at: reset.request.at,
            idle: reset.idle,
            first: reset,
        };
        self.merge(Self {
            count: 1,
            by_server: BTreeMap::from([(server, one)]),
        });
    }

    fn make_room(&mut self) {
        while self.by_server.len() > SERVERS {
            self.by_server.pop_last();
        }
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Those of each server.
    pub(super) fn by_server(&self) -> impl Iterator<Item = (Endpoint, &OfServer)> {
        let all = self.by_server.iter();
        all.map(|(server, of_server)| (*server, of_server))
    }
}
