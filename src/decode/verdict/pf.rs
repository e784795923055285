//! The headers of pf's log (`pflog`): of all lengths that its systems write.

use super::text::until_zero;
use super::{CaptureVerdict, FilterRule, ToldVerdict, VerdictAction, VerdictFault, VerdictTeller};
use crate::capture::Passage;
use crate::decode::fields::{array_at, u8_at, u16_at, u32_at};

/// What all systems have: up to the direction, which is the last byte.
const SHORTEST: usize = 61;

/// macOS, `NetBSD`, `DragonFly` and older `FreeBSD`; `FreeBSD` from 13.1 on, with its padding
/// counted or not; `OpenBSD`.
const LENGTHS: [usize; 5] = [61, 64, 69, 72, 100];

/// No rule decided: none, or the default one.
const NO_RULE: u32 = u32::MAX;

/// What the header says; `None` where not even its fixed part was captured.
pub(super) fn told(header: &[u8]) -> Option<ToldVerdict> {
    let length = usize::from(u8_at(header, 0).ok()?);
    let action = u8_at(header, 2).ok()?;
    let mut verdict = verdict(u16::from(action), u16::from(u8_at(header, 3).ok()?));
    let interface: [u8; 16] = array_at(header, 4).ok()?;
    let anchor: [u8; 16] = array_at(header, 20).ok()?;
    let [number, sub_rule] = [u32_at(header, 36).ok()?, u32_at(header, 40).ok()?];
    let user = u32::from_ne_bytes(array_at(header, 44).ok()?);
    let direction = u8_at(header, SHORTEST - 1).ok()?;
    let (interface, interface_ends) = until_zero(&interface);
    let (anchor, anchor_ends) = until_zero(&anchor);
    verdict.rule = Some(FilterRule {
        number: rule(number),
        sub_rule: rule(sub_rule),
        anchor,
    });
    verdict.user = (!NO_USER.contains(&user)).then_some(user);
    note_way(&mut verdict, u16::from(direction), interface);
    let fault = if !LENGTHS.contains(&length) {
        Some(VerdictFault::Length)
    } else if !(interface_ends && anchor_ends) {
        Some(VerdictFault::Text)
    } else if word_of(u16::from(action)).is_none() || direction > 2 {
        Some(VerdictFault::Value)
    } else {
        None
    };
    Some(ToldVerdict::new(verdict, fault))
}

/// Of `OpenBSD` before 3.4: 28 bytes, all numbers in network byte order.
pub(super) fn told_by_old(header: &[u8]) -> Option<ToldVerdict> {
    let interface: [u8; 16] = array_at(header, 4).ok()?;
    let number = u16_at(header, 20).ok()?;
    let reason = u16_at(header, 22).ok()?;
    let action = u16_at(header, 24).ok()?;
    let direction = u16_at(header, 26).ok()?;
    let mut verdict = verdict(action, reason);
    let (interface, interface_ends) = until_zero(&interface);
    verdict.rule = Some(FilterRule {
        number: (number != u16::MAX).then_some(u32::from(number)),
        ..FilterRule::default()
    });
    // Here 0 is in, and 1 out.
    note_way(&mut verdict, direction.saturating_add(1), interface);
    let fault = if !interface_ends {
        Some(VerdictFault::Text)
    } else if word_of(action).is_none() || direction > 1 {
        Some(VerdictFault::Value)
    } else {
        None
    };
    Some(ToldVerdict::new(verdict, fault))
}

/// All ones, or on macOS the largest positive number, stand for no socket of this host.
const NO_USER: [u32; 2] = [u32::MAX, i32::MAX.unsigned_abs()];

fn verdict(action: u16, reason: u16) -> CaptureVerdict {
    let word = word_of(action);
    let became = match action {
        1 => VerdictAction::Dropped,
        // Passed, translated, scrubbed, or left alone: it went on.
        0 | 2..=9 | 11..=15 => VerdictAction::Passed,
        _ => VerdictAction::Seen,
    };
    let mut verdict = CaptureVerdict::new(VerdictTeller::Pf, became);
    verdict.word = Some(word.map_or_else(|| format!("action {action}"), str::to_owned));
    verdict.reason = reason_of(reason);
    verdict
}

fn rule(number: u32) -> Option<u32> {
    (number != NO_RULE).then_some(number)
}

fn note_way(verdict: &mut CaptureVerdict, direction: u16, interface: Option<String>) {
    match direction {
        1 => {
            verdict.passage = Some(Passage::In);
            verdict.came_in_by = interface;
        }
        2 => {
            verdict.passage = Some(Passage::Out);
            verdict.leaves_by = interface;
        }
        // Of either direction: the interface is the one of the rule.
        _ => verdict.came_in_by = interface,
    }
}

/// What pf calls the action (`PF_PASS` and what follows it).
const fn word_of(action: u16) -> Option<&'static str> {
    Some(match action {
        0 => "pass",
        1 => "block",
        2 => "scrub",
        3 => "noscrub",
        4 => "nat",
        5 => "nonat",
        6 => "binat",
        7 => "nobinat",
        8 => "rdr",
        9 => "nordr",
        // The SYN proxy answers for the server.
        10 => "synproxy",
        11 => "defer",
        12 => "match",
        13 => "divert",
        14 => "route",
        15 => "af-to",
        _ => return None,
    })
}

/// Why, as pf's own tools say it; `None` where a rule matched. What differs by system stands as its
/// number.
fn reason_of(reason: u16) -> Option<String> {
    Some(match reason {
        0 => return None,
        1 => "bad-offset".to_owned(),
        2 => "fragment".to_owned(),
        3 => "short".to_owned(),
        4 => "normalize".to_owned(),
        5 => "memory".to_owned(),
        6 => "bad-timestamp".to_owned(),
        7 => "congestion".to_owned(),
        8 => "ip-option".to_owned(),
        9 => "proto-cksum".to_owned(),
        10 => "state-mismatch".to_owned(),
        11 => "state-insert".to_owned(),
        12 => "state-limit".to_owned(),
        13 => "src-limit".to_owned(),
        14 => "synproxy".to_owned(),
        other => format!("reason {other}"),
    })
}
