//! What is said of several servers that could not be reached at one time, or now and then.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::seconds;
use crate::decode::Endpoint;
use crate::diagnosis::{LossPlace, LossTimes, Statement};

/// How many servers are named.
const NAMED: usize = 4;

pub(super) fn shared_failure(
    servers: usize,
    at_once: &[Endpoint],
    lasted: Option<Duration>,
) -> String {
    let Some(lasted) = lasted else {
        return format!(
            "new connects to {servers} servers met silence at once, and succeeded at other times: what they share fails, as a firewall's full table of connections, a new rule or a link"
        );
    };
    let hosts: BTreeSet<IpAddr> = at_once.iter().map(|server| server.address).collect();
    let shared = match (hosts.len(), hosts.first()) {
        (1, Some(host)) => {
            format!("no service of its own, but {host} itself, its link, or what stands before it")
        }
        _ => "no service of its own, but what they share: a link, a router, a firewall".to_owned(),
    };
    let mut names: Vec<String> = at_once
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    if at_once.len() > NAMED {
        names.push(format!("{} more", at_once.len() - NAMED));
    }
    format!(
        "no connect succeeded to {} for {}, from one time to the same other: {shared} was out",
        names.join(", "),
        seconds(lasted)
    )
}

fn that_is_shared(place: LossPlace) -> &'static str {
    match place {
        LossPlace::WayOrCapture => ", or by the capture",
        LossPlace::WayOfOneClient => " that the one client shares",
        LossPlace::Way => "",
    }
}

pub(super) fn path_loss(attempts: u64, statement: &Statement) -> String {
    let Statement::PathLoss {
        connects,
        servers,
        place,
        times,
    } = statement
    else {
        return String::new();
    };
    let lost = format!("{attempts} of {connects} connects");
    match times {
        LossTimes::WithoutPattern => format!(
            "{lost} to {servers} servers were answered only when the SYN was repeated, or never, without a pattern: packets are lost on the way{}",
            that_is_shared(*place)
        ),
        LossTimes::AtOnce { .. } => {
            let place = match place {
                LossPlace::WayOfOneClient => ", or at the one client",
                LossPlace::WayOrCapture => ", or by the capture",
                LossPlace::Way => "",
            };
            format!(
                "{lost} to {servers} hosts were answered only when the SYN was repeated, or never, at the same times at all of them: no queue of one of them, but what stands before them loses or drops, as a full table of connections (NAT, firewall), a NAT without a free port, or a link that is overloaded{place}"
            )
        }
    }
}

/// Who asks for whom as for a neighbour that can hardly be one.
pub(super) fn asked_from_elsewhere(question: Option<(IpAddr, IpAddr)>) -> String {
    let Some((client, address)) = question else {
        return String::new();
    };
    format!(
        "; {client} asks for {address} as for a neighbour on its own link: if that is none, a netmask is too wide there, or a route has no gateway"
    )
}
