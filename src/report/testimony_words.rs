//! The words for what is known from elsewhere than packets: the same in every format. Names of
//! processes are hostile text: what could be misread is quoted.

mod changes;
pub(super) mod kernel;
mod logged;
mod of_host;

use std::time::Duration;

use chrono::DateTime;

use super::evidence_words::duration;
use super::verdict_words;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::{ListenersAtEnd, ListeningSocket, TestifiedFact, Testimony};
use crate::handshake::Outcome;
use crate::host::{Counter, Process};
pub(super) use changes::change;
pub(super) use of_host::explains as host_explains;

/// So many listeners are named singly.
const NAMED: usize = 3;

/// What is testified of one attempt.
pub fn of_attempt(testimony: &Testimony) -> String {
    match &testimony.fact {
        TestifiedFact::ClientSocket(client) => format!(
            "client: {}, by this host's socket table at its SYN",
            holder(client.process.as_ref(), client.user)
        ),
        TestifiedFact::Listeners(listeners) => who_listens(listeners),
        TestifiedFact::CountersRose { rises, .. } => format!(
            "{} on this host since just before its first SYN: {}",
            counts(rises),
            meanings(rises)
        ),
        TestifiedFact::Kernel(deed) => kernel::of_attempt(deed),
        TestifiedFact::KernelDrops(counted) => kernel::counted(counted, testimony.at),
        TestifiedFact::Verdict(told) => verdict_words::of_attempt(told),
        TestifiedFact::Logged(line) => logged::of_attempt(testimony.at, line),
        TestifiedFact::LoggedOften(often) => logged::of_server(often),
        TestifiedFact::LoggedOutage(outage) => logged::outage(outage),
        TestifiedFact::ChangedBefore(changes) => changes::before(changes),
        TestifiedFact::Host(told) => of_host::of_attempt(testimony, told),
    }
}

/// What is testified of a server, or of the host that captures as a whole: with its time.
pub fn of_server(testimony: &Testimony) -> String {
    match &testimony.fact {
        TestifiedFact::CountersRose { since, rises } => format!(
            "{} on this host between {} and {} UTC: {}",
            counts(rises),
            utc(*since),
            utc(testimony.at),
            meanings(rises)
        ),
        TestifiedFact::Logged(_)
        | TestifiedFact::LoggedOften(_)
        | TestifiedFact::LoggedOutage(_)
        | TestifiedFact::ChangedBefore(_) => of_attempt(testimony),
        TestifiedFact::Host(told) => of_host::of_server(testimony, told),
        _ => format!("{}, at {} UTC", of_attempt(testimony), utc(testimony.at)),
    }
}

/// Who holds a socket: its process, or else its user.
fn holder(process: Option<&Process>, user: u32) -> String {
    match process {
        Some(process) => format!("{} (pid {})", name(&process.name), process.id),
        None => format!("a process of user {user}"),
    }
}

