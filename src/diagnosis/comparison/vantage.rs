//! Where the capture was taken, as seen from one client and one server.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Comparison;
use super::hosts::HostFacts;

/// Where between a client and a server the packets were captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Vantage {
    /// On the client, or on its link.
    Client,
    /// On the server, or on its link.
    Server,
    /// On the way, with routers on both sides.
    Between,
    /// In the log of a packet filter, which has what met its rules, wherever that stands.
    Filter,
}

impl Vantage {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Between => "between",
            Self::Filter => "filter",
        }
    }
}

/// So many times longer is the way to the other side than the time that a host takes to answer.
const CLEARLY_LONGER: u32 = 3;

impl Comparison {
    /// Whether this is an address of the host that captures, as far as that is known.
    pub(in crate::diagnosis) fn is_here(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.here.contains(&address)
    }

    /// Where the packets between these two were captured: by whether hops have touched the times to
    /// live of either side, and on one link by how the round trip is split (SYN to SYN-ACK is the
    /// way to the server and back, SYN-ACK to ACK the way to the client and back). `None` where
    /// that cannot be told. Where one of them is the host that captures, that is known.
    pub(in crate::diagnosis) fn vantage(&self, client: IpAddr, server: IpAddr) -> Option<Vantage> {
        if self.is_of_log_alone() {
            return Some(Vantage::Filter);
        }
        let facts = self.host(server);
        let near = (self.is_near(client), facts.and_then(HostFacts::is_near));
        // On one interface of a router what it passes on goes out there, and the answers come in,
        // as if they were its own; but hops have touched what it passes on.
        let is_here = |address, is_near| {
            let goes_its_ways = self.passages.is_here(address) && is_near != Some(false);
            self.here.contains(&address) || goes_its_ways
        };
        match (is_here(client, near.0), is_here(server, near.1)) {
            (true, false) => return Some(Vantage::Client),
            (false, true) => return Some(Vantage::Server),
            _ => {}
        }
        match near {
            (Some(true), None | Some(false)) => Some(Vantage::Client),
            (Some(false), Some(true)) => Some(Vantage::Server),
            (Some(false), Some(false)) => Some(Vantage::Between),
            (Some(true), Some(true)) => facts.and_then(by_split_of_round_trip),
            (Some(false) | None, None) | (None, Some(_)) => None,
        }
    }
}

fn by_split_of_round_trip(facts: &HostFacts) -> Option<Vantage> {
    let to_server = facts.fastest_answers.of_any()?;
    let to_client = facts.fastest_acknowledgment?;
    if to_server >= to_client * CLEARLY_LONGER {
        Some(Vantage::Client)
    } else if to_client >= to_server * CLEARLY_LONGER {
        Some(Vantage::Server)
    } else {
        None
    }
}
