//! Packets that a rule of nftables or iptables logged, those of ufw and firewalld among them.

use super::{Record, address, port};
use crate::diagnosis::knowledge::places::Places;
use crate::logs::packet_line;

/// Prefixes of rules that say what became of the packet.
const PREFIXES: [(&str, &str); 6] = [
    (
        "[ufw block]",
        "ufw: no rule allows it; turned away, by default in silence",
    ),
    (
        "[ufw limit block]",
        "ufw limit: six connects of one address within 30 seconds",
    ),
    ("[ufw allow]", "ufw: logged and let in"),
    (
        "[ufw audit]",
        "ufw: logged only; nothing is said about what became of it",
    ),
    (
        "final_reject",
        "firewalld: no rule of any zone allowed it; rejected",
    ),
    ("_reject", "firewalld: rejected by the zone's default"),
];

pub(super) fn record(text: &str, normal: &str) -> Option<Record> {
    let packet = packet_line(text)?;
    let field = |name: &str| packet.field(name);
    let (input, output) = (packet.input, packet.output);
    let (source, destination) = (field("SRC")?, field("DST")?);
    let protocol = field("PROTO")?;
    let mut record = Record::of(&["firewall_log"]);
    if let Some((prefix, means)) = PREFIXES.iter().find(|(prefix, _)| normal.contains(prefix)) {
        record = record.reading(*prefix, *means);
    }
    record = record.reading(format!("IN={input} OUT={output}"), way(input, output));
    if protocol == "TCP" {
        let (flags, means) = flags(text);
        record = record.reading(flags, means);
    } else {
        let other = "no TCP: no connect, unless a name is looked up by it";
        record = record.reading(format!("PROTO={protocol}"), other);
    }
    record.places = Some(Places {
        client: address(source),
        server: address(destination),
        port: field("DPT").and_then(port),
    });
    Some(record)
}

fn way(input: &str, output: &str) -> &'static str {
    match (input.is_empty(), output.is_empty()) {
        (false, true) => "addressed to this host",
        (true, false) => "sent by this host itself: a rule for its own output",
        (false, false) => "on its way through this host: a rule for what is forwarded",
        (true, true) => "no interface is named",
    }
}

/// The flags of the segment, and what they say.
fn flags(text: &str) -> (String, &'static str) {
    let flags: Vec<&str> = text
        .split_whitespace()
        .filter(|word| ["SYN", "ACK", "FIN", "RST", "PSH"].contains(word))
        .collect();
    let has = |flag: &str| flags.contains(&flag);
    let means = match (has("SYN"), has("ACK")) {
        (true, false) => "a connect: the client gets no answer, or a rejection",
        (true, true) => {
            "an answer to a connect: the way back is blocked, or this host did not \
            see the SYN (asymmetric routing)"
        }
        (false, _) => {
            "no connect: a packet of a connection that is over, or that this host does \
            not know; mostly harmless"
        }
    };
    let shown = if flags.is_empty() {
        "no flags".to_owned()
    } else {
        flags.join(" ")
    };
    (shown, means)
}
