//! What of the rules of nftables is understood, by its JSON (`libnftables-json(5)`).

use std::collections::HashMap;

use serde_json::Value;

use super::conditions::{address_range, port_range};
use crate::host::snapshot::{
    BaseChain, ChainHook, ChainPolicy, Condition, Family, FilterChain, FilterRule, RuleVerdict,
};

/// So many rules are written, and so many elements of one set.
const MOST_RULES: usize = 20_000;
const MOST_ELEMENTS: usize = 4096;

/// Family, table, and the name of what is in it.
type Place<'a> = (&'a str, &'a str, &'a str);

/// The chains of a ruleset; `text` is the same in words, by which its rules are named.
pub(super) fn chains(ruleset: &Value, text: &str) -> Vec<FilterChain> {
    let objects = ruleset["nftables"].as_array().map_or(&[][..], |all| all);
    let texts = texts_by_handle(text);
    let sets: HashMap<Place<'_>, &Value> = objects.iter().filter_map(named_set).collect();
    let mut chains: Vec<FilterChain> = objects.iter().filter_map(chain).collect();
    let rules = objects.iter().filter_map(|object| object.get("rule"));
    for (number, rule) in rules.enumerate() {
        let Some((family, table, name)) = place(rule, "chain") else {
            continue;
        };
        let its = chains.iter_mut().find(|chain| {
            (word(chain.family), &*chain.table, &*chain.name) == (family, table, name)
        });
        let Some(chain) = its else {
            continue;
        };
        if number >= MOST_RULES {
            let more = FilterRule {
                text: "too many rules to be written".to_owned(),
                conditions: vec![unknown("more rules")],
                verdict: Some(RuleVerdict::Unknown),
            };
            if chain.rules.last() != Some(&more) {
                chain.rules.push(more);
            }
            continue;
        }
        let handle = rule["handle"].as_u64().unwrap_or_default();
        let known = texts.get(&((family, table, name), handle));
        let reader = Reader {
            sets: &sets,
            family,
            table,
            text: known.map_or_else(|| rule["expr"].to_string(), |text| (*text).to_owned()),
        };
        chain.rules.extend(reader.rules(&rule["expr"]));
    }
    chains
}

/// Tables that `iptables-save` tells of, and by what it knows better.
pub(super) fn is_of_iptables(chain: &FilterChain) -> bool {
    let is_usual = ["filter", "nat", "mangle", "raw", "security"].contains(&&*chain.table);
    is_usual && chain.family != Family::Inet
}

fn place<'a>(object: &'a Value, name: &str) -> Option<Place<'a>> {
    let text = |field: &str| object.get(field).and_then(Value::as_str);
    Some((text("family")?, text("table")?, text(name)?))
}

fn named_set(object: &Value) -> Option<(Place<'_>, &Value)> {
    let set = object.get("set").or_else(|| object.get("map"))?;
    Some((place(set, "name")?, set))
}

const fn word(family: Family) -> &'static str {
    match family {
        Family::Ip => "ip",
        Family::Ip6 => "ip6",
        Family::Inet => "inet",
    }
}

fn chain(object: &Value) -> Option<FilterChain> {
    let chain = object.get("chain")?;
    let (family, table, name) = place(chain, "name")?;
    let family = [Family::Ip, Family::Ip6, Family::Inet]
        .into_iter()
        .find(|known| word(*known) == family)?;
    Some(FilterChain {
        family,
        table: table.to_owned(),
        name: name.to_owned(),
        base: base(chain),
        rules: Vec::new(),
    })
}

fn base(chain: &Value) -> Option<BaseChain> {
    let hook = match chain.get("hook")?.as_str()? {
        "prerouting" => ChainHook::Prerouting,
        "input" => ChainHook::Input,
        "forward" => ChainHook::Forward,
        "output" => ChainHook::Output,
        "postrouting" => ChainHook::Postrouting,
        _ => return None,
    };
    Some(BaseChain {
        hook,
        priority: chain["prio"].as_i64().unwrap_or_default(),
        is_nat: chain["type"] == "nat",
        policy: if chain["policy"] == "drop" {
            ChainPolicy::Drop
        } else {
            ChainPolicy::Accept
        },
    })
}

