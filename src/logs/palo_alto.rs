//! Traffic logs of Palo Alto Networks' firewalls: lines of fields, divided by commas.

use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};
use super::stamp::{self, Stamp};
use crate::decode::Endpoint;

/// Fields from the type on: it is the fourth.
const SUBTYPE: usize = 1;
const GENERATED: usize = 3;
const SOURCE: usize = 4;
const DESTINATION: usize = 5;
const RULE: usize = 8;
const INPUT: usize = 15;
const OUTPUT: usize = 16;
const SOURCE_PORT: usize = 21;
const DESTINATION_PORT: usize = 22;
const PROTOCOL: usize = 26;
const ACTION: usize = 27;
const STARTED: usize = 32;

/// The fields of a traffic log from its type on, `TRAFFIC`; a comma in quotes divides nothing.
pub fn fields(text: &str) -> Option<Vec<&str>> {
    let at = text
        .find("TRAFFIC,")
        .or_else(|| text.find("\"TRAFFIC\","))?;
    let mut is_quoted = false;
    let divides = |character: char| {
        is_quoted ^= character == '"';
        character == ',' && !is_quoted
    };
    let fields = text.get(at..)?.split(divides);
    Some(fields.map(|field| field.trim().trim_matches('"')).collect())
}

/// When the session began, and the SYN that began it.
pub(super) fn filtered(text: &str) -> Option<(Option<Stamp>, FilteredPacket)> {
    let fields = fields(text)?;
    let field = |index: usize| fields.get(index).copied();
    if !["start", "end", "drop", "deny"].contains(&field(SUBTYPE)?) || field(PROTOCOL)? != "tcp" {
        return None;
    }
    let end = |address: usize, port: usize| {
        Some(Endpoint {
            address: field(address)?.parse().ok()?,
            port: field(port)?.parse().ok()?,
        })
    };
    let spelled = field(ACTION)?.to_lowercase().replace(' ', "-");
    let action = match &*spelled {
        "allow" => FilterAction::Passed,
        "deny" | "drop" => FilterAction::Blocked,
        "drop-icmp" | "reset-client" | "reset-both" => FilterAction::Rejected,
        _ => FilterAction::Unsaid,
    };
    let interface = |index: usize| {
        field(index)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    };
    let times = [STARTED, GENERATED];
    let stamp = times
        .iter()
        .find_map(|index| stamp::of_slashes(field(*index)?));
    let packet = FilteredPacket {
        by: FilterKind::PaloAlto,
        action,
        rule: format!("rule {}", field(RULE)?),
        source: end(SOURCE, SOURCE_PORT)?,
        destination: end(DESTINATION, DESTINATION_PORT)?,
        segment: LoggedSegment::Syn,
        input: interface(INPUT),
        output: interface(OUTPUT),
        identification: None,
    };
    Some((stamp, packet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read_by_its_fields() {
        let line = "1,2026/11/30 12:01:05,0011C1,TRAFFIC,drop,2561,2026/11/30 12:01:05,10.0.0.7,\
            10.0.1.20,0.0.0.0,0.0.0.0,\"no, not in\",,,not-applicable,vsys1,untrust,trust,\
            ethernet1/1,,fwd,2026/11/30 12:01:05,0,1,50000,443,0,0,0x0,tcp,deny,74,74,0,1,\
            2026/11/30 12:01:03,0,any,0,1,0x0,US,DE,0,1,0,policy-deny";
        let (stamp, packet) = filtered(line).unwrap();
        assert_eq!(packet.source.to_string(), "10.0.0.7:50000");
        assert_eq!(packet.destination.to_string(), "10.0.1.20:443");
        assert_eq!(packet.action, FilterAction::Blocked);
        assert_eq!(packet.rule, "rule no, not in");
        assert_eq!(packet.input.as_deref(), Some("ethernet1/1"));
        assert_eq!(stamp, stamp::of_slashes("2026/11/30 12:01:03"));
        assert_eq!(filtered(&line.replace(",tcp,", ",udp,")), None);
        assert_eq!(filtered("TRAFFIC,drop"), None);
    }
}