/// A name that is none of the usual stands in quotes, with everything else written out.
pub(super) fn name(name: &str) -> String {
    let is_usual =
        |character: char| character.is_ascii_alphanumeric() || "-_.:/@+#".contains(character);
    if !name.is_empty() && name.chars().all(is_usual) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

/// Who listens where a connect ended so, by the socket table so long after that.
fn who_listens(asked: &ListenersAtEnd) -> String {
    let taking: Vec<&ListeningSocket> = asked.taking().collect();
    let words = if taking.is_empty() {
        nobody_takes(asked)
    } else {
        let words = listening(&taking, asked.server.port);
        let is_queue_telling = matches!(
            asked.outcome,
            Outcome::Dropped | Outcome::HalfOpen | Outcome::Reset | Outcome::Aborted
        );
        if asked.outcome == Outcome::Refused {
            format!("{words}: since then, or a rule resets")
        } else if is_queue_telling {
            format!("{words}; {}", queues(&taking))
        } else {
            words
        }
    };
    let after = if asked.later < Duration::from_millis(1) {
        "at once".to_owned()
    } else {
        format!("{} later", duration(asked.later))
    };
    format!("{words} (this host's socket table, {after})")
}

fn nobody_takes(asked: &ListenersAtEnd) -> String {
    let mut words = format!("nothing listens on {}", asked.server);
    let others: Vec<&ListeningSocket> = asked.elsewhere().collect();
    if !others.is_empty() {
        words = format!("{words}; {}", listening(&others, asked.server.port));
    }
    if asked.outcome == Outcome::Dropped {
        words.push_str("; silence instead of a RST is a rule's, before TCP");
    }
    words
}

/// `java (pid 812) listens on 127.0.0.1:8080 only`: why a connect to another address of the host
/// was refused, by its own word.
pub(crate) fn who_listens_elsewhere_only<'a>(
    mut testimony: impl Iterator<Item = &'a Testimony>,
) -> Option<String> {
    testimony.find_map(|testimony| match &testimony.fact {
        TestifiedFact::Listeners(asked) => only_elsewhere(asked),
        TestifiedFact::Host(told) => of_host::listens_elsewhere_only(told),
        _ => None,
    })
}

/// Whether that is a host's word from another time.
pub(crate) fn is_of_host_file(testimony: &Testimony) -> bool {
    matches!(testimony.fact, TestifiedFact::Host(_))
}

fn only_elsewhere(asked: &ListenersAtEnd) -> Option<String> {
    let others: Vec<&ListeningSocket> = asked.elsewhere().collect();
    let is_elsewhere =
        asked.outcome == Outcome::Refused && asked.taking().next().is_none() && !others.is_empty();
    is_elsewhere.then(|| format!("{} only", listening(&others, asked.server.port)))
}

