//! Connections that failed on a request, per server, and by what came of the request.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{MidwayEnding, MidwayFailure};

/// So many servers, and clients of each, are told apart; others are counted only.
const SERVERS: usize = 1024;
const CLIENTS: usize = 256;

/// Those of all servers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct MidwayFailures {
    resets: u64,
    by_server: BTreeMap<Key, OfServer>,
}

/// The server, and whether it is silence that the requests met.
type Key = (Endpoint, bool);

/// Those of one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OfServer {
    pub(super) count: u64,
    pub(super) clients: BTreeSet<IpAddr>,
    /// The earliest.
    pub(super) first: MidwayFailure,
    pub(super) last_at: Timestamp,
    /// The longest idleness that was seen.
    pub(super) idle: Option<Duration>,
    /// What came of them; of silence, after the most that were sent.
    pub(super) ending: MidwayEnding,
}

impl Facts for MidwayFailures {
    fn merge(&mut self, other: Self) {
        self.resets = self.resets.saturating_add(other.resets);
        for (key, others) in other.by_server {
            match self.by_server.get_mut(&key) {
                Some(own) => own.merge(others),
                None => {
                    self.by_server.insert(key, others);
                }
            }
        }
        self.make_room();
    }
}

impl Facts for OfServer {
    fn merge(&mut self, other: Self) {
        let order = |failure: &MidwayFailure| {
            let place = failure.request;
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
        self.ending = self.ending.max(other.ending);
    }
}

impl MidwayFailures {
    /// Counts one.
    pub(super) fn add(&mut self, failure: MidwayFailure) {
        let is_reset = failure.ending == MidwayEnding::Reset;
        let key = (failure.server, !is_reset);
        let one = OfServer {
            count: 1,
            clients: BTreeSet::from([failure.client.address]),
            last_at: failure.request.at,
            idle: failure.idle,
            ending: failure.ending,
            first: failure,
        };
        self.merge(Self {
            resets: is_reset.into(),
            by_server: BTreeMap::from([(key, one)]),
        });
    }

    fn make_room(&mut self) {
        while self.by_server.len() > SERVERS {
            self.by_server.pop_last();
        }
    }

    /// How many were reset.
    pub(super) fn resets(&self) -> u64 {
        self.resets
    }

    /// Those of each server.
    pub(super) fn by_server(&self) -> impl Iterator<Item = (Endpoint, &OfServer)> {
        let all = self.by_server.iter();
        all.map(|((server, _), of_server)| (*server, of_server))
    }
}
