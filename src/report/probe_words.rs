//! The words for what a probe found out: the same in every format.

use std::time::Duration;

use super::duration_words::duration;
use super::next_step_words::{self, StepWords};
use super::note_words;
use super::testimony_words;
use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::{AfterAccept, LocalReason, OwnDrops, next_steps_of_cause};
use crate::handshake::{Outcome, Trouble};
use crate::probe::{ConnectReport, Errno, Hop, HopSays, NameError, ProbeNote, Trace, Witness};

/// An ICMP error that comes at once is only kept: the connect fails with the next one, or never.
const WENT_ON: Duration = Duration::from_millis(100);

/// Why a name gave no address.
pub fn name_error(error: &NameError) -> String {
    match error {
        NameError::NoSuchName => "there is no such name".to_owned(),
        NameError::NoAddress => "the name is there, and has no address".to_owned(),
        NameError::ServerFailed => {
            "the name servers failed, or cannot be reached: try again".to_owned()
        }
        NameError::TimedOut => "no name server answered in time".to_owned(),
        NameError::Other(words) => words.clone(),
    }
}

/// Why this host sent nothing.
pub fn local_reason(reason: LocalReason, error: Option<Errno>) -> &'static str {
    match reason {
        LocalReason::NoRoute => "this host has no route there",
        LocalReason::UnreachableRoute => "a route of this host says 'unreachable'",
        LocalReason::ProhibitedRoute => "a route or routing rule of this host says 'prohibit'",
        LocalReason::BlackholeRoute => "a route of this host says 'blackhole'",
        LocalReason::NeedsInterface => {
            "an address of a link needs its interface, as in [fe80::1%eth0]:22"
        }
        LocalReason::NoSourceAddress => "this host has no address to send from",
        LocalReason::PortsUsedUp => {
            "all client ports of this host to that address and port are in use"
        }
        LocalReason::InterfaceDown => "the interface of this host is down",
        // Landlock and the security modules say EACCES, programs of a cgroup EPERM.
        LocalReason::ForbiddenHere if error.is_some_and(Errno::is_access) => {
            "a policy of this host forbids it, before any packet: a sandbox (Landlock) or a \
             security module (SELinux, AppArmor)"
        }
        LocalReason::ForbiddenHere => {
            "a policy of this host forbids it, before any packet: a program of its cgroup on \
             connect(), or a filter of system calls (seccomp)"
        }
        LocalReason::NotUnicast => "a broadcast or multicast address: TCP has one peer",
        LocalReason::NoSuchFamily => "this host does not have this version of IP",
        LocalReason::Other => "this host refuses to",
    }
}

/// How a connect went, in a few words: `refused after 312 us`.
pub fn headline(connect: &ConnectReport) -> String {
    let took = duration(connect.elapsed);
    let Some(outcome) = connect.outcome else {
        return "not sent".to_owned();
    };
    let syns = match connect.syn_count {
        1 => "1 SYN".to_owned(),
        count => format!("{count} SYNs"),
    };
    match outcome {
        Outcome::Established => format!("established after {took}"),
        Outcome::Dropped => format!("dropped: no answer to {syns} over {took}"),
        Outcome::Pending => format!("pending: no answer to {syns} within {took}"),
        Outcome::Reset => {
            let after = match connect.after_accept {
                AfterAccept::Reset(after) => format!(", reset {} later", duration(after)),
                _ => ", then reset".to_owned(),
            };
            format!("reset: accepted after {took}{after}")
        }
        Outcome::Rejected => {
            let after = connect.icmp.map_or(connect.elapsed, |seen| seen.after);
            format!("rejected after {}", duration(after))
        }
        outcome => format!("{} after {took}", outcome.name().replace('_', "-")),
    }
}

/// What came after the accept.
pub fn after_accept(after: AfterAccept) -> Option<String> {
    match after {
        AfterAccept::NotWaited | AfterAccept::Reset(_) => None,
        AfterAccept::Quiet => Some("then it waits for the client to speak".to_owned()),
        AfterAccept::Bytes(after) => {
            Some(format!("its first bytes came {} later", duration(after)))
        }
        AfterAccept::Closed(after) => Some(format!(
            "it closed {} later without a byte: what accepts may have nobody behind it",
            duration(after)
        )),
    }
}

/// A path on which less passes than on the usual link.
fn narrow_path(connect: &ConnectReport) -> Option<String> {
    const USUAL_MTU: u32 = 1500;
    let mtu = connect.path_mtu.filter(|mtu| *mtu < USUAL_MTU)?;
    Some(format!(
        "packets of at most {mtu} bytes pass on the way there, as far as this host knows"
    ))
}

/// What a hop said.
pub fn hop_says(says: HopSays) -> &'static str {
    match says {
        HopSays::Nothing => "nothing",
        HopSays::Icmp(IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0)) => "time exceeded",
        HopSays::Icmp(kind) => kind.name(),
        HopSays::Accepted => "accepted",
        HopSays::Refused => "refused",
    }
}

