//! Who sent the ICMP errors: one box for many servers, or the hops of a trace.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::facts::Facts;
use crate::handshake::Outcome;

/// So many servers that are rejected are told apart, and so many traces.
const TOLD_APART: usize = 10_000;

/// So many different senders of errors about one server, or one hop: of more, any may go.
const SENDERS: usize = 8;

/// The largest time to live with which a trace begins to look for a way.
pub(in crate::diagnosis) const LONGEST_TRACE: u8 = 40;

/// Who sent ICMP errors about connects.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::diagnosis) struct Rejecters {
    of_servers: BTreeMap<Endpoint, BTreeSet<IpAddr>>,
    /// Of connects from one address to another: who answered that so many hops were too few.
    hops: BTreeMap<(IpAddr, IpAddr), BTreeMap<u8, BTreeSet<IpAddr>>>,
}

impl Rejecters {
    pub(super) fn note(&mut self, facts: &impl AttemptFacts) {
        if facts.outcome() != Outcome::Rejected {
            return;
        }
        let Some((sender, kind)) = facts.rejecter().zip(facts.rejected_by()) else {
            return;
        };
        let (client, server) = (facts.client().address, facts.server());
        let ends = (client, server.address);
        let of_trace = facts
            .syn_ttl()
            .filter(|ttl| *ttl <= LONGEST_TRACE && is_time_exceeded(kind));
        if let Some(ttl) = of_trace {
            if self.hops.len() < TOLD_APART || self.hops.contains_key(&ends) {
                let hops = self.hops.entry(ends).or_default();
                add(hops.entry(ttl).or_default(), [sender]);
            }
        } else if self.of_servers.len() < TOLD_APART || self.of_servers.contains_key(&server) {
            add(self.of_servers.entry(server).or_default(), [sender]);
        }
    }

    /// The one that sent all errors about this server.
    pub(in crate::diagnosis) fn only_one_of(&self, server: Endpoint) -> Option<IpAddr> {
        let senders = self.of_servers.get(&server)?;
        senders.first().copied().filter(|_| senders.len() == 1)
    }

    /// Who stands on the way, by how many hops.
    pub(in crate::diagnosis) fn hops(&self, client: IpAddr, server: IpAddr) -> Vec<(u8, IpAddr)> {
        let hops = self.hops.get(&(client, server));
        let hops = hops.into_iter().flatten();
        hops.flat_map(|(ttl, senders)| senders.iter().map(|sender| (*ttl, *sender)))
            .collect()
    }
}

/// The packet's time to live was used up.
pub(in crate::diagnosis) fn is_time_exceeded(kind: IcmpKind) -> bool {
    matches!(kind, IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0))
}

fn add(known: &mut BTreeSet<IpAddr>, more: impl IntoIterator<Item = IpAddr>) {
    known.extend(more);
    while known.len() > SENDERS {
        known.pop_last();
    }
}

impl Facts for Rejecters {
    fn merge(&mut self, other: Self) {
        for (server, senders) in other.of_servers {
            add(self.of_servers.entry(server).or_default(), senders);
        }
        for (ends, hops) in other.hops {
            let own = self.hops.entry(ends).or_default();
            for (ttl, senders) in hops {
                add(own.entry(ttl).or_default(), senders);
            }
        }
        while self.of_servers.len() > TOLD_APART {
            self.of_servers.pop_last();
        }
        while self.hops.len() > TOLD_APART {
            self.hops.pop_last();
        }
    }
}