/// `java (pid 812) listens on 127.0.0.1:8080, nginx (pid 900) on [::1]:8080`
fn listening(sockets: &[&ListeningSocket], port: u16) -> String {
    let mut parts: Vec<String> = Vec::new();
    for socket in sockets {
        let who = holder(socket.process.as_ref(), socket.listener.socket.user);
        let place = Endpoint {
            address: socket.listener.address,
            port,
        };
        let verb = if parts.is_empty() { " listens" } else { "" };
        let mut words = format!("{who}{verb} on {place}");
        if socket.listener.is_only_ipv6 && socket.listener.address.is_unspecified() {
            words.push_str(" for IPv6 only");
        }
        if let Some(interface) = &socket.interface {
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

fn queues(sockets: &[&ListeningSocket]) -> String {
    let full = sockets.iter().find(|socket| socket.listener.is_full());
    let words = |socket: &ListeningSocket| {
        let listener = socket.listener;
        format!(
            "{} waiting, backlog {}",
            listener.waiting, listener.most_waiting
        )
    };
    match (full, sockets.first()) {
        (Some(full), _) => format!("its accept queue is full ({})", words(full)),
        (None, Some(first)) => format!("its accept queue is not full ({})", words(first)),
        (None, None) => String::new(),
    }
}

/// `ListenOverflows +4, ListenDrops +4`
fn counts(rises: &[(Counter, u64)]) -> String {
    let counts: Vec<String> = rises
        .iter()
        .map(|(counter, by)| format!("{} +{by}", counter.name()))
        .collect();
    counts.join(", ")
}

fn utc(at: Timestamp) -> String {
    DateTime::from_timestamp_nanos(at.nanoseconds())
        .format("%H:%M:%S")
        .to_string()
}

fn meanings(rises: &[(Counter, u64)]) -> String {
    let mut meanings: Vec<&str> = Vec::new();
    for (counter, _) in rises {
        let meaning = meaning(*counter);
        // A drop by a listener has another of these reasons, as a rule.
        let is_told = *counter == Counter::ListenDrops && !meanings.is_empty();
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
        Counter::ConntrackDrop => "connection tracking dropped packets, as its table is full",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Listener, OpenSocket, SocketInode};

    fn listener(address: &str, waiting: u32, process: Option<Process>) -> ListeningSocket {
        ListeningSocket {
            listener: Listener {
                socket: OpenSocket {
                    inode: SocketInode(1),
                    user: 33,
                },
                address: address.parse().unwrap(),
                is_only_ipv6: false,
                interface: None,
                waiting,
                most_waiting: 1,
            },
            process,
            interface: None,
        }
    }

    fn process(id: u32, name: &str) -> Process {
        Process {
            id,
            name: name.to_owned(),
        }
    }

    fn asked(outcome: Outcome, sockets: Vec<ListeningSocket>) -> String {
        who_listens(&ListenersAtEnd {
            server: Endpoint {
                address: "10.0.1.20".parse().unwrap(),
                port: 8080,
            },
            outcome,
            later: Duration::from_millis(3),
            sockets,
        })
    }

    #[test]
    fn who_listens_elsewhere_is_named() {
        let java = listener("127.0.0.1", 0, Some(process(812, "java")));
        assert_eq!(
            asked(Outcome::Refused, vec![java, listener("::1", 0, None)]),
            "nothing listens on 10.0.1.20:8080; java (pid 812) listens on 127.0.0.1:8080, \
             a process of user 33 on [::1]:8080 (this host's socket table, 3.0 ms later)"
        );
    }

    #[test]
    fn nothing_listens_and_silence_is_a_rule_s() {
        assert_eq!(
            asked(Outcome::Dropped, Vec::new()),
            "nothing listens on 10.0.1.20:8080; silence instead of a RST is a rule's, before TCP \
             (this host's socket table, 3.0 ms later)"
        );
    }

    #[test]
    fn sockets_that_share_a_port_are_told_once_and_few_singly() {
        let worker = |id| listener("0.0.0.0", 2, Some(process(id, "nginx: worker")));
        let mut workers: Vec<ListeningSocket> = (901..=906).map(worker).collect();
        workers[5].interface = Some("eth6".to_owned());
        assert_eq!(
            asked(Outcome::Dropped, workers),
            "\"nginx: worker\" (pid 901) listens on 0.0.0.0:8080, \"nginx: worker\" (pid 902) on 0.0.0.0:8080, \
             \"nginx: worker\" (pid 903) on 0.0.0.0:8080 and 3 more; its accept queue is full (2 waiting, backlog 1) \
             (this host's socket table, 3.0 ms later)"
        );
    }

    #[test]
    fn names_cannot_pretend() {
        for (name, told) in [
            ("java", "java (pid 7)"),
            ("kworker/0:1", "kworker/0:1 (pid 7)"),
            ("", "\"\" (pid 7)"),
            ("a (pid 1)", "\"a (pid 1)\" (pid 7)"),
            ("\u{1b}[2J\n", "\"\\u{1b}[2J\\n\" (pid 7)"),
            ("\u{202e}x", "\"\\u{202e}x\" (pid 7)"),
        ] {
            assert_eq!(holder(Some(&process(7, name)), 0), told);
        }
    }

    #[test]
    fn counters_are_told_with_what_they_mean() {
        let rises = vec![
            (Counter::ListenOverflows, 4),
            (Counter::ListenDrops, 4),
            (Counter::TcpReqQFullDrop, 1),
        ];
        let second = |second: i64| Timestamp::from_nanoseconds(second * 1_000_000_000);
        let testimony = Testimony {
            at: second(61),
            fact: TestifiedFact::CountersRose {
                since: second(1),
                rises,
            },
        };
        assert_eq!(
            of_attempt(&testimony),
            "ListenOverflows +4, ListenDrops +4, TCPReqQFullDrop +1 on this host since just before its first SYN: \
             an accept queue was full, a queue of half-open connects was full"
        );
        assert_eq!(
            of_server(&testimony),
            "ListenOverflows +4, ListenDrops +4, TCPReqQFullDrop +1 on this host between 00:00:01 and 00:01:01 UTC: \
             an accept queue was full, a queue of half-open connects was full"
        );
    }
}
