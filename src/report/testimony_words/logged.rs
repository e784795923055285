//! The words for what logs of other programs say. Whatever stands in a log is hostile text: names
//! and prefixes are quoted where they could be misread.

use std::time::Duration;

use chrono::DateTime;

use super::name;
use crate::capture::Timestamp;
use crate::diagnosis::{
    LogPlace, LoggedLine, LoggedOften, LoggedOutage, UPSTREAM_ERRORS, error_text,
};
use crate::logs::{
    FilterAction, FilterKind, FilteredPacket, HostEvent, HostEventKind, LoggedSegment, Saying,
    ServiceState, UpstreamProblem,
};

/// Of one attempt: `the kernel logged [UFW BLOCK] for this SYN on eth0 at 12:01:03.2 UTC (ufw.log
/// line 17)`.
pub(super) fn of_attempt(at: Timestamp, line: &LoggedLine) -> String {
    let words = of_line(at, line);
    with_contradiction(words, line.is_contradicted)
}

/// What is to be thought of the word of a rule's author.
fn with_contradiction(words: String, is_contradicted: bool) -> String {
    if is_contradicted {
        format!(
            "{words}; the rule does not stop what it logs, as connects that it logged were established"
        )
    } else {
        words
    }
}

fn of_line(at: Timestamp, line: &LoggedLine) -> String {
    let when = format!("at {} UTC ({})", time(at), place(&line.place));
    match &line.saying {
        Saying::Filter(packet) => {
            let which = match line.names_packet {
                Some(true) => "this",
                Some(false) => "another",
                None => "a",
            };
            let (segment, ends) = (segment(packet.segment), between(packet, line.names_packet));
            format!(
                "{} {which} {segment}{ends}{} {when}",
                filter(packet),
                way(packet)
            )
        }
        Saying::Upstream(failure) => format!(
            "the proxy logged {} for {} {when}",
            problem(failure.problem),
            failure.server
        ),
        Saying::Session(session) => format!(
            "the proxy logged {} for this client: {} {} {when}",
            session.code,
            session_code(&session.code),
            quoted(&session.server),
        ),
        Saying::Connect(call) => {
            let returned = match call.returned {
                Some(0) => ", which succeeded".to_owned(),
                Some(-115) | None => String::new(),
                Some(error) => format!(", which returned {error}"),
            };
            format!(
                "{} (pid {}) called connect() to {}{returned} {when}",
                name(&call.process),
                call.process_id,
                call.server,
            )
        }
        Saying::Host(event) => format!("meanwhile a kernel logged {}, {when}", happened(event)),
        Saying::Changed(_) => format!("a host was changed {when}"),
        Saying::Service(change) | Saying::Announced(change) => format!(
            "{} was {} {when}",
            quoted(&change.name),
            state(change.state)
        ),
    }
}

/// Of a server: how often, since when.
pub(super) fn of_server(often: &LoggedOften) -> String {
    let what = match &often.saying {
        Saying::Filter(packet) => format!(
            "{} {}s{}",
            filter(packet),
            segment(packet.segment),
            way(packet)
        ),
        Saying::Upstream(failure) => format!("the proxy logged {}", problem(failure.problem)),
        Saying::Session(session) => format!(
            "the proxy logged {}: {} {}",
            session.code,
            session_code(&session.code),
            quoted(&session.server)
        ),
        Saying::Host(event) => format!("meanwhile a kernel logged {},", happened(event)),
        _ => "a log names it".to_owned(),
    };
    let (since, first) = (time(often.since), place(&often.first));
    let words = if often.lines == 1 {
        format!("{what} once, at {since} UTC ({first})")
    } else {
        format!(
            "{what} {} times, first at {since} UTC ({first})",
            often.lines
        )
    };
    with_contradiction(words, often.is_contradicted)
}

/// `nginx.service was stopped at 12:00:58 UTC (syslog line 5), started at 12:01:40 UTC (syslog line
/// 9)`
pub(super) fn outage(outage: &LoggedOutage) -> String {
    let (went, came) = if outage.is_by_check {
        ("found down by the proxy's check", "up")
    } else {
        ("stopped", "started")
    };
    let when = |(at, log): &(Timestamp, LogPlace)| format!("at {} UTC ({})", time(*at), place(log));
    let down = outage
        .down
        .as_ref()
        .map(|down| format!("{went} {}", when(down)));
    let up = outage.up.as_ref().map(|up| format!("{came} {}", when(up)));
    let parts: Vec<String> = [down, up].into_iter().flatten().collect();
    format!("{} was {}", quoted(&outage.name), parts.join(", "))
}

/// What the kernel of some host wrote of it.
pub(super) fn happened(event: &HostEvent) -> String {
    let about = event.name.as_deref().map(quoted).unwrap_or_default();
    let port = event.port.unwrap_or_default();
    match event.kind {
        HostEventKind::SynCookies => format!(
            "more half-open connects to port {port} than its queue holds (SYN cookies from then on)"
        ),
        HostEventKind::SynsDropped => {
            format!("more half-open connects to port {port} than its queue holds (SYNs dropped)")
        }
        HostEventKind::ConnectionTableFull => {
            "that its table of connections (conntrack) is full, and drops packets".to_owned()
        }
        HostEventKind::NeighbourTableFull => {
            "that its table of neighbours (ARP, ND) is full".to_owned()
        }
        HostEventKind::OutOfTcpMemory => "that TCP has no memory left (tcp_mem)".to_owned(),
        HostEventKind::ProcessKilled => {
            format!("that it killed the process {about} for want of memory")
        }
        HostEventKind::LinkDown => format!("that the link of {about} is down"),
        HostEventKind::LinkUp => format!("that the link of {about} is up"),
    }
}

