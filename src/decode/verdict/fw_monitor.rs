//! Check Point's `fw monitor`: where in the gateway a packet was seen. No verdict is in it; where
//! it was not seen any more, is.

use super::{CaptureVerdict, ToldVerdict, VerdictAction, VerdictTeller};
use crate::decode::inspection;

/// At which point, on which interface.
pub(super) fn told(frame: &[u8]) -> Option<ToldVerdict> {
    let (point, interface) = inspection::point(frame)?;
    let interface = Some(String::from_utf8_lossy(interface).into_owned());
    let (came_in_by, leaves_by) = if point.is_inbound() {
        (interface, None)
    } else {
        (None, interface)
    };
    let verdict = CaptureVerdict {
        word: Some(point.letter().to_string()),
        came_in_by,
        leaves_by,
        passage: point.passage(),
        ..CaptureVerdict::new(VerdictTeller::FwMonitor, VerdictAction::Seen)
    };
    Some(ToldVerdict::new(verdict, None))
}
