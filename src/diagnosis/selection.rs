//! Which attempts a report is about.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::attempt_facts::AttemptFacts;
use super::comparison::{Hit, Moment};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{AttemptId, DecidedAttempt, MidwayFailure, Outcome, Trouble};

/// An address range and a port, each optional: `10.0.0.0/8`, `:443`, `[2001:db8::]/32:443`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointPattern {
    /// Network address and prefix length.
    pub network: Option<(IpAddr, u8)>,
    /// Port.
    pub port: Option<u16>,
}

impl EndpointPattern {
    /// Whether the endpoint is one of those meant.
    pub fn matches(&self, endpoint: Endpoint) -> bool {
        self.port.is_none_or(|port| port == endpoint.port)
            && self
                .network
                .is_none_or(|(network, prefix)| is_within(endpoint.address, network, prefix))
    }
}

impl fmt::Display for EndpointPattern {
    /// As it is typed: `10.0.0.0/8:443`, `[2001:db8::]/32:443`, `10.0.0.1`, `:443`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((address, prefix)) = self.network {
            match (address, self.port) {
                (IpAddr::V6(address), Some(_)) => write!(formatter, "[{address}]")?,
                _ => write!(formatter, "{address}")?,
            }
            if prefix != if address.is_ipv4() { 32 } else { 128 } {
                write!(formatter, "/{prefix}")?;
            }
        }
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

fn is_within(address: IpAddr, network: IpAddr, prefix: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing
                .checked_shr(32_u32.saturating_sub(prefix.into()))
                .unwrap_or(0)
                == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing
                .checked_shr(128_u32.saturating_sub(prefix.into()))
                .unwrap_or(0)
                == 0
        }
        _ => false,
    }
}

/// Which attempts a report is about, and which of them it lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Only attempts to one of these; empty for all.
    pub servers: Vec<EndpointPattern>,
    /// Only attempts from one of these; empty for all.
    pub clients: Vec<EndpointPattern>,
    /// Only attempts that began then or later.
    pub since: Option<Timestamp>,
    /// Only attempts that began before then.
    pub until: Option<Timestamp>,
    /// Which outcomes are listed singly; `None` for all. The counts cover all outcomes.
    pub listed: Option<Vec<Outcome>>,
    /// With these troubles they are listed besides.
    pub listed_troubles: Vec<Trouble>,
    /// The one attempt that is listed; `None` for all. The counts cover all attempts, and
    /// comparison sees them.
    pub only: Option<AttemptId>,
}

impl Selection {
    /// Whether it asks for no client, server or attempt: then a connect is told once, by its first
    /// leg.
    pub(super) fn is_of_all(&self) -> bool {
        self.servers.is_empty() && self.clients.is_empty() && self.only.is_none()
    }

    /// Whether the report is about this attempt.
    pub fn includes(&self, decided: &DecidedAttempt) -> bool {
        self.includes_facts(decided)
    }

    /// As [`Self::includes`].
    pub(super) fn includes_facts(&self, facts: &impl AttemptFacts) -> bool {
        if facts.is_later_leg() && self.is_of_all() {
            return false;
        }
        let started = facts.started_at();
        let is_one_of = |patterns: &[EndpointPattern], endpoint| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(endpoint))
        };
        is_one_of(&self.servers, facts.server())
            && is_one_of(&self.clients, facts.client())
            && self.since.is_none_or(|since| started >= since)
            && self.until.is_none_or(|until| started < until)
    }

    /// Whether the report is about this failure of a connection.
    pub(super) fn includes_midway(&self, failure: &MidwayFailure) -> bool {
        let is_one_of = |patterns: &[EndpointPattern], end| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(end))
        };
        let at = failure.request.at;
        is_one_of(&self.servers, failure.server)
            && is_one_of(&self.clients, failure.client)
            && self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
    }

    /// As [`Self::includes`], for a record of a filter's log.
    pub(super) fn includes_record(&self, hit: &Hit, at: Timestamp) -> bool {
        let is_one_of = |patterns: &[EndpointPattern], end| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(end))
        };
        let is_meant = match hit {
            Hit::Connect { client, server, .. } => {
                is_one_of(&self.servers, *server) && is_one_of(&self.clients, *client)
            }
            Hit::Other => self.servers.is_empty() && self.clients.is_empty(),
        };
        is_meant
            && self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
    }

    /// As [`Self::includes`], for what is remembered of an attempt for comparison: without the
    /// client's port.
    pub(super) fn includes_moment(&self, server: Endpoint, moment: &Moment) -> bool {
        let client = |pattern: &EndpointPattern| {
            let port = pattern.port.unwrap_or(0);
            pattern.matches(Endpoint {
                address: moment.client,
                port,
            })
        };
        (self.servers.is_empty() || self.servers.iter().any(|pattern| pattern.matches(server)))
            && (self.clients.is_empty() || self.clients.iter().any(client))
            && self.since.is_none_or(|since| moment.started >= since)
            && self.until.is_none_or(|until| moment.started < until)
    }

    /// Whether the report may be about a server on this host.
    pub(super) fn is_about_host(&self, address: IpAddr) -> bool {
        self.servers.is_empty()
            || self.servers.iter().any(|pattern| {
                pattern.matches(Endpoint {
                    address,
                    port: pattern.port.unwrap_or(0),
                })
            })
    }

    /// Whether this attempt is listed, if there is room.
    pub fn lists(&self, decided: &DecidedAttempt) -> bool {
        self.lists_facts(decided)
    }

    /// As [`Self::lists`].
    pub(super) fn lists_facts(&self, facts: &impl AttemptFacts) -> bool {
        let outcome = facts.outcome();
        let has_outcome = self
            .listed
            .as_ref()
            .is_none_or(|listed| listed.contains(&outcome));
        let troubles = facts.troubles();
        let has_trouble = || self.listed_troubles.iter().any(|one| troubles.has(*one));
        (has_outcome || has_trouble()) && self.only.is_none_or(|only| only == facts.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(network: &str, prefix: u8) -> EndpointPattern {
        EndpointPattern {
            network: Some((network.parse().unwrap(), prefix)),
            port: None,
        }
    }

    fn endpoint(address: &str) -> Endpoint {
        Endpoint {
            address: address.parse().unwrap(),
            port: 443,
        }
    }

    #[test]
    fn prefixes_from_nothing_to_a_whole_address_match() {
        assert!(pattern("0.0.0.0", 0).matches(endpoint("192.0.2.1")));
        assert!(pattern("192.0.2.0", 24).matches(endpoint("192.0.2.255")));
        assert!(!pattern("192.0.2.0", 24).matches(endpoint("192.0.3.0")));
        assert!(!pattern("192.0.2.1", 32).matches(endpoint("192.0.2.2")));
        assert!(pattern("2001:db8::", 32).matches(endpoint("2001:db8:1::1")));
        assert!(
            !pattern("::", 0).matches(endpoint("192.0.2.1")),
            "the other version is another network"
        );
    }
}
