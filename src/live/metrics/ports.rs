//! Which ports have series of their own.

use std::collections::BTreeSet;

/// So many ports that were connected to have series of their own, and so many that never were: a
/// scan fills the latter only.
const CONNECTED: usize = 256;
const NEVER_CONNECTED: usize = 64;

/// Ports that have series of their own: a port that has them keeps them, so that no counter ever
/// goes back.
#[derive(Debug, Default)]
pub(super) struct Ports {
    connected: BTreeSet<u16>,
    never_connected: BTreeSet<u16>,
}

impl Ports {
    /// The port, if it has series of its own, or gets them now; `None` when it is one of the
    /// others.
    pub(super) fn own(&mut self, port: u16, is_connected: bool) -> Option<u16> {
        if self.connected.contains(&port) {
            return Some(port);
        }
        if is_connected && self.connected.len() < CONNECTED {
            self.never_connected.remove(&port);
            self.connected.insert(port);
            return Some(port);
        }
        let has_room = self.never_connected.len() < NEVER_CONNECTED;
        let is_known = self.never_connected.contains(&port);
        (is_known || (has_room && self.never_connected.insert(port))).then_some(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_takes_no_series_from_services() {
        let mut ports = Ports::default();
        let scanned = (1..=u16::MAX).filter_map(|port| ports.own(port, false));
        assert_eq!(scanned.count(), NEVER_CONNECTED);
        assert_eq!(ports.own(50_000, false), None);
        assert_eq!(ports.own(50_000, true), Some(50_000));
        assert_eq!(ports.own(50_000, false), Some(50_000));
        let connected = (1..=u16::MAX).filter_map(|port| ports.own(port, true));
        assert!(connected.count() <= CONNECTED + NEVER_CONNECTED);
    }
}
