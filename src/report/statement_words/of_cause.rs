//! What findings say that are told by the cause of their attempts alone.

use std::net::IpAddr;

use super::all_of;
use crate::decode::IcmpKind;
use crate::diagnosis::{Finding, Statement, Vantage};

/// The sentence, where it is one of these.
pub(super) fn statement(finding: &Finding) -> Option<String> {
    let attempts = finding.attempts;
    let server = || {
        let server = finding.server;
        server.map_or_else(String::new, |server| server.to_string())
    };
    Some(match &finding.statement {
        Statement::NoWayBack {
            host,
            client,
            questions,
            is_behind_a_router,
        } => no_way_back((*host, *client), *questions, *is_behind_a_router, attempts),
        Statement::HostSilent {
            hosts,
            more,
            is_on_link,
            came_in_here,
        } => host_silent((hosts, *more), *is_on_link, *came_in_here, attempts),
        Statement::Unreachable { .. } => unreachable(&server(), finding),
        Statement::SynAckLost { vantage } => syn_ack_lost(&server(), *vantage, attempts),
        Statement::ClientSilent => format!(
            "{} answered {}, and nothing more came from the client: its ACK is lost before this \
             point, it is gone, or its address is forged",
            server(),
            all_of(attempts)
        ),
        Statement::InvalidResets {
            is_of_user_mode_stack,
        } => {
            let who = if *is_of_user_mode_stack {
                "user-mode networking refuses so what is refused, unreachable or forbidden outside"
            } else {
                "a small device that has no room, one that rewrites numbers in one direction only, \
                 or a badly forged RST"
            };
            format!(
                "{} answered {} by RSTs that acknowledge nothing the client sent: it must ignore \
                 them and waits for its own time-out; {who}",
                server(),
                all_of(attempts)
            )
        }
        _ => return None,
    })
}

fn no_way_back(
    (host, client): (IpAddr, IpAddr),
    questions: u32,
    is_behind_a_router: bool,
    attempts: u64,
) -> String {
    let why = if is_behind_a_router {
        "that client is behind a router, so the netmask or a route of this host is wrong"
    } else {
        "the client is gone, on another link, or its address is forged"
    };
    format!(
        "{host} got {} and asks on its own link who has {client}, {questions} times in vain, \
         instead of answering: {why}",
        all_of(attempts)
    )
}

fn host_silent(
    (hosts, more): (&[IpAddr], usize),
    is_on_link: bool,
    came_in_here: bool,
    attempts: u64,
) -> String {
    let mut names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    if more > 0 {
        names.push(format!("{more} more hosts"));
    }
    let (names, are_several) = (names.join(", "), hosts.len() + more > 1);
    let (answers, it) = if are_several {
        ("answer", "them")
    } else {
        ("answers", "it")
    };
    if is_on_link {
        return format!(
            "{names} {answers} for its address on this link, and not {}: the SYNs get there, and a \
             filter of its own, its reverse path filter or a missing way back keeps {it} silent",
            match attempts {
                1 => "the one connect".to_owned(),
                count => format!("one of {count} connects"),
            }
        );
    }
    let why = if came_in_here {
        "the SYNs came in here and are not seen to leave, so look at this host's routes and rules \
         first"
    } else {
        "down, no way there or back, or a filter that drops all"
    };
    format!(
        "not one packet of {names} is in the capture, {} met silence: {why}",
        all_of(attempts)
    )
}

fn unreachable(server: &str, finding: &Finding) -> String {
    let Statement::Unreachable {
        sender,
        kinds,
        is_late,
        rejected,
        accepted,
    } = &finding.statement
    else {
        return String::new();
    };
    let by = sender.map_or_else(|| "routers".to_owned(), |sender| sender.to_string());
    let names: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let silent = finding.attempts.saturating_sub(*rejected);
    let connects = match (accepted, silent) {
        (0, 0) => all_of(*rejected),
        _ => super::counted(*rejected, "connect"),
    };
    let others = match (accepted, silent) {
        (0, 0) => String::new(),
        (0, silent) => format!(", {silent} more met silence, as such errors are limited in number"),
        (accepted, _) => format!(", while {accepted} others were accepted"),
    };
    format!(
        "{connects} to {server} {} rejected by {by} with {}{others}: {}",
        if *rejected == 1 { "was" } else { "were" },
        names.join(", "),
        why_unreachable(kinds, *is_late)
    )
}

/// What the errors say of who sent them.
fn why_unreachable(kinds: &[IcmpKind], is_late: bool) -> &'static str {
    let are_all = |is_meant: fn(&IcmpKind) -> bool| kinds.iter().all(is_meant);
    if are_all(|kind| matches!(kind, IcmpKind::V4(11, 0) | IcmpKind::V6(3, 0))) {
        "the packets go in circles, or had too few hops to live"
    } else if are_all(|kind| matches!(kind, IcmpKind::V4(3, 0 | 6 | 11) | IcmpKind::V6(1, 0))) {
        "it has no route to that network"
    } else if !are_all(|kind| matches!(kind, IcmpKind::V4(3, 1 | 7) | IcmpKind::V6(1, 3))) {
        "it has no way on"
    } else if is_late {
        "as late as a router gives up asking for a host on its link, so nobody answers there for \
         that address"
    } else {
        "nobody answers there for that address, or its routes or a rule say no"
    }
}

fn syn_ack_lost(server: &str, vantage: Option<Vantage>, attempts: u64) -> String {
    let where_lost = match vantage {
        Some(Vantage::Client) => {
            "they get to the client's side and not to its TCP: its own filter, its reverse path \
             filter, or what stands right before it"
        }
        Some(Vantage::Server | Vantage::Between) => "they are lost between here and the client",
        Some(Vantage::Filter) | None => "they are lost on the way, or dropped at the client",
    };
    format!(
        "{server} answered {}, and the client goes on repeating its SYN, so it does not get the \
         answers: {where_lost}",
        all_of(attempts)
    )
}
