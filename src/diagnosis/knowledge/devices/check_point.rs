//! What firewalls of Check Point log, and what their kernel says of dropped packets.

use super::{Record, places};
use crate::logs::{CheckPointDrop, CheckPointLine};

/// Why the kernel dropped a packet (`fw ctl zdebug drop`): text, page, meaning.
const REASONS: [(&str, &str, &str); 5] = [
    (
        "rulebase drop",
        "port_filtered",
        "Check Point: a rule dropped it, without an answer",
    ),
    (
        "first packet isn't syn",
        "stale_connection",
        "Check Point: a packet without SYN of a connection that it does not know: idle too long, or \
         its SYN took another way",
    ),
    (
        "address spoofing",
        "martian_source",
        "Check Point: the source address does not belong to the interface (anti-spoofing)",
    ),
    (
        "tcp packet out of state",
        "stale_connection",
        "Check Point: the packet does not fit the state of its connection",
    ),
    (
        "no match on cleanup rule",
        "port_filtered",
        "Check Point: no rule allows it",
    ),
];

/// What became of a connection: action, page, meaning.
const ACTIONS: [(&str, &str, &str); 3] = [
    (
        "drop",
        "port_filtered",
        "Check Point: a rule dropped it, without an answer",
    ),
    (
        "reject",
        "firewall_reset",
        "Check Point: a rule rejected it: TCP with a RST",
    ),
    (
        "accept",
        "established",
        "Check Point: let through; nothing is said about an answer",
    ),
];

pub(super) fn record(text: &str, normal: &str) -> Option<Record> {
    of_kernel(text, normal).or_else(|| of_log(text))
}

/// `fw_log_drop_ex: Packet proto=6 10.1.1.20:51234 -> 203.0.113.7:443 dropped by ... Reason: ...`.
fn of_kernel(text: &str, normal: &str) -> Option<Record> {
    let is_kernel = normal.contains("fw_log_drop_ex") || normal.contains("dropped by fw");
    let reason = REASONS.iter().find(|(says, ..)| normal.contains(says));
    // This reason is nobody else's.
    let is_telling = reason.is_some_and(|(says, ..)| says.starts_with("first packet"));
    if !is_kernel && !is_telling {
        return None;
    }
    let (says, term, means) = reason.unwrap_or(&(
        "dropped",
        "port_filtered",
        "Check Point: dropped, for the reason at the end",
    ));
    let mut record = Record::of(&["firewall_log", term]).reading(*says, *means);
    record.places = CheckPointDrop::of(text).map(|drop| places(drop.ends));
    Some(record)
}

/// `action=Drop|src=10.1.1.20|dst=...`, and `drop gw >eth1 ... src: 10.1.1.20; dst: ...; service: 443`.
fn of_log(text: &str) -> Option<Record> {
    let line = CheckPointLine::of(text)?;
    let said = line.action()?.to_lowercase();
    let (action, term, means) = ACTIONS.iter().find(|(word, ..)| *word == said)?;
    let mut record = Record::of(&["firewall_log", term]).reading(*action, *means);
    record.places = Some(places(line.ends()));
    Some(record)
}