/// What a trace comes to.
pub fn trace(trace: &Trace) -> String {
    let place = |hop: Hop| match hop.from {
        Some(from) => format!("hop {} ({from})", hop.number),
        None => format!("hop {}", hop.number),
    };
    let port = trace.to.port();
    if let Some(end) = trace.end() {
        return match end.says {
            HopSays::Icmp(kind) => format!("{} rejects it: {kind}", place(end)),
            says => format!("it arrives: {} {}", place(end), hop_says(says)),
        };
    }
    let passed = match trace.passed() {
        Some(last) if trace.is_cut => format!(
            "it passes {}; as many SYNs were sent as may be, and nobody behind it was asked",
            place(last)
        ),
        Some(last) => format!("it passes {}, and nothing behind it answers", place(last)),
        None => "no hop at all tells anything".to_owned(),
    };
    let compared = match trace.reference.as_deref() {
        Some(reference) => {
            let other = reference.to.port();
            match reference.end() {
                Some(end) => format!(
                    "; a SYN to port {other} of the same host is answered at {}: the host lives, and a filter there or on the way drops those to port {port}",
                    place(end)
                ),
                None => format!("; one to port {other} got no farther this time"),
            }
        }
        None if trace.is_without_reference => {
            "; no other port of the host answers either: it is away, or a filter drops all that is sent to it".to_owned()
        }
        None => String::new(),
    };
    passed + &compared
}

/// Everything else that is known of a connect, a sentence each.
pub fn notes(connect: &ConnectReport) -> Vec<String> {
    let icmp = connect.icmp.map(|seen| {
        let from = seen
            .from
            .map_or_else(String::new, |from| format!(" from {from}"));
        let mtu = seen
            .mtu
            .map_or_else(String::new, |mtu| format!(", MTU {mtu}"));
        format!(
            "{}{from}{mtu}, {} after the SYN",
            seen.kind,
            duration(seen.after)
        )
    });
    let slow = connect.troubles.contains(&Trouble::Slow) && connect.syn_count > 1;
    let slow = slow.then(|| format!("slow: the SYN was sent {} times", connect.syn_count));
    let went_on = connect.icmp.filter(|seen| {
        connect.outcome == Some(Outcome::Rejected) && connect.elapsed > seen.after + WENT_ON
    });
    let went_on = went_on.map(|_| {
        format!(
            "the kernel sent the SYN again all the same: connect() failed after {}",
            duration(connect.elapsed)
        )
    });
    let own = connect.notes.iter().map(note);
    let testified = connect.testimony.iter().map(testimony_words::of_attempt);
    let packets = connect.diagnosed.iter();
    let packets = packets.flat_map(|diagnosed| note_words::notes(diagnosed));
    let others = other_causes(connect);
    let mut all: Vec<String> = icmp.into_iter().chain(went_on).chain(slow).collect();
    all.extend(after_accept(connect.after_accept));
    all.extend(narrow_path(connect));
    all.extend(own.chain(others));
    for words in testified.chain(packets) {
        if !all.contains(&words) {
            all.push(words);
        }
    }
    all
}

/// What to check about a connect; this host is where it was made.
pub fn next_steps(connect: &ConnectReport) -> Vec<StepWords> {
    let client = connect.client.map(|client| client.ip().to_canonical());
    let Some((judged, client)) = connect.cause().zip(client) else {
        return Vec::new();
    };
    let server = Endpoint {
        address: connect.address.ip().to_canonical(),
        port: connect.address.port(),
    };
    let steps = next_steps_of_cause(judged.cause, client, server);
    let words = steps.iter().map(next_step_words::step);
    words
        .map(|step| StepWords {
            place: place(&step.place, connect),
            ..step
        })
        .collect()
}

/// The rule that an ICMP error tells of stands where that comes from, not always at the server.
fn place(place: &str, connect: &ConnectReport) -> String {
    let server = connect.address.ip().to_canonical();
    let sender = connect.icmp.and_then(|seen| seen.from);
    match (sender, place.strip_prefix(&server.to_string())) {
        (Some(sender), Some("")) => sender.to_string(),
        _ => place.replace("(captured here)", "(this host)"),
    }
}

/// Those of packets stand among their notes.
fn other_causes(connect: &ConnectReport) -> Option<String> {
    let others = connect
        .causes
        .get(1..)
        .filter(|others| !others.is_empty())?;
    (connect.witness == Witness::Kernel).then(|| {
        let words: Vec<String> = others
            .iter()
            .map(|judged| format!("{} ({})", judged.cause.words(), judged.confidence.name()))
            .collect();
        format!("also fits: {}", words.join("; "))
    })
}

fn note(note: &ProbeNote) -> String {
    match note {
        ProbeNote::SourceOfLink(source) => format!(
            "sent from {source}, an address of the link: this host has no other of this version of IP, and answers from beyond do not find it"
        ),
        ProbeNote::KeptIn(OwnDrops::All) => {
            "no repetition of a SYN left this host meanwhile (TCPRetransFail): a packet filter on output, a program of its cgroup (as systemd's IPAddressDeny is one), or a route that went away".to_owned()
        }
        ProbeNote::KeptIn(_) => {
            "some repetitions of SYNs did not leave this host meanwhile (TCPRetransFail): perhaps these".to_owned()
        }
        ProbeNote::IgnoredSegments(count) => format!(
            "{count} segments came that TCP had to ignore: a RST or an ACK with other numbers; tcpwhy live shows them"
        ),
        ProbeNote::InterfacesDown(names) => format!("down here: {}", names.join(", ")),
    }
}
