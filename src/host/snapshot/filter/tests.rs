//! What rules do with packets, and where nobody can tell.

use super::*;

fn rule(conditions: Vec<Condition>, verdict: RuleVerdict) -> FilterRule {
    FilterRule {
        text: format!("{verdict:?}"),
        conditions,
        verdict: Some(verdict),
    }
}

fn port(port: u16) -> Condition {
    Condition::DestinationPort {
        is_not: false,
        any: vec![PortRange {
            first: port,
            last: port,
        }],
    }
}

fn unknown() -> Condition {
    Condition::Unknown {
        text: "limit".to_owned(),
    }
}

fn from(network: &str, bits: u8, is_not: bool) -> Condition {
    Condition::Source {
        is_not,
        any: vec![AddressRange::of_prefix(network.parse().unwrap(), bits)],
    }
}

fn chain(name: &str, policy: Option<ChainPolicy>, rules: Vec<FilterRule>) -> FilterChain {
    FilterChain {
        family: Family::Inet,
        table: "filter".to_owned(),
        name: name.to_owned(),
        base: policy.map(|policy| BaseChain {
            hook: ChainHook::Input,
            priority: 0,
            is_nat: false,
            policy,
        }),
        rules,
    }
}

/// What becomes of a SYN from there to port 80 of `10.0.1.20`, or of `2001:db8::20`.
fn met(client: &str, chains: Vec<FilterChain>) -> String {
    let filter = PacketFilter {
        texts: Vec::new(),
        chains,
    };
    let address: IpAddr = client.parse().unwrap();
    let server = if address.is_ipv4() {
        "10.0.1.20"
    } else {
        "2001:db8::20"
    };
    let packet = TrackedPacket {
        source: Endpoint {
            address,
            port: 40_000,
        },
        destination: Endpoint {
            address: server.parse().unwrap(),
            port: 80,
        },
        is_new: true,
    };
    match filter.meets(&packet) {
        Met::Passed => "passed".to_owned(),
        Met::Unclear => "unclear".to_owned(),
        Met::Stopped { chain, rule } => {
            let rule = rule.map_or("policy", |rule| &rule.text);
            format!("{} {rule}", chain.name)
        }
    }
}

#[test]
fn the_first_rule_that_matches_decides_and_else_the_policy() {
    use ChainPolicy::{Accept, Drop};
    let rules = || {
        vec![
            rule(vec![port(443)], RuleVerdict::Accept),
            rule(
                vec![port(80), from("10.0.0.0", 24, false)],
                RuleVerdict::Drop,
            ),
        ]
    };
    let input = |policy| vec![chain("input", Some(policy), rules())];
    assert_eq!(met("10.0.0.7", input(Accept)), "input Drop");
    assert_eq!(met("10.0.2.7", input(Accept)), "passed");
    assert_eq!(met("10.0.2.7", input(Drop)), "input policy");
    assert_eq!(met("2001:db8::7", input(Accept)), "passed");
}

#[test]
fn a_rule_of_one_version_is_none_of_the_other_even_when_it_says_not() {
    let rules = vec![rule(vec![from("10.0.0.0", 8, true)], RuleVerdict::Drop)];
    let input = || vec![chain("input", Some(ChainPolicy::Accept), rules.clone())];
    assert_eq!(met("192.0.2.7", input()), "input Drop");
    assert_eq!(met("10.0.0.7", input()), "passed");
    assert_eq!(met("2001:db8::7", input()), "passed");
}

#[test]
fn past_what_is_not_understood_nothing_is_concluded() {
    let input = |rules| vec![chain("input", Some(ChainPolicy::Accept), rules)];
    let may_accept = rule(vec![unknown()], RuleVerdict::Accept);
    let may_drop = rule(vec![unknown(), port(80)], RuleVerdict::Drop);
    let drop = rule(vec![port(80)], RuleVerdict::Drop);
    assert_eq!(
        met("10.0.0.7", input(vec![may_accept, drop.clone()])),
        "unclear"
    );
    assert_eq!(met("10.0.0.7", input(vec![may_drop.clone()])), "unclear");
    assert_eq!(met("10.0.0.7", input(vec![may_drop, drop])), "input Drop");
    let of_another = rule(vec![unknown(), port(443)], RuleVerdict::Accept);
    assert_eq!(met("10.0.0.7", input(vec![of_another])), "passed");
}

#[test]
fn other_chains_decide_or_come_back() {
    let chains = |verdict: RuleVerdict, there: Vec<FilterRule>| {
        vec![
            chain(
                "input",
                Some(ChainPolicy::Drop),
                vec![
                    rule(vec![port(80)], verdict),
                    rule(Vec::new(), RuleVerdict::Accept),
                ],
            ),
            chain("web", None, there),
        ]
    };
    let jump = || RuleVerdict::Jump("web".to_owned());
    let goto = || RuleVerdict::Goto("web".to_owned());
    let returns = vec![rule(Vec::new(), RuleVerdict::Return)];
    let drops = vec![rule(Vec::new(), RuleVerdict::Drop)];
    assert_eq!(met("10.0.0.7", chains(jump(), drops)), "web Drop");
    assert_eq!(met("10.0.0.7", chains(jump(), returns.clone())), "passed");
    assert_eq!(met("10.0.0.7", chains(goto(), returns)), "input policy");
    let endless = vec![rule(Vec::new(), jump())];
    assert_eq!(met("10.0.0.7", chains(jump(), endless)), "unclear");
    let nowhere = RuleVerdict::Jump("missing".to_owned());
    assert_eq!(met("10.0.0.7", chains(nowhere, Vec::new())), "unclear");
}

#[test]
fn what_is_translated_may_go_elsewhere() {
    let mut nat = chain(
        "nat",
        Some(ChainPolicy::Accept),
        vec![rule(vec![port(80)], RuleVerdict::Translate)],
    );
    nat.base = nat.base.map(|base| BaseChain {
        hook: ChainHook::Prerouting,
        is_nat: true,
        ..base
    });
    let drop = rule(vec![port(80)], RuleVerdict::Drop);
    let input = chain("input", Some(ChainPolicy::Accept), vec![drop]);
    assert_eq!(met("10.0.0.7", vec![input, nat]), "unclear");
}

#[test]
fn prefixes_have_all_their_addresses() {
    let range = AddressRange::of_prefix("10.0.1.20".parse().unwrap(), 24);
    assert_eq!(range.first.to_string(), "10.0.1.0");
    assert_eq!(range.last.to_string(), "10.0.1.255");
    let all = AddressRange::of_prefix("2001:db8::".parse().unwrap(), 0);
    assert_eq!(all.first.to_string(), "::");
    assert!(all.has("ffff::1".parse().unwrap()) && !all.has("10.0.0.1".parse().unwrap()));
    let one = AddressRange::of_prefix("10.0.1.20".parse().unwrap(), 32);
    assert_eq!(one, AddressRange::one("10.0.1.20".parse().unwrap()));
}
