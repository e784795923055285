//! Who sent the ICMP error: the client itself, the server, or a box on the way, and how far away
//! that is.

use std::time::Duration;

use super::Note;
use crate::diagnosis::diagnosed_attempt::DiagnosedAttempt;
use crate::handshake::{Attempt, Content, Outcome, Role, SeenPacket};

/// A router gives up asking for a dead neighbour after three questions, a second apart.
const RESOLUTION_TIME: Duration = Duration::from_millis(2500);

/// Who rejected, from how far, and how soon.
pub(super) fn who_rejected(diagnosed: &DiagnosedAttempt) -> Option<Note> {
    let attempt = &diagnosed.decided.attempt;
    if diagnosed.decided.judgement.outcome != Outcome::Rejected {
        return None;
    }
    let error = attempt.packets_as(&[Role::IcmpError]).next()?;
    let after = error.place.at.since(attempt.first_syn_at?);
    Some(Note::RejectedBy {
        sender: error.sender,
        hops: hops_from_here(attempt, error),
        after,
        is_late: after >= RESOLUTION_TIME,
    })
}

/// How many routers the SYN had passed beyond this point when it was rejected: each lowers the time
/// to live by one, and the error quotes what was left.
fn hops_from_here(attempt: &Attempt, error: &SeenPacket) -> Option<u8> {
    let Content::Icmp { quoted_ttl, .. } = error.content else {
        return None;
    };
    let syn = attempt.packets_as(&[Role::Syn]).next()?;
    syn.ip.ttl.checked_sub(quoted_ttl)
}
