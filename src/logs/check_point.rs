//! What firewalls of Check Point log, and what their kernel says of dropped packets.

use super::named::{NamedEnds, with_colon};
use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};
use super::stamp::{self, Stamp};

/// A line of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckPointLine<'a> {
    text: &'a str,
}

impl<'a> CheckPointLine<'a> {
    /// The line, if its product is a firewall of theirs.
    pub fn of(text: &'a str) -> Option<Self> {
        let line = Self { text };
        let product = line.field("product")?;
        let marks = ["FireWall-1", "Firewall"];
        let is_theirs = marks.iter().any(|mark| {
            product
                .to_ascii_lowercase()
                .contains(&mark.to_ascii_lowercase())
        });
        is_theirs.then_some(line)
    }

    /// The value of this name, in any of the forms that are exported: `src=10.1.1.20|`, `src:
    /// 10.1.1.20;` and `src:"10.1.1.20";`.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        let mut pieces = self.text.split(['|', ';']);
        pieces.find_map(|piece| {
            let (before, value) = piece.split_once(name)?;
            let is_whole = before.is_empty() || before.ends_with([' ', '[']);
            let value = value.strip_prefix(['=', ':']).filter(|_| is_whole)?;
            Some(value.trim().trim_end_matches(']').trim_matches('"'))
        })
    }

    /// What became of it; `fw log` has it among the words at the front.
    pub fn action(&self) -> Option<&'a str> {
        let is_action = |word: &&str| {
            ["accept", "drop", "reject"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known))
        };
        self.field("action").or_else(|| {
            let head = self.text.split(';').next()?;
            head.split_whitespace().find(is_action)
        })
    }

    /// Whom it names.
    pub fn ends(&self) -> NamedEnds {
        NamedEnds::new(
            (self.field("src"), self.field("s_port")),
            (self.field("dst"), self.field("service")),
        )
    }

    /// As it was translated; 0 where it was not.
    fn translated(&self) -> NamedEnds {
        let changed = |name: &str| self.field(name).filter(|value| !is_unset(value));
        let or = |changed: Option<&'a str>, name: &str| changed.or_else(|| self.field(name));
        NamedEnds::new(
            (
                or(changed("xlatesrc"), "src"),
                or(changed("xlatesport"), "s_port"),
            ),
            (
                or(changed("xlatedst"), "dst"),
                or(changed("xlatedport"), "service"),
            ),
        )
    }
}

fn is_unset(value: &str) -> bool {
    ["", "0", "0.0.0.0", "::"].contains(&value)
}

/// What the kernel says of a packet that it dropped (`fw ctl zdebug + drop`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckPointDrop<'a> {
    /// Whom it names.
    pub ends: NamedEnds,
    /// Why it was dropped.
    pub reason: &'a str,
    is_tcp: bool,
}

impl<'a> CheckPointDrop<'a> {
    /// `fw_log_drop_ex: Packet proto=6 10.1.1.20:51234 -> 203.0.113.7:443 dropped by ... Reason: ...`.
    pub fn of(text: &'a str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let ends = words.windows(3).find_map(|three| match three {
            [source, "->", destination] => {
                let ends = NamedEnds::new(with_colon(source), with_colon(destination));
                (ends.source.is_some() && ends.destination.is_some()).then_some(ends)
            }
            _ => None,
        })?;
        Some(Self {
            ends,
            reason: text.split_once("Reason: ").map_or("", |(_, reason)| reason),
            is_tcp: words.contains(&"proto=6"),
        })
    }
}

/// When it was, and the SYN that it is about.
pub(super) fn filtered(text: &str) -> Option<(Option<Stamp>, FilteredPacket)> {
    of_kernel(text).or_else(|| of_log(text))
}

fn of_log(text: &str) -> Option<(Option<Stamp>, FilteredPacket)> {
    let line = CheckPointLine::of(text)?;
    // A port that is last may have been longer.
    let last = text.rsplit(['|', ';']).next()?;
    if ["s_port", "service", "xlate"]
        .iter()
        .any(|name| last.contains(name))
        && !last.ends_with(['"', ']'])
    {
        return None;
    }
    if !["6", "tcp"].contains(&line.field("proto")?) {
        return None;
    }
    let action = match &*line.action()?.to_ascii_lowercase() {
        "drop" => FilterAction::Blocked,
        "reject" => FilterAction::Rejected,
        "accept" => FilterAction::Passed,
        _ => return None,
    };
    let names = ["rule_name", "rule", "rule_uid"];
    let rule = names
        .iter()
        .find_map(|name| line.field(name).filter(|value| !value.is_empty()));
    // `fw log` has the interface behind an arrow that shows the way.
    let interface = line.field("ifname").or_else(|| {
        let mut words = text.split(';').next()?.split_whitespace();
        words.find_map(|word| {
            word.strip_prefix(['>', '<'])
                .filter(|name| !name.is_empty())
        })
    });
    let is_outbound = line.field("ifdir") == Some("outbound") || text.contains(" <");
    let interface = interface.map(str::to_owned);
    let (input, output) = if is_outbound {
        (None, interface)
    } else {
        (interface, None)
    };
    let stamp = line.field("time").and_then(stamp::of_epoch);
    let packet = FilteredPacket {
        rule: rule.map_or_else(|| "no rule".to_owned(), |rule| format!("rule {rule}")),
        input,
        output,
        ..FilteredPacket::new(
            FilterKind::CheckPoint,
            action,
            LoggedSegment::Syn,
            line.ends().endpoints()?,
        )
    };
    let packet = packet.translated_to(line.translated().endpoints());
    Some((stamp.or_else(|| of_front(text)), packet))
}

