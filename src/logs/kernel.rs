//! What the kernel of Linux writes of itself: that a table or queue was full, that it ended a
//! process, that a link went down; and of segments whose signature it did not accept.

use super::named::NamedEnds;
use super::record::{
    FilterAction, FilterKind, FilteredPacket, HostEvent, HostEventKind, LoggedSegment,
};

/// What happened on the host as a whole.
pub(super) fn event(text: &str) -> Option<HostEvent> {
    let text = text.strip_prefix("TCP: ").unwrap_or(text);
    syn_flooding(text)
        .or_else(|| killed(text))
        .or_else(|| link(text))
        .or_else(|| full_table(text))
}

fn of_kind(kind: HostEventKind) -> HostEvent {
    HostEvent {
        kind,
        name: None,
        port: None,
    }
}

/// `request_sock_TCP: Possible SYN flooding on port 10.0.1.20:443. Sending cookies.`; older kernels
/// write no address, or begin with `possible`.
fn syn_flooding(text: &str) -> Option<HostEvent> {
    let text = match text.split_once(": ") {
        Some((name, rest)) if name.starts_with("request_sock_") => rest,
        _ => text,
    };
    let rest = text
        .strip_prefix("Possible")
        .or_else(|| text.strip_prefix("possible"))?;
    let (place, does) = rest
        .strip_prefix(" SYN flooding on port ")?
        .split_once(". ")?;
    let port = place.rsplit_once(':').map_or(place, |(_, port)| port);
    let kind = if does.starts_with("Dropping") {
        HostEventKind::SynsDropped
    } else {
        HostEventKind::SynCookies
    };
    Some(HostEvent {
        port: Some(port.parse().ok()?),
        ..of_kind(kind)
    })
}

/// `Out of memory: Killed process 812 (postgres) total-vm:...`; of a group: `Memory cgroup out of
/// memory: ...`.
fn killed(text: &str) -> Option<HostEvent> {
    let (what, rest) = text.split_once(": ")?;
    if !["Out of memory", "Memory cgroup out of memory"].contains(&what) {
        return None;
    }
    let rest = rest
        .strip_prefix("Killed process ")
        .or_else(|| rest.strip_prefix("Kill process "))?;
    let (_number, rest) = rest.split_once(" (")?;
    // A process may have parentheses in its name.
    let name = rest
        .split_once(") ")
        .map_or_else(|| rest.strip_suffix(')'), |(name, _)| Some(name))?;
    Some(HostEvent {
        name: Some(name.to_owned()),
        ..of_kind(HostEventKind::ProcessKilled)
    })
}

/// `e1000e 0000:00:1f.6 eth0: NIC Link is Down`, `eth0: Link is Up - 1Gbps/Full`.
fn link(text: &str) -> Option<HostEvent> {
    let (before, kind) = [
        ("Link is Down", HostEventKind::LinkDown),
        ("Link is Up", HostEventKind::LinkUp),
    ]
    .into_iter()
    .find_map(|(says, kind)| Some((text.split_once(says)?.0, kind)))?;
    let before = before.trim_end().trim_end_matches("NIC").trim_end();
    let name = before.strip_suffix(':')?.split_whitespace().next_back()?;
    let is_name = !name.is_empty() && name.len() < 32;
    is_name.then(|| HostEvent {
        name: Some(name.to_owned()),
        ..of_kind(kind)
    })
}

/// `nf_conntrack: nf_conntrack: table full, dropping packet`, `neighbour: arp_cache: neighbor table
/// overflow!`, `out of memory -- consider tuning tcp_mem`, `too many orphaned sockets`.
fn full_table(text: &str) -> Option<HostEvent> {
    let is_of_conntrack = (text.starts_with("nf_conntrack: ")
        || text.starts_with("ip_conntrack: "))
        && text.contains("table full, dropping packet");
    let is_of_neighbours = (text.starts_with("neighbour: ") || text.starts_with("Neighbour "))
        && text.contains("table overflow");
    if is_of_conntrack {
        Some(of_kind(HostEventKind::ConnectionTableFull))
    } else if is_of_neighbours {
        Some(of_kind(HostEventKind::NeighbourTableFull))
    } else if text.starts_with("out of memory -- consider tuning tcp_mem") {
        Some(of_kind(HostEventKind::OutOfTcpMemory))
    } else {
        None
    }
}

/// A segment whose signature was not accepted: `MD5 Hash failed for (10.0.0.7, 50000)->(10.0.1.20,
/// 179) L3 index 0`; since 6.7 `MD5 Hash not found for 10.0.0.7.50000->10.0.1.20.179 [S]`, of IPv6
/// `[2001:db8::7].50000->...` or with a colon. What became of it the line does not say.
pub(super) fn signed(text: &str) -> Option<FilteredPacket> {
    let text = text.strip_prefix("TCP: ").unwrap_or(text);
    let (what, rest) = text.split_once(" for ")?;
    let is_of_signature = what.contains("MD5 Hash") || what.starts_with("AO ");
    if !is_of_signature {
        return None;
    }
    let (source, rest) = rest.split_once("->")?;
    let end = match rest.strip_prefix('(') {
        Some(inside) => inside.find(')')? + 2,
        // A port without anything behind it may be cut.
        None => rest.find(' ')?,
    };
    let (destination, behind) = rest.split_at_checked(end)?;
    let ends = NamedEnds::new(with_any_divider(source), with_any_divider(destination));
    let flags = behind.trim_start().strip_prefix('[');
    let segment = match flags.and_then(|flags| flags.split_once(']')) {
        Some(("S", _)) => LoggedSegment::Syn,
        Some(("S.", _)) => LoggedSegment::SynAck,
        Some(_) => LoggedSegment::Other,
        None => LoggedSegment::Unsaid,
    };
    Some(FilteredPacket {
        rule: what.to_owned(),
        ..FilteredPacket::new(
            FilterKind::Kernel,
            FilterAction::Unsaid,
            segment,
            ends.endpoints()?,
        )
    })
}

