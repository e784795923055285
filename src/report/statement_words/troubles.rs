//! What findings say of connects that were established and failed for somebody.

use std::time::Duration;

use super::seconds;
use crate::diagnosis::{IgnoredFirst, NewConnects, SilentRequest, Statement};

pub(super) fn hung_up(server: &str, attempts: u64, connects: u64, resets: u64) -> String {
    let how = match resets {
        0 => "closed",
        resets if resets == attempts => "reset",
        _ => "closed or reset",
    };
    let of = if attempts == connects {
        match connects {
            1 => "its one connect".to_owned(),
            count => format!("all {count} connects"),
        }
    } else {
        format!("{attempts} of {connects} connects")
    };
    let why = if attempts == connects {
        "a proxy that finds nobody behind it, a rule of the application, or a program that ends at once"
    } else {
        "a limit or rule of the application, or a proxy that does not always find somebody behind it"
    };
    format!("{server} accepted and then {how} {of} without sending one byte: {why}")
}

pub(super) fn stuck_connections(
    server: &str,
    attempts: u64,
    connects: u64,
    full_size: Option<u32>,
) -> String {
    let why = match full_size {
        Some(payload) => format!(
            "segments as large as they may be, of {payload} bytes of payload, are repeated and never acknowledged, and no ICMP error says so: the way takes only smaller packets, or loses what is beyond this point"
        ),
        None => "what one side sends is repeated and never acknowledged, so it is lost or dropped beyond this point, or the server has no room for the connection".to_owned(),
    };
    format!("{attempts} of {connects} connects to {server} got stuck after the handshake: {why}")
}

/// Where it takes only smaller packets, a tunnel leaves more than that.
const LARGE: u16 = 1200;

/// How long they had carried nothing, and they as subject and object.
fn that_had_worked(connections: u64, idle: Option<Duration>) -> (String, &'static str) {
    let idle = match idle {
        Some(idle) if idle >= Duration::from_secs(1) => {
            format!(" after up to {} without a packet", seconds(idle))
        }
        Some(_) => " in the middle of a conversation".to_owned(),
        None => ", older than this capture,".to_owned(),
    };
    match connections {
        1 => (idle, "it"),
        _ => (idle, "them"),
    }
}

pub(super) fn resets_midway(server: &str, attempts: u64, idle: Option<Duration>) -> String {
    let (idle, them) = that_had_worked(attempts, idle);
    let (connections, were) = match attempts {
        1 => ("connection", "was"),
        _ => ("connections", "were"),
    };
    format!(
        "{attempts} {connections} to {server}{idle} {were} reset on the client's next request: the server, or a load balancer, NAT or firewall on the way, had forgotten {them}"
    )
}

pub(super) fn stuck_midway(server: &str, attempts: u64, request: &SilentRequest) -> String {
    let SilentRequest {
        idle,
        times,
        payload,
        new_connects,
        ..
    } = *request;
    let was_idle = idle.is_none_or(|idle| idle >= Duration::from_secs(1));
    let (idle, them) = that_had_worked(attempts, idle);
    let connections = if attempts == 1 {
        "connection"
    } else {
        "connections"
    };
    let why = match new_connects {
        _ if payload >= LARGE && !was_idle => format!(
            "each time {payload} bytes, more than was sent before: perhaps the way takes only smaller packets, and no ICMP error says so, or what is beyond this point drops"
        ),
        NewConnects::Accepted if !was_idle => {
            "new connects to it are accepted, so what stands on the way drops the rest of this one, or the host behind it is gone".to_owned()
        }
        NewConnects::Accepted => format!(
            "new connects to it are accepted, so a NAT, firewall or load balancer on the way has forgotten {them}, as after its idle time-out, and drops without a word"
        ),
        NewConnects::Failed => {
            "new connects to it fail as well, so the way or the host is out".to_owned()
        }
        NewConnects::Unknown => format!(
            "a NAT, firewall or load balancer on the way has forgotten {them}, or the way or the host is out"
        ),
    };
    format!(
        "{attempts} {connections} to {server}{idle} got no answer any more: the client's next request was sent up to {times} times, and nothing came back; {why}"
    )
}

pub(super) fn slow_connects(server: &str, attempts: u64, statement: &Statement) -> String {
    let Statement::SlowConnects {
        connects,
        longest,
        reusing,
        others_reusing,
        without_feature,
        repeated,
        ignored_first,
    } = statement
    else {
        return String::new();
    };
    let others = connects.saturating_sub(attempts);
    let why = if *without_feature == attempts {
        let it = if attempts == 1 { "it" } else { "each" };
        format!(
            "{it} was answered only without what its first SYN offered (ECN, Fast Open or Multipath TCP): somebody drops SYNs that offer it"
        )
    } else if *reusing > 0 && 2 * reusing > attempts && *others_reusing * 2 <= others {
        format!(
            "{reusing} of them reuse addresses and ports of an earlier connection, {others_reusing} of the {others} others do: state left of that one, as TIME_WAIT, swallows the first SYN"
        )
    } else if let Some(whose) = ignored_first {
        let whose = match whose {
            IgnoredFirst::OfAllConnects => "the first SYN of each",
            IgnoredFirst::OfNewClients => {
                "the first SYN of each client's first connect, of no later one,"
            }
        };
        format!(
            "{whose} was ignored and its first repetition answered: a protection against floods that believes only who comes again, or a box that the first SYN has to set up"
        )
    } else {
        let how = match (*repeated, others) {
            (0, _) => "no SYN was repeated: the answers are late, or are lost on the way back",
            (_, 0) => "the way, or the server, is slow or loses the first packets",
            _ => "a SYN or its answer was lost or ignored, or came late",
        };
        let all = if others == 0 && *connects > 1 {
            "none was faster: "
        } else {
            ""
        };
        format!("{all}{how}")
    };
    let longest = seconds(*longest);
    if *connects == 1 {
        return format!("the one connect to {server} took long: {longest}; {why}");
    }
    format!("{attempts} of {connects} connects to {server} took long, the slowest {longest}; {why}")
}
