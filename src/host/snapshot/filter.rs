//! Rules of packet filters as far as they are understood, and what they do with a segment.
//!
//! What is not understood may match or not: nothing is concluded past it.

use std::net::IpAddr;

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decode::Endpoint;

/// The rules of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct PacketFilter {
    /// As each program writes its rules; at most 256 KiB each.
    #[serde(default)]
    pub texts: Vec<FilterRuleset>,
    /// What of it is understood.
    #[serde(default)]
    pub chains: Vec<FilterChain>,
}

/// The rules of one program, as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct FilterRuleset {
    /// The command that writes them.
    pub command: String,
    /// What it wrote.
    pub text: String,
    /// Whether that is only its beginning.
    #[serde(default)]
    pub is_cut: bool,
}

/// A chain of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct FilterChain {
    /// Which packets come to it.
    pub family: Family,
    /// The table that it is in.
    pub table: String,
    /// Its name.
    pub name: String,
    /// Where packets come to it of themselves; null where only other chains lead to it.
    #[serde(default)]
    pub base: Option<BaseChain>,
    /// Its rules, in order.
    pub rules: Vec<FilterRule>,
}

/// Packets of which version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IPv4.
    Ip,
    /// IPv6.
    Ip6,
    /// Both.
    Inet,
}

/// Where packets come to a chain of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct BaseChain {
    /// On which part of their way.
    pub hook: ChainHook,
    /// Chains of low numbers go first.
    pub priority: i64,
    /// Whether it translates addresses.
    #[serde(default)]
    pub is_nat: bool,
    /// What becomes of packets that no rule decides.
    pub policy: ChainPolicy,
}

/// A part of a packet's way through a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChainHook {
    /// As it comes in.
    Prerouting,
    /// When it is for this host.
    Input,
    /// When it is for another one.
    Forward,
    /// When this host sends it.
    Output,
    /// As it leaves.
    Postrouting,
}

/// What becomes of packets that no rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChainPolicy {
    /// They go on.
    Accept,
    /// They go no further.
    Drop,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct FilterRule {
    /// As its program writes it.
    pub text: String,
    /// All must hold.
    #[serde(default)]
    pub conditions: Vec<Condition>,
    /// What becomes of the packet then; null where that is left to later rules.
    #[serde(default)]
    pub verdict: Option<RuleVerdict>,
}

/// What a rule asks of a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case", tag = "of")]
pub enum Condition {
    /// Where it comes from.
    Source {
        /// Whether it must be none of them.
        is_not: bool,
        /// One of these.
        any: Vec<AddressRange>,
    },
    /// Where it goes to.
    Destination {
        /// Whether it must be none of them.
        is_not: bool,
        /// One of these.
        any: Vec<AddressRange>,
    },
    /// The port that it comes from.
    SourcePort {
        /// Whether it must be none of them.
        is_not: bool,
        /// One of these.
        any: Vec<PortRange>,
    },
    /// The port that it goes to.
    DestinationPort {
        /// Whether it must be none of them.
        is_not: bool,
        /// One of these.
        any: Vec<PortRange>,
    },
    /// What it carries.
    Protocol {
        /// Whether it must be none of them.
        is_not: bool,
        /// One of these: `tcp`, `udp`, and so on.
        any: Vec<String>,
    },
    /// The interface that it came in by.
    Interface {
        /// Whether it must be none of them.
        is_not: bool,
        /// One of these; `*` at an end stands for anything.
        any: Vec<String>,
    },
    /// How it is tracked.
    State {
        /// Whether it must be none of them.
        is_not: bool,
        /// One of these: `new`, `established`, and so on.
        any: Vec<String>,
    },
    /// Something that is not understood.
    Unknown {
        /// As its program names it.
        text: String,
    },
}

/// Addresses from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct AddressRange {
    /// The first.
    pub first: IpAddr,
    /// The last.
    pub last: IpAddr,
}

