//! Messages of Cisco's ASA and Firepower: `%ASA-4-106023: Deny tcp src ...`.

use super::Record;
use crate::diagnosis::knowledge::places::Places;
use crate::logs::asa_connection;

/// Messages about connects: number, page, and what it says. As Cisco's list of messages has them.
const MESSAGES: [(u32, &str, &str); 27] = [
    (
        106_001,
        "port_filtered",
        "inbound connect dropped: no rule or translation allows it",
    ),
    (
        106_010,
        "port_filtered",
        "inbound packet dropped: the interface's rules do not allow it",
    ),
    (
        106_015,
        "stale_connection",
        "a packet without SYN that belongs to no connection it knows: \
        idle too long, another way back (asymmetric), or a late packet",
    ),
    (
        106_016,
        "martian_source",
        "dropped: the source address cannot be (spoofed, or a loop)",
    ),
    (
        106_021,
        "martian_source",
        "dropped by the reverse path check: the way back to the source \
        leads to another interface",
    ),
    (
        106_023,
        "port_filtered",
        "dropped by an access list, without an answer",
    ),
    (
        106_100,
        "port_filtered",
        "met a line of an access list that logs: denied or permitted, as \
        it says",
    ),
    (
        201_010,
        "syn_flooding",
        "the limit of half-open (embryonic) connections is reached",
    ),
    (
        201_011,
        "limited_rejects",
        "the limit of connections of a policy is reached",
    ),
    (
        202_010,
        "EADDRNOTAVAIL",
        "the pool of addresses or ports for translation is used up",
    ),
    (
        302_013,
        "established",
        "a connection was built: a SYN was let through, not yet answered",
    ),
    (
        302_014,
        "connection_closed",
        "a connection ended; the reason stands at the end",
    ),
    (
        302_303,
        "established",
        "a connection was built past inspection (TCP state bypass)",
    ),
    (
        302_304,
        "connection_closed",
        "a connection past inspection ended",
    ),
    (
        305_005,
        "port_filtered",
        "dropped: no translation is configured for it",
    ),
    (
        305_006,
        "port_filtered",
        "dropped: the translation could not be made",
    ),
    (
        305_013,
        "port_filtered",
        "dropped: translation is asymmetric, other rules match the way \
        back",
    ),
    (
        313_001,
        "other_icmp",
        "an ICMP message to the firewall itself was dropped",
    ),
    (
        313_004,
        "other_icmp",
        "an ICMP message was dropped: it belongs to no connection",
    ),
    (
        313_005,
        "other_icmp",
        "an ICMP error was dropped: it belongs to no connection, and its \
        sender's news does not arrive",
    ),
    (
        321_001,
        "limited_rejects",
        "a limit of resources is reached",
    ),
    (
        338_008,
        "port_filtered",
        "dropped by a list of addresses (botnet filter)",
    ),
    (
        419_002,
        "stale_tuple_reuse",
        "a second SYN with other numbers for a connection that it \
        knows: ports reused, or a retransmitted SYN of another try",
    ),
    (
        500_004,
        "other_icmp",
        "an invalid port or sequence number: a scan or a broken sender",
    ),
    (
        710_003,
        "port_filtered",
        "a connect to the firewall itself was denied",
    ),
    (
        710_005,
        "port_filtered",
        "a connect to the firewall itself was discarded",
    ),
    (
        733_100,
        "port_scan",
        "more drops than its threat detection takes for normal",
    ),
];

/// Reasons of a teardown: words, page, and what they say.
const TEARDOWNS: [(&str, &str, &str); 13] = [
    (
        "syn timeout",
        "dropped",
        "no SYN-ACK came within 30 s, or no ACK after it: the connect \
        failed behind the firewall",
    ),
    (
        "syn control",
        "rejected",
        "the other side began the handshake from the wrong side",
    ),
    (
        "tcp reset-i",
        "refused",
        "a RST of the more trusted side (its higher security level): for \
        an inbound connect the server's",
    ),
    (
        "tcp reset-o",
        "refused",
        "a RST of the less trusted side (its lower security level): for \
        an outbound connect the server's",
    ),
    (
        "tcp reset appliance",
        "middlebox_reset",
        "the firewall itself reset it",
    ),
    ("tcp fins", "established", "closed in order by both sides"),
    (
        "conn-timeout",
        "stale_connection",
        "idle longer than the firewall's limit; later packets \
        are dropped as belonging to no connection",
    ),
    (
        "connection timeout",
        "stale_connection",
        "idle longer than the firewall's limit",
    ),
    (
        "deny terminate",
        "middlebox_reset",
        "ended by an inspection",
    ),
    (
        "flow closed by inspection",
        "middlebox_reset",
        "ended by an inspection",
    ),
    ("invalid syn", "invalid_reset", "the SYN was not valid"),
    (
        "fin timeout",
        "connection_closed",
        "one side closed, the other never did",
    ),
    (
        "xlate clear",
        "middlebox_reset",
        "somebody cleared the translations",
    ),
];

pub(super) fn record(normal: &str) -> Option<Record> {
    let (_, after) = ["%asa-", "%ftd-", "%pix-"]
        .iter()
        .find_map(|mark| normal.split_once(mark))?;
    let number: u32 = after
        .split(|character: char| !character.is_ascii_digit())
        .find(|digits| digits.len() == 6)?
        .parse()
        .ok()?;
    let name = format!("message {number}");
    let Some((_, term, means)) = MESSAGES.iter().find(|(known, ..)| *known == number) else {
        let unknown = "a message of the firewall that is not known to be about connects";
        return Some(Record::of(&["asa_log"]).reading(name, unknown));
    };
    let teardown = TEARDOWNS
        .iter()
        .find(|(words, ..)| number == 302_014 && after.contains(words));
    let term = teardown.map_or(term, |(_, term, _)| term);
    let mut record = Record::of(&["asa_log", term]).reading(name, *means);
    if let Some((words, _, reason)) = teardown {
        record = record.reading(*words, *reason);
    }
    record.places = of_connection(after);
    Some(record)
}

/// `for outside:10.0.1.20/443 to inside:10.0.0.7/50000`: first the less trusted side, whoever
/// connected; the lower port is the server's.
fn of_connection(text: &str) -> Option<Places> {
    let (one, other) = asa_connection(text)?;
    let (server, client) = if one.port <= other.port {
        (one, other)
    } else {
        (other, one)
    };
    Some(Places {
        server: Some(server.address.to_string()),
        port: Some(server.port),
        client: Some(client.address.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::knowledge::page;

    #[test]
    fn all_messages_have_a_page() {
        let messages = MESSAGES.iter().map(|(_, term, _)| *term);
        for term in messages.chain(TEARDOWNS.iter().map(|(_, term, _)| *term)) {
            assert!(page(term).is_some(), "{term}");
        }
    }

    #[test]
    fn a_teardown_is_read_by_its_reason() {
        let line = "%asa-6-302014: teardown tcp connection 4 for outside:10.0.1.20/443 to \
                    inside:10.0.0.7/50000 duration 0:00:30 bytes 0 syn timeout";
        let pages: Vec<&str> = record(line)
            .unwrap()
            .pages
            .iter()
            .map(|page| page.term)
            .collect();
        assert_eq!(pages, ["asa_log", "dropped"]);
        let places = record(line).unwrap().places.unwrap();
        assert_eq!(places.fill("CLIENT SERVER:PORT"), "10.0.0.7 10.0.1.20:443");
    }
}
