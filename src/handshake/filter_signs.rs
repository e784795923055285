//! Whether a capture was filtered so that it cannot show the third step of a handshake.

use crate::decode::TcpFlags;

/// What tells a capture that was filtered to SYN, FIN and RST, as people do: all segments have one
/// of these, and FINs are among them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FilterSigns {
    has_other_segments: bool,
    has_fin: bool,
    /// The capture leaves out the third step of handshakes, whatever it looks like.
    pub(super) is_left_out: bool,
}

impl FilterSigns {
    /// Takes note of a segment.
    pub(super) fn note(&mut self, flags: TcpFlags) {
        let is_control = flags.is_rst() || flags.has_fin() || flags.contains(TcpFlags::SYN);
        self.has_other_segments |= !is_control;
        // A FIN without ACK is a scanner's, not the end of a connection.
        self.has_fin |= flags.has_fin() && flags.has_ack();
    }

    /// What both saw.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            has_other_segments: self.has_other_segments || other.has_other_segments,
            has_fin: self.has_fin || other.has_fin,
            is_left_out: self.is_left_out || other.is_left_out,
        }
    }

    /// Whether the capture can show the third step of a handshake.
    pub(super) fn shows_third_step(self) -> bool {
        !self.is_left_out && (self.has_other_segments || !self.has_fin)
    }
}
