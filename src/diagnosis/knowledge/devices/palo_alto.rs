//! Traffic logs of Palo Alto Networks' firewalls: lines of fields, divided by commas.

use super::{Record, places};
use crate::logs::PaloAltoLine;

/// What the firewall did with a session: action, page, meaning.
const ACTIONS: [(&str, &str, &str); 7] = [
    (
        "allow",
        "established",
        "a rule let it through; what the server did, the end reason says",
    ),
    (
        "deny",
        "port_filtered",
        "a rule denied it: in silence or with a RST, by the application",
    ),
    ("drop", "port_filtered", "dropped without an answer"),
    (
        "drop-icmp",
        "admin_prohibited",
        "dropped, with an ICMP unreachable to the client",
    ),
    (
        "reset-client",
        "middlebox_reset",
        "the firewall sent the client a RST",
    ),
    (
        "reset-server",
        "middlebox_reset",
        "the firewall sent the server a RST",
    ),
    (
        "reset-both",
        "middlebox_reset",
        "the firewall sent both sides a RST",
    ),
];

/// Why a session ended: reason, page, meaning.
const END_REASONS: [(&str, &str, &str); 9] = [
    (
        "aged-out",
        "dropped",
        "nothing more came: with application \"incomplete\" the handshake \
        never completed; else idle too long",
    ),
    (
        "policy-deny",
        "port_filtered",
        "a rule denied it, at once or once the application was known",
    ),
    (
        "tcp-rst-from-server",
        "refused",
        "the server's RST: with few packets a refused connect",
    ),
    ("tcp-rst-from-client", "client_reset", "the client's RST"),
    ("tcp-fin", "established", "closed in order"),
    (
        "tcp-reuse",
        "stale_tuple_reuse",
        "a new SYN with the same addresses and ports",
    ),
    ("threat", "middlebox_reset", "ended by threat prevention"),
    (
        "resources-unavailable",
        "limited_rejects",
        "the firewall had no resources left",
    ),
    (
        "non-syn-tcp",
        "stale_connection",
        "a packet without SYN of a session that it does not know",
    ),
];

/// Names of applications that say how far a connect came.
const APPLICATIONS: [(&str, &str); 4] = [
    ("incomplete", "no completed handshake, or no byte after it"),
    (
        "insufficient-data",
        "connected, too little data to tell the application",
    ),
    ("not-applicable", "denied before there was any data"),
    (
        "non-syn-tcp",
        "a packet without SYN of a session that the firewall does not know",
    ),
];

pub(super) fn record(text: &str) -> Option<Record> {
    let line = PaloAltoLine::of(text)?;
    let subtype = line.subtype();
    let end = END_REASONS.iter().find(|(reason, ..)| line.has(reason));
    let said = line.action();
    let action = ACTIONS
        .iter()
        .find(|(known, ..)| said.as_deref() == Some(*known));
    let of_subtype = subtype_says(subtype);
    let decides = action
        .filter(|(what, ..)| *what != "allow")
        .or(end)
        .or(action);
    let term = decides.map_or(of_subtype.0, |(_, term, _)| term);
    let mut record =
        Record::of(&["palo_alto_log", term]).reading(format!("TRAFFIC,{subtype}"), of_subtype.1);
    for (what, _, means) in action.into_iter().chain(end) {
        record = record.reading(*what, *means);
    }
    if let Some((what, means)) = APPLICATIONS.iter().find(|(name, _)| line.has(name)) {
        record = record.reading(*what, *means);
    }
    record.places = Some(places(line.ends()));
    Some(record)
}

/// The page of a line's subtype, and what it says.
fn subtype_says(subtype: &str) -> (&'static str, &'static str) {
    match subtype {
        "start" => ("established", "a session began"),
        "end" => ("connection_closed", "a session ended"),
        "drop" => (
            "port_filtered",
            "dropped by a rule, before the application was known",
        ),
        _ => (
            "port_filtered",
            "denied by a rule, once the application was known",
        ),
    }
}