/// `tcp dport 80 drop # handle 5`, by its chain and handle.
fn texts_by_handle(text: &str) -> HashMap<(Place<'_>, u64), &str> {
    let mut texts = HashMap::new();
    let (mut family, mut table, mut chain) = ("", "", "");
    for line in text.lines() {
        let line = line.trim();
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["table", its, name, "{", ..] => (family, table) = (its, name),
            ["chain", name, "{", ..] => chain = name,
            _ => {
                if let Some((rule, handle)) = line.rsplit_once(" # handle ")
                    && let Ok(handle) = handle.parse()
                {
                    texts.insert(((family, table, chain), handle), rule);
                }
            }
        }
    }
    texts
}

fn unknown(text: &str) -> Condition {
    Condition::Unknown {
        text: text.to_owned(),
    }
}

/// Reads one rule.
struct Reader<'a> {
    sets: &'a HashMap<Place<'a>, &'a Value>,
    family: &'a str,
    table: &'a str,
    text: String,
}

impl Reader<'_> {
    /// The rule: one, or as many as a map of verdicts has entries.
    fn rules(&self, statements: &Value) -> Vec<FilterRule> {
        let mut conditions = Vec::new();
        let rule = |conditions, verdict| FilterRule {
            text: self.text.clone(),
            conditions,
            verdict,
        };
        for statement in statements.as_array().map_or(&[][..], |all| all) {
            let Some((name, body)) = statement.as_object().and_then(|all| all.iter().next()) else {
                conditions.push(unknown(&statement.to_string()));
                continue;
            };
            match &**name {
                "match" => conditions.push(self.condition(body)),
                "vmap" => {
                    let entries = self.entries(&conditions, body);
                    let all = entries.into_iter();
                    return all
                        .map(|(conditions, verdict)| rule(conditions, Some(verdict)))
                        .collect();
                }
                // These say nothing of whether it matches.
                "counter" | "log" | "mangle" | "notrack" | "comment" => {}
                _ => match verdict(name, body) {
                    Some(verdict) => return vec![rule(conditions, Some(verdict))],
                    None => conditions.push(unknown(name)),
                },
            }
        }
        vec![rule(conditions, None)]
    }

    /// One rule for each entry of a map of verdicts.
    fn entries(&self, before: &[Condition], map: &Value) -> Vec<(Vec<Condition>, RuleVerdict)> {
        let entries = self.elements(&map["data"]);
        let Some(entries) = entries else {
            let all = [before, &[unknown("vmap")]].concat();
            return vec![(all, RuleVerdict::Unknown)];
        };
        let entries = entries.iter().map(|entry| {
            let key = &entry[0];
            let its = self.compared(&map["key"], false, key);
            let named = entry[1].as_object().and_then(|all| all.iter().next());
            let verdict = named.and_then(|(name, body)| verdict(name, body));
            (
                [before, &[its]].concat(),
                verdict.unwrap_or(RuleVerdict::Unknown),
            )
        });
        entries.collect()
    }

    fn condition(&self, body: &Value) -> Condition {
        let is_not = match body["op"].as_str() {
            Some("==" | "in") => false,
            Some("!=") => true,
            _ => return unknown(&body.to_string()),
        };
        self.compared(&body["left"], is_not, &body["right"])
    }

    /// What is asked of a field.
    fn compared(&self, field: &Value, is_not: bool, right: &Value) -> Condition {
        let not_understood = || unknown(&format!("{field} {right}"));
        let Some(values) = self.elements(right) else {
            return not_understood();
        };
        let words = || -> Option<Vec<String>> {
            let words = values.iter().map(Value::as_str);
            words.map(|word| word.map(str::to_owned)).collect()
        };
        let addresses = || values.iter().map(address_range).collect::<Option<Vec<_>>>();
        let ports = || values.iter().map(port_range).collect::<Option<Vec<_>>>();
        let payload = &field["payload"];
        let of_payload = (payload["protocol"].as_str(), payload["field"].as_str());
        let key = field.pointer("/meta/key").and_then(Value::as_str);
        let state = field.pointer("/ct/key").and_then(Value::as_str);
        let found = match (of_payload, key, state) {
            ((Some("ip" | "ip6"), Some("saddr")), ..) => {
                addresses().map(|any| Condition::Source { is_not, any })
            }
            ((Some("ip" | "ip6"), Some("daddr")), ..) => {
                addresses().map(|any| Condition::Destination { is_not, any })
            }
            ((Some("tcp" | "th"), Some("sport")), ..) => {
                ports().map(|any| Condition::SourcePort { is_not, any })
            }
            ((Some("tcp" | "th"), Some("dport")), ..) => {
                ports().map(|any| Condition::DestinationPort { is_not, any })
            }
            // A port of another protocol: no TCP.
            ((Some("udp" | "sctp" | "dccp" | "icmp" | "icmpv6"), _), ..) => {
                Some(Condition::Protocol {
                    is_not: false,
                    any: vec!["udp".to_owned()],
                })
            }
            ((Some("ip"), Some("protocol")) | (Some("ip6"), Some("nexthdr")), ..)
            | (_, Some("l4proto"), _) => words().map(|any| Condition::Protocol { is_not, any }),
            (_, Some("iifname" | "iif"), _) => {
                words().map(|any| Condition::Interface { is_not, any })
            }
            (.., Some("state")) => words().map(|any| Condition::State { is_not, any }),
            _ => None,
        };
        found.unwrap_or_else(not_understood)
    }

    /// The values of a set, or the one value; `None` where they are not understood.
    fn elements(&self, right: &Value) -> Option<Vec<Value>> {
        let name = right.as_str().and_then(|word| word.strip_prefix('@'));
        let set = match name {
            Some(name) => {
                let set = self.sets.get(&(self.family, self.table, name))?;
                // Without elements it has the key no more, or what came in meanwhile.
                set.get("elem").cloned().unwrap_or(Value::Array(Vec::new()))
            }
            None => right.get("set").unwrap_or(right).clone(),
        };
        let elements = match set {
            Value::Array(elements) => elements,
            one => vec![one],
        };
        let without_extras = |element: Value| match element.get("elem").and_then(|it| it.get("val"))
        {
            Some(value) => value.clone(),
            None => element,
        };
        (elements.len() <= MOST_ELEMENTS)
            .then(|| elements.into_iter().map(without_extras).collect())
    }
}

