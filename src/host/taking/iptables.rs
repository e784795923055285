//! What of the rules of iptables is understood, by what `iptables-save` writes.

use super::conditions::{written_addresses, written_ports};
use crate::host::snapshot::{
    BaseChain, ChainHook, ChainPolicy, Condition, Family, FilterChain, FilterRule, RuleVerdict,
};

/// So many rules are written.
const MOST_RULES: usize = 20_000;

/// The chains of one version of IP.
pub(super) fn chains(text: &str, family: Family) -> Vec<FilterChain> {
    let mut chains: Vec<FilterChain> = Vec::new();
    let mut table = "";
    let mut rules = 0;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name;
        } else if let Some(rest) = line.strip_prefix(':') {
            chains.extend(chain(rest, table, family));
        } else if let Some(rest) = line.strip_prefix("-A ") {
            let Some((name, rule)) = rest.split_once(' ') else {
                continue;
            };
            let its = chains
                .iter_mut()
                .find(|chain| chain.table == table && chain.name == name);
            let Some(chain) = its else {
                continue;
            };
            rules += 1;
            chain.rules.push(if rules > MOST_RULES {
                return chains;
            } else {
                read(rule)
            });
        }
    }
    chains
}

/// `INPUT DROP [0:0]`, and `-` in place of a policy for a chain of somebody's own.
fn chain(text: &str, table: &str, family: Family) -> Option<FilterChain> {
    let mut words = text.split(' ');
    let (name, policy) = (words.next()?, words.next()?);
    let hook = match name {
        "PREROUTING" => Some(ChainHook::Prerouting),
        "INPUT" => Some(ChainHook::Input),
        "FORWARD" => Some(ChainHook::Forward),
        "OUTPUT" => Some(ChainHook::Output),
        "POSTROUTING" => Some(ChainHook::Postrouting),
        _ => None,
    };
    let priority = match table {
        "raw" => -300,
        "mangle" => -150,
        "nat" => -100,
        "security" => 50,
        _ => 0,
    };
    Some(FilterChain {
        family,
        table: table.to_owned(),
        name: name.to_owned(),
        base: hook.filter(|_| policy != "-").map(|hook| BaseChain {
            hook,
            priority,
            is_nat: table == "nat",
            policy: if policy == "DROP" {
                ChainPolicy::Drop
            } else {
                ChainPolicy::Accept
            },
        }),
        rules: Vec::new(),
    })
}

/// `-s 10.0.0.0/8 -p tcp -m tcp --dport 81 -j DROP`
fn read(text: &str) -> FilterRule {
    let mut rule = FilterRule {
        text: text.to_owned(),
        conditions: Vec::new(),
        verdict: None,
    };
    let words = words(text);
    let mut words = words.iter().map(String::as_str);
    let mut is_not = false;
    let mut reject = "icmp-port-unreachable";
    let mut is_reject = false;
    while let Some(word) = words.next() {
        if word == "!" {
            is_not = true;
            continue;
        }
        let mut value = || words.next().unwrap_or_default();
        match word {
            // The options of a match say all that matters; words for people say nothing.
            "-m" | "--comment" | "--log-prefix" | "--log-level" => {
                value();
                continue;
            }
            "--reject-with" => {
                reject = value();
                continue;
            }
            "-j" | "-g" => {
                let target = value();
                is_reject = target == "REJECT";
                rule.verdict = verdict(target, word == "-g");
                continue;
            }
            _ => rule.conditions.push(condition(word, is_not, value())),
        }
        is_not = false;
    }
    if is_reject {
        rule.verdict = Some(RuleVerdict::Reject(
            reject.replace("tcp-reset", "tcp reset"),
        ));
    }
    rule
}

