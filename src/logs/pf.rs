//! Packets that pf logged, as `tcpdump -n -e -r /var/log/pflog` prints them: `rule 12/0(match):
//! block in on em0: 10.0.0.7.50000 > 10.0.1.20.443: Flags [S], ...`, or OpenBSD's own tcpdump:
//! `rule 12/(match) block in on em0: 10.0.0.7.50000 > 10.0.1.20.443: S 1:1(0) win 16384 ...`; and
//! as `filterlog` of pfSense and `OPNsense` writes them, in fields divided by commas.

use super::named::NamedEnds;
use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};

/// A packet that pf logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PfLine<'a> {
    /// The number of the rule, or `def`.
    pub rule: &'a str,
    /// The number that a rule keeps when others come and go, where it has one.
    pub tracker: Option<&'a str>,
    /// Why, in pf's word.
    pub reason: &'a str,
    /// What the rule did.
    pub action: &'a str,
    /// `in` or `out`.
    way: &'a str,
    interface: &'a str,
    /// Whom the packet names.
    pub ends: NamedEnds,
    /// What it is called, where it is said to be of another protocol than TCP.
    pub other_protocol: Option<&'a str>,
    /// What part of a handshake it is, where it says so.
    segment: Option<LoggedSegment>,
    identification: Option<u16>,
}

impl<'a> PfLine<'a> {
    /// A line as tcpdump prints it, from `rule` on.
    pub fn of_tcpdump(text: &'a str) -> Option<Self> {
        let (rule, rest) = text.strip_prefix("rule ")?.split_once(' ')?;
        let end = rule.find(['/', '(', '.', ':']).unwrap_or(rule.len());
        let (number, behind) = rule.split_at_checked(end)?;
        let reason = behind.split(['(', ')']).nth(1).unwrap_or_default();
        // Between rule and action OpenBSD may tell users: `[uid 0, pid 1]`.
        let rest = match rest.strip_prefix('[') {
            Some(users) => {
                users
                    .split_once("] ")
                    .or_else(|| users.split_once("]: "))?
                    .1
            }
            None => rest,
        };
        let (action, rest) = rest.split_once(' ')?;
        let (way, rest) = rest.split_once(" on ")?;
        let (interface, rest) = rest.split_once(": ")?;
        let (source, rest) = rest.split_once(" > ")?;
        // With -v the IP header stands before it in parentheses.
        let source = source.rsplit_once(' ').map_or(source, |(_, end)| end);
        let (destination, segment) = rest.split_once(": ").unwrap_or((rest, ""));
        let destination = destination.trim_end_matches(':');
        Some(Self {
            rule: number,
            tracker: None,
            reason,
            action,
            way,
            interface,
            ends: NamedEnds::new(with_dot(source), with_dot(destination)),
            other_protocol: None,
            segment: segment_of(segment),
            identification: None,
        })
    }

    /// The fields of `filterlog`.
    pub fn of_filterlog(text: &'a str) -> Option<Self> {
        let fields: Vec<&str> = text.split(',').map(str::trim).collect();
        let field = |index: usize| fields.get(index).copied();
        // Both versions of IP share nine fields. IPv4: class, ECN, TTL, identification, offset,
        // flags, number and name of the protocol. IPv6: class, label, limit, name, number.
        let (protocol, source) = match field(8)? {
            "4" => (16, 18),
            "6" => (12, 15),
            _ => return None,
        };
        let protocol = field(protocol)?;
        let is_tcp = protocol.eq_ignore_ascii_case("tcp");
        let segment = field(source + 5).filter(|_| is_tcp).map(flags_of_filterlog);
        let identification = (source == 18).then(|| field(12)?.parse().ok()).flatten();
        Some(Self {
            rule: field(0)?,
            tracker: field(3).filter(|number| !["", "0"].contains(number)),
            interface: field(4)?,
            reason: field(5)?,
            action: field(6)?,
            way: field(7)?,
            ends: NamedEnds::new(
                (field(source), field(source + 2)),
                (field(source + 1), field(source + 3)),
            ),
            other_protocol: (!is_tcp).then_some(protocol),
            segment,
            identification,
        })
    }

