//! The words for what comparing attempts with each other shows: what failures share, rules that
//! came or went, checks and traces.

use std::net::IpAddr;
use std::time::Duration;

use super::counts::counted;
use crate::capture::Timestamp;
use crate::diagnosis::{Change, Counts, Finding, Share, Statement};

/// What the finding states, if it is one of these.
pub(super) fn statement(finding: &Finding) -> Option<String> {
    let server = finding
        .server
        .map_or_else(String::new, |server| server.to_string());
    let attempts = finding.attempts;
    Some(match &finding.statement {
        Statement::FailuresShare { share, counts } => format!(
            "{} that fail to {server} {}, against {}: what tells those ports apart drops them",
            of(counts.failing_with, counts.failing),
            shared(*share),
            of_good(*counts)
        ),
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
        return format!(
            "{server} {} all connects at first, and {} all later ones: no restart does that, a rule \
             came or went",
            met(was),
            met(is)
        );
    };
    let until = match until {
        Some(until) => format!(
            " for {}, after which it is accepted again",
            seconds(until.since(at))
        ),
        None => String::new(),
    };
    let is_one = if others == 1 { "is" } else { "are" };
    format!(
        "{server} accepts {client} at first and then {}{until}, while {} of others {is_one} accepted: \
         a ban or a limit of connects for this client",
        met_one(is),
        counted(others, "connect")
    )
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

/// `1.902 s`.
fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}