fn verdict(name: &str, body: &Value) -> Option<RuleVerdict> {
    let target = || body["target"].as_str().map(str::to_owned);
    Some(match name {
        "accept" | "snat" | "masquerade" => RuleVerdict::Accept,
        "drop" => RuleVerdict::Drop,
        "return" => RuleVerdict::Return,
        "jump" => RuleVerdict::Jump(target()?),
        "goto" => RuleVerdict::Goto(target()?),
        "reject" => RuleVerdict::Reject(match (body["type"].as_str(), body["expr"].as_str()) {
            (Some(kind), Some(code)) => format!("{kind} {code}"),
            (Some(kind), None) => kind.to_owned(),
            _ => "icmp port-unreachable".to_owned(),
        }),
        "dnat" | "redirect" | "tproxy" => RuleVerdict::Translate,
        "queue" | "synproxy" => RuleVerdict::Unknown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Endpoint;
    use crate::host::snapshot::{Met, PacketFilter, TrackedPacket};

    /// Of nftables 1.0.6.
    const TEXT: &str = include_str!("nft/sample.txt");
    const JSON: &str = include_str!("nft/sample.json");

    fn met(client: &str, port: u16, is_new: bool) -> String {
        let filter = PacketFilter {
            texts: Vec::new(),
            chains: chains(&serde_json::from_str(JSON).unwrap(), TEXT),
        };
        let address: std::net::IpAddr = client.parse().unwrap();
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
                port,
            },
            is_new,
        };
        match filter.meets(&packet) {
            Met::Passed => "passed".to_owned(),
            Met::Unclear => "unclear".to_owned(),
            Met::Stopped { rule, .. } => rule.map_or("policy".to_owned(), |rule| rule.text.clone()),
        }
    }

    #[test]
    fn rules_are_understood_as_nft_means_them() {
        assert_eq!(met("10.0.0.7", 80, true), "passed");
        assert_eq!(met("192.0.2.7", 8080, true), "tcp dport @ports drop");
        assert_eq!(met("192.0.2.7", 9005, true), "tcp dport @ports drop");
        let reset = "tcp dport 9999 ip saddr != 10.0.0.5 reject with tcp reset";
        assert_eq!(met("192.0.2.7", 9999, true), reset);
        let reject = "ip6 saddr 2001:db8::/32 tcp dport 443 log prefix \"x\" \
                      reject with icmpv6 port-unreachable";
        assert_eq!(
            met("2001:db8::7", 443, true),
            "unclear",
            "translated, or not"
        );
        assert_eq!(met("2001:db8::7", 444, false), "passed");
        assert!(TEXT.contains(reject));
        // What is limited may be accepted.
        assert_eq!(met("192.0.2.7", 2000, true), "unclear");
    }
}
