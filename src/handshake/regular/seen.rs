//! What was seen of a regular attempt since its handshake.

use serde::{Deserialize, Serialize};

/// What was seen since the handshake: bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen(u8);

impl Seen {
    pub(super) const CLIENT_SENT: u8 = 1;
    pub(super) const CLIENT_ACKNOWLEDGED: u8 = 1 << 1;
    pub(super) const SERVER_SENT: u8 = 1 << 2;
    pub(super) const SERVER_ACKNOWLEDGED: u8 = 1 << 3;
    pub(super) const CLOSED: u8 = 1 << 4;
    pub(super) const SERVER_CLOSED: u8 = 1 << 5;

    pub(super) fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }

    pub(super) fn note(&mut self, bit: u8, is_so: bool) {
        self.0 |= if is_so { bit } else { 0 };
    }
}
