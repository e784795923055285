//! Connections that end.

use super::Comparison;
use crate::handshake::Closing;

impl Comparison {
    /// Takes note that a connection ended. Its attempt is known already, or will soon be.
    pub(in crate::diagnosis) fn note_closing(&mut self, closing: Closing) {
        let service = self.services.entry(closing.server).or_default();
        service.note_closing(&closing, self.share);
    }
}
