//! Routes of a host, and which way it would send a packet by them.

use std::net::IpAddr;

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Routes and rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct Routing {
    /// The routes of all tables but `local`.
    pub routes: Vec<Route>,
    /// The rules that choose a table, beside those that every host has.
    #[serde(default)]
    pub rules: Vec<RoutingRule>,
    /// How many routes were too many to be written.
    #[serde(default)]
    pub omitted: u64,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct Route {
    /// What it does.
    pub kind: RouteKind,
    /// To which network.
    pub to: IpAddr,
    /// How many bits of that are the network's.
    pub prefix_length: u8,
    /// By which router.
    #[serde(default)]
    pub gateway: Option<IpAddr>,
    /// Out of which interface.
    #[serde(default)]
    pub interface: Option<String>,
    /// Other interfaces that it leaves by in turn.
    #[serde(default)]
    pub other_interfaces: Vec<String>,
    /// With which own address, when none was chosen.
    #[serde(default)]
    pub source: Option<IpAddr>,
    /// Of several the one with the lowest goes first.
    #[serde(default)]
    pub metric: u32,
    /// The number of its table; 254 is `main`.
    pub table: u32,
    /// The largest packet, where the route says so.
    #[serde(default)]
    pub mtu: Option<u32>,
}

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    /// Sends packets on.
    Unicast,
    /// Drops packets without a word.
    Blackhole,
    /// Answers that there is no way.
    Unreachable,
    /// Answers that it is forbidden.
    Prohibit,
    /// Has the next table decide.
    Throw,
    /// Another.
    Other,
}

/// A rule that chooses a table of routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct RoutingRule {
    /// Rules of low numbers go first.
    pub priority: u32,
    /// Of which version of IP: 4 or 6.
    pub version: u8,
    /// All of it, as `ip rule` would say it, as far as that is known.
    pub text: String,
}

/// Where packets to an address would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBack<'a> {
    /// By this route.
    By(&'a Route),
    /// No route leads there.
    None,
}

/// The table that is asked where no rule says otherwise.
const MAIN: u32 = 254;
const DEFAULT: u32 = 253;

impl Routing {
    /// By which route packets to this address leave; `None` where that depends on more than the
    /// address.
    pub fn way_to(&self, address: IpAddr) -> Option<WayBack<'_>> {
        let version = if address.is_ipv4() { 4 } else { 6 };
        if self.omitted > 0 || self.rules.iter().any(|rule| rule.version == version) {
            return None;
        }
        let of_table = |table: u32| {
            let those = self.routes.iter().filter(|route| route.table == table);
            let those = those.filter(|route| route.leads_to(address));
            those.min_by_key(|route| (u8::MAX - route.prefix_length, route.metric))
        };
        let found = [MAIN, DEFAULT]
            .into_iter()
            .find_map(|table| of_table(table).filter(|route| route.kind != RouteKind::Throw));
        Some(found.map_or(WayBack::None, WayBack::By))
    }
}

impl Route {
    fn leads_to(&self, address: IpAddr) -> bool {
        is_within(address, self.to, self.prefix_length)
    }

    /// Whether packets by it leave by this interface, or may.
    pub fn may_leave_by(&self, interface: &str) -> bool {
        let names = self.interface.iter().chain(&self.other_interfaces);
        names.map(String::as_str).any(|name| name == interface)
    }
}

/// Whether the first bits of both are the same.
fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            (one.to_bits() ^ other.to_bits()).leading_zeros() >= bits.min(32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            (one.to_bits() ^ other.to_bits()).leading_zeros() >= bits.min(128)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(kind: RouteKind, to: &str, interface: Option<&str>, metric: u32) -> Route {
        let (to, prefix_length) = to.split_once('/').unwrap();
        Route {
            kind,
            to: to.parse().unwrap(),
            prefix_length: prefix_length.parse().unwrap(),
            gateway: None,
            interface: interface.map(str::to_owned),
            other_interfaces: Vec::new(),
            source: None,
            metric,
            table: MAIN,
            mtu: None,
        }
    }

    #[test]
    fn the_longest_prefix_leads_and_then_the_lowest_metric() {
        let unicast = RouteKind::Unicast;
        let mut routing = Routing {
            routes: vec![
                route(unicast, "0.0.0.0/0", Some("wlan0"), 600),
                route(unicast, "0.0.0.0/0", Some("eth0"), 100),
                route(unicast, "10.0.0.0/8", Some("tun0"), 0),
                route(RouteKind::Blackhole, "10.9.0.0/16", None, 0),
            ],
            ..Routing::default()
        };
        let way = |routing: &Routing, to: &str| match routing.way_to(to.parse().unwrap()) {
            Some(WayBack::By(route)) => route.interface.clone().unwrap_or("nowhere".to_owned()),
            Some(WayBack::None) => "no route".to_owned(),
            None => "nobody knows".to_owned(),
        };
        assert_eq!(way(&routing, "192.0.2.1"), "eth0");
        assert_eq!(way(&routing, "10.8.0.1"), "tun0");
        assert_eq!(way(&routing, "10.9.0.1"), "nowhere");
        assert_eq!(way(&routing, "2001:db8::1"), "no route");
        routing.rules.push(RoutingRule {
            priority: 100,
            version: 4,
            text: "fwmark 1 lookup 7".to_owned(),
        });
        assert_eq!(way(&routing, "10.8.0.1"), "nobody knows");
        assert_eq!(way(&routing, "2001:db8::1"), "no route");
    }
}