impl AddressRange {
    /// All that have these first bits.
    pub fn of_prefix(address: IpAddr, bits: u8) -> Self {
        let bits = u32::from(bits);
        let (first, last) = match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shr(bits).unwrap_or(0);
                let all = address.to_bits();
                (
                    IpAddr::V4((all & !mask).into()),
                    IpAddr::V4((all | mask).into()),
                )
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shr(bits).unwrap_or(0);
                let all = address.to_bits();
                (
                    IpAddr::V6((all & !mask).into()),
                    IpAddr::V6((all | mask).into()),
                )
            }
        };
        Self { first, last }
    }

    /// One address.
    pub const fn one(address: IpAddr) -> Self {
        Self {
            first: address,
            last: address,
        }
    }

    fn has(self, address: IpAddr) -> bool {
        self.is_of_version_of(address) && self.first <= address && address <= self.last
    }

    const fn is_of_version_of(self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4()
    }
}

/// Ports from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

/// What a rule does with a packet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RuleVerdict {
    /// It goes on.
    Accept,
    /// It goes no further, and nobody is told.
    Drop,
    /// It goes no further, and its sender is told by this.
    Reject(String),
    /// That chain decides, or else the next rule.
    Jump(String),
    /// That chain decides in place of this one.
    Goto(String),
    /// The chain that led here goes on.
    Return,
    /// Its addresses are translated.
    Translate,
    /// Something that is not understood.
    Unknown,
}

/// A segment of a connect, as the filter of one of its ends meets it as it comes in.
#[derive(Clone, Copy, Debug)]
pub struct TrackedPacket {
    /// Where it comes from.
    pub source: Endpoint,
    /// Where it goes to.
    pub destination: Endpoint,
    /// Whether it begins a connection, or answers.
    pub is_new: bool,
}

/// What a filter does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met<'a> {
    /// It lets it through.
    Passed,
    /// It stops it, by this rule of this chain, or by the chain's policy.
    Stopped {
        /// The chain.
        chain: &'a FilterChain,
        /// The rule; `None` for the policy.
        rule: Option<&'a FilterRule>,
    },
    /// Nobody can tell: not all of the rules are understood.
    Unclear,
}

/// So many chains lead to one another at most, as the kernel has it.
const DEEPEST: usize = 16;

/// So many rules are looked at for one packet.
const MOST_STEPS: usize = 50_000;

impl PacketFilter {
    /// What becomes of a packet that comes in for this host.
    pub fn meets(&self, packet: &TrackedPacket) -> Met<'_> {
        let mut walk = Walk {
            filter: self,
            packet,
            steps: 0,
            may_stop: false,
        };
        for hook in [ChainHook::Prerouting, ChainHook::Input] {
            let those = self.chains.iter().filter_map(|chain| {
                let base = chain.base.filter(|base| base.hook == hook)?;
                chain
                    .family
                    .has(packet.source.address)
                    .then_some((base, chain))
            });
            let mut those: Vec<(BaseChain, &FilterChain)> = those.collect();
            those.sort_by_key(|(base, _)| base.priority);
            for (base, chain) in those {
                match walk.base_chain(base, chain) {
                    Met::Passed => {}
                    decided => return decided,
                }
            }
        }
        if walk.may_stop {
            Met::Unclear
        } else {
            Met::Passed
        }
    }
}

impl Family {
    const fn has(self, address: IpAddr) -> bool {
        match self {
            Self::Ip => address.is_ipv4(),
            Self::Ip6 => address.is_ipv6(),
            Self::Inet => true,
        }
    }
}

/// How a chain ends.
#[derive(Clone, Copy)]
enum End<'a> {
    /// No rule of it decided.
    Undecided,
    Accepted,
    Stopped(&'a FilterChain, Option<&'a FilterRule>),
    Unclear,
}

struct Walk<'a, 'p> {
    filter: &'a PacketFilter,
    packet: &'p TrackedPacket,
    steps: usize,
    /// Whether a rule that is not understood may have stopped it.
    may_stop: bool,
}