/// With `-T` each line has its time behind `@;`.
fn of_kernel(text: &str) -> Option<(Option<Stamp>, FilteredPacket)> {
    let (_, told) = text.split_once("fw_log_drop_ex: ")?;
    let drop = CheckPointDrop::of(told).filter(|drop| drop.is_tcp)?;
    // Only a rule and the check of the source speak of first packets.
    let reason = drop.reason.trim_end_matches(';');
    let lower = reason.to_ascii_lowercase();
    let is_of_syn = ["rulebase drop", "cleanup rule", "address spoofing"]
        .iter()
        .any(|known| lower.contains(known))
        || told.contains("fw_handle_first_packet") && !lower.contains("isn't syn");
    let segment = if is_of_syn {
        LoggedSegment::Syn
    } else {
        LoggedSegment::Other
    };
    let packet = FilteredPacket {
        rule: reason.to_owned(),
        ..FilteredPacket::new(
            FilterKind::CheckPoint,
            FilterAction::Blocked,
            segment,
            drop.ends.endpoints()?,
        )
    };
    Some((of_front(text), packet))
}

/// `30Nov2026 12:01:03`, at the front or behind `@;`.
fn of_front(text: &str) -> Option<Stamp> {
    stamp::of_day_and_name(text.strip_prefix("@;").unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::StampTime;

    #[test]
    fn all_forms_of_the_log_are_read() {
        for line in [
            "time=1795179785|hostname=gw|product=Firewall|action=Drop|ifdir=inbound|ifname=eth1|\
             src=10.0.0.7|dst=10.0.1.20|s_port=50000|service=443|proto=6|rule=12",
            "20Nov2026 14:03:05 drop gw >eth1 rule: 12; src: 10.0.0.7; dst: 10.0.1.20; proto: \
             tcp; product: VPN-1 & FireWall-1; service: 443; s_port: 50000;",
            "[action:\"Drop\"; ifdir:\"inbound\"; ifname:\"eth1\"; time:\"1795179785\"; \
             dst:\"10.0.1.20\"; product:\"VPN-1 & FireWall-1\"; proto:\"6\"; rule:\"12\"; \
             s_port:\"50000\"; service:\"443\"; src:\"10.0.0.7\"]",
        ] {
            let (stamp, packet) = filtered(line).unwrap_or_else(|| panic!("{line}"));
            assert!(stamp.is_some(), "{line}");
            assert_eq!(packet.source.to_string(), "10.0.0.7:50000", "{line}");
            assert_eq!(packet.destination.to_string(), "10.0.1.20:443", "{line}");
            assert_eq!(packet.action, FilterAction::Blocked, "{line}");
            assert_eq!(packet.rule, "rule 12", "{line}");
            assert_eq!(packet.input.as_deref(), Some("eth1"), "{line}");
            assert_eq!(packet.translated, None);
        }
    }

    #[test]
    fn the_kernel_names_the_reason() {
        let line = "@;20Nov2026 14:03:05.500000;[cpu_1];[fw4_0];fw_log_drop_ex: Packet proto=6 \
            10.0.0.7:50000 -> 10.0.1.20:443 dropped by fw_handle_first_packet Reason: Rulebase \
            drop - rule 12;";
        let (stamp, packet) = filtered(line).unwrap();
        assert!(matches!(stamp.unwrap().time, StampTime::OfSomeZone(_)));
        assert_eq!(packet.rule, "Rulebase drop - rule 12");
        assert_eq!(packet.segment, LoggedSegment::Syn);
        let stray = line.replace("Rulebase drop - rule 12", "First packet isn't SYN");
        assert_eq!(filtered(&stray).unwrap().1.segment, LoggedSegment::Other);
        let udp = line.replace("proto=6", "proto=17");
        assert_eq!(filtered(&udp), None);
    }

    #[test]
    fn what_is_translated_is_told() {
        let line = "time=1795179785|product=Firewall|action=Accept|src=10.0.0.7|dst=10.0.1.20|\
            s_port=50000|service=443|proto=6|xlatesrc=192.0.2.1|xlatesport=61000|\
            xlatedst=0.0.0.0|xlatedport=0|rule=12";
        let (_, packet) = filtered(line).unwrap();
        let (source, destination) = packet.translated.unwrap();
        assert_eq!(source.to_string(), "192.0.2.1:61000");
        assert_eq!(destination.to_string(), "10.0.1.20:443");
    }
}
