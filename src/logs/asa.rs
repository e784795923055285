//! Messages of Cisco's ASA and Firepower that name a connect by its addresses and ports.

use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};
use crate::decode::Endpoint;

/// Whether the text begins with a message of such a firewall.
pub(super) fn is_of_asa(text: &str) -> bool {
    ["%ASA-", "%FTD-", "%PIX-"]
        .iter()
        .any(|mark| text.starts_with(mark))
}

/// The segment that the message is about; nothing when it is about none.
pub(super) fn filtered(text: &str) -> Option<FilteredPacket> {
    let (head, text) = text.strip_prefix('%')?.split_once(": ")?;
    let number: u32 = head.rsplit_once('-')?.1.parse().ok()?;
    let (action, ends, rule) = match number {
        // Deny tcp src outside:A/1 dst inside:B/2 by access-group "name"
        106_023 => (
            FilterAction::Blocked,
            between(text, "src", "dst")?,
            Some(quoted(text)?),
        ),
        // Inbound TCP connection denied from A/1 to B/2 flags SYN on interface outside
        // TCP access denied by ACL from A/1 to outside:B/2
        106_001 | 710_003 => (FilterAction::Blocked, between(text, "from", "to")?, None),
        // Deny TCP (no connection) from A/1 to B/2 flags SYN ACK on interface inside
        106_015 => (
            FilterAction::Blocked,
            between(text, "from", "to")?,
            Some("no connection".to_owned()),
        ),
        // access-list NAME denied tcp outside/A(1) -> inside/B(2) hit-cnt 1 first hit
        106_100 => of_access_list(text)?,
        // Built inbound TCP connection 7 for outside:A/1 (A/1) to inside:B/2 (B/2)
        302_013 => built(text)?,
        _ => return None,
    };
    if !text.to_ascii_lowercase().contains("tcp") {
        return None;
    }
    let segment = match text.split_once(" flags ") {
        Some((_, flags)) => flags_of(flags),
        // These tell the flags of every packet: the line is cut short.
        None if [106_001, 106_015].contains(&number) => return None,
        None => LoggedSegment::Syn,
    };
    let (source, destination) = ends;
    let translated = (number == 302_013).then(|| mapped(text, ends)).flatten();
    let message = format!("%ASA-{number}");
    let packet = FilteredPacket {
        rule: rule.map_or(message.clone(), |rule| format!("{message}, {rule}")),
        input: interface(source),
        output: interface(destination),
        ..FilteredPacket::new(
            FilterKind::Asa,
            action,
            segment,
            (end(source)?, end(destination)?),
        )
    };
    Some(packet.translated_to(translated))
}

/// Both ends of a connection that the message is about, in its order: the end of lower security
/// first, whoever connected. Whatever the case of its letters.
pub fn asa_connection(text: &str) -> Option<(Endpoint, Endpoint)> {
    let (first, second) = between(text, "for", "to")?;
    Some((end(first)?, end(second)?))
}

/// What both ends were translated to: each stands in parentheses behind its own.
fn mapped(text: &str, (source, destination): (&str, &str)) -> Option<(Endpoint, Endpoint)> {
    let behind = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        let (inside, _) = rest.strip_prefix(" (")?.split_once(')')?;
        end(inside)
    };
    Some((behind(source)?, behind(destination)?))
}

/// `SYN ACK  on interface inside`: the words before `on`.
fn flags_of(text: &str) -> LoggedSegment {
    let flags = || text.split_whitespace().take_while(|word| *word != "on");
    let has = |flag: &str| flags().any(|word| word == flag);
    match (has("SYN"), has("ACK")) {
        _ if has("RST") || has("FIN") => LoggedSegment::Other,
        (true, false) => LoggedSegment::Syn,
        (true, true) => LoggedSegment::SynAck,
        (false, _) => LoggedSegment::Other,
    }
}

/// The words behind these two.
fn between<'a>(text: &'a str, first: &str, second: &str) -> Option<(&'a str, &'a str)> {
    let word_behind = |name: &str| {
        let mut words = text.split_whitespace().skip_while(|word| *word != name);
        words.nth(1)
    };
    Some((word_behind(first)?, word_behind(second)?))
}

type Read<'a> = (FilterAction, (&'a str, &'a str), Option<String>);

fn of_access_list(text: &str) -> Option<Read<'_>> {
    let mut words = text.split_whitespace();
    let (_, name) = (words.next()?, words.next()?);
    let action = match words.next()? {
        "denied" => FilterAction::Blocked,
        "permitted" => FilterAction::Passed,
        _ => return None,
    };
    let (before, after) = text.split_once(" -> ")?;
    let source = before.split_whitespace().next_back()?;
    let destination = after.split_whitespace().next()?;
    let rule = format!("access-list {name}");
    Some((action, (source, destination), Some(rule)))
}

