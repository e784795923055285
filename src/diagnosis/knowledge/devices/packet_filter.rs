//! What pf logs of the BSDs, as tcpdump shows it, and as pfSense and `OPNsense` write it.

use super::{Record, places};
use crate::logs::PfLine;

pub(super) fn record(text: &str) -> Option<Record> {
    of_tcpdump(text).or_else(|| of_filterlog(text))
}

/// `rule 4/0(match): block in on em0: 198.51.100.7.51234 > 203.0.113.20.22: Flags [S]`.
fn of_tcpdump(text: &str) -> Option<Record> {
    let line = PfLine::of_tcpdump(text.get(text.find("rule ")?..)?)?;
    // Words of people may look like it; addresses and ports do not.
    line.ends.endpoints()?;
    of_line(&line)
}

/// `filterlog[1]: 4,,,1000000103,igb0,match,block,in,4,...`, or with data of syslog before it.
fn of_filterlog(text: &str) -> Option<Record> {
    let (_, rest) = text.split_once("filterlog")?;
    let (head, _) = rest.split_once(',')?;
    let begin = head.rfind(' ')? + 1;
    of_line(&PfLine::of_filterlog(rest.get(begin..)?)?)
}

fn of_line(line: &PfLine<'_>) -> Option<Record> {
    let rule = format!("rule {}", line.rule);
    let mut record = of_action(line.action)?.reading(rule, says_of_reason(line.reason));
    if let Some(tracker) = line.tracker {
        let means = "the rule's own number: grep for it in /tmp/rules.debug";
        record = record.reading(format!("tracker {tracker}"), means);
    }
    if let Some(protocol) = line.other_protocol {
        record = record.reading(protocol, "no TCP: no connect");
    }
    record.places = Some(places(line.ends));
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
