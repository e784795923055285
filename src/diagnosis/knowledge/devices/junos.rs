//! What firewalls and routers of Juniper log: sessions of SRX, and terms of filters.

use super::{Record, address, port};
use crate::diagnosis::knowledge::places::Places;

/// Why a session ended: text, page, meaning.
const END_REASONS: [(&str, &str, &str); 5] = [
    (
        "tcp server rst",
        "refused",
        "Junos: the server's RST; with few packets a refused connect",
    ),
    ("tcp client rst", "client_reset", "Junos: the client's RST"),
    (
        "tcp rst",
        "refused",
        "Junos: a RST ended it; with one packet each way a refused connect",
    ),
    ("tcp fin", "connection_closed", "Junos: closed in order"),
    (
        "timeout",
        "dropped",
        "Junos: nothing more came; with 0 packets back the SYN was never answered",
    ),
];

pub(super) fn record(text: &str, normal: &str) -> Option<Record> {
    of_session(text, normal).or_else(|| of_filter(text))
}

/// `RT_FLOW_SESSION_DENY: session denied 10.1.1.20/51234->203.0.113.7/443 ...`.
fn of_session(text: &str, normal: &str) -> Option<Record> {
    let (_, after) = normal.split_once("rt_flow_session_")?;
    let (term, says, means) = if after.starts_with("deny") {
        (
            "port_filtered",
            "session denied",
            "Junos: a policy denied it: deny in silence, reject with a RST",
        )
    } else if after.starts_with("create") {
        (
            "established",
            "session created",
            "Junos: a policy let the SYN through; nothing is said about an answer",
        )
    } else if after.starts_with("close") {
        let (_, reason) = after.split_once("closed")?;
        let (reason, _) = reason.split_once(':').unwrap_or((reason, ""));
        let end = END_REASONS.iter().find(|(says, ..)| reason.contains(says));
        let (says, term, means) = end.unwrap_or(&(
            "session closed",
            "connection_closed",
            "Junos: a session ended",
        ));
        (*term, *says, *means)
    } else {
        return None;
    };
    let mut record = Record::of(&["firewall_log", term]).reading(says, means);
    record.places = text.split_whitespace().find_map(between);
    Some(record)
}

/// `10.1.1.20/51234->203.0.113.7/443`.
fn between(word: &str) -> Option<Places> {
    let (client, server) = word.split_once("->")?;
    let (client, _) = client.rsplit_once('/')?;
    let (server, of_server) = server.rsplit_once('/')?;
    Some(Places {
        client: Some(address(client)?),
        server: Some(address(server)?),
        port: port(of_server),
    })
}

/// `PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 10.1.1.20 203.0.113.7 51234 443 (1 packets)`.
fn of_filter(text: &str) -> Option<Record> {
    let (_, rest) = text.split_once("PFE_FW_SYSLOG_IP")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let at = fields.iter().position(|field| *field == "tcp")?;
    let action = *fields.get(at.checked_sub(1)?)?;
    let (term, means) = match action {
        "D" => (
            "port_filtered",
            "Junos: a term of a filter discarded it, without an answer",
        ),
        "R" => (
            "admin_prohibited",
            "Junos: a term of a filter rejected it, with an ICMP error",
        ),
        "A" => ("established", "Junos: a term of a filter accepted it"),
        _ => return None,
    };
    let field = |offset: usize| fields.get(at + offset).copied();
    let mut record = Record::of(&["firewall_log", term]).reading(action, means);
    record.places = Some(Places {
        client: field(1).and_then(address),
        server: field(2).and_then(address),
        port: field(4).and_then(port),
    });
    Some(record)
}
