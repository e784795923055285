//! What firewalls and routers of Juniper log: sessions of SRX, and terms of filters.

use super::{Record, places};
use crate::logs::{JunosSession, JunosState, JunosTerm};

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

pub(super) fn record(text: &str) -> Option<Record> {
    of_session(text).or_else(|| of_filter(text))
}

/// `RT_FLOW_SESSION_DENY: session denied 10.1.1.20/51234->203.0.113.7/443 ...`.
fn of_session(text: &str) -> Option<Record> {
    let session = JunosSession::of(text)?;
    let (says, term, means) = match session.state {
        JunosState::Denied => (
            "session denied",
            "port_filtered",
            "Junos: a policy denied it: deny in silence, reject with a RST",
        ),
        JunosState::Created => (
            "session created",
            "established",
            "Junos: a policy let the SYN through; nothing is said about an answer",
        ),
        JunosState::Closed => ended(session.reason),
    };
    let mut record = Record::of(&["firewall_log", term]).reading(says, means);
    record.places = Some(places(session.ends)).filter(|places| !places.is_empty());
    Some(record)
}

/// What a session's end says, its page, and what that means.
fn ended(reason: &str) -> (&'static str, &'static str, &'static str) {
    let reason = reason.to_lowercase();
    let end = END_REASONS.iter().find(|(says, ..)| reason.contains(says));
    *end.unwrap_or(&(
        "session closed",
        "connection_closed",
        "Junos: a session ended",
    ))
}

/// `PFE_FW_SYSLOG_IP: FW: ge-0/0/0.0 D tcp 10.1.1.20 203.0.113.7 51234 443 (1 packets)`.
fn of_filter(text: &str) -> Option<Record> {
    let line = JunosTerm::of(text)?;
    let (term, means) = match line.action {
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
    let mut record = Record::of(&["firewall_log", term]).reading(line.action, means);
    record.places = Some(places(line.ends));
    Some(record)
}
