//! Resets of load balancers, which say so themselves, and of injectors, which show it.

use super::case::Case;
use super::rules::Rule;
use crate::decode::VerdictTeller;
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::testimony::verdicts;
use crate::handshake::{Attempt, Content, Role, SeenPacket, Sender, SpokenOf};

/// The windows by which `NetScaler` says why it resets, as far as its vendor tells: 8201 a packet
/// of no known connection, 9100 on others, among them 9300 a disabled service.
const UNKNOWN_CONNECTION: u16 = 8201;
const REASONS: std::ops::RangeInclusive<u16> = 9100..=9999;

/// Whether a window is one of those that `NetScaler` puts into RSTs.
pub(in crate::diagnosis) fn is_code_of_netscaler(window: u16) -> bool {
    window == UNKNOWN_CONNECTION || REASONS.contains(&window)
}

/// The RST says in words that a balancer sent it; or its window is a code of one, and not the
/// window that the server's SYN-ACK had.
pub(super) fn load_balancer_reset(case: &Case<'_>) -> Option<Confidence> {
    let mut told = verdicts(case.testimony());
    let is_said = told.any(|told| {
        told.of == SpokenOf::Reset && told.verdict.teller == VerdictTeller::LoadBalancer
    });
    if is_said {
        return Some(Confidence::Certain);
    }
    let said = window(case.first(Role::Reset)?)?;
    let own = case.first(Role::SynAck).and_then(window);
    (is_code_of_netscaler(said) && own != Some(said)).then_some(Confidence::Possible)
}

/// Whether the RST's own words leave nothing for this rule to conclude from its shape.
pub(super) fn is_silenced(rule: &Rule, case: &Case<'_>) -> bool {
    rule.cause != Cause::LoadBalancerReset
        && case.holds(Cause::LoadBalancerReset) == Some(Confidence::Certain)
}

/// How many RSTs in a row must count.
const COUNTING: usize = 3;

/// The windows of RSTs that count up one by one over a burst: no stack does so, an injector on the
/// way does. The first and the last of them.
pub(in crate::diagnosis) fn counting_windows(attempt: &Attempt) -> Option<(u16, u16)> {
    let resets = attempt.packets_as(&[Role::Reset, Role::UnacceptableReset]);
    let windows: Vec<u16> = resets
        .filter(|packet| packet.sender == Sender::Server)
        .filter_map(window)
        .collect();
    let mut run: Option<(u16, u16, usize)> = None;
    for window in windows.into_iter().filter(|window| *window > 0) {
        run = Some(match run {
            Some((first, last, count)) if last.checked_add(1) == Some(window) => {
                (first, window, count + 1)
            }
            Some(found @ (_, _, COUNTING..)) => found,
            _ => (window, window, 1),
        });
    }
    run.filter(|(_, _, count)| *count >= COUNTING)
        .map(|(first, last, _)| (first, last))
}

/// The RSTs of an injector.
pub(super) fn injected(case: &Case<'_>) -> Option<Confidence> {
    counting_windows(case.attempt()).map(|_| Confidence::Likely)
}

fn window(packet: &SeenPacket) -> Option<u16> {
    match packet.content {
        Content::Segment { window, .. } => window,
        Content::Icmp { .. } => None,
    }
}