    /// The segment that it is about; nothing when it is about another packet.
    fn filtered(&self) -> Option<FilteredPacket> {
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let rule = match (self.rule, self.tracker) {
            ("def" | "-1", _) => "the default rule".to_owned(),
            (number, _) if number.is_empty() || !is_number(number) => return None,
            (number, Some(tracker)) => format!("rule {number}, tracker {tracker}"),
            (number, None) => format!("rule {number}"),
        };
        let action = match self.action {
            "block" => FilterAction::Blocked,
            "pass" => FilterAction::Passed,
            "match" | "scrub" | "rdr" | "nat" | "binat" => FilterAction::Unsaid,
            _ => return None,
        };
        let interface = Some(self.interface.to_owned());
        let (input, output) = match self.way {
            "in" => (interface, None),
            "out" => (None, interface),
            _ => return None,
        };
        let (source, destination) = self.ends.endpoints()?;
        Some(FilteredPacket {
            rule,
            input,
            output,
            identification: self.identification,
            ..FilteredPacket::new(FilterKind::Pf, action, self.segment?, (source, destination))
        })
    }
}

pub(super) fn of_tcpdump(text: &str) -> Option<FilteredPacket> {
    PfLine::of_tcpdump(text)?.filtered()
}

pub(super) fn of_filterlog(text: &str) -> Option<FilteredPacket> {
    PfLine::of_filterlog(text)?.filtered()
}

/// `10.0.0.7.50000`, `2001:db8::7.50000`.
fn with_dot(text: &str) -> (Option<&str>, Option<&str>) {
    match text.rsplit_once('.') {
        Some((address, port)) => (Some(address), Some(port)),
        None => (None, None),
    }
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

/// `S`, `SA`, `SEC`: without a divider.
fn flags_of_filterlog(flags: &str) -> LoggedSegment {
    let has = |flag: char| flags.contains(flag);
    match (has('S'), has('A')) {
        _ if has('R') || has('F') => LoggedSegment::Other,
        (true, false) => LoggedSegment::Syn,
        (true, true) => LoggedSegment::SynAck,
        (false, _) => LoggedSegment::Other,
    }
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
            let packet = of_tcpdump(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(packet.rule, rule);
            assert_eq!((packet.action, packet.segment), (action, segment), "{line}");
            assert_eq!(packet.destination.port, 443);
        }
    }

    #[test]
    fn filterlog_is_read_by_its_fields() {
        let of_ipv4 = "4,,,1000000103,igb0,match,block,in,4,0x0,,64,12345,0,DF,6,tcp,60,10.0.0.7,\
            10.0.1.20,50000,443,0,S,1234567,,64240,,mss;sackOK";
        let packet = of_filterlog(of_ipv4).unwrap();
        assert_eq!(packet.rule, "rule 4, tracker 1000000103");
        assert_eq!(packet.source.to_string(), "10.0.0.7:50000");
        assert_eq!(packet.destination.to_string(), "10.0.1.20:443");
        assert_eq!(packet.segment, LoggedSegment::Syn);
        assert_eq!(packet.identification, Some(12345));
        assert_eq!(packet.input.as_deref(), Some("igb0"));
        let of_ipv6 = "7,,,0,igb1,match,pass,out,6,0x00,0x12345,64,tcp,6,40,2001:db8::7,\
            2001:db8::20,50000,443,0,SA,1,2,64240,,mss";
        let packet = of_filterlog(of_ipv6).unwrap();
        assert_eq!(packet.rule, "rule 7");
        assert_eq!(packet.segment, LoggedSegment::SynAck);
        assert_eq!(packet.action, FilterAction::Passed);
        assert_eq!(packet.output.as_deref(), Some("igb1"));
        assert_eq!(packet.source.to_string(), "[2001:db8::7]:50000");
        assert_eq!(of_filterlog(&of_ipv4.replace("6,tcp", "17,udp")), None);
        assert_eq!(of_filterlog("4,,,1,igb0,match,block"), None);
    }

    #[test]
    fn other_protocols_are_not_about_a_connect() {
        for line in [
            "rule 12/0(match): block in on em0: 10.0.0.7.50000 > 10.0.1.20.53: 1+ A? x. (20)",
            "rule 12/0(match): block in on em0: 10.0.0.7 > 10.0.1.20: ICMP echo request",
            "rule x: block in on em0: 10.0.0.7.1 > 10.0.1.20.2: Flags [S], length 0",
            "rule 12",
        ] {
            assert_eq!(of_tcpdump(line), None, "{line}");
        }
    }
}
