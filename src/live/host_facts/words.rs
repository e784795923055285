//! What this host says, in words. Names of processes are hostile text: what could be misread is quoted.

use std::time::Duration;

use chrono::DateTime;

use super::counter_history::Rise;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::duration;
use crate::handshake::Outcome;
use crate::host::{Counter, Listener, Process};

/// So many listeners are named singly.
const NAMED: usize = 3;

/// A listener, who holds it, and the name of the interface that it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedListener {
    pub(super) listener: Listener,
    pub(super) process: Option<Process>,
    pub(super) interface: Option<String>,
}

/// Who holds a socket: its process, or else its user.
pub(super) fn holder(process: Option<&Process>, user: u32) -> String {
    match process {
        Some(process) => format!("{} (pid {})", name(&process.name), process.id),
        None => format!("a process of user {user}"),
    }
}

/// A name that is none of the usual stands in quotes, with everything else written out.
fn name(name: &str) -> String {
    let is_usual =
        |character: char| character.is_ascii_alphanumeric() || "-_.:/@+#".contains(character);
    if !name.is_empty() && name.chars().all(is_usual) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// `client: curl (pid 4711), by the socket table at its SYN`
pub(super) fn client(process: Option<&Process>, user: u32) -> String {
    format!(
        "client: {}, by this host's socket table at its SYN",
        holder(process, user)
    )
}

/// Who listens where a connect ended so, by the socket table so long after that.
pub(super) fn who_listens(
    server: Endpoint,
    outcome: Outcome,
    listeners: &[NamedListener],
    later: Duration,
) -> String {
    let (taking, others): (Vec<&NamedListener>, Vec<&NamedListener>) = listeners
        .iter()
        .partition(|named| named.listener.takes(server.address));
    let words = if taking.is_empty() {
        let mut words = format!("nothing listens on {server}");
        if !others.is_empty() {
            words = format!("{words}; {}", listening(&others, server.port));
        }
        if outcome == Outcome::Dropped {
            words.push_str("; silence instead of a RST is a rule's, before TCP");
        }
        words
    } else {
        let is_queue_telling = matches!(
            outcome,
            Outcome::Dropped | Outcome::HalfOpen | Outcome::Reset | Outcome::Aborted
        );
        let mut words = listening(&taking, server.port);
        if outcome == Outcome::Refused {
            words.push_str(": since then, or a rule resets");
        } else if is_queue_telling {
            words = format!("{words}; {}", queues(&taking));
        }
        words
    };
    let after = if later < Duration::from_millis(1) {
        "at once".to_owned()
    } else {
        format!("{} later", duration(later))
    };
    format!("{words} (this host's socket table, {after})")
}

/// `java (pid 812) listens on 127.0.0.1:8080, nginx (pid 900) on [::1]:8080`
fn listening(listeners: &[&NamedListener], port: u16) -> String {
    let mut parts: Vec<String> = Vec::new();
    for named in listeners {
        let who = holder(named.process.as_ref(), named.listener.socket.user);
        let place = Endpoint {
            address: named.listener.address,
            port,
        };
        let verb = if parts.is_empty() { " listens" } else { "" };
        let mut words = format!("{who}{verb} on {place}");
        if let Some(interface) = &named.interface {
            words = format!("{words} by {} only", name(interface));
        }
        // Several sockets of one port share its connects.
        if !parts.contains(&words) {
            parts.push(words);
        }
    }
    let more = parts.len().saturating_sub(NAMED);
    parts.truncate(NAMED);
    let words = parts.join(", ");
    if more > 0 {
        format!("{words} and {more} more")
    } else {
        words
    }
}

fn queues(listeners: &[&NamedListener]) -> String {
    let full = listeners.iter().find(|named| named.listener.is_full());
    let words = |named: &NamedListener| {
        format!(
            "{} waiting, backlog {}",
            named.listener.waiting, named.listener.most_waiting
        )
    };
    match (full, listeners.first()) {
        (Some(full), _) => format!("its accept queue is full ({})", words(full)),
        (None, Some(first)) => format!("its accept queue is not full ({})", words(first)),
        (None, None) => String::new(),
    }
}

/// `ListenOverflows +4, ListenDrops +4 on this host since just before its first SYN: an accept queue was full`
pub(super) fn risen(rises: &[(Counter, u64)]) -> String {
    let counts: Vec<String> = rises
        .iter()
        .map(|(counter, by)| format!("{} +{by}", counter.name()))
        .collect();
    let counters = rises.iter().map(|(counter, _)| *counter);
    format!(
        "{} on this host since just before its first SYN: {}",
        counts.join(", "),
        meanings(counters)
    )
}

/// `ListenOverflows +812 on this host between 2026-11-21 06:49:31 and 06:51:02 UTC: an accept queue was full`
pub(super) fn rose_between(rises: &[Rise]) -> Option<String> {
    let from = rises.iter().map(|rise| rise.from).min()?;
    let until = rises.iter().map(|rise| rise.until).max()?;
    let counts: Vec<String> = rises
        .iter()
        .map(|rise| format!("{} +{}", rise.counter.name(), rise.by))
        .collect();
    Some(format!(
        "{} on this host between {} and {} UTC: {}",
        counts.join(", "),
        utc(from),
        utc(until),
        meanings(rises.iter().map(|rise| rise.counter))
    ))
}

pub(super) fn utc(at: Timestamp) -> String {
    DateTime::from_timestamp_nanos(at.nanoseconds())
        .format("%H:%M:%S")
        .to_string()
}

fn meanings(counters: impl Iterator<Item = Counter>) -> String {
    let mut meanings: Vec<&str> = Vec::new();
    for counter in counters {
        let meaning = meaning(counter);
        // A drop by a listener has another of these reasons, as a rule.
        let is_told = counter == Counter::ListenDrops && !meanings.is_empty();
        if !is_told && !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
    meanings.join(", ")
}

const fn meaning(counter: Counter) -> &'static str {
    match counter {
        Counter::ListenOverflows => "an accept queue was full",
        Counter::ListenDrops => "a listener dropped connects",
        Counter::TcpReqQFullDrop => "a queue of half-open connects was full",
        Counter::TcpReqQFullDoCookies | Counter::SyncookiesSent => "SYN cookies were sent",
        Counter::IpReversePathFilter => {
            "the reverse path filter dropped packets that came in by another interface than answers leave by"
        }
        Counter::TcpMd5NotFound => "a segment lacked the signature (RFC 2385) that is expected",
        Counter::TcpMd5Unexpected => "a segment had a signature (RFC 2385) that nobody expects",
        Counter::TcpMd5Failure => "the signature (RFC 2385) of a segment was wrong",
    }
}
