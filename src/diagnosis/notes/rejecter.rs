//! Who sent the ICMP error: the client itself, the server, or a box on the way, and how far away that is.

use std::time::Duration;

use crate::diagnosis::DiagnosedAttempt;
use crate::diagnosis::words::duration;
use crate::handshake::{Attempt, Content, Outcome, Role, SeenPacket, Sender};

/// A router gives up asking for a dead neighbour after three questions, a second apart.
const RESOLUTION_TIME: Duration = Duration::from_millis(2500);

/// Who rejected, from how far, and how soon.
pub(super) fn who_rejected(diagnosed: &DiagnosedAttempt) -> Option<String> {
    let attempt = &diagnosed.decided.attempt;
    if diagnosed.decided.judgement.outcome != Outcome::Rejected {
        return None;
    }
    let error = attempt.packets_as(&[Role::IcmpError]).next()?;
    let delay = error.place.at.since(attempt.first_syn_at?);
    let when = if delay >= RESOLUTION_TIME {
        format!(
            "{} after the SYN: as long as a router asks for a host that does not answer",
            duration(delay)
        )
    } else {
        format!("{} after the SYN", duration(delay))
    };
    Some(format!("rejected by {}, {when}", who(attempt, error)))
}

fn who(attempt: &Attempt, error: &SeenPacket) -> String {
    let hops = hops_from_here(attempt, error);
    match (error.sender, hops) {
        (Sender::Client, _) => "the client's own host: the SYN never left it".to_owned(),
        (Sender::Server, Some(hops)) => {
            format!("the server's address, {} from here", counted(hops))
        }
        (Sender::Server, None) => "the server's address".to_owned(),
        (Sender::Other(address), Some(0)) => format!("{address}, before the first hop from here"),
        (Sender::Other(address), Some(hops)) => {
            format!("{address}, a box on the way, {} from here", counted(hops))
        }
        (Sender::Other(address), None) => format!("{address}, a box on the way"),
    }
}

/// How many routers the SYN had passed beyond this point when it was rejected: each lowers the time to live by one, and
/// the error quotes what was left.
fn hops_from_here(attempt: &Attempt, error: &SeenPacket) -> Option<u8> {
    let Content::Icmp { quoted_ttl, .. } = error.content else {
        return None;
    };
    let syn = attempt.packets_as(&[Role::Syn]).next()?;
    syn.ip.ttl.checked_sub(quoted_ttl)
}

fn counted(hops: u8) -> String {
    format!("{hops} {}", if hops == 1 { "hop" } else { "hops" })
}
