//! The words for what comparing attempts with each other shows: what failures share, rules that
//! came or went, checks and traces.

use std::net::IpAddr;

use super::counts::counted;
use super::sharing_words::{self, seconds};
use crate::capture::Timestamp;
use crate::diagnosis::{Change, Finding, Statement};

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