impl<'a> Walk<'a, '_> {
    fn base_chain(&mut self, base: BaseChain, chain: &'a FilterChain) -> Met<'a> {
        match self.chain(chain, 0) {
            End::Stopped(chain, rule) => Met::Stopped { chain, rule },
            End::Unclear => Met::Unclear,
            End::Undecided if base.policy == ChainPolicy::Drop => {
                Met::Stopped { chain, rule: None }
            }
            End::Accepted | End::Undecided => Met::Passed,
        }
    }

    fn chain(&mut self, chain: &'a FilterChain, depth: usize) -> End<'a> {
        for rule in &chain.rules {
            self.steps += 1;
            if self.steps > MOST_STEPS || depth > DEEPEST {
                return End::Unclear;
            }
            let Some(verdict) = &rule.verdict else {
                continue;
            };
            let matches = self.matches(rule);
            if matches == Some(false) {
                continue;
            }
            let is_sure = matches == Some(true);
            let end = match verdict {
                RuleVerdict::Accept => End::Accepted,
                RuleVerdict::Drop | RuleVerdict::Reject(_) => End::Stopped(chain, Some(rule)),
                RuleVerdict::Return if is_sure => return End::Undecided,
                // What comes next may be passed over.
                RuleVerdict::Return | RuleVerdict::Translate | RuleVerdict::Unknown => End::Unclear,
                RuleVerdict::Jump(name) | RuleVerdict::Goto(name) => {
                    let end = self.named(chain, name, depth);
                    match (verdict, end) {
                        (RuleVerdict::Goto(_), End::Undecided) if is_sure => return end,
                        (RuleVerdict::Goto(_), End::Undecided) => End::Unclear,
                        _ => end,
                    }
                }
            };
            match (end, is_sure) {
                (End::Undecided, _) => {}
                (decided, true) => return decided,
                // It stops there, or goes on here.
                (End::Stopped(..), false) => self.may_stop = true,
                (End::Accepted | End::Unclear, false) => return End::Unclear,
            }
        }
        End::Undecided
    }

    fn named(&mut self, from: &FilterChain, name: &str, depth: usize) -> End<'a> {
        let mut chains = self.filter.chains.iter();
        let is_it = |chain: &&FilterChain| {
            chain.family == from.family && chain.table == from.table && chain.name == name
        };
        match chains.find(is_it) {
            Some(chain) => self.chain(chain, depth + 1),
            None => End::Unclear,
        }
    }

    /// Whether all conditions hold; `None` where nobody can tell.
    fn matches(&self, rule: &FilterRule) -> Option<bool> {
        let mut is_sure = true;
        for condition in &rule.conditions {
            match condition.holds(self.packet) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => is_sure = false,
            }
        }
        is_sure.then_some(true)
    }
}

impl Condition {
    /// Whether it holds for the packet; `None` where nobody can tell.
    fn holds(&self, packet: &TrackedPacket) -> Option<bool> {
        let of_address = |is_not: bool, any: &[AddressRange], address: IpAddr| {
            // A rule about one version of IP is no rule of the other.
            let is_of_version = any.iter().any(|range| range.is_of_version_of(address));
            is_of_version && any.iter().any(|range| range.has(address)) != is_not
        };
        let of_port = |is_not: bool, any: &[PortRange], port: u16| {
            let mut any = any.iter();
            any.any(|range| (range.first..=range.last).contains(&port)) != is_not
        };
        Some(match self {
            Self::Source { is_not, any } => of_address(*is_not, any, packet.source.address),
            Self::Destination { is_not, any } => {
                of_address(*is_not, any, packet.destination.address)
            }
            Self::SourcePort { is_not, any } => of_port(*is_not, any, packet.source.port),
            Self::DestinationPort { is_not, any } => of_port(*is_not, any, packet.destination.port),
            Self::Protocol { is_not, any } => any.iter().any(|name| name == "tcp") != *is_not,
            Self::State { is_not, any } => {
                let state = if packet.is_new { "new" } else { "established" };
                any.iter().any(|name| name == state) != *is_not
            }
            // Which one is not known; from elsewhere nothing comes by loopback.
            Self::Interface { is_not, any } => {
                return any.iter().all(|name| name == "lo").then_some(*is_not);
            }
            Self::Unknown { .. } => return None,
        })
    }
}

impl FilterRule {
    /// Whether it asks where packets come from.
    pub fn asks_for_source(&self) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.any(|condition| matches!(condition, Condition::Source { .. }))
    }
}

#[cfg(test)]
mod tests;
