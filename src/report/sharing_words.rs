//! The words for what failing connects share and others have not.

use std::time::Duration;

use super::duration_words;
use crate::diagnosis::{Counts, Finding, Share, Statement};

/// What the finding states, if it is one of these.
pub(super) fn statement(finding: &Finding) -> Option<String> {
    let server = finding
        .server
        .map_or_else(String::new, |server| server.to_string());
    Some(match &finding.statement {
        Statement::FailuresShare {
            share,
            also,
            counts,
        } => {
            let also = also.iter().map(|share| format!(" and {}", shared(*share)));
            format!(
                "{} that fail to {server} {}{}, against {}: what tells {} apart drops them",
                of(counts.failing_with, counts.failing),
                shared(*share),
                also.collect::<String>(),
                of_good(*counts),
                those(*share)
            )
        }
        Statement::ConnectionLimit {
            limit,
            client,
            failing,
            succeeding,
        } => {
            let whose = client.map_or_else(|| "clients".to_owned(), |client| client.to_string());
            format!(
                "all {failing} refused connects to {server} began while {whose} had {} or more open \
                 there, and none of the {succeeding} accepted ones did: a limit on open connections, \
                 by a rule or in a stack with room for so few",
                connections(*limit)
            )
        }
        Statement::DeadTuples {
            tuples,
            dead,
            tried,
        } => {
            let named: Vec<String> = tuples.iter().map(ToString::to_string).collect();
            let more = if *dead > tuples.len() as u64 {
                " and others"
            } else {
                ""
            };
            format!(
                "{dead} of {tried} connects to {server} die with all their repetitions (from {}{more}), \
                 while other ports of the same clients get through at once: by address and port one \
                 of several paths or backends is chosen, and it loses all",
                named.join(", ")
            )
        }
        Statement::StaleState {
            counts,
            earlier,
            client_port,
            after,
        } => format!(
            "{} that fail to {server} use again a client port that was in use before, against {}: \
             state of the earlier connection is left in a firewall, NAT, load balancer or TIME_WAIT; \
             port {client_port} was used by attempt {earlier}, last seen {} before",
            of(counts.failing_with, counts.failing),
            of_good(*counts),
            seconds(*after)
        ),
        Statement::DeadPath { pairs, dead, tried } => {
            let named: Vec<String> = pairs
                .iter()
                .map(|(client, server)| format!("{client} to {server}"))
                .collect();
            let more = if *dead > named.len() {
                " and others"
            } else {
                ""
            };
            format!(
                "nothing gets through between {dead} of {tried} pairs of addresses ({}{more}), \
                 while each of these clients and servers succeeds with others: one of several paths \
                 loses all",
                named.join(", ")
            )
        }
        _ => return None,
    })
}

fn of(some: u64, all: u64) -> String {
    format!("{some} of {all}")
}

fn of_good(counts: Counts) -> String {
    format!(
        "{} of {} that succeed",
        counts.succeeding_with, counts.succeeding
    )
}

fn shared(share: Share) -> String {
    match share {
        Share::ClientPorts(range) => format!(
            "have client ports from {} to {}",
            range.lowest, range.highest
        ),
        Share::With(option) => format!("carry {option}"),
        Share::Without(option) => format!("carry no {option}"),
        Share::Layer(layer) => format!("are in {layer}"),
        Share::Interface(number) => format!("were captured on interface {number}"),
        Share::Subnet(address, bits) => format!("come from {address}/{bits}"),
        Share::TimeToLive(ttl) => format!("have SYNs with TTL {ttl}"),
        Share::SentTo(host) => format!("went to the MAC address {host} on this link"),
        Share::SentBy(host) => format!("came from the MAC address {host} on this link"),
        Share::ServiceClass(class) => format!("have SYNs marked with DSCP {class}"),
        Share::Period(period) => format!(
            "began within the same {} of every {}",
            seconds(period.lasts),
            minutes(period.every_seconds)
        ),
    }
}

/// What something tells apart that drops connects.
fn those(share: Share) -> &'static str {
    match share {
        Share::ClientPorts(_) => "those ports",
        Share::With(_) | Share::Without(_) | Share::ServiceClass(_) => "such SYNs",
        Share::Layer(_) | Share::Interface(_) => "that part of the network",
        Share::Subnet(..) => "that subnet",
        Share::TimeToLive(_) | Share::SentTo(_) | Share::SentBy(_) => "that way",
        Share::Period(_) => "those times",
    }
}

/// `60 s`, `15 min`.
fn minutes(seconds: u32) -> String {
    match (seconds / 60, seconds % 60) {
        (minutes, 0) if minutes > 1 => format!("{minutes} min"),
        _ => format!("{seconds} s"),
    }
}

/// `1.902 s`.
pub(super) fn seconds(duration: Duration) -> String {
    duration_words::to_the_millisecond(duration)
}

pub(super) fn connections(count: u64) -> String {
    let noun = if count == 1 {
        "connection"
    } else {
        "connections"
    };
    format!("{count} {noun}")
}