fn condition(option: &str, is_not: bool, value: &str) -> Condition {
    let values = || value.split(',');
    let names = || values().map(str::to_lowercase).collect::<Vec<_>>();
    let addresses = || values().map(written_addresses).collect::<Option<Vec<_>>>();
    let ports = || values().map(written_ports).collect::<Option<Vec<_>>>();
    let found = match option {
        "-s" => addresses().map(|any| Condition::Source { is_not, any }),
        "-d" => addresses().map(|any| Condition::Destination { is_not, any }),
        "--sport" | "--sports" => ports().map(|any| Condition::SourcePort { is_not, any }),
        "--dport" | "--dports" => ports().map(|any| Condition::DestinationPort { is_not, any }),
        "-p" => Some(Condition::Protocol {
            is_not,
            any: names(),
        }),
        "-i" => Some(Condition::Interface {
            is_not,
            any: vec![value.replace('+', "*")],
        }),
        "--ctstate" | "--state" => Some(Condition::State {
            is_not,
            any: names(),
        }),
        _ => None,
    };
    found.unwrap_or_else(|| Condition::Unknown {
        text: format!("{option} {value}"),
    })
}

/// `None` where the packet goes on to the next rule.
fn verdict(target: &str, is_goto: bool) -> Option<RuleVerdict> {
    Some(match target {
        "ACCEPT" | "MASQUERADE" | "SNAT" => RuleVerdict::Accept,
        "DROP" => RuleVerdict::Drop,
        "RETURN" => RuleVerdict::Return,
        "DNAT" | "REDIRECT" | "TPROXY" => RuleVerdict::Translate,
        "LOG" | "NFLOG" | "MARK" | "CONNMARK" | "CT" | "NOTRACK" | "TCPMSS" | "TOS" | "DSCP"
        | "CLASSIFY" | "SET" | "CHECKSUM" | "TRACE" => return None,
        "NFQUEUE" | "SYNPROXY" | "TARPIT" | "CLUSTERIP" => RuleVerdict::Unknown,
        chain if is_goto => RuleVerdict::Goto(chain.to_owned()),
        chain => RuleVerdict::Jump(chain.to_owned()),
    })
}

/// Words between spaces; of what stands in quotes one.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut is_quoted = false;
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Endpoint;
    use crate::host::snapshot::{Met, PacketFilter, TrackedPacket};

    /// Of iptables 1.8.9, with what ufw and Docker add.
    const SAVED: &str = "\
# Generated by iptables-save v1.8.9 (nf_tables) on Mon Nov 30 18:48:46 2026
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:web - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 81 -j DROP
-A INPUT -p tcp -m multiport --dports 82,83 -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset
-A INPUT -p tcp -m tcp --dport 84 -m comment --comment \"no -j DROP here\" -j web
-A INPUT -p tcp -m tcp --dport 85 -m recent --update --seconds 30 --name DEFAULT --mask 255.255.255.255 --rsource -j ACCEPT
-A INPUT ! -s 192.0.2.0/24 -p tcp -m tcp --dport 86 -j ACCEPT
-A INPUT -p udp -j ACCEPT
-A web -j LOG --log-prefix \"[web] \"
-A web -j RETURN
COMMIT
";

    fn met(client: &str, port: u16) -> String {
        let filter = PacketFilter {
            texts: Vec::new(),
            chains: chains(SAVED, Family::Ip),
        };
        let packet = TrackedPacket {
            source: Endpoint {
                address: client.parse().unwrap(),
                port: 40_000,
            },
            destination: Endpoint {
                address: "10.0.1.20".parse().unwrap(),
                port,
            },
            is_new: true,
        };
        match filter.meets(&packet) {
            Met::Passed => "passed".to_owned(),
            Met::Unclear => "unclear".to_owned(),
            Met::Stopped { rule, .. } => match rule {
                Some(rule) => format!("{:?}", rule.verdict.as_ref().unwrap()),
                None => "policy".to_owned(),
            },
        }
    }

    #[test]
    fn rules_are_understood_as_iptables_means_them() {
        assert_eq!(met("10.0.0.7", 81), "Drop");
        assert_eq!(met("192.0.2.7", 81), "policy");
        assert_eq!(met("192.0.2.7", 83), "Reject(\"tcp reset\")");
        assert_eq!(met("192.0.2.7", 84), "policy");
        assert_eq!(met("192.0.2.7", 85), "unclear");
        assert_eq!(met("10.0.0.7", 86), "passed");
        assert_eq!(met("192.0.2.7", 86), "policy");
    }
}
