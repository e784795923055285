//! Packets that pf logged, as `tcpdump -n -e -r /var/log/pflog` prints them: `rule 12/0(match):
//! block in on em0: 10.0.0.7.50000 > 10.0.1.20.443: Flags [S], ...`, or OpenBSD's own tcpdump:
//! `rule 12/(match) block in on em0: 10.0.0.7.50000 > 10.0.1.20.443: S 1:1(0) win 16384 ...`.

use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};
use crate::decode::Endpoint;

pub(super) fn filtered(text: &str) -> Option<FilteredPacket> {
    let rest = text.strip_prefix("rule ")?;
    let (rule, rest) = rest.split_once(' ')?;
    let number = rule.split(['/', '(', '.', ':']).next()?;
    let rule = match number {
        "def" | "-1" => "the default rule".to_owned(),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty() => {
            format!("rule {number}")
        }
        _ => return None,
    };
    // Between rule and action OpenBSD may tell users: `[uid 0, pid 1]`.
    let rest = match rest.strip_prefix('[') {
        Some(users) => users.split_once("] ")?.1,
        None => rest,
    };
    let (action, rest) = rest.split_once(' ')?;
    let action = match action {
        "block" => FilterAction::Blocked,
        "pass" => FilterAction::Passed,
        "match" | "scrub" | "rdr" | "nat" | "binat" => FilterAction::Unsaid,
        _ => return None,
    };
    let (way, rest) = rest.split_once(" on ")?;
    let (interface, rest) = rest.split_once(": ")?;
    let (source, rest) = rest.split_once(" > ")?;
    let (destination, segment) = rest.split_once(": ")?;
    let interface = Some(interface.to_owned());
    let (input, output) = match way {
        "in" => (interface, None),
        "out" => (None, interface),
        _ => return None,
    };
    Some(FilteredPacket {
        by: FilterKind::Pf,
        action,
        rule,
        source: end(source)?,
        destination: end(destination)?,
        segment: segment_of(segment)?,
        input,
        output,
        identification: None,
    })
}

/// `10.0.0.7.50000`, `2001:db8::7.50000`.
fn end(text: &str) -> Option<Endpoint> {
    // With -v the IP header stands before it in parentheses.
    let (address, port) = text
        .rsplit_once(' ')
        .map_or(text, |(_, end)| end)
        .rsplit_once('.')?;
    Some(Endpoint {
        address: address.parse().ok()?,
        port: port.parse().ok()?,
    })
}

/// By its flags; nothing when it is no segment of TCP.
fn segment_of(text: &str) -> Option<LoggedSegment> {
    if let Some(rest) = text.strip_prefix("Flags [") {
        let (flags, _) = rest.split_once(']')?;
        return Some(match flags {
            "S" | "SEW" => LoggedSegment::Syn,
            "S." | "S.E" => LoggedSegment::SynAck,
            _ => LoggedSegment::Other,
        });
    }
    let (flags, rest) = text.split_once(' ')?;
    let is_flags = !flags.is_empty() && flags.chars().all(|flag| "SFPRWE.".contains(flag));
    let is_segment = is_flags && (rest.contains("win ") || rest.contains("ack "));
    is_segment.then(|| match flags.starts_with('S') {
        true if rest.contains(" ack ") || rest.starts_with("ack ") => LoggedSegment::SynAck,
        true => LoggedSegment::Syn,
        false => LoggedSegment::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_tcpdump_are_read() {
        for (line, rule, action, segment) in [
            (
                "rule 12/0(match): block in on em0: 10.0.0.7.50000 > 10.0.1.20.443: Flags [S], \
                 seq 1000, win 64240, options [mss 1460], length 0",
                "rule 12",
                FilterAction::Blocked,
                LoggedSegment::Syn,
            ),
            (
                "rule 20/0(match): pass out on em0: 2001:db8::7.50000 > 2001:db8::20.443: \
                 Flags [S.], seq 1000, ack 1, win 64240, length 0",
                "rule 20",
                FilterAction::Passed,
                LoggedSegment::SynAck,
            ),
            (
                "rule 7/(match) block in on em0: 10.0.0.7.50000 > 10.0.1.20.443: \
                 S 2718:2718(0) win 16384 <mss 1460> (DF)",
                "rule 7",
                FilterAction::Blocked,
                LoggedSegment::Syn,
            ),
            (
                "rule def/(match) block in on em0: 10.0.0.7.50000 > 10.0.1.20.443: \
                 . ack 1 win 16384 (DF)",
                "the default rule",
                FilterAction::Blocked,
                LoggedSegment::Other,
            ),
        ] {
            let packet = filtered(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(packet.rule, rule);
            assert_eq!((packet.action, packet.segment), (action, segment), "{line}");
            assert_eq!(packet.destination.port, 443);
        }
    }

    #[test]
    fn other_protocols_are_not_about_a_connect() {
        for line in [
            "rule 12/0(match): block in on em0: 10.0.0.7.50000 > 10.0.1.20.53: 1+ A? x. (20)",
            "rule 12/0(match): block in on em0: 10.0.0.7 > 10.0.1.20: ICMP echo request",
            "rule x: block in on em0: 10.0.0.7.1 > 10.0.1.20.2: Flags [S], length 0",
            "rule 12",
        ] {
            assert_eq!(filtered(line), None, "{line}");
        }
    }
}