/// The client of an outbound connection stands behind `to`.
fn built(text: &str) -> Option<Read<'_>> {
    let (first, second) = between(text, "for", "to")?;
    // What it was translated to stands behind each.
    text.split_once(second)?.1.strip_prefix(" (")?;
    let ends = if text.starts_with("Built outbound") {
        (second, first)
    } else {
        (first, second)
    };
    Some((FilterAction::Passed, ends, None))
}

fn quoted(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("access-group ")?;
    let (name, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(format!("access-group {name}"))
}

/// `outside:10.0.0.7/50000`, `outside/10.0.0.7(50000)`, `10.0.0.7/50000`.
fn end(text: &str) -> Option<Endpoint> {
    let (address, port) = match text.strip_suffix(')') {
        Some(text) => text.rsplit_once('(')?,
        None => text.rsplit_once('/')?,
    };
    let port = port.parse().ok()?;
    let bare = address.parse().ok();
    let behind_interface = || address.split_once([':', '/'])?.1.parse().ok();
    Some(Endpoint {
        address: bare.or_else(behind_interface)?,
        port,
    })
}

fn interface(text: &str) -> Option<String> {
    let is_name = |name: &&str| {
        let has_letter = name.contains(|character: char| character.is_ascii_alphabetic());
        has_letter && name.parse::<u16>().is_err()
    };
    let name = text.split([':', '/']).next().filter(is_name)?;
    let is_of_address = text
        .split(['/', '('])
        .next()?
        .parse::<std::net::IpAddr>()
        .is_ok();
    (!is_of_address).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_name_a_connect_are_read() {
        for (line, action, rule, segment) in [
            (
                "%ASA-4-106023: Deny tcp src outside:10.0.0.7/50000 dst inside:10.0.1.20/443 \
                 by access-group \"outside_in\" [0x0, 0x0]",
                FilterAction::Blocked,
                "%ASA-106023, access-group outside_in",
                LoggedSegment::Syn,
            ),
            (
                "%ASA-2-106001: Inbound TCP connection denied from 10.0.0.7/50000 to \
                 10.0.1.20/443 flags SYN  on interface outside",
                FilterAction::Blocked,
                "%ASA-106001",
                LoggedSegment::Syn,
            ),
            (
                "%ASA-6-106015: Deny TCP (no connection) from 10.0.0.7/50000 to 10.0.1.20/443 \
                 flags SYN ACK  on interface inside",
                FilterAction::Blocked,
                "%ASA-106015, no connection",
                LoggedSegment::SynAck,
            ),
            (
                "%ASA-4-106100: access-list outside_in denied tcp outside/10.0.0.7(50000) -> \
                 inside/10.0.1.20(443) hit-cnt 1 first hit [0x1, 0x0]",
                FilterAction::Blocked,
                "%ASA-106100, access-list outside_in",
                LoggedSegment::Syn,
            ),
            (
                "%FTD-6-302013: Built outbound TCP connection 7 for outside:10.0.1.20/443 \
                 (10.0.1.20/443) to inside:10.0.0.7/50000 (192.0.2.1/50000)",
                FilterAction::Passed,
                "%ASA-302013",
                LoggedSegment::Syn,
            ),
        ] {
            let packet = filtered(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(packet.source.to_string(), "10.0.0.7:50000", "{line}");
            assert_eq!(packet.destination.to_string(), "10.0.1.20:443", "{line}");
            assert_eq!((packet.action, packet.segment), (action, segment), "{line}");
            assert_eq!(packet.rule, rule);
        }
    }

    #[test]
    fn what_is_translated_is_told() {
        let line = "%ASA-6-302013: Built outbound TCP connection 7 for outside:10.0.1.20/443 \
            (10.0.1.20/443) to inside:10.0.0.7/50000 (192.0.2.1/61000)";
        let (source, destination) = filtered(line).unwrap().translated.unwrap();
        assert_eq!(source.to_string(), "192.0.2.1:61000");
        assert_eq!(destination.to_string(), "10.0.1.20:443");
        let same = line.replace("192.0.2.1/61000", "10.0.0.7/50000");
        assert_eq!(filtered(&same).unwrap().translated, None);
    }

    #[test]
    fn other_messages_are_none() {
        for line in [
            "%ASA-4-106023: Deny udp src outside:10.0.0.7/5000 dst inside:10.0.1.20/53 by x",
            "%ASA-5-111008: User 'a' executed the 'write' command.",
            "%ASA-4-106023: Deny tcp src",
            "%ASA-",
        ] {
            assert_eq!(filtered(line), None, "{line}");
        }
        let of_ipv6 = "%ASA-4-106023: Deny tcp src outside:2001:db8::7/50000 dst \
            inside:2001:db8::20/443 by access-group \"x\"";
        let packet = filtered(of_ipv6).unwrap();
        assert_eq!(packet.source.to_string(), "[2001:db8::7]:50000");
        assert_eq!(packet.input.as_deref(), Some("outside"));
    }
}
