//! The verdict option of a pcapng file's packets (`epb_verdict`), by who wrote the file: XDP's
//! programs, traffic control, network cards, and the components of Windows.

use super::{CaptureVerdict, ToldVerdict, VerdictAction, VerdictFault, VerdictTeller};
use crate::capture::RecordOptions;

/// Whose verdict it is: the option's first byte.
mod kind {
    pub(super) const HARDWARE: u8 = 0;
    pub(super) const TRAFFIC_CONTROL: u8 = 1;
    pub(super) const XDP: u8 = 2;
}

/// What the options of a packet say of it, and the interface on which they say it.
pub(super) fn told(options: &RecordOptions) -> Option<ToldVerdict> {
    let component = options.interface_name().map(str::to_owned);
    let verdict = |teller, action, word: Option<&str>| CaptureVerdict {
        word: word.map(str::to_owned),
        component: component.clone(),
        ..CaptureVerdict::new(teller, action)
    };
    let Some(option) = options.verdict() else {
        // The packet before the program decides: its other record says how.
        return Some(ToldVerdict::new(
            verdict(VerdictTeller::Xdp, VerdictAction::Seen, None),
            None,
        ));
    };
    let faulty = |fault| {
        Some(ToldVerdict::new(
            verdict(VerdictTeller::Hardware, VerdictAction::Seen, None),
            Some(fault),
        ))
    };
    let Some((kind, value)) = option.split_first() else {
        return faulty(VerdictFault::Field);
    };
    if options.is_of_windows() {
        return Some(ToldVerdict::new(
            verdict(VerdictTeller::Windows, VerdictAction::Dropped, None),
            None,
        ));
    }
    let number = value.first_chunk().map(|value| u64::from_le_bytes(*value));
    let (teller, known) = match (*kind, number) {
        (kind::HARDWARE, _) => (VerdictTeller::Hardware, Some((VerdictAction::Seen, None))),
        (kind::XDP, Some(number)) => (VerdictTeller::Xdp, xdp(number)),
        (kind::TRAFFIC_CONTROL, Some(number)) => {
            (VerdictTeller::TrafficControl, traffic_control(number))
        }
        (kind::XDP | kind::TRAFFIC_CONTROL, None) => return faulty(VerdictFault::Field),
        _ => return faulty(VerdictFault::Value),
    };
    let (action, word) = known.unwrap_or((VerdictAction::Seen, None));
    Some(ToldVerdict::new(
        verdict(teller, action, word),
        known.is_none().then_some(VerdictFault::Value),
    ))
}

type Known = Option<(VerdictAction, Option<&'static str>)>;

/// What a program attached to an interface returns.
fn xdp(number: u64) -> Known {
    Some(match number {
        0 => (VerdictAction::Dropped, Some("XDP_ABORTED")),
        1 => (VerdictAction::Dropped, Some("XDP_DROP")),
        2 => (VerdictAction::Passed, Some("XDP_PASS")),
        3 => (VerdictAction::Passed, Some("XDP_TX")),
        4 => (VerdictAction::Passed, Some("XDP_REDIRECT")),
        _ => return None,
    })
}

/// What a program of traffic control returns; all ones stand for "as if there was none".
fn traffic_control(number: u64) -> Known {
    Some(match number {
        0 => (VerdictAction::Passed, Some("TC_ACT_OK")),
        1 => (VerdictAction::Seen, Some("TC_ACT_RECLASSIFY")),
        2 => (VerdictAction::Dropped, Some("TC_ACT_SHOT")),
        3 => (VerdictAction::Passed, Some("TC_ACT_PIPE")),
        4 => (VerdictAction::Passed, Some("TC_ACT_STOLEN")),
        5 => (VerdictAction::Passed, Some("TC_ACT_QUEUED")),
        6 => (VerdictAction::Seen, Some("TC_ACT_REPEAT")),
        7 => (VerdictAction::Passed, Some("TC_ACT_REDIRECT")),
        8 => (VerdictAction::Passed, Some("TC_ACT_TRAP")),
        u64::MAX | 0xffff_ffff => (VerdictAction::Passed, Some("TC_ACT_UNSPEC")),
        _ => return None,
    })
}
