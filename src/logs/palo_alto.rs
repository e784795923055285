//! Traffic logs of Palo Alto Networks' firewalls: lines of fields, divided by commas.

use super::named::NamedEnds;
use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};
use super::stamp::{self, Stamp};

/// Fields from the type on: it is the fourth.
const SUBTYPE: usize = 1;
const GENERATED: usize = 3;
const SOURCE: usize = 4;
const DESTINATION: usize = 5;
const TRANSLATED_SOURCE: usize = 6;
const TRANSLATED_DESTINATION: usize = 7;
const RULE: usize = 8;
const INPUT: usize = 15;
const OUTPUT: usize = 16;
const SOURCE_PORT: usize = 21;
const DESTINATION_PORT: usize = 22;
const TRANSLATED_SOURCE_PORT: usize = 23;
const TRANSLATED_DESTINATION_PORT: usize = 24;
const PROTOCOL: usize = 26;
const ACTION: usize = 27;
const STARTED: usize = 32;

/// A line of a traffic log, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaloAltoLine<'a> {
    fields: Vec<&'a str>,
}

impl<'a> PaloAltoLine<'a> {
    /// The line from its type on, `TRAFFIC`; a comma in quotes divides nothing.
    pub fn of(text: &'a str) -> Option<Self> {
        let at = text
            .find("TRAFFIC,")
            .or_else(|| text.find("\"TRAFFIC\","))?;
        let mut is_quoted = false;
        let divides = |character: char| {
            is_quoted ^= character == '"';
            character == ',' && !is_quoted
        };
        let fields = text.get(at..)?.split(divides);
        let fields: Vec<&str> = fields.map(|field| field.trim().trim_matches('"')).collect();
        let line = Self { fields };
        let is_known = ["start", "end", "drop", "deny"].contains(&line.subtype());
        is_known.then_some(line)
    }

    fn field(&self, index: usize) -> Option<&'a str> {
        self.fields.get(index).copied()
    }

    /// `start`, `end`, `drop` or `deny`.
    pub fn subtype(&self) -> &'a str {
        self.field(SUBTYPE).unwrap_or_default()
    }

    /// What the firewall did; versions differ in how they spell it: `drop ICMP`, `drop-icmp`.
    pub fn action(&self) -> Option<String> {
        Some(self.field(ACTION)?.to_lowercase().replace(' ', "-"))
    }

    /// Whether a field is this word.
    pub fn has(&self, word: &str) -> bool {
        self.fields.contains(&word)
    }

    /// Whom it names.
    pub fn ends(&self) -> NamedEnds {
        NamedEnds::new(
            (self.field(SOURCE), self.field(SOURCE_PORT)),
            (self.field(DESTINATION), self.field(DESTINATION_PORT)),
        )
    }

    /// As it was translated; 0 where it was not.
    fn translated(&self) -> NamedEnds {
        let changed = |index: usize, original: usize| {
            let changed = self.field(index);
            let is_set = |value: &&str| !["", "0", "0.0.0.0", "::"].contains(value);
            changed.filter(is_set).or_else(|| self.field(original))
        };
        NamedEnds::new(
            (
                changed(TRANSLATED_SOURCE, SOURCE),
                changed(TRANSLATED_SOURCE_PORT, SOURCE_PORT),
            ),
            (
                changed(TRANSLATED_DESTINATION, DESTINATION),
                changed(TRANSLATED_DESTINATION_PORT, DESTINATION_PORT),
            ),
        )
    }
}

/// When the session began, and the SYN that began it.
pub(super) fn filtered(text: &str) -> Option<(Option<Stamp>, FilteredPacket)> {
    let line = PaloAltoLine::of(text)?;
    if line.field(PROTOCOL)? != "tcp" {
        return None;
    }
    let action = match &*line.action()? {
        "allow" => FilterAction::Passed,
        "deny" | "drop" => FilterAction::Blocked,
        "drop-icmp" | "reset-client" | "reset-both" => FilterAction::Rejected,
        _ => FilterAction::Unsaid,
    };
    let interface = |index: usize| {
        let name = line.field(index).filter(|name| !name.is_empty());
        name.map(str::to_owned)
    };
    let mut times = [STARTED, GENERATED].into_iter();
    let stamp = times.find_map(|index| stamp::of_slashes(line.field(index)?));
    let packet = FilteredPacket {
        rule: format!("rule {}", line.field(RULE)?),
        input: interface(INPUT),
        output: interface(OUTPUT),
        ..FilteredPacket::new(
            FilterKind::PaloAlto,
            action,
            LoggedSegment::Syn,
            line.ends().endpoints()?,
        )
    };
    let translated = line.translated().endpoints();
    Some((stamp, packet.translated_to(translated)))
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
        assert_eq!(packet.translated, None);
        let translated = line
            .replace("0.0.0.0,0.0.0.0", "192.0.2.1,10.0.1.20")
            .replace("50000,443,0,0", "50000,443,61000,443");
        let (source, destination) = filtered(&translated).unwrap().1.translated.unwrap();
        assert_eq!(source.to_string(), "192.0.2.1:61000");
        assert_eq!(destination.to_string(), "10.0.1.20:443");
    }
}
