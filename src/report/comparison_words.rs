//! The words for what comparing attempts with each other shows: what failures share, rules that
//! came or went, checks and traces.

use std::net::IpAddr;

use super::counts::counted;
use super::sharing_words::{self, seconds};
use crate::capture::Timestamp;
use crate::diagnosis::{Change, Finding, SameOfAll, Statement};

/// How many of several servers are named.
const NAMED_SERVERS: usize = 12;

/// What the finding states, if it is one of these.
pub(super) fn statement(finding: &Finding) -> Option<String> {
    let server = finding
        .server
        .map_or_else(String::new, |server| server.to_string());
    let attempts = finding.attempts;
    if let Some(shared) = sharing_words::statement(finding) {
        return Some(shared);
    }
    Some(match &finding.statement {
        Statement::PolicyChanged {
            client,
            was,
            is,
            at,
            until,
            others,
        } => policy(&server, *client, (*was, *is), *at, *until, *others),
        Statement::AcceptsNoMore { connects } => format!(
            "{server} accepts nobody any more: {attempts} of {connects} connects met silence, after \
             others that were accepted and never served, while its host answers elsewhere: its \
             application does not accept, and its queue is full"
        ),
        Statement::DuplicateAddress {
            address,
            hosts: [one, other],
            conflicts,
        } => format!(
            "two hosts have the address {address}: {one} and {other} both answered for it, \
             {conflicts} times to one question; which of them a packet reaches is chance"
        ),
        Statement::AnsweringHosts {
            accepting,
            refusing,
            turns,
        } => format!(
            "two hosts have the address of {server}: what is sent to {accepting} is accepted from \
             there, what is sent to {refusing} is refused from there, by turns, {turns} times the \
             one after the other; which of them a packet reaches is chance"
        ),
        Statement::SameOfServers { said } => same_of_servers(finding, *said),
        Statement::RejectedByOne {
            sender,
            servers,
            kinds,
        } => {
            let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
            format!(
                "{sender} rejects all {attempts} connects to {servers} servers by {}: one rule there, \
                 or no way on",
                kinds.join(", ")
            )
        }
        Statement::HealthChecks {
            client,
            servers,
            period,
        } => format!(
            "{client} connects to {servers} {} every {} and resets at once: health checks, and what \
             they check accepts",
            if *servers == 1 { "server" } else { "servers" },
            seconds(*period)
        ),
        Statement::Traceroute {
            client,
            server,
            hops,
            reached,
        } => {
            let hops: Vec<String> = hops
                .iter()
                .map(|(ttl, address)| format!("{ttl}: {address}"))
                .collect();
            let end = match reached {
                Some(ttl) => format!("; {server} itself answers after {ttl}"),
                None => String::new(),
            };
            format!(
                "{client} looks for the way to {server} by connects whose time to live rises: {}{end}",
                hops.join(", ")
            )
        }
        _ => return None,
    })
}

/// What is said of several servers at once, with their names.
fn same_of_servers(finding: &Finding, said: SameOfAll) -> String {
    let named: Vec<String> = finding
        .servers
        .iter()
        .take(NAMED_SERVERS)
        .map(ToString::to_string)
        .collect();
    let named = match finding.servers.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    };
    let connects = counted(finding.attempts, "connect");
    match said {
        SameOfAll::Refused { is_proved } => {
            let or_a_rule = if is_proved { "" } else { ", or a rule resets" };
            format!("{named} refused all {connects} throughout: nothing listens there{or_a_rule}")
        }
        SameOfAll::Silent => format!(
            "{named} answered all {connects} with silence, although the hosts live: a filter on \
             these ports"
        ),
        SameOfAll::HungUp { resets } => {
            let how = match resets {
                0 => "closed",
                resets if resets == finding.attempts => "reset",
                _ => "closed or reset",
            };
            format!(
                "{named} accepted and then {how} {connects} without sending one byte: a limit or \
                 rule of the applications, programs that end at once, or a proxy that finds nobody \
                 behind it"
            )
        }
        SameOfAll::Slow { longest } => format!(
            "{connects} to {} servers took long, the slowest {}: what they share, as the client or \
             its way, is slow or loses the first packets ({named})",
            finding.servers.len(),
            seconds(longest)
        ),
    }
}

/// What changed, for whom, and until when.
fn policy(
    server: &str,
    client: Option<IpAddr>,
    (was, is): (Change, Change),
    at: Timestamp,
    until: Option<Timestamp>,
    others: u64,
) -> String {
    let Some(client) = client else {
        if was == Change::Accepted && is != Change::Rejected {
            let until = again(at, until);
            return format!(
                "{server} accepts all connects at first and then {} all{until}, which no \
                 outage does: a rule came",
                met(is)
            );
        }
        return format!(
            "{server} {} all connects at first, and {} all later ones: no restart does that, a rule \
             came or went",
            met(was),
            met(is)
        );
    };
    let until = until.map_or_else(String::new, |until| {
        format!(
            " for {}, after which it is accepted again",
            seconds(until.since(at))
        )
    });
    let is_one = if others == 1 { "is" } else { "are" };
    format!(
        "{server} accepts {client} at first and then {}{until}, while {} of others {is_one} accepted: \
         a ban or a limit of connects for this client",
        met_one(is),
        counted(others, "connect")
    )
}

fn again(at: Timestamp, until: Option<Timestamp>) -> String {
    until.map_or_else(String::new, |until| {
        format!(" for {}, until it accepts again", seconds(until.since(at)))
    })
}

fn met(change: Change) -> &'static str {
    match change {
        Change::Accepted => "accepts",
        Change::Refused => "refuses",
        Change::Rejected => "rejects by ICMP",
        Change::Silent => "meets with silence",
    }
}

fn met_one(change: Change) -> &'static str {
    match change {
        Change::Accepted => "accepts it",
        Change::Refused => "refuses it",
        Change::Rejected => "rejects it by ICMP",
        Change::Silent => "meets it with silence",
    }
}
