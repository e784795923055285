//! How far a regular attempt came, as what is filtered out of a capture is told by it.

use super::{Phase, Regular};
use crate::decode::{Row, TcpFlags};
use crate::handshake::filter_signs::Progress;
use crate::handshake::outcome::Outcome;

impl Regular {
    /// How far it came, from its SYN on.
    pub(in crate::handshake) fn progress(&self, of_syn: Progress) -> Progress {
        Progress {
            syns: self.syns(),
            syn_acks: self.count(TcpFlags::is_syn_ack),
            answered_at: self.syn_ack().map(Row::at),
            outcome: match self.phase {
                Phase::Waiting => Outcome::Dropped,
                Phase::Answered => Outcome::HalfOpen,
                Phase::Refused => Outcome::Refused,
                Phase::Rejected => Outcome::Rejected,
                Phase::Established | Phase::Settled => Outcome::Established,
            },
            ..of_syn
        }
    }

    /// How many SYNs were sent.
    pub(super) fn syns(&self) -> u32 {
        self.count(TcpFlags::is_syn) + 1
    }

    fn count(&self, is_meant: fn(TcpFlags) -> bool) -> u32 {
        let segments = self.further.iter().filter(|row| !row.is_icmp_error());
        let meant = segments.filter(|row| is_meant(row.flags())).count();
        u32::try_from(meant).unwrap_or(u32::MAX)
    }
}