fn with_any_divider(text: &str) -> (Option<&str>, Option<&str>) {
    let inside = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    let parts = match inside {
        Some(inside) => inside.rsplit_once(", "),
        None => text.rsplit_once(['.', ':']),
    };
    let Some((address, port)) = parts else {
        return (None, None);
    };
    (Some(address.trim_matches(['[', ']'])), Some(port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_of_the_host_is_read() {
        use HostEventKind::{
            ConnectionTableFull, LinkDown, LinkUp, NeighbourTableFull, OutOfTcpMemory,
            ProcessKilled, SynCookies, SynsDropped,
        };
        for (line, kind, name, port) in [
            (
                "TCP: request_sock_TCP: Possible SYN flooding on port 10.0.1.20:443. Sending cookies.",
                SynCookies,
                None,
                Some(443),
            ),
            (
                "TCP: request_sock_TCPv6: Possible SYN flooding on port [::]:20002. Sending cookies.",
                SynCookies,
                None,
                Some(20002),
            ),
            (
                "TCP: request_sock_TCPv6: Possible SYN flooding on port 34391. Dropping request.  \
                 Check SNMP counters.",
                SynsDropped,
                None,
                Some(34391),
            ),
            (
                "possible SYN flooding on port 4671. Sending cookies.",
                SynCookies,
                None,
                Some(4671),
            ),
            (
                "nf_conntrack: nf_conntrack: table full, dropping packet",
                ConnectionTableFull,
                None,
                None,
            ),
            (
                "neighbour: arp_cache: neighbor table overflow!",
                NeighbourTableFull,
                None,
                None,
            ),
            (
                "TCP: out of memory -- consider tuning tcp_mem",
                OutOfTcpMemory,
                None,
                None,
            ),
            (
                "Out of memory: Killed process 812 (postgres) total-vm:1kB, anon-rss:1kB",
                ProcessKilled,
                Some("postgres"),
                None,
            ),
            (
                "Memory cgroup out of memory: Killed process 812 (java) total-vm:1kB",
                ProcessKilled,
                Some("java"),
                None,
            ),
            (
                "e1000e 0000:00:1f.6 eth0: NIC Link is Down",
                LinkDown,
                Some("eth0"),
                None,
            ),
            (
                "r8169 0000:02:00.0 enp2s0: Link is Up - 1Gbps/Full - flow control off",
                LinkUp,
                Some("enp2s0"),
                None,
            ),
        ] {
            let event = event(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(event.kind, kind, "{line}");
            assert_eq!((event.name.as_deref(), event.port), (name, port), "{line}");
        }
    }

    #[test]
    fn other_words_of_the_kernel_are_no_events() {
        for line in [
            "Possible SYN flooding on port",
            "Possible SYN flooding on port x. Sending cookies.",
            "Out of memory: Killed process 1",
            "app: table full, dropping packet",
            "Link is Down",
            "eth0 Link is Down",
            "oom_reaper: reaped process 812 (postgres), now anon-rss:0kB",
        ] {
            assert_eq!(event(line), None, "{line}");
        }
    }

    #[test]
    fn segments_with_signatures_are_read() {
        for (line, rule, segment, client) in [
            (
                "TCP: MD5 Hash failed for (10.0.0.7, 50000)->(10.0.1.20, 179) L3 index 0",
                "MD5 Hash failed",
                LoggedSegment::Unsaid,
                "10.0.0.7:50000",
            ),
            (
                "TCP: MD5 Hash mismatch for [2001:db8::7]:50000->[2001:db8::20]:179 L3 index 0",
                "MD5 Hash mismatch",
                LoggedSegment::Unsaid,
                "[2001:db8::7]:50000",
            ),
            (
                "TCP: MD5 Hash not found for 10.0.0.7.50000->10.0.1.20.179 [S] ",
                "MD5 Hash not found",
                LoggedSegment::Syn,
                "10.0.0.7:50000",
            ),
            (
                "TCP: Unexpected MD5 Hash found for [2001:db8::7].50000->[2001:db8::20].179 [S] ",
                "Unexpected MD5 Hash found",
                LoggedSegment::Syn,
                "[2001:db8::7]:50000",
            ),
            (
                "TCP: AO hash is required, but not found for 10.0.0.7.50000->10.0.1.20.179 [S.] ",
                "AO hash is required, but not found",
                LoggedSegment::SynAck,
                "10.0.0.7:50000",
            ),
        ] {
            let packet = signed(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((&*packet.rule, packet.segment), (rule, segment), "{line}");
            assert_eq!(packet.source.to_string(), client, "{line}");
            assert_eq!(packet.destination.port, 179);
            assert_eq!(packet.action, FilterAction::Unsaid);
        }
        for line in [
            "TCP: MD5 Hash not found for 10.0.0.7.50000->10.0.1.20.179",
            "TCP: MD5 Hash failed for (10.0.0.7, 50000)->(10.0.1.20",
            "x for 10.0.0.7.1->10.0.1.20.2 [S]",
        ] {
            assert_eq!(signed(line), None, "{line}");
        }
    }
}
