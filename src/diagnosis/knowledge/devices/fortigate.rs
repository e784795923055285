//! Traffic logs and flow traces of Fortinet's `FortiGate`: fields, `name=value` or `name="value"`.

use super::{Record, places};
use crate::logs::{FortiGateLine, named_value};

/// What became of a session: action, page, meaning. As Fortinet's log reference has them.
const ACTIONS: [(&str, &str, &str); 7] = [
    (
        "deny",
        "port_filtered",
        "FortiGate: a policy denied it, by default in silence",
    ),
    (
        "server-rst",
        "refused",
        "FortiGate let it through; the server sent a RST",
    ),
    (
        "client-rst",
        "client_reset",
        "FortiGate let it through; the client sent a RST",
    ),
    (
        "timeout",
        "dropped",
        "FortiGate let it through; nothing more came, often no answer to the SYN",
    ),
    (
        "ip-conn",
        "host_unreachable",
        "FortiGate could not reach the host",
    ),
    ("close", "connection_closed", "closed in order"),
    ("accept", "established", "a policy let it through"),
];

/// What a flow trace (`diagnose debug flow`) says of a packet: text, page, meaning.
const TRACES: [(&str, &str, &str); 5] = [
    (
        "denied by forward policy check",
        "port_filtered",
        "FortiGate: no policy allows it (policy 0 is the implicit deny); dropped",
    ),
    (
        "iprope_in_check() check failed",
        "port_filtered",
        "FortiGate: addressed to the firewall itself, and no local-in policy allows it; dropped",
    ),
    (
        "reverse path check fail",
        "martian_source",
        "FortiGate: the way back to the source leads to another interface; dropped",
    ),
    (
        "no session matched",
        "stale_connection",
        "FortiGate: a packet without SYN of a session that it does not know; dropped",
    ),
    (
        "replay packet",
        "port_filtered",
        "FortiGate: outside the session's window (anti-replay); dropped",
    ),
];

pub(super) fn record(text: &str, normal: &str) -> Option<Record> {
    of_traffic(text).or_else(|| of_trace(text, normal))
}

fn of_traffic(text: &str) -> Option<Record> {
    let line = FortiGateLine::of(text)?;
    let (action, term, means) = ACTIONS.iter().find(|(known, ..)| *known == line.action)?;
    let mut record =
        Record::of(&["firewall_log", term]).reading(format!("action={action}"), *means);
    if line.field("rcvdpkt") == Some("0") {
        record = record.reading("rcvdpkt=0", "not one packet came back from the server");
    }
    let protocol = line.field("proto");
    if protocol.is_some_and(|protocol| protocol != "6") {
        record = record.reading("proto", "another than 6: no TCP");
    }
    record.places = Some(places(line.ends));
    Some(record)
}

fn of_trace(text: &str, normal: &str) -> Option<Record> {
    named_value(text, "trace_id")?;
    let (says, term, means) = TRACES.iter().find(|(says, ..)| normal.contains(says))?;
    Some(Record::of(&["firewall_log", term]).reading(*says, *means))
}
