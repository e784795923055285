//! What pf logs of the BSDs, as tcpdump shows it, and as pfSense and `OPNsense` write it.

use super::{Record, address, endpoint_with_dot, port};
use crate::diagnosis::knowledge::places::Places;

/// Where the fields of `filterlog` stand behind those that both versions of IP share.
const ACTION: usize = 6;
const VERSION: usize = 8;

pub(super) fn record(text: &str) -> Option<Record> {
    of_tcpdump(text).or_else(|| of_filterlog(text))
}

/// `rule 4/0(match): block in on em0: 198.51.100.7.51234 > 203.0.113.20.22: Flags [S]`.
fn of_tcpdump(text: &str) -> Option<Record> {
    let (_, rest) = text.split_once("rule ")?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let [rule, action, _, "on", _, source, ">", destination, ..] = words.as_slice() else {
        return None;
    };
    let (rule, reason) = rule.split_once('/')?;
    let reason = reason.trim_matches(|character: char| !character.is_alphabetic());
    let (client, _) = endpoint_with_dot(source)?;
    let (server, port) = endpoint_with_dot(destination.trim_end_matches(':'))?;
    let mut record = of_action(action)?.reading(format!("rule {rule}"), says_of_reason(reason));
    record.places = Some(Places {
        client: Some(client),
        server: Some(server),
        port: Some(port),
    });
    Some(record)
}

/// `filterlog[1]: 4,,,1000000103,igb0,match,block,in,4,...`.
fn of_filterlog(text: &str) -> Option<Record> {
    let (_, rest) = text.split_once("filterlog")?;
    let (_, fields) = rest.split_once(' ')?;
    let fields: Vec<&str> = fields.split(',').map(str::trim).collect();
    let field = |index: usize| fields.get(index).copied();
    // IPv4: class, ECN, TTL, identification, offset, flags, number and name of the protocol.
    let (protocol, source) = match field(VERSION)? {
        "4" => (16, 18),
        "6" => (12, 15),
        _ => return None,
    };
    let rule = field(0)?;
    let mut record =
        of_action(field(ACTION)?)?.reading(format!("rule {rule}"), says_of_reason(field(5)?));
    if !field(protocol)?.eq_ignore_ascii_case("tcp") {
        record = record.reading(field(protocol)?, "no TCP: no connect");
    }
    record.places = Some(Places {
        client: field(source).and_then(address),
        server: field(source + 1).and_then(address),
        port: field(source + 3).and_then(port),
    });
    Some(record)
}

fn of_action(action: &str) -> Option<Record> {
    let (term, means) = match action {
        "block" => (
            "port_filtered",
            "pf: a block rule met the packet; without \"return\" in silence",
        ),
        "pass" => (
            "established",
            "pf: a pass rule let it through; nothing is said about an answer",
        ),
        "rdr" | "nat" | "binat" => ("firewall_log", "pf: translated"),
        _ => return None,
    };
    Some(Record::of(&["firewall_log", term]).reading(action, means))
}

/// Why pf did so, in its own words.
fn says_of_reason(reason: &str) -> &'static str {
    match reason {
        "match" => "the rule that decided: pfctl -vvsr shows it by this number",
        "state-mismatch" => "no rule: the packet does not fit the state of its connection",
        "state-limit" | "src-limit" => "a limit of states is reached, not the rule itself",
        "memory" => "pf has no room left for a state (set limit states)",
        "proto-cksum" => "dropped for a wrong checksum",
        "synproxy" => "pf answered in the server's place (synproxy)",
        _ => "the rule or check that decided: pfctl -vvsr shows rules by number",
    }
}
