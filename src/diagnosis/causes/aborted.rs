//! Why the client reset its own attempt.

use std::time::Duration;

use super::case::Case;
use crate::decode::TcpFlags;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::PORTS_OF_A_SCAN;
use crate::handshake::{Content, Role, SeenPacket};

/// Nobody stops waiting sooner than this: the shortest usual limits are of one second.
const SHORTEST_LIMIT: Duration = Duration::from_millis(900);

/// A scanner's kernel resets at once.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Scanners' SYNs have small windows (nmap: 1024 to 4096) and at most one option.
const LARGEST_SCANNER_WINDOW: u16 = 4096;

/// The SYN-ACK came after the client had stopped waiting.
pub(super) fn late_syn_ack(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let waited = attempt.answered_at?.since(attempt.first_syn_at?);
    (waited >= SHORTEST_LIMIT).then_some(Confidence::Likely)
}

/// The RST follows at once, and the client does so to many ports, or its SYN is a scanner's.
pub(super) fn half_open_scan(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let delay = attempt.client_reset_at?.since(attempt.answered_at?);
    let is_scanner = has_scanner_syn(case)
        || case.comparison().targets_of(attempt.client.address) >= PORTS_OF_A_SCAN;
    (delay <= AT_ONCE && is_scanner).then_some(Confidence::Likely)
}

/// A bare RST at what the SYN-ACK acknowledges, and the SYN goes on being repeated: the kernel that
/// resets has no such connection, so that the SYN is not its own.
pub(super) fn unknown_to_client(case: &Case<'_>) -> Option<Confidence> {
    let attempt = case.attempt();
    let reset = case.first(Role::ClientReset)?;
    let is_bare = reset.flags().is_some_and(|flags| !flags.has_ack());
    let goes_on = attempt.last_syn_at > attempt.client_reset_at;
    (is_bare && attempt.answered_at <= attempt.client_reset_at && goes_on)
        .then_some(Confidence::Likely)
}

/// Certain as a fact: it was the client's own RST. One that acknowledges the SYN-ACK is that of a
/// socket that was connected: its ACK is missing from the capture, and perhaps more.
#[expect(clippy::unnecessary_wraps, reason = "a rule like the others")]
pub(super) fn client_reset(case: &Case<'_>) -> Option<Confidence> {
    let flags = case.first(Role::ClientReset).and_then(SeenPacket::flags);
    let acknowledges = flags.is_some_and(TcpFlags::has_ack);
    Some(if acknowledges && case.attempt().answered_at.is_some() {
        Confidence::Likely
    } else {
        Confidence::Certain
    })
}

fn has_scanner_syn(case: &Case<'_>) -> bool {
    case.first(Role::Syn).is_some_and(|syn| match syn.content {
        Content::Segment {
            window: Some(window),
            options,
            is_whole,
            ..
        } => {
            let is_bare = options.timestamps.is_none()
                && !options.sack_permitted
                && options.window_scale.is_none();
            is_whole && is_bare && window <= LARGEST_SCANNER_WINDOW
        }
        Content::Segment { .. } | Content::Icmp { .. } => false,
    })
}