/// Who says what of a packet, up to before the packet.
fn filter(packet: &FilteredPacket) -> String {
    let rule = quoted(&packet.rule);
    let did = match packet.action {
        FilterAction::Blocked => "blocked",
        FilterAction::Rejected => "rejected",
        FilterAction::Passed => "passed",
        FilterAction::Unsaid => "logged",
    };
    match packet.by {
        FilterKind::Netfilter if packet.rule.is_empty() => {
            "the kernel logged, without a prefix,".to_owned()
        }
        FilterKind::Netfilter | FilterKind::Ufw | FilterKind::Firewalld | FilterKind::Kernel => {
            format!("the kernel logged {rule} for")
        }
        FilterKind::Pf => format!("pf ({rule}) {did}"),
        FilterKind::Asa => format!("the ASA ({rule}) {did}"),
        FilterKind::PaloAlto => format!("the Palo Alto firewall ({rule}) {did}"),
        FilterKind::FortiGate => format!("the FortiGate ({rule}) {did}"),
        FilterKind::Junos => format!("Junos ({rule}) {did}"),
        FilterKind::CheckPoint => format!("the Check Point firewall ({rule}) {did}"),
    }
}

/// A line that names no packet by its identification names it by its ends; and where it has those
/// before and behind a translation, the attempt has either.
fn between(packet: &FilteredPacket, names_packet: Option<bool>) -> String {
    if let Some((source, destination)) = packet.translated {
        return format!(
            " of these ends ({} to {}, translated {source} to {destination})",
            packet.source, packet.destination
        );
    }
    match names_packet {
        Some(true) => String::new(),
        Some(false) | None => " of these ends".to_owned(),
    }
}

const fn segment(segment: LoggedSegment) -> &'static str {
    match segment {
        LoggedSegment::Syn => "SYN",
        LoggedSegment::SynAck => "SYN-ACK",
        _ => "segment",
    }
}

fn way(packet: &FilteredPacket) -> String {
    match (&packet.input, &packet.output) {
        (Some(input), Some(output)) => format!(" from {} to {}", name(input), name(output)),
        (Some(input), None) => format!(" on {}", name(input)),
        (None, Some(output)) => format!(" out of {}", name(output)),
        (None, None) => String::new(),
    }
}

fn problem(problem: UpstreamProblem) -> String {
    match problem {
        UpstreamProblem::Error(error) => {
            let known = UPSTREAM_ERRORS.iter().find(|(number, _)| *number == error);
            let text = known.and_then(|(_, name)| error_text(name));
            match text {
                Some(text) => format!("\"connect() failed ({error}: {text})\""),
                None => format!("\"connect() failed ({error})\""),
            }
        }
        UpstreamProblem::TimedOut => "\"upstream timed out while connecting\"".to_owned(),
    }
}

fn session_code(code: &str) -> &'static str {
    if code.starts_with("sC") {
        "it waited in vain for its connect to"
    } else {
        "it could not connect to"
    }
}

pub(super) const fn state(state: ServiceState) -> &'static str {
    match state {
        ServiceState::Started => "started",
        ServiceState::Stopped => "stopped",
        ServiceState::Failed => "ended in failure",
        ServiceState::Reloaded => "reloaded",
        ServiceState::Up => "found up",
        _ => "found down",
    }
}

/// As it is where it is of usual characters, spaces and brackets among them; else in quotes.
pub(super) fn quoted(text: &str) -> String {
    let is_usual =
        |character: char| character.is_ascii_alphanumeric() || " -_.:/@+#[]%,".contains(character);
    if !text.is_empty() && text.chars().all(is_usual) {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}

pub(super) fn place(place: &LogPlace) -> String {
    format!("{} line {}", quoted(&place.file), place.line)
}

/// With so many digits behind the dot as say something.
pub(super) fn time(at: Timestamp) -> String {
    let at = DateTime::from_timestamp_nanos(at.nanoseconds());
    let fraction = Duration::from_nanos(at.timestamp_subsec_nanos().into());
    if fraction.is_zero() {
        at.format("%H:%M:%S").to_string()
    } else {
        at.format("%H:%M:%S%.3f").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Endpoint;

    fn end(address: &str, port: u16) -> Endpoint {
        Endpoint {
            address: address.parse().unwrap(),
            port,
        }
    }

    #[test]
    fn hostile_prefixes_cannot_pretend() {
        let line = LoggedLine {
            place: LogPlace {
                file: "ufw\u{1b}[2J.log".to_owned(),
                line: 17,
            },
            saying: Saying::Filter(FilteredPacket {
                by: FilterKind::Netfilter,
                action: FilterAction::Blocked,
                rule: "drop\u{1b}[2J".to_owned(),
                source: end("10.0.0.7", 50000),
                destination: end("10.0.1.20", 443),
                segment: LoggedSegment::Syn,
                input: Some("eth0".to_owned()),
                output: None,
                identification: None,
                translated: None,
            }),
            names_packet: Some(true),
            is_contradicted: false,
        };
        assert_eq!(
            of_attempt(
                Timestamp::from_nanoseconds(1_796_040_063_200_000_000),
                &line
            ),
            "the kernel logged \"drop\\u{1b}[2J\" for this SYN on eth0 at 12:01:03.200 UTC \
             (\"ufw\\u{1b}[2J.log\" line 17)"
        );
    }
}
