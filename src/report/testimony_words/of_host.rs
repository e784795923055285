//! The words for what a host said of itself, before or after an attempt. Names, rules and
//! interfaces are hostile text.

use super::{counts, duration, holder, listening, meanings, name, nobody_takes, queues, utc};
use crate::diagnosis::{
    HostDistance, HostSays, HostStatement, ListenersAtEnd, ListeningSocket, StoppingRule, Testimony,
};
use crate::handshake::Outcome;

/// A rule of many addresses is told as far as it can be read at a glance.
const LONGEST_RULE: usize = 160;

/// What it said, and how far from the attempt.
pub(super) fn of_attempt(testimony: &Testimony, told: &HostStatement) -> String {
    format!("{} ({})", says(told), by_whom(testimony, told))
}

/// With the time itself.
pub(super) fn of_server(testimony: &Testimony, told: &HostStatement) -> String {
    let at = utc(testimony.at);
    format!("{} ({}, at {at} UTC)", says(told), by_whom(testimony, told))
}

fn by_whom(testimony: &Testimony, told: &HostStatement) -> String {
    let host = name(&told.host);
    if let HostSays::CountersRose { since, .. } = &told.says {
        return format!(
            "{host} between {} and {} UTC",
            utc(*since),
            utc(testimony.at)
        );
    }
    format!("{host} {}", when(told.distance))
}

/// How far from the attempt.
fn when(distance: HostDistance) -> String {
    match distance {
        HostDistance::Before(time) => format!("{} before", duration(time)),
        HostDistance::Meanwhile => "meanwhile".to_owned(),
        HostDistance::After(time) => format!("{} later", duration(time)),
    }
}

/// What a finding says that is made from it.
pub(in crate::report) fn explains(told: &HostStatement) -> String {
    let (host, when) = (name(&told.host), when(told.distance));
    format!("{} ({host} said so, {when})", says(told))
}

fn says(told: &HostStatement) -> String {
    match &told.says {
        HostSays::Listeners {
            asked,
            started_after,
        } => {
            let words = who_listened(asked, told.distance);
            match started_after {
                Some((process, at)) if asked.outcome == Outcome::Refused => format!(
                    "{words}: what changed is that {} was started at {} UTC, after this connect",
                    holder(Some(process), 0),
                    utc(*at)
                ),
                _ => words,
            }
        }
        HostSays::Stops(rule) => stops(rule),
        HostSays::ReversePath {
            comes_in_by,
            leaves_by,
            is_counted,
        } => {
            let way = leaves_by.as_ref().map_or_else(
                || "nothing leads back to it".to_owned(),
                |leaves_by| format!("answers to it would leave by {}", name(leaves_by)),
            );
            let counted = if *is_counted {
                ", and it has counted such packets"
            } else {
                ""
            };
            format!(
                "its reverse path filter drops what comes from there by {}, as {way}{counted}",
                name(comes_in_by)
            )
        }
        HostSays::NoWayTo { address, route } => match route {
            Some(kind) => format!("it has no way back to {address}: its route is {kind}"),
            None => format!("it has no way back to {address}: no route leads there"),
        },
        HostSays::ConntrackFull { count, limit } => format!(
            "its table of tracked connections is full ({count} of {limit}): new ones are dropped"
        ),
        HostSays::NeighbourFailed { address, interface } => {
            format!("nobody answers it for {address} on {}", name(interface))
        }
        HostSays::CountersRose { rises, .. } => {
            format!("{}: {}", counts(rises), meanings(rises))
        }
    }
}

fn stops(rule: &StoppingRule) -> String {
    let what = if rule.is_of_answer {
        "the answer"
    } else {
        "such SYNs"
    };
    let chain = name(&rule.chain);
    let how = match &rule.rejects_with {
        Some(with) => format!("rejects {what} with {}", shown(with)),
        None => format!("drops {what}"),
    };
    match &rule.rule {
        Some(text) => format!("a rule of its own {how}, in {chain}: {}", shown(text)),
        None => format!("its own packet filter {how}: no rule of {chain} lets them in"),
    }
}

/// A rule as its program writes it.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_RULE).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    let is_usual = |character: char| character.is_ascii_graphic() || character == ' ';
    if short.chars().all(is_usual) {
        short
    } else {
        format!("{short:?}")
    }
}

fn who_listened(asked: &ListenersAtEnd, distance: HostDistance) -> String {
    let taking: Vec<&ListeningSocket> = asked.taking().collect();
    if taking.is_empty() {
        return nobody_takes(asked);
    }
    let words = listening(&taking, asked.server.port);
    match (asked.outcome, distance) {
        (Outcome::Refused, HostDistance::After(_)) => {
            format!("{words}: since then, or a rule resets")
        }
        (Outcome::Refused, _) => format!("{words}: no more by then, or a rule resets"),
        _ => format!("{words}; {}", queues(&taking)),
    }
}

/// `java (pid 812) listens on 127.0.0.1:8080 only (db1, 2 min 3 s later)`: why a connect to another
/// address of the host was refused, by its own word.
pub(super) fn listens_elsewhere_only(told: &HostStatement) -> Option<String> {
    let HostSays::Listeners { asked, .. } = &told.says else {
        return None;
    };
    let only = super::only_elsewhere(asked)?;
    let (host, when) = (name(&told.host), when(told.distance));
    Some(format!("{only} ({host}, {when})"))
}
