//! Why an answer has no SYN in the capture.

use super::case::Case;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::is_untouched;
use crate::handshake::{Role, Sender};

/// The answer was made on the client's own host: it has the client's address, or no hop has touched
/// a RST that answers a SYN which was never on the wire, although the client's other SYNs were
/// captured at its side.
pub(super) fn local_firewall(case: &Case<'_>) -> Option<Confidence> {
    let is_own_error = case
        .first(Role::IcmpError)
        .is_some_and(|error| error.sender == Sender::Client);
    let is_near = case.comparison().is_near(case.attempt().client.address) == Some(true);
    let is_own_reset = is_near
        && case
            .first(Role::Reset)
            .is_some_and(|reset| is_untouched(reset.ip.ttl));
    (is_own_error || is_own_reset).then_some(Confidence::Likely)
}
