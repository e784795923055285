//! Packets that a rule of nftables or iptables logged, those of ufw and firewalld among them.

use std::net::IpAddr;

use super::record::{FilterAction, FilterKind, FilteredPacket, LoggedSegment};
use crate::decode::{Endpoint, VerdictAction, said_by};

/// A packet as the kernel writes it, field by field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketLine<'a> {
    /// What the author of the rule made it write before the packet.
    pub prefix: &'a str,
    /// The interface that it came in by; empty when it was made here.
    pub input: &'a str,
    /// The interface that it was to leave by; empty when it is addressed to this host.
    pub output: &'a str,
    /// The fields behind these.
    fields: &'a str,
}

impl<'a> PacketLine<'a> {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'a str> {
        let mut words = self.fields.split_whitespace();
        words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether the segment has this flag.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.fields.split_whitespace().any(|word| word == flag)
    }
}

/// The packet in a line, wherever it begins: a prefix may stand right before it.
pub fn packet_line(text: &str) -> Option<PacketLine<'_>> {
    let (before, fields) = text.split_once(" OUT=")?;
    let at = before.rfind("IN=")?;
    let (prefix, input) = before.split_at_checked(at)?;
    let input = input.strip_prefix("IN=")?;
    let output = fields.split(' ').next()?;
    // Bridged packets have their ports here, too.
    let input = input.split(' ').next()?;
    Some(PacketLine {
        prefix: prefix.trim(),
        input,
        output,
        fields,
    })
}

/// What became of a packet, by the words of its rule's author.
fn action_of(prefix: &str) -> FilterAction {
    match said_by(prefix) {
        Some(VerdictAction::SaidToBeDropped) => FilterAction::Blocked,
        Some(VerdictAction::SaidToBeRejected) => FilterAction::Rejected,
        _ => FilterAction::Unsaid,
    }
}

/// Whose prefix it is. firewalld's begin with the name of its chain.
fn author_of(prefix: &str) -> FilterKind {
    if prefix.starts_with("[UFW ") && prefix.ends_with(']') {
        FilterKind::Ufw
    } else if ["filter_", "FINAL_REJECT", "STATE_INVALID_DROP"]
        .iter()
        .any(|start| prefix.starts_with(start))
    {
        FilterKind::Firewalld
    } else {
        FilterKind::Netfilter
    }
}

/// The segment that the line is about; nothing when it is about another packet.
pub(super) fn filtered(text: &str) -> Option<FilteredPacket> {
    let line = packet_line(text)?;
    if line.field("PROTO")? != "TCP" {
        return None;
    }
    let end = |address: &str, port: &str| {
        Some(Endpoint {
            address: line.field(address)?.parse::<IpAddr>().ok()?,
            port: line.field(port)?.parse().ok()?,
        })
    };
    let segment = match (line.has_flag("SYN"), line.has_flag("ACK")) {
        _ if line.has_flag("RST") || line.has_flag("FIN") => LoggedSegment::Other,
        (true, false) => LoggedSegment::Syn,
        (true, true) => LoggedSegment::SynAck,
        (false, _) => LoggedSegment::Other,
    };
    let interface = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    let ends = (end("SRC", "SPT")?, end("DST", "DPT")?);
    Some(FilteredPacket {
        rule: line.prefix.to_owned(),
        input: interface(line.input),
        output: interface(line.output),
        identification: line.field("ID").and_then(|digits| digits.parse().ok()),
        ..FilteredPacket::new(
            author_of(line.prefix),
            action_of(line.prefix),
            segment,
            ends,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEHIND: &str = "OUT= MAC=00:16 SRC=10.0.0.7 DST=10.0.1.20 LEN=60 TOS=0x00 PREC=0x00 \
        TTL=63 ID=25506 DF PROTO=TCP SPT=50000 DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0 ";

    #[test]
    fn a_packet_is_read_whatever_stands_before_it() {
        for (prefix, by, action) in [
            ("[UFW BLOCK] ", FilterKind::Ufw, FilterAction::Blocked),
            ("[UFW LIMIT BLOCK] ", FilterKind::Ufw, FilterAction::Blocked),
            ("[UFW AUDIT] ", FilterKind::Ufw, FilterAction::Unsaid),
            (
                "filter_IN_public_REJECT: ",
                FilterKind::Firewalld,
                FilterAction::Rejected,
            ),
            ("DROP", FilterKind::Netfilter, FilterAction::Blocked),
            ("web-denied: ", FilterKind::Netfilter, FilterAction::Blocked),
            ("fw-accept ", FilterKind::Netfilter, FilterAction::Unsaid),
            ("would-drop ", FilterKind::Netfilter, FilterAction::Unsaid),
            (
                "new connection ",
                FilterKind::Netfilter,
                FilterAction::Unsaid,
            ),
            ("", FilterKind::Netfilter, FilterAction::Unsaid),
        ] {
            let line = format!("{prefix}IN=eth0 {BEHIND}");
            let packet = filtered(&line).unwrap();
            assert_eq!((packet.by, packet.action), (by, action), "{prefix}");
            assert_eq!(packet.rule, prefix.trim());
            assert_eq!(packet.source.to_string(), "10.0.0.7:50000");
            assert_eq!(packet.destination.to_string(), "10.0.1.20:443");
            assert_eq!(packet.input.as_deref(), Some("eth0"));
            assert_eq!(packet.identification, Some(25506));
            assert_eq!(packet.segment, LoggedSegment::Syn);
        }
    }

    #[test]
    fn other_packets_are_not_about_a_connect() {
        let udp = BEHIND.replace("PROTO=TCP", "PROTO=UDP");
        assert_eq!(filtered(&format!("IN=eth0 {udp}")), None);
        assert_eq!(filtered("IN=eth0 OUT= SRC=10.0.0.7 PROTO=TCP"), None);
        let end = BEHIND.replace("SYN", "ACK FIN");
        let packet = filtered(&format!("IN=eth0 {end}")).unwrap();
        assert_eq!(packet.segment, LoggedSegment::Other);
    }
}
