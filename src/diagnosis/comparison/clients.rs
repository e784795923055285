//! What is known of those that try to connect: whom they tried to reach, and whether the capture is
//! from their side.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::hosts::{HostFacts, initial};
use super::passers::{Passers, Passing};
use super::targets::Targets;
use super::{Comparison, REMEMBERED_TARGETS, is_untouched};
use crate::decode::Endpoint;
use crate::diagnosis::compact_sets::Host;
use crate::diagnosis::known_ends::Place;
use crate::handshake::Outcome;

/// What is known of one that tries to connect.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ClientFacts {
    /// Whether no hop has touched its SYNs: then the capture is from its side. `None` when none was
    /// captured.
    pub(super) is_near: Option<bool>,
    /// The smallest and the largest time to live of its SYNs.
    pub(super) ttls: Option<(u8, u8)>,
    pub(super) targets: Targets,
}

impl ClientFacts {
    pub(super) const WORTH_LEAST: u8 = 1;

    /// Of one that may have tried in vain before.
    fn new(passing: Passing, outcome: Outcome) -> Self {
        let mut new = Self::default();
        if passing == Passing::Again {
            new.targets.count_attempt(outcome);
        }
        new
    }

    /// Takes note of the smallest and largest time to live of some of its SYNs.
    pub(super) fn note_ttls(&mut self, (least, most): (u8, u8)) {
        let known = self.ttls.get_or_insert((least, most));
        *known = (known.0.min(least), known.1.max(most));
    }

    /// Something of each line of memory that a further attempt changes.
    pub(super) fn touch(&self) -> usize {
        usize::from(self.ttls.is_some()) ^ self.targets.touch()
    }

    /// Who tried once in vain is worth least: nearly all addresses that a flood forges do.
    pub(super) fn worth(&self) -> u8 {
        u8::from(self.targets.tried_once_in_vain()) * Self::WORTH_LEAST
    }
}

impl Comparison {
    /// Takes note of who tried to reach whom, and whether that is known; `ttl` is that of the SYN.
    pub(super) fn note_client(
        &mut self,
        (address, known): (IpAddr, Place),
        (server, is_known_target): (Endpoint, bool),
        outcome: Outcome,
        ttl: Option<u8>,
    ) {
        let passing = match known {
            Place::Unknown => self.pass(address, outcome),
            Place::At(_) => Passing::OfSample,
        };
        if passing == Passing::Passes {
            return;
        }
        let new = || ClientFacts::new(passing, outcome);
        let Some(client) = known.get_or_add(&mut self.clients, Host(address), new) else {
            return;
        };
        if let Some(ttl) = ttl {
            *client.is_near.get_or_insert(false) |= is_untouched(ttl);
            client.note_ttls((ttl, ttl));
        }
        client.targets.count_attempt(outcome);
        if self.remembered_targets >= REMEMBERED_TARGETS {
            let is_new = !is_known_target && !client.targets.has(server);
            self.left_out.targets += u64::from(is_new);
        } else if !is_known_target {
            self.remembered_targets += usize::from(client.targets.tell_apart(server));
        }
    }

    /// Whether a client passes without being remembered, once there were too many that tried in
    /// vain.
    fn pass(&mut self, address: IpAddr, outcome: Outcome) -> Passing {
        let Some(passers) = &mut self.passers else {
            return Passing::OfSample;
        };
        let is_in_vain = outcome.is_failure() || outcome == Outcome::Pending;
        let clients = &self.clients;
        let is_new = |passers: &Passers| {
            passers.is_unknown(address) || !clients.contains_key(&Host(address))
        };
        let passing = if is_in_vain && is_new(passers) {
            passers.pass(address)
        } else {
            Passing::OfSample
        };
        if passing == Passing::Passes {
            let in_all = self.clients_in_all.get_or_insert_default();
            in_all.insert(address);
        } else {
            passers.remember(address);
        }
        passing
    }

    /// Whether there are so many clients that those that try once in vain pass.
    pub(in crate::diagnosis) fn lets_pass(&self) -> bool {
        self.passers.is_some()
    }

    /// Looks up a client.
    pub(in crate::diagnosis) fn place_of_client(&self, client: IpAddr) -> Place {
        Place::of(self.clients.get_index_of(&Host(client)))
    }

    /// Whether it is this client that stands there.
    pub(in crate::diagnosis) fn is_client_at(&self, place: Place, client: IpAddr) -> bool {
        place.key(&self.clients) == Some(&Host(client))
    }

    /// Whether this is a target of the client that is told apart.
    pub(in crate::diagnosis) fn has_target(&self, client: Place, server: Endpoint) -> bool {
        let client = client.get(&self.clients);
        client.is_some_and(|client| client.targets.has(server))
    }

    /// Clients that tried so many addresses and ports that no application does, in the order of
    /// their addresses.
    pub(in crate::diagnosis) fn scanners(&self) -> Vec<IpAddr> {
        let mut scanners: Vec<IpAddr> = self
            .clients
            .iter()
            .filter(|(_, client)| client.targets.is_scan())
            .map(|(client, _)| client.0)
            .collect();
        scanners.sort_unstable();
        scanners
    }

    /// Whether the capture is from this client's side: its SYNs come from no hop away. `None` when
    /// none was captured.
    pub(in crate::diagnosis) fn is_near(&self, client: IpAddr) -> Option<bool> {
        self.clients.get(&Host(client))?.is_near
    }

    /// Whether a host's packets start with 128, as those of Windows do: all its SYNs, and what it
    /// answers itself.
    pub(in crate::diagnosis) fn is_like_windows(&self, host: IpAddr) -> bool {
        let client = self.clients.get(&Host(host));
        let ttls = client.and_then(|client| client.ttls);
        let of_host = self.host(host);
        let of_host = of_host.filter(|host| !host.own_ttls.is_empty());
        let are_of_windows =
            |(least, most): (u8, u8)| initial(least) == 128 && initial(most) == 128;
        match (ttls, of_host) {
            (None, None) => false,
            (ttls, of_host) => {
                ttls.is_none_or(are_of_windows) && of_host.is_none_or(HostFacts::is_like_windows)
            }
        }
    }

    /// Whether what is known of this client so far is a scan.
    pub(in crate::diagnosis) fn is_scanner(&self, client: IpAddr) -> bool {
        let client = self.clients.get(&Host(client));
        client.is_some_and(|client| client.targets.is_scan())
    }

    /// How many addresses and ports a client tried: at least, when it is 1024.
    pub(in crate::diagnosis) fn targets_of(&self, client: IpAddr) -> usize {
        let client = self.clients.get(&Host(client));
        client.map_or(0, |client| client.targets.count())
    }
}
